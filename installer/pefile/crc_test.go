package pefile_test

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

func crcOf(t *testing.T, b []byte) uint32 {
	t.Helper()
	c, err := pefile.CRC(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sample(t testing.TB, s samplepe.Spec) []byte {
	t.Helper()
	b, err := samplepe.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCRCSurvivesChecksumAndBinding: what `bind` and a new checksum change, the CRC does not see; it sees everything else.
func TestCRCSurvivesChecksumAndBinding(t *testing.T) {
	for _, arch := range []string{"x86", "x64", "arm64"} {
		b := sample(t, samplepe.Spec{Arch: arch, Version: pefile.Version{1, 2, 3, 4}, Size: 200_000, Blob: []byte("x")})
		want := crcOf(t, b)
		if ref := referenceCRC(b); want != ref {
			t.Errorf("%s: CRC %08X, reference %08X", arch, want, ref)
		}
		if want == crc32.ChecksumIEEE(b) {
			t.Errorf("%s: the checksum field is not left out", arch)
		}
		other := bytes.Clone(b)
		other[layoutOf(b).opt+64] ^= 0x55
		if got := crcOf(t, other); got != want {
			t.Errorf("%s: another checksum gives %08X, want %08X", arch, got, want)
		}
		bound, ok := bind(t, b)
		if !ok || bytes.Equal(bound, b) {
			t.Fatalf("%s: not bound", arch)
		}
		if got := crcOf(t, bound); got != want {
			t.Errorf("%s: bound, the CRC is %08X, want %08X", arch, got, want)
		}
		if referenceCRC(bound) != want {
			t.Errorf("%s: the reference does not undo the binding", arch)
		}
		bound[len(bound)-1] ^= 1
		if crcOf(t, bound) == want {
			t.Errorf("%s: a changed byte does not show", arch)
		}
	}
}

func TestCRCOfOtherFilesIsPlain(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("M"), []byte("MZ"), []byte("plain text"), bytes.Repeat([]byte("0123456789"), 50_000)} {
		if got, want := crcOf(t, b), crc32.ChecksumIEEE(b); got != want {
			t.Errorf("%d bytes: %08X, want %08X", len(b), got, want)
		}
	}
	if got := crcOf(t, []byte("123456789")); got != 0xCBF43926 { // check value of CRC-32
		t.Errorf("got %08X", got)
	}
	// Bound, but the import directory points outside: the rule cannot be applied, so the file counts as data.
	b, _ := bind(t, sample(t, samplepe.Spec{Arch: "x64"}))
	le.PutUint32(b[layoutOf(b).dirs+8:], 0x7fffffff)
	if got, want := crcOf(t, b), crc32.ChecksumIEEE(b); got != want {
		t.Errorf("unfollowable imports: %08X, want %08X", got, want)
	}
}

// TestCRCAcrossChunks moves the tables to every place relative to the 64 KiB steps in which the file is read.
func TestCRCAcrossChunks(t *testing.T) {
	base := sample(t, samplepe.Spec{Arch: "x86"})
	for _, shift := range []int{65536 - 0x400 - 44, 65536 - 0x400 - 40, 65536 - 0x400 - 2, 65536 - 0x400} {
		b := bytes.Clone(base)
		l := layoutOf(b)
		pad := shift &^ 0x3
		for i := range l.sections { // all raw data move back by pad bytes; the headers grow
			s := b[l.sectionTable+40*i:]
			le.PutUint32(s[20:], le.Uint32(s[20:])+uint32(pad))
		}
		b = append(append(bytes.Clone(b[:0x400]), bytes.Repeat([]byte{0xCC}, pad)...), b[0x400:]...)
		bound, ok := bind(t, b)
		if !ok {
			t.Fatal("no room")
		}
		if got, want := crcOf(t, bound), crcOf(t, b); got != want || want != referenceCRC(b) {
			t.Errorf("moved by %d: bound %08X, unbound %08X, reference %08X", pad, got, want, referenceCRC(b))
		}
	}
}

type failing struct{}

var errDisk = errors.New("disk error")

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestReaderErrorsAreReturned(t *testing.T) {
	if _, err := pefile.CRC(failing{}, 100); !errors.Is(err, errDisk) {
		t.Errorf("CRC: %v", err)
	}
	if _, err := pefile.Read(failing{}, 100); !errors.Is(err, errDisk) || errors.Is(err, pefile.ErrMalformed) {
		t.Errorf("Read: %v", err)
	}
	b := sample(t, samplepe.Spec{Arch: "x64"})
	if _, err := pefile.CRC(bytes.NewReader(b), int64(len(b))+1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("CRC of a file that shrank: %v", err)
	}
}

// TestCRCOfHostileTables: a CRC has no content it refuses, and needs little memory for any.
func TestCRCOfHostileTables(t *testing.T) {
	good, _ := bind(t, sample(t, samplepe.Spec{Arch: "x64", Size: 20_000}))
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		b := bytes.Clone(good)
		for range 1 + rnd.IntN(6) {
			b[rnd.IntN(0x900)] = byte(rnd.Uint32())
		}
		crcOf(t, b[:1+rnd.IntN(len(b))])
	}
}

func TestChecksumOddLength(t *testing.T) {
	b := append(sample(t, samplepe.Spec{Arch: "x64"}), 0x80) // an overlay of one byte
	sum, err := pefile.ComputeChecksum(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var want uint64
	opt := layoutOf(b).opt
	clear(b[opt+64 : opt+68])
	for i, c := range b {
		want += uint64(c) << (8 * (i & 1))
	}
	for want > 0xffff {
		want = want&0xffff + want>>16
	}
	if uint64(sum) != want+uint64(len(b)) {
		t.Errorf("0x%x, want 0x%x", sum, want+uint64(len(b)))
	}
}
