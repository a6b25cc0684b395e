package makecab

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/stub/cab"
)

func TestRoundTrip(t *testing.T) {
	for _, m := range allMethods {
		for _, size := range []int64{0, 50_000, 300_000} {
			_, b := write(t, inputs(tree()), Options{Method: m, FolderSize: size})
			if len(b)%Alignment != 0 {
				t.Errorf("%d bytes, not a multiple of %d", len(b), Alignment)
			}
			got, err := readAll(b)
			if err != nil {
				t.Fatalf("%s, folders of %d: %v", m, size, err)
			}
			compare(t, m.String(), got, tree())
		}
	}
}

// The number of workers must not show in the bytes.
func TestDeterministic(t *testing.T) {
	for _, m := range allMethods {
		_, want := write(t, inputs(tree()), Options{Method: m, FolderSize: 60_000, Workers: 1})
		for _, n := range []int{2, 3, 8} {
			if _, got := write(t, inputs(tree()), Options{Method: m, FolderSize: 60_000, Workers: n}); !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers write other bytes than one", m, n)
			}
		}
	}
}

// A cabinet of nothing, and of nothing but empty files.
func TestEmpty(t *testing.T) {
	for _, m := range allMethods {
		for _, files := range []map[string][]byte{{}, {"a": {}}, {"a": {}, `b\c`: {}}} {
			_, b := write(t, inputs(files), Options{Method: m})
			got, err := readAll(b)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, fmt.Sprint(len(files)), got, files)
		}
	}
}

func TestEntries(t *testing.T) {
	in := []Input{memory(`update\update.exe`, noise(1, 1000)), memory("same", noise(1, 1000)), memory("ü", []byte("x"))}
	in[1].Attr = cab.AttrReadOnly | cab.AttrUTF8
	in[1].ModTime = time.Date(2026, 2, 28, 23, 59, 59, 999, time.FixedZone("", -3600))
	path, b := write(t, in, Options{})
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := cab.NewReader(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	date := time.Date(2009, 4, 14, 12, 30, 58, 0, time.UTC)
	want := []cab.File{
		{Name: `update\update.exe`, Size: 1000, ModTime: date, Attr: cab.AttrArchive},
		{Name: "same", Size: 1000, ModTime: time.Date(2026, 3, 1, 0, 59, 58, 0, time.UTC), Attr: cab.AttrReadOnly},
		{Name: "ü", Size: 1, ModTime: date, Attr: cab.AttrArchive | cab.AttrUTF8, Offset: 1000},
	}
	for i, w := range want {
		if c.Files[i] != w {
			t.Errorf("entry %+v, want %+v", c.Files[i], w)
		}
	}
	// From somewhere else than a file's beginning.
	if _, err := f.Seek(12345, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	s, err := Write(context.Background(), f, in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if at, err := f.Seek(0, io.SeekCurrent); err != nil || at != 12345+s.Size {
		t.Errorf("left at %d, %v; want %d", at, err, 12345+s.Size)
	}
	again := make([]byte, s.Size)
	if _, err := f.ReadAt(again, 12345); err != nil || !bytes.Equal(again, b) {
		t.Errorf("the cabinet differs elsewhere in a file: %v", err)
	}
	if s != (Stats{Files: 3, Unique: 2, Folders: 1, Input: 2001, Stored: 1001, Size: int64(len(b))}) {
		t.Errorf("%+v", s)
	}
}

// Entries are in the order of their data, as readers that go through them once need it, and twins share a folder.
func TestOrder(t *testing.T) {
	_, b := write(t, inputs(tree()), Options{FolderSize: 100_000})
	c, err := cab.NewReader(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	folder := make(map[string]int)
	for i, f := range c.Files {
		folder[f.Name] = f.Folder
		if i == 0 {
			continue
		}
		if p := c.Files[i-1]; f.Folder < p.Folder || f.Folder == p.Folder && f.Offset < p.Offset {
			t.Errorf("%s (%d, %d) after %s (%d, %d)", f.Name, f.Folder, f.Offset, p.Name, p.Folder, p.Offset)
		}
	}
	if len(c.Folders) < 3 {
		t.Errorf("%d folders", len(c.Folders))
	}
	if !strings.HasPrefix(c.Files[0].Name, `update\`) {
		t.Errorf("%s comes first", c.Files[0].Name)
	}
	if a, b := folder[`SP2QFE\copy of user32.dll`], folder[`SP2QFE\user32.dll`]; a != b {
		t.Errorf("identical files in folders %d and %d", a, b)
	}
}

func TestTwinOrder(t *testing.T) {
	names := []string{`SP2QFE\b.dll`, `SP2GDR\b.dll`, `spuninst.exe`, `SP2QFE\a.dll`, `SP2GDR\wow\b.dll`, `update\eula.txt`, `SP2QFE\wow\B.DLL`,
		`empty.cat`, `Update\update.exe`, `SP2GDR\a.dll`}
	var in []Input
	for _, n := range names {
		in = append(in, Input{Name: n})
	}
	var got []string
	for _, i := range TwinOrder(in) {
		got = append(got, i.Name)
	}
	want := `update\eula.txt Update\update.exe empty.cat spuninst.exe SP2GDR\a.dll SP2QFE\a.dll SP2GDR\b.dll SP2QFE\b.dll ` +
		`SP2GDR\wow\b.dll SP2QFE\wow\B.DLL`
	if s := strings.Join(got, " "); s != want {
		t.Errorf("order\n%s, want\n%s", s, want)
	}
	if in[0].Name != names[0] {
		t.Error("the argument was altered")
	}
}

// Every fault is reported, and nothing written.
func TestFaults(t *testing.T) {
	big := memory("big", nil)
	big.Size = cab.MaxFolderSize + 1
	closed := memory("closed", nil)
	closed.Open = nil
	in := []Input{memory(`..\up`, nil), memory("A", nil), memory("a", nil), memory(strings.Repeat("n", 256), nil), big, closed,
		memory("nul.txt", nil)}
	var w noWriter
	_, err := Write(context.Background(), &w, in, Options{Method: 7})
	for _, say := range []string{`..\up`, "twice", "at most 255 bytes", "2147450880", "closed: no content", "nul.txt", "method 7"} {
		if !strings.Contains(fmt.Sprint(err), say) {
			t.Errorf("%q is not in\n%v", say, err)
		}
	}
	if !errors.Is(err, cab.ErrName) {
		t.Error("not an ErrName")
	}
	if w.touched {
		t.Error("something was written")
	}
}

type noWriter struct{ touched bool }

func (w *noWriter) Write(p []byte) (int, error)        { w.touched = true; return len(p), nil }
func (w *noWriter) Seek(o int64, _ int) (int64, error) { return o, nil }

func TestInputChanges(t *testing.T) {
	for _, n := range []int64{99, 101} {
		for _, twin := range []bool{false, true} {
			a := memory("a", noise(1, 100))
			a.Size = n
			in := []Input{a}
			if twin {
				in = append(in, memory("b", noise(2, int(n))))
			}
			f, err := os.Create(filepath.Join(t.TempDir(), "x"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := Write(context.Background(), f, in, Options{}); err == nil || !strings.Contains(err.Error(), "changed") {
				t.Errorf("size %d, twin %v: %v", n, twin, err)
			}
		}
	}
}

// failAt is a writer that fails after some bytes.
type failAt struct {
	left int
	err  error
}

func (w *failAt) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, w.err
	}
	return len(p), nil
}

func (w *failAt) Seek(int64, int) (int64, error) { return 0, nil }

func TestFailures(t *testing.T) {
	broken := errors.New("disk full")
	in := inputs(tree())
	for _, left := range []int{0, 1000, 300_000} {
		if _, err := Write(context.Background(), &failAt{left, broken}, in, Options{FolderSize: 50_000}); !errors.Is(err, broken) {
			t.Errorf("writer fails after %d bytes: %v", left, err)
		}
	}
	for i := range in {
		bad := append([]Input(nil), in...)
		bad[i].Open = func() (io.ReadCloser, error) { return nil, broken }
		if bad[i].Size == 0 {
			continue
		}
		same := 0
		for j := range in {
			if in[j].Size == in[i].Size {
				same++
			}
		}
		if _, err := Write(context.Background(), &failAt{1 << 30, nil}, bad, Options{FolderSize: 50_000}); !errors.Is(err, broken) {
			t.Errorf("%s cannot be opened: %v (%d of its size)", in[i].Name, err, same)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	in[len(in)/2].Open = func() (io.ReadCloser, error) { cancel(); return in[0].Open() }
	if _, err := Write(ctx, &failAt{1 << 30, nil}, in, Options{FolderSize: 50_000}); err == nil {
		t.Error("cancelled, and no error")
	}
}

// Every byte of a small cabinet altered: the content is never wrong without an error, where checksums can tell.
func TestEveryByteAltered(t *testing.T) {
	files := map[string][]byte{"a": noise(1, 600), `d\b`: noise(2, 500), "c": noise(1, 600)}
	for _, m := range allMethods {
		_, b := write(t, inputs(files), Options{Method: m})
		directory := int(binary.LittleEndian.Uint32(b[36:])) // where the data begins
		for i := range b {
			for _, x := range []byte{1, 0x80, 0xFF} {
				bad := bytes.Clone(b)
				bad[i] ^= x
				got, err := readAll(bad)
				if err != nil || i < directory {
					continue // names, sizes and places have no checksum
				}
				compare(t, fmt.Sprintf("%s, byte %d", m, i), got, files)
			}
		}
		for n := range b {
			if _, err := readAll(b[:n]); err == nil {
				t.Errorf("%s: cut to %d of %d bytes, and no error", m, n, len(b))
			}
		}
	}
}

// MSZIP readers have room for 12 bytes more than a block, and DEFLATE may need more for random data.
func TestRandomMSZIP(t *testing.T) {
	data := random(1, 300_000)
	_, b := write(t, []Input{memory("r", data)}, Options{Method: MSZIP})
	got, err := readAll(b)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "random", got, map[string][]byte{"r": data})
	c, err := cab.NewReader(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	at := c.Folders[0].Offset
	for range c.Folders[0].Blocks {
		n := int64(binary.LittleEndian.Uint16(b[at+4:]))
		if n > cab.BlockSize+12 {
			t.Errorf("a block of %d bytes", n)
		}
		at += 8 + n
	}
}
