package cab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

func numbers(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.Bytes()[:n]
}

func TestReserve(t *testing.T) {
	data := numbers(70_000)
	for _, reserve := range [][3]int{{0, 0, 0}, {7, 0, 0}, {0, 3, 0}, {0, 0, 5}, {60_000, 255, 255}} {
		c := craft{flags: flagReserve, reserve: reserve, folders: []craftFolder{stored(data), stored([]byte("two"))},
			files: []craftFile{{name: "a/b", size: 70_000}, {name: "c", size: 3, folder: 1}}}
		r, err := open(c.bytes())
		if err != nil {
			t.Fatalf("%v: %v", reserve, err)
		}
		got, err := extract(r)
		if err != nil {
			t.Fatalf("%v: %v", reserve, err)
		}
		want(t, got, map[string][]byte{`a\b`: data, "c": []byte("two")})
	}
}

func TestRefused(t *testing.T) {
	ok := craft{folders: []craftFolder{stored([]byte("content"))}, files: []craftFile{{name: "a", size: 7}}}
	long := strings.Repeat("n", MaxName+1)
	for _, c := range []struct {
		name  string
		craft func(c *craft)
		want  error
		say   string
	}{
		{"one of a set", func(c *craft) { c.flags = flagNext }, ErrUnsupported, "set of several cabinets"},
		{"last of a set", func(c *craft) { c.flags = flagPrev }, ErrUnsupported, "set of several cabinets"},
		{"continued file", func(c *craft) { c.files[0].folder = 0xFFFE }, ErrUnsupported, "goes on in another cabinet"},
		{"Quantum", func(c *craft) { c.folders[0].kind = 0x0702 }, ErrUnsupported, "Quantum"},
		{"unknown method", func(c *craft) { c.folders[0].kind = 9 }, ErrUnsupported, "method 9"},
		{"window of 14", func(c *craft) { c.folders[0].kind = 0x0E03 }, ErrFormat, "window of 14 bits"},
		{"window of 22", func(c *craft) { c.folders[0].kind = 0x1603 }, ErrFormat, "window of 22 bits"},
		{"no such folder", func(c *craft) { c.files[0].folder = 1 }, ErrFormat, "folder 1 of 1"},
		{"long name", func(c *craft) { c.files[0].name = long }, ErrFormat, "255 bytes"},
		{"beyond the folder", func(c *craft) { c.files[0].offset = BlockSize }, ErrFormat, "beyond the end"},
	} {
		x := ok
		x.folders = append([]craftFolder(nil), ok.folders...)
		x.files = append([]craftFile(nil), ok.files...)
		c.craft(&x)
		_, err := open(x.bytes())
		if !errors.Is(err, c.want) || !strings.Contains(fmt.Sprint(err), c.say) {
			t.Errorf("%s: %v, want %v with %q", c.name, err, c.want, c.say)
		}
	}
	short := ok
	short.files = []craftFile{{name: "a", size: 8}}
	r, err := open(short.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := extract(r); !errors.Is(err, ErrData) {
		t.Errorf("a file longer than its folder: %v", err)
	}
}

func TestNoChecksum(t *testing.T) {
	c := craft{noChecksum: true, folders: []craftFolder{stored([]byte("content"))}, files: []craftFile{{name: "a", size: 7}}}
	r, err := open(c.bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := extract(r)
	if err != nil {
		t.Fatal(err)
	}
	want(t, got, map[string][]byte{"a": []byte("content")})
}

func TestTruncated(t *testing.T) {
	b := craft{folders: []craftFolder{stored(numbers(50_000))}, files: []craftFile{{name: "a", size: 50_000}}}.bytes()
	for n := range len(b) {
		if n > 200 && n < len(b)-200 && n%97 != 0 {
			continue
		}
		if _, err := open(b[:n]); !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrFormat) {
			t.Fatalf("%d of %d bytes: %v", n, len(b), err)
		}
	}
}

// Files that overlap, share data, repeat, are empty, and are not wanted: one decode serves them all.
func TestSharing(t *testing.T) {
	data := numbers(100_000)
	c := craft{folders: []craftFolder{stored(data), stored(numbers(10))}, files: []craftFile{
		{name: "late", size: 10, offset: 99_990}, {name: "all", size: 100_000}, {name: "part", size: 40_000, offset: 20_000},
		{name: "part again", size: 40_000, offset: 20_000}, {name: "none", offset: 50_000}, {name: "other", size: 10, folder: 1},
	}}
	expected := map[string][]byte{"late": data[99_990:], "all": data, "part": data[20_000:60_000], "part again": data[20_000:60_000],
		"none": nil, "other": data[:10]}
	r, err := open(c.bytes())
	if err != nil {
		t.Fatal(err)
	}
	got, err := extract(r)
	if err != nil {
		t.Fatal(err)
	}
	want(t, got, expected)
	if n := r.TotalSize(); n != 180_020 {
		t.Errorf("TotalSize %d", n)
	}
	for i := range r.Files {
		f, err := r.Open(i)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(b, expected[r.Files[i].Name]) {
			t.Errorf("Open %s: %d bytes, %v", r.Files[i].Name, len(b), err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Read(make([]byte, 1)); err == nil {
			t.Error("Read after Close")
		}
	}
	// Skipped files are not decoded: their folder may even be broken.
	b := c.bytes()
	b[len(b)-1] ^= 1
	if r, err = open(b); err != nil {
		t.Fatal(err)
	}
	if err := r.Extract(context.Background(), func(f *File) (io.WriteCloser, error) { return nil, nil }); err != nil {
		t.Errorf("nothing wanted: %v", err)
	}
	if _, err := extract(r); !errors.Is(err, ErrChecksum) {
		t.Errorf("everything wanted: %v", err)
	}
}

// More files at one place than may be open.
func TestManyOpen(t *testing.T) {
	data := numbers(5000)
	c := craft{folders: []craftFolder{stored(data)}}
	for i := range 3*MaxOpen + 7 {
		c.files = append(c.files, craftFile{name: fmt.Sprint(i), size: 5000})
	}
	r, err := open(c.bytes())
	if err != nil {
		t.Fatal(err)
	}
	now, most := 0, 0
	sinks := make(map[string]*counted)
	if err := r.Extract(context.Background(), func(f *File) (io.WriteCloser, error) {
		now++
		most = max(most, now)
		sinks[f.Name] = &counted{now: &now}
		return sinks[f.Name], nil
	}); err != nil {
		t.Fatal(err)
	}
	if most != MaxOpen || now != 0 || len(sinks) != len(c.files) {
		t.Errorf("%d open at a time, %d left open, %d asked for", most, now, len(sinks))
	}
	for n, s := range sinks {
		if !bytes.Equal(s.Bytes(), data) {
			t.Fatalf("%s differs", n)
		}
	}
}

type counted struct {
	bytes.Buffer
	now *int
}

func (c *counted) Close() error { *c.now--; return nil }

type failing struct {
	write, close error
	closed       *int
}

func (f failing) Write(p []byte) (int, error) { return len(p), f.write }
func (f failing) Close() error                { *f.closed++; return f.close }

// Whatever fails, every writer is closed once and the failure comes back.
func TestExtractFails(t *testing.T) {
	c := craft{folders: []craftFolder{stored(numbers(100_000))}, files: []craftFile{
		{name: "a", size: 100_000}, {name: "b", size: 100_000}, {name: "c", size: 50, offset: 10}}}
	r, err := open(c.bytes())
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, bad := range []string{"a", "b", "c"} {
		for _, f := range []failing{{write: broken}, {close: broken}} {
			opened, closed := 0, 0
			err := r.Extract(context.Background(), func(file *File) (io.WriteCloser, error) {
				opened++
				w := failing{closed: &closed}
				if file.Name == bad {
					w.write, w.close = f.write, f.close
				}
				return w, nil
			})
			if !errors.Is(err, broken) || opened != closed {
				t.Errorf("%s: %v, %d opened, %d closed", bad, err, opened, closed)
			}
		}
		opened, closed := 0, 0
		err := r.Extract(context.Background(), func(file *File) (io.WriteCloser, error) {
			if file.Name == bad {
				return nil, broken
			}
			opened++
			return failing{closed: &closed}, nil
		})
		if !errors.Is(err, broken) || opened != closed {
			t.Errorf("%s not opened: %v, %d opened, %d closed", bad, err, opened, closed)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Extract(ctx, func(*File) (io.WriteCloser, error) { return nil, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNames(t *testing.T) {
	c := craft{folders: []craftFolder{stored(nil)}, files: []craftFile{
		{name: "a/b\\c"}, {name: "\xdcbung\x80", attr: AttrArchive}, {name: "Übung€", attr: AttrUTF8}, {name: "bad\xff", attr: AttrUTF8}}}
	r, err := open(c.bytes())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{`a\b\c`, "Übung€", "Übung€", "bad\xff"} {
		if r.Files[i].Name != want {
			t.Errorf("name %q, want %q", r.Files[i].Name, want)
		}
	}
	if err := r.CheckNames(); !errors.Is(err, ErrName) {
		t.Errorf("CheckNames: %v", err)
	}
	if f := r.Files[0]; !f.ModTime.Equal(time.Date(2000, 1, 1, 12, 30, 0, 0, time.UTC)) {
		t.Errorf("time %v", f.ModTime)
	}
}

func TestDOSTime(t *testing.T) {
	for date := range 1 << 16 {
		clock := uint16(date * 40503)
		want := time.Date(1980+date>>9, time.Month(date>>5&15), date&31, int(clock>>11), int(clock>>5&63), int(clock&31)*2, 0, time.UTC)
		if month := date >> 5 & 15; month == 0 || month > 12 {
			continue
		}
		got := FromDOSTime(uint16(date), clock)
		if !got.Equal(want) || got.Location() != time.UTC {
			t.Fatalf("%04x %04x: %v, want %v", date, clock, got, want)
		}
		if date&31 == 0 || want.Day() != date&31 || clock>>11 > 23 || clock>>5&63 > 59 || clock&31 > 29 {
			continue
		}
		if d, c := ToDOSTime(want); d != uint16(date) || c != clock {
			t.Fatalf("%v: %04x %04x, want %04x %04x", want, d, c, date, clock)
		}
	}
	for at, want := range map[time.Time][2]uint16{
		time.Date(1970, 5, 6, 7, 8, 9, 0, time.UTC): {0x21, 0}, time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC): {0xFF9F, 0xBF7D},
		time.Date(2000, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600)): {19<<9 | 12<<5 | 31, 23<<11 | 30<<5},
	} {
		if d, c := ToDOSTime(at); d != want[0] || c != want[1] {
			t.Errorf("%v: %04x %04x, want %04x", at, d, c, want)
		}
	}
}

func TestChecksum(t *testing.T) {
	// The definition of [MS-CAB] 3.1, word by word.
	slow := func(b []byte, sum uint32) uint32 {
		for ; len(b) >= 4; b = b[4:] {
			sum ^= uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		}
		rest := uint32(0)
		for _, c := range b {
			rest = rest<<8 | uint32(c)
		}
		return sum ^ rest
	}
	data := numbers(100)
	for n := range data {
		if got, want := Checksum(data[:n], 7), slow(data[:n], 7); got != want {
			t.Errorf("%d bytes: %08x, want %08x", n, got, want)
		}
	}
}
