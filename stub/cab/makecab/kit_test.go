package makecab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/stub/cab"
)

var allMethods = []Method{LZX, MSZIP, None}

func (m Method) String() string { return []string{"LZX", "MSZIP", "None"}[m] }

func memory(name string, data []byte) Input {
	return Input{Name: name, Size: int64(len(data)), ModTime: time.Date(2009, 4, 14, 12, 30, 58, 0, time.UTC),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// noise is n bytes that compress somewhat.
func noise(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := 0; i < n; {
		switch r.IntN(3) {
		case 0:
			i += r.IntN(500)
		case 1:
			i += copy(b[i:], "The package installer (Update.exe) replaces files in use after a restart.\r\n"[r.IntN(60):])
		default:
			for k := r.IntN(200); k > 0 && i < n; k-- {
				b[i] = byte(r.Uint32())
				i++
			}
		}
	}
	return b
}

// tree is a package-like set of files: twins, identical files, empty files, files over block borders, names beyond ASCII.
func tree() map[string][]byte {
	dll := noise(1, 700_001)
	qfe := bytes.Clone(dll)
	copy(qfe[300_000:], noise(2, 40_000))
	return map[string][]byte{
		`update\update.exe`: noise(3, 90_000), `spuninst.exe`: noise(3, 90_000), `update\update.ver`: []byte("[SourceFileInfo]\r\n"),
		`SP2GDR\user32.dll`: dll, `SP2QFE\user32.dll`: qfe, `SP2QFE\copy of user32.dll`: qfe, `empty.cat`: {}, `update\empty.txt`: {},
		`SP2GDR\block.bin`: noise(4, 32768), `SP2GDR\two blocks.bin`: noise(5, 65536), `SP2GDR\one more.bin`: noise(6, 32769),
		`SP2GDR\random.bin`:      random(7, 150_000),
		`SP2GDR\Übung\naïve.txt`: []byte("Größe"), `SP2GDR\日本語.txt`: []byte("にほんご"),
	}
}

func random(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func inputs(files map[string][]byte) []Input {
	var in []Input
	for n, b := range files {
		in = append(in, memory(n, b))
	}
	return TwinOrder(in)
}

// write makes a cabinet file and returns its path and bytes.
func write(t testing.TB, in []Input, o Options) (string, []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.cab")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := Write(context.Background(), f, in, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if s.Size != int64(len(b)) {
		t.Fatalf("Stats.Size %d, the file has %d bytes", s.Size, len(b))
	}
	return path, b
}

type sink struct {
	bytes.Buffer
	closed bool
}

func (s *sink) Close() error { s.closed = true; return nil }

// readAll extracts a cabinet with our reader.
func readAll(b []byte) (map[string][]byte, error) {
	c, err := cab.NewReader(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		return nil, err
	}
	if err := c.CheckNames(); err != nil {
		return nil, err
	}
	sinks := make(map[string]*sink)
	err = c.Extract(context.Background(), func(f *cab.File) (io.WriteCloser, error) {
		sinks[f.Name] = &sink{}
		return sinks[f.Name], nil
	})
	out := make(map[string][]byte)
	for n, s := range sinks {
		if !s.closed {
			return nil, fmt.Errorf("%s was not closed", n)
		}
		out[n] = s.Bytes()
	}
	return out, err
}

func compare(t testing.TB, what string, got, want map[string][]byte) {
	t.Helper()
	for n, b := range want {
		if g, ok := got[n]; !ok {
			t.Errorf("%s: %s is missing", what, n)
		} else if !bytes.Equal(g, b) {
			t.Errorf("%s: %s differs (%d bytes, want %d)", what, n, len(g), len(b))
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d files, want %d", what, len(got), len(want))
	}
}

// diskTree reads a directory that a tool extracted into.
func diskTree(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[strings.ReplaceAll(rel, "/", `\`)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
