package mszip

import (
	"bytes"
	"compress/flate"
	"io"
	"math/rand/v2"
	"testing"
)

// block makes an MSZIP block with the standard library's DEFLATE.
func block(t testing.TB, level int, data, dict []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	z.WriteString("CK")
	w, err := flate.NewWriterDict(&z, level, dict)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestDecode(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	data := make([]byte, 5*BlockSize+1234)
	for i := 0; i < len(data); {
		switch r.IntN(4) {
		case 0:
			i += r.IntN(3000)
		case 1:
			for n := r.IntN(3000); n > 0 && i < len(data); n-- {
				data[i] = byte(r.Uint32())
				i++
			}
		default:
			i += copy(data[i:], "the update.exe of the branch SP2QFE\r\n"[r.IntN(20):])
		}
	}
	for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
		d := NewDecoder()
		var dict []byte
		for at := 0; at < len(data); at += BlockSize {
			want := data[at:min(at+BlockSize, len(data))]
			got, err := d.DecodeBlock(block(t, level, want, dict), len(want))
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("level %d, block at %d: %v", level, at, err)
			}
			dict = want
		}
	}
}

// FuzzDecode compares the decoder with compress/flate: what one takes, the other must take, with the same result.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{3, 0})
	f.Add(block(f, 9, bytes.Repeat([]byte("update.exe "), 100), nil)[2:])
	f.Add(block(f, 0, []byte("stored"), nil)[2:])
	f.Add(block(f, 9, bytes.Repeat([]byte{7}, 5000), nil)[2:])
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) > 60000 {
			return
		}
		src := bytes.NewReader(in)
		want, err := io.ReadAll(io.LimitReader(flate.NewReader(src), BlockSize+1))
		d := NewDecoder()
		got, derr := d.DecodeBlock(append([]byte("CK"), in...), min(len(want), BlockSize))
		switch {
		case len(want) > BlockSize:
			if derr == nil {
				t.Fatal("more than a block was taken")
			}
		case err == nil && derr != nil:
			t.Fatalf("compress/flate takes it (%d bytes), we do not", len(want))
		case err != nil && derr == nil:
			t.Fatalf("we take it, compress/flate does not: %v", err)
		case err == nil && !bytes.Equal(got, want):
			t.Fatal("the results differ")
		}
	})
}
