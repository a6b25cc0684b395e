package catalog_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/templates/samplepe"
)

var when = time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)

func image(t testing.TB, arch, blob string) []byte {
	t.Helper()
	b, err := samplepe.Build(samplepe.Spec{Arch: arch, DLL: true, Version: pefile.Version{1, 2, 3, 4}, FileVersionText: "1.2.3.4", Blob: []byte(blob), LinkTime: 1136073600})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// members are the files of the test catalogs: images of both kinds, flat files, and what only looks like an image.
func members(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"a.dll": image(t, "x86", "one"), "b.dll": image(t, "x64", "two"), "c.inf": []byte("[Version]\r\n"), "empty": nil,
		"mz": append([]byte("MZ"), bytes.Repeat([]byte{0xff}, 200)...), "cut": image(t, "x86", "three")[:0x90],
	}
}

func made(t testing.TB, version int, files map[string][]byte) *sign.Catalog {
	t.Helper()
	c := &sign.Catalog{Version: version, Date: when, Attrs: []sign.Attr{{Name: "OSAttr", Value: "2:10.0"}}}
	for n, b := range files {
		if err := c.Add(n, bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func hashed(t testing.TB, b []byte) catalog.Hash {
	t.Helper()
	h, err := catalog.HashFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// What package sign writes, signed or not, in both versions, is read back: every file is a member, a changed one is not.
func TestCovers(t *testing.T) {
	key, err := sign.DevelopmentKey(rand.Reader, when)
	if err != nil {
		t.Fatal(err)
	}
	files := members(t)
	for _, version := range []int{catalog.V1, catalog.V2} {
		for _, signed := range []bool{false, true} {
			data, err := made(t, version, files).Marshal()
			if signed {
				data, err = made(t, version, files).Sign(context.Background(), key, sign.Options{Now: when})
			}
			if err != nil {
				t.Fatal(err)
			}
			c, err := catalog.Parse(data)
			if err != nil {
				t.Fatalf("version %d, signed %v: %v", version, signed, err)
			}
			if c.Version != version || c.Signed != signed || c.Members != len(files)*version {
				t.Errorf("version %d, signed %v: read as %d, %v, %d members", version, signed, c.Version, c.Signed, c.Members)
			}
			for n, b := range files {
				if !c.Covers(hashed(t, b)) {
					t.Errorf("version %d: %s is no member", version, n)
				}
				if c.Covers(hashed(t, append([]byte("x"), b...))) {
					t.Errorf("version %d: another file than %s is a member", version, n)
				}
			}
		}
	}
}

// The hashes are those of package sign, which osslsigncode and Windows agree with; also of a signed image.
func TestHashFileAgreesWithSign(t *testing.T) {
	for n, b := range members(t) {
		agree(t, n, b)
	}
	agree(t, "cut in the table", withTable(t, 16, 12))
	signed := withTable(t, 16, 16)
	if hashed(t, signed).SHA256 != hashed(t, withTable(t, 24, 24)).SHA256 {
		t.Error("the certificate table counts")
	}
	agree(t, "with a table", signed)
}

// withTable appends a certificate table of n bytes, of which only there are in the file.
func withTable(t testing.TB, n, there int) []byte {
	b := image(t, "x86", "table")
	pe := int(b[0x3c]) | int(b[0x3d])<<8
	dir := pe + 24 + 96 + 4*8
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	put := func(at, v int) { b[at], b[at+1], b[at+2], b[at+3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24) }
	put(dir, len(b))
	put(dir+4, n)
	return append(b, bytes.Repeat([]byte{0x5a}, there)...)
}

func agree(t testing.TB, what string, b []byte) {
	t.Helper()
	want, werr := sign.HashFile(what, bytes.NewReader(b), int64(len(b)))
	got, err := catalog.HashFile(bytes.NewReader(b), int64(len(b)))
	if (err != nil) != (werr != nil) {
		t.Fatalf("%s: %v, package sign says %v", what, err, werr)
	}
	if err != nil {
		return
	}
	if got.Image != want.PE || !bytes.Equal(got.SHA1[:], want.SHA1) || !bytes.Equal(got.SHA256[:], want.SHA256) {
		t.Errorf("%s: %+v, package sign says %+v", what, got, want)
	}
}

// Every cut, and every single changed byte of the structure, is an error or a catalog; never a panic.
func TestParseDamaged(t *testing.T) {
	data, err := made(t, catalog.V2, members(t)).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		if _, err := catalog.Parse(data[:i]); !errors.Is(err, catalog.ErrMalformed) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		b := bytes.Clone(data)
		b[i] ^= 0x85
		if _, err := catalog.Parse(b); err != nil && !errors.Is(err, catalog.ErrMalformed) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
	for _, b := range [][]byte{nil, []byte("catalog"), {0x30, 0x80}, {0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, bytes.Repeat([]byte{0x30}, 1000)} {
		if _, err := catalog.Parse(b); !errors.Is(err, catalog.ErrMalformed) {
			t.Errorf("% x: %v", b[:min(len(b), 8)], err)
		}
	}
}

func TestOfCode(t *testing.T) {
	for code, want := range map[uint32]catalog.State{0: catalog.Trusted, catalog.CodeNoSignature: catalog.Unsigned, catalog.CodeUntrustedRoot: catalog.Untrusted,
		catalog.CodeBadDigest: catalog.Bad, catalog.CodeDistrust: catalog.Bad, 0x800B010C /* revoked */ : catalog.Bad, 0x80070002: catalog.Bad} {
		if got := catalog.OfCode(code); got != want {
			t.Errorf("%#x is %v, want %v", code, got, want)
		}
	}
}

// FuzzParse: no panic, bounded work, and what package sign reads is read here with the same members.
func FuzzParse(f *testing.F) {
	for _, version := range []int{catalog.V1, catalog.V2} {
		data, err := made(f, version, map[string][]byte{"a": []byte("a"), "b": []byte("b")}).Marshal()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := catalog.Parse(data)
		if err != nil {
			if !errors.Is(err, catalog.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if c.Members > len(data) {
			t.Fatalf("%d members in %d bytes", c.Members, len(data))
		}
		theirs, _, err := sign.ParseCatalog(data)
		if err != nil {
			return // stricter than this reader
		}
		for _, m := range theirs.Members {
			if len(m.Digest) != 32 || theirs.Version == sign.CatalogV1 {
				continue
			}
			if !c.Covers(catalog.Hash{SHA256: [32]byte(m.Digest)}) {
				t.Fatalf("member %x is not read", m.Digest)
			}
		}
	})
}

// FuzzHashFile: the same answer as package sign on any bytes.
func FuzzHashFile(f *testing.F) {
	for _, b := range members(f) {
		f.Add(b)
	}
	f.Add(withTable(f, 16, 16))
	f.Fuzz(func(t *testing.T, data []byte) { agree(t, "input", data) })
}
