package sign

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestMemoryBounded: what signing and verifying allocate does not grow with the file. The files are sparse.
func TestMemoryBounded(t *testing.T) {
	p := newPKI(t)
	exe := goImage(t, "386", 0)
	allocated := func(size int64) uint64 {
		dir := t.TempDir()
		src, dst := writeFile(t, dir, "a.exe", readFile(t, exe)), filepath.Join(dir, "b.exe")
		if err := os.Truncate(src, size); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := PE(context.Background(), src, dst, p.key, options()); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(dst, p.verify()); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(dst)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := HashFile("b.exe", f, info.Size()); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	allocated(4 << 20) // what is made once is made here
	small, large := allocated(4<<20), allocated(260<<20)
	if large > small+2<<20 {
		t.Errorf("4 MiB take %d bytes of memory, 260 MiB take %d", small, large)
	}
}
