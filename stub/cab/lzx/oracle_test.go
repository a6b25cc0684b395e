package lzx

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/kbforge/kbforge/internal/need"
)

// cabinet wraps one folder with one file "x" into a cabinet, by hand.
func (c *coded) cabinet(windowBits int) []byte {
	le := binary.LittleEndian
	size := 0
	var data []byte
	for i, f := range c.frames {
		data = le.AppendUint32(data, 0) // no checksum
		data = le.AppendUint16(data, uint16(len(f)))
		data = le.AppendUint16(data, uint16(c.sizes[i]))
		data = append(data, f...)
		size += c.sizes[i]
	}
	h := make([]byte, 44)
	copy(h, "MSCF")
	le.PutUint32(h[8:], uint32(44+18+len(data)))
	le.PutUint32(h[16:], 44)
	h[24], h[25], h[26], h[28] = 3, 1, 1, 1
	le.PutUint32(h[36:], 44+18)
	le.PutUint16(h[40:], uint16(len(c.frames)))
	le.PutUint16(h[42:], uint16(3|windowBits<<8))
	h = le.AppendUint32(h, uint32(size))
	h = le.AppendUint32(h, 0)
	h = append(h, 0, 0, 0x21, 0x28, 0, 0, 0x20, 0, 'x', 0)
	return append(h, data...)
}

// agree checks that other programs decode the folder as we do, and returns what we make of it.
func (c *coded) agree(t *testing.T, windowBits int) []byte {
	t.Helper()
	ours := decode(t, windowBits, c)
	dir := t.TempDir()
	path := filepath.Join(dir, "x.cab")
	if err := os.WriteFile(path, c.cabinet(windowBits), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{need.Tool(t, "cabextract"), "-q", "-d", dir + "/cabextract", path},
		{need.Tool(t, "7zz", "7z"), "x", "-o" + dir + "/7z", path},
	} {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, tool := range []string{"cabextract", "7z"} {
		theirs, err := os.ReadFile(filepath.Join(dir, tool, "x"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(theirs, ours) {
			for i := range min(len(theirs), len(ours)) {
				if theirs[i] != ours[i] {
					t.Fatalf("%s and we differ from byte %d (frame %d, %d) on: % x, ours % x", tool, i, i/FrameSize, i%FrameSize,
						theirs[i:min(i+8, len(theirs))], ours[i:min(i+8, len(ours))])
				}
			}
			t.Fatalf("%s makes %d bytes, we %d", tool, len(theirs), len(ours))
		}
	}
	return ours
}

// calls is data dense with E8 bytes and operands of every kind that show the limits of E8 translation: targets before the
// start, beyond the size, in the last ten bytes of a frame.
func calls(size int) []byte {
	data := sample("mixed", size)
	for i := 0; i+5 < len(data); i += 7 + i%23 {
		data[i] = 0xE8
		operand := []int32{int32(i), -int32(i), -int32(i) - 1, 1 << 20, 1<<20 - 1, 0, 12345, -5, 1 << 30,
			callSize, callSize - 1, callSize - int32(i), callSize - int32(i) - 1}[i%13]
		put32(data[i+1:], uint32(operand))
	}
	return data
}

// What the encoder translates, every decoder gives back.
func TestCalls(t *testing.T) {
	for _, size := range []int{1, 10, 11, 15, FrameSize - 1, FrameSize, FrameSize + 10, FrameSize + 11, 3*superBlock + 1000} {
		data := calls(size)
		e, err := NewEncoder(17)
		if err != nil {
			t.Fatal(err)
		}
		c := &coded{}
		if _, err := e.Encode(iotest.HalfReader(bytes.NewReader(data)), true, c.add); err != nil {
			t.Fatal(err)
		}
		if got := c.agree(t, 17); !bytes.Equal(got, data) {
			t.Errorf("%d bytes do not come back", size)
		}
	}
}

// Other sizes of the translation than the encoder's: the header is written here.
func TestTranslation(t *testing.T) {
	data := calls(5*FrameSize + 5000)
	for _, size := range []uint32{1, 5000, 1 << 20, 12_000_000, 0x7FFFFFFF} {
		e, err := NewEncoder(17)
		if err != nil {
			t.Fatal(err)
		}
		c := &coded{}
		e.reset(c.add)
		e.w.put(1, 1)
		e.w.put(size>>16, 16)
		e.w.put(size&0xFFFF, 16)
		encodeAll(t, e, data)
		if got := c.agree(t, 17); size > 1 && bytes.Equal(got, data) {
			t.Errorf("size %d: nothing was translated", size)
		}
	}
}

func encodeAll(t *testing.T, e *Encoder, data []byte) {
	t.Helper()
	src := bytes.NewReader(data)
	for at := 0; at < len(data); at += superBlock {
		if err := e.fill(src, at); err != nil {
			t.Fatal(err)
		}
		if err := e.super(at, min(e.end, at+superBlock)); err != nil {
			t.Fatal(err)
		}
	}
}

// Uncompressed blocks that begin and end at odd places, in the middle of frames and across them, between coded ones. A cut
// takes effect at the next token's end.
func TestRawBlocks(t *testing.T) {
	data := sample("random", 6*FrameSize+777)
	copy(data[2*FrameSize+500:], sample("text", 2*FrameSize))
	for _, cuts := range [][]int{
		{}, {1}, {101, 202, 303, 1304}, {5001, 5002, 5004, 5007, 9000}, {FrameSize - 1, FrameSize, FrameSize + 1},
		{3, 2*FrameSize + 2, 3*FrameSize + 1, 4*FrameSize + 9}, {1, FrameSize}, {FrameSize + 3, 2 * FrameSize, 3 * FrameSize, 3*FrameSize + 1},
		{2*FrameSize + 1000, 2*FrameSize + 9001, 3*FrameSize - 40, 3*FrameSize + 40},
	} {
		e, err := NewEncoder(16)
		if err != nil {
			t.Fatal(err)
		}
		c := &coded{}
		e.reset(c.add)
		e.w.put(0, 1)
		if err := e.fill(bytes.NewReader(data), 0); err != nil {
			t.Fatal(err)
		}
		e.parse(0, len(data))
		start, toks, odd := 0, e.toks, 0
		for i, cut := range append(cuts, len(data)) {
			n, end := 0, start
			for n < len(toks) && end < cut {
				end += max(1, int(toks[n].length))
				n++
			}
			b := &block{toks: toks[:n], start: start, end: end}
			b.count(&e.coded)
			odd += (end - start) & 1
			write := e.write
			if i%2 == 0 {
				write = e.writeRaw
			}
			if err := write(b); err != nil {
				t.Fatal(err)
			}
			start, toks = end, toks[n:]
		}
		if got := c.agree(t, 16); !bytes.Equal(got, data) {
			t.Errorf("cuts %v: what came back differs", cuts)
		}
		if odd == 0 {
			t.Errorf("cuts %v: no block of odd length", cuts)
		}
	}
}

// Every window size and kind of data, decoded by others.
func TestPeersDecode(t *testing.T) {
	for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
		data := append(sample("mixed", 400_000), sample("far repeats", 1<<bits+12345)...)
		if got := encode(t, bits, data).agree(t, bits); !bytes.Equal(got, data) {
			t.Errorf("window %d: what came back differs", bits)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, bits := range []int{-1, 0, 14, 22} {
		if _, err := NewEncoder(bits); err != ErrWindow {
			t.Errorf("encoder, window %d: %v", bits, err)
		}
		if _, err := NewDecoder(bits); err != ErrWindow {
			t.Errorf("decoder, window %d: %v", bits, err)
		}
	}
	c := encode(t, 15, sample("text", 2*FrameSize+5))
	fresh := func() *Decoder {
		d, err := NewDecoder(15)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, n := range []int{-1, 0, FrameSize + 1} {
		if _, err := fresh().DecodeFrame(c.frames[0], n); err != ErrFrame {
			t.Errorf("frame of %d bytes: %v", n, err)
		}
	}
	d := fresh()
	if _, err := d.DecodeFrame(c.frames[0], 100); err == nil { // a match may cross the wrong end
		if _, err := d.DecodeFrame(c.frames[1], FrameSize); err != ErrFrame {
			t.Errorf("a frame after a short one: %v", err)
		}
	}
	for cut := range c.frames[0] {
		if _, err := fresh().DecodeFrame(c.frames[0][:cut/2*2], FrameSize); err != ErrCorrupt {
			t.Fatalf("cut to %d bytes: %v", cut/2*2, err)
		}
	}
	if _, err := fresh().DecodeFrame(nil, FrameSize); err != ErrCorrupt {
		t.Errorf("empty input: %v", err)
	}
}
