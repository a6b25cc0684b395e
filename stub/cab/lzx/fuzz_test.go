package lzx

import (
	"bytes"
	"testing"
)

// FuzzDecode feeds frames of any kind to the decoder: no panic, and each result has the size asked for.
// The input: window bits, then for each frame two bytes of its size and two of its coded size.
func FuzzDecode(f *testing.F) {
	seed := func(bits int, data []byte) {
		in := []byte{byte(bits)}
		c := encode(f, bits, data)
		for i, b := range c.frames {
			n := c.sizes[i]
			in = append(in, byte(n), byte(n>>8), byte(len(b)), byte(len(b)>>8))
			in = append(in, b...)
		}
		f.Add(in)
	}
	seed(21, sample("text", 5000))
	seed(15, sample("mixed", 70_000))
	seed(16, sample("random", 40_000))
	seed(17, sample("zeros", 33_000))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) == 0 {
			return
		}
		d, err := NewDecoder(MinWindowBits + int(in[0])%(MaxWindowBits-MinWindowBits+1))
		if err != nil {
			t.Fatal(err)
		}
		for in = in[1:]; len(in) > 4; {
			n, coded := int(le16(in)), int(le16(in[2:]))
			in = in[4:]
			coded = min(coded, len(in))
			out, err := d.DecodeFrame(in[:coded], n)
			if err != nil {
				return
			}
			if len(out) != n {
				t.Fatalf("%d bytes, want %d", len(out), n)
			}
			in = in[coded:]
		}
	})
}

// FuzzRoundTrip makes inputs longer than a frame out of the fuzzer's bytes by repeating and shifting them.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("the update.exe"), uint8(15), uint16(3))
	f.Add(sample("random", 40_000), uint8(16), uint16(1))
	f.Add(sample("mixed", 100_000), uint8(21), uint16(7))
	f.Fuzz(func(t *testing.T, data []byte, bits uint8, repeat uint16) {
		if len(data) == 0 {
			return
		}
		var all []byte
		for i := 0; i <= int(repeat%500) && len(all) < 600_000; i++ {
			all = append(all, data[i%len(data):]...)
			all = append(all, byte(i))
		}
		w := MinWindowBits + int(bits)%(MaxWindowBits-MinWindowBits+1)
		if got := decode(t, w, encode(t, w, all)); !bytes.Equal(got, all) {
			t.Fatal("what came back differs")
		}
	})
}
