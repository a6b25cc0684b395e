package lzx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// benchData is the files of the folder that LZX_BENCH names, in the order of their base names (twins are neighbours), at most
// 16 MiB; without it, made-up data.
func benchData(b *testing.B) []byte {
	dir := os.Getenv("LZX_BENCH")
	if dir == "" {
		return sample("mixed", 8<<20)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(names) == 0 {
		b.Fatalf("LZX_BENCH=%s: no files two levels down (%v)", dir, err)
	}
	byBase := func(i string) string { return filepath.Base(i) + "/" + i }
	for i := range names {
		for j := i; j > 0 && byBase(names[j]) < byBase(names[j-1]); j-- {
			names[j], names[j-1] = names[j-1], names[j]
		}
	}
	var data []byte
	for _, n := range names {
		f, err := os.ReadFile(n)
		if err != nil {
			b.Fatal(err)
		}
		if data = append(data, f...); len(data) > 16<<20 {
			return data[:16<<20]
		}
	}
	return data
}

func BenchmarkEncode(b *testing.B) {
	data := benchData(b)
	e, err := NewEncoder(21)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		size = 0
		if _, err := e.Encode(bytes.NewReader(data), false, func(f []byte, _ int) error { size += len(f); return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/float64(len(data)), "ratio")
}

func BenchmarkDecode(b *testing.B) {
	data := benchData(b)
	c := encode(b, 21, data)
	d, err := NewDecoder(21)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		for i, f := range c.frames {
			if _, err := d.DecodeFrame(f, c.sizes[i]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
