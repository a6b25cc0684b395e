package makecab

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/stub/cab"
)

// benchInputs are the files below the folder that CAB_BENCH names (a corpus of docs/benchmarks.md); without it, made-up ones.
func benchInputs(b *testing.B) []Input {
	dir := os.Getenv("CAB_BENCH")
	if dir == "" {
		return inputs(tree())
	}
	var in []Input
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		in = append(in, Input{Name: strings.ReplaceAll(rel, "/", `\`), Size: st.Size(), ModTime: st.ModTime(),
			Open: func() (io.ReadCloser, error) { return os.Open(p) }})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return TwinOrder(in)
}

func BenchmarkWrite(b *testing.B) {
	in := benchInputs(b)
	for _, m := range allMethods {
		b.Run(m.String(), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "x.cab"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			var s Stats
			for b.Loop() {
				if _, err := f.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				if s, err = Write(context.Background(), f, in, Options{Method: m}); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(s.Input)
			b.ReportMetric(float64(s.Size), "bytes")
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }

func BenchmarkExtract(b *testing.B) {
	in := benchInputs(b)
	for _, m := range allMethods {
		b.Run(m.String(), func(b *testing.B) {
			path, _ := write(b, in, Options{Method: m})
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			st, err := f.Stat()
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				c, err := cab.NewReader(f, 0, st.Size())
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(c.TotalSize())
				if err := c.Extract(context.Background(), func(*cab.File) (io.WriteCloser, error) { return discard{}, nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
