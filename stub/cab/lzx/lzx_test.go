package lzx

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// coded is a folder as its frames.
type coded struct {
	frames [][]byte
	sizes  []int
}

func (c *coded) bytes() int {
	n := 0
	for _, f := range c.frames {
		n += len(f)
	}
	return n
}

func encode(t testing.TB, windowBits int, data []byte) *coded {
	t.Helper()
	e, err := NewEncoder(windowBits)
	if err != nil {
		t.Fatal(err)
	}
	c := &coded{}
	n, err := e.Encode(bytes.NewReader(data), false, c.add)
	if err != nil || n != int64(len(data)) {
		t.Fatalf("Encode: %d bytes, %v; want %d", n, err, len(data))
	}
	return c
}

func (c *coded) add(f []byte, n int) error {
	c.frames = append(c.frames, bytes.Clone(f))
	c.sizes = append(c.sizes, n)
	return nil
}

func decode(t testing.TB, windowBits int, c *coded) []byte {
	t.Helper()
	d, err := NewDecoder(windowBits)
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for i, f := range c.frames {
		b, err := d.DecodeFrame(f, c.sizes[i])
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		out = append(out, b...)
	}
	return out
}

// sample makes data of a kind that exercises one path.
func sample(kind string, n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	switch kind {
	case "zeros":
	case "random":
		for i := range b {
			b[i] = byte(r.Uint32())
		}
	case "one value and noise":
		for i := range b {
			if r.IntN(100) == 0 {
				b[i] = byte(r.Uint32())
			}
		}
	case "text":
		words := []string{"update ", "branch ", "GDR ", "QFE ", "[Version]\r\n", "Signature=\"$Windows NT$\"\r\n", "e8 ", "x"}
		for i := 0; i < n; {
			i += copy(b[i:], words[r.IntN(len(words))])
		}
	case "far repeats":
		half := sample("random", (n+1)/2)
		copy(b, half)
		copy(b[len(half):], half)
	case "mixed":
		for i := 0; i < n; {
			k := []string{"zeros", "random", "text"}[r.IntN(3)]
			i += copy(b[i:], sample(k, 1+r.IntN(90000)))
		}
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	kinds := []string{"zeros", "random", "one value and noise", "text", "far repeats", "mixed"}
	sizes := []int{0, 1, 2, 3, 7, 100, FrameSize - 1, FrameSize, FrameSize + 1, 200_001, 3_000_000}
	for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
		for _, k := range kinds {
			for _, n := range sizes {
				if n > 1_000_000 && bits != 16 {
					continue
				}
				data := sample(k, n)
				c := encode(t, bits, data)
				if got := decode(t, bits, c); !bytes.Equal(got, data) {
					t.Fatalf("window %d, %s, %d bytes: what came back differs", bits, k, n)
				}
				if most := len(data) + 20*(len(data)/superBlock+1) + 100; c.bytes() > most {
					t.Errorf("window %d, %s: %d bytes became %d", bits, k, n, c.bytes())
				}
			}
		}
	}
}

// The window slides; matches that reach its whole length must survive.
func TestLongInput(t *testing.T) {
	data := bytes.Repeat(sample("random", 1<<21-3), 3)
	c := encode(t, 21, data)
	if got := decode(t, 21, c); !bytes.Equal(got, data) {
		t.Fatal("what came back differs")
	}
	if c.bytes() > 1<<21+1<<20 {
		t.Errorf("the repeats were not found: %d bytes", c.bytes())
	}
}

func TestOutputDoesNotDependOnReads(t *testing.T) {
	data := sample("mixed", 700_000)
	want := encode(t, 18, data)
	e, _ := NewEncoder(18)
	got := &coded{}
	e.Encode(bytes.NewReader(sample("text", 300_000)), false, func([]byte, int) error { return nil }) // an encoder is reusable
	if _, err := e.Encode(iotest.OneByteReader(bytes.NewReader(data)), false, got.add); err != nil {
		t.Fatal(err)
	}
	if len(got.frames) != len(want.frames) {
		t.Fatalf("%d frames, want %d", len(got.frames), len(want.frames))
	}
	for i := range got.frames {
		if !bytes.Equal(got.frames[i], want.frames[i]) {
			t.Fatalf("frame %d differs", i)
		}
	}
}
