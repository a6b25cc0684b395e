package cab

import (
	"bytes"
	"context"
	"io"
	"testing"
)

// FuzzReader opens and extracts anything: no panic, no file longer or shorter than its entry says without an error.
func FuzzReader(f *testing.F) {
	f.Add(craft{folders: []craftFolder{stored([]byte("content"))}, files: []craftFile{{name: "a", size: 7}}}.bytes())
	f.Add(craft{flags: flagReserve, reserve: [3]int{1, 2, 3}, folders: []craftFolder{stored(numbers(300))},
		files: []craftFile{{name: "a\\b", size: 100}, {name: "c", size: 300}}}.bytes())
	f.Add(craft{noChecksum: true, folders: []craftFolder{{kind: 0x0F03, blocks: [][2][]byte{{make([]byte, 40), make([]byte, 99)}}}},
		files: []craftFile{{name: "l", size: 99}}}.bytes())
	f.Add(craft{noChecksum: true, folders: []craftFolder{{kind: 1, blocks: [][2][]byte{{[]byte("CK\x03\x00"), nil}}}},
		files: []craftFile{{name: "z"}}}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b), 0, int64(len(b)))
		if err != nil || r.TotalSize() > 16<<20 {
			return
		}
		_ = r.CheckNames()
		sizes := make(map[*File]*sink)
		err = r.Extract(context.Background(), func(f *File) (io.WriteCloser, error) {
			sizes[f] = &sink{}
			return sizes[f], nil
		})
		for f, s := range sizes {
			if s.closed != 1 {
				t.Fatalf("%q closed %d times", f.Name, s.closed)
			}
			if int64(s.Len()) > f.Size || err == nil && int64(s.Len()) != f.Size {
				t.Fatalf("%q: %d bytes of %d, %v", f.Name, s.Len(), f.Size, err)
			}
		}
	})
}
