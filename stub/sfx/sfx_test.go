package sfx

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/stub/cab/makecab"
)

// section is a section of a made-up image.
type section struct {
	name        string
	virtualSize int
	raw         []byte
}

// pe lays out an image as a linker does: headers of 0x400 bytes, then the sections' raw data, aligned to 0x200.
func pe(sections ...section) []byte {
	const lfanew, optional = 0x80, 0xE0
	b := make([]byte, 0x400)
	le := binary.LittleEndian
	copy(b, "MZ")
	le.PutUint32(b[60:], lfanew)
	copy(b[lfanew:], "PE\x00\x00\x4c\x01")
	le.PutUint16(b[lfanew+6:], uint16(len(sections)))
	le.PutUint16(b[lfanew+20:], optional)
	le.PutUint16(b[lfanew+24:], 0x10b)
	for i, s := range sections {
		h := b[lfanew+24+optional+40*i:]
		copy(h[:8], s.name)
		le.PutUint32(h[8:], uint32(s.virtualSize))
		le.PutUint32(h[12:], uint32(0x1000*(i+1)))
		le.PutUint32(h[16:], uint32((len(s.raw)+511)&^511))
		le.PutUint32(h[20:], uint32(len(b)))
		b = append(b, s.raw...)
		b = append(b, make([]byte, (512-len(s.raw)%512)%512)...)
	}
	return b
}

func plain() []byte {
	return pe(section{".text", 0x300, bytes.Repeat([]byte{0x90}, 0x300)}, section{".data", 0x100, []byte("MSCF in data\x00\x00\x00\x00")},
		section{".rsrc", 0x178, make([]byte, 0x178)})
}

// sfxcab is the layout of Microsoft's packages: the cabinet and its check value inside .rsrc.
func sfxcab(cabinet []byte, virtualSize int) []byte {
	rsrc := make([]byte, (virtualSize+0x1ff)&^0x1ff)
	body := bytes.Clone(cabinet)
	if len(body)%2 != 0 {
		body = append(body, 0)
	}
	rsrc = append(rsrc, body...)
	rsrc = binary.LittleEndian.AppendUint32(rsrc, ^crc32.ChecksumIEEE(body))
	return pe(section{".text", 0x200, make([]byte, 0x200)}, section{".data", 0x800, make([]byte, 0x10)},
		section{".rsrc", virtualSize, rsrc})
}

// cabinet makes one of a given parity; package makecab itself makes even ones only.
func cabinet(t testing.TB, odd bool) []byte {
	t.Helper()
	data := bytes.Repeat([]byte("update "), 150)
	f, err := os.Create(filepath.Join(t.TempDir(), "x.cab"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := makecab.Input{Name: `update\update.exe`, Size: int64(len(data)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
	if _, err := makecab.Write(context.Background(), f, []makecab.Input{in}, makecab.Options{Method: makecab.None}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if odd {
		b = append(b, 0)
		binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
	}
	return b
}

func appended(t testing.TB, stub, cabinet []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	loc, err := Append(&out, stub, bytes.NewReader(cabinet))
	if err != nil {
		t.Fatal(err)
	}
	if loc.Offset != int64(len(stub)) || loc.Size != int64(len(cabinet)) || out.Len()%Alignment != 0 {
		t.Fatalf("Append: %+v, %d bytes in all", loc, out.Len())
	}
	return out.Bytes()
}

func TestFind(t *testing.T) {
	for _, odd := range []bool{false, true} {
		c := cabinet(t, odd)
		signature := bytes.Repeat([]byte("MSCF signature"), 1000)
		front := append(bytes.Repeat([]byte("MSCF, not a cabinet. "), 10_000), c...)
		cases := []struct {
			name  string
			file  []byte
			place Place
			at    int
		}{
			{"bare", c, Bare, 0},
			{"bare, signed", append(bytes.Clone(c), signature...), Bare, 0},
			{"appended", appended(t, plain(), c), Appended, len(plain())},
			{"appended, signed", append(appended(t, plain(), c), signature...), Appended, len(plain())},
			{"SFXCAB as in a package of 2009", sfxcab(c, 0x978), Resource, 0x400 + 0x200 + 0x200 + 0xA00},
			{"SFXCAB as in a package of 2005, signed", append(sfxcab(c, 0x1C30), signature...), Resource, 0x800 + 0x1E00},
			{"scanned", front, Scanned, len(front) - len(c)},
			{"in another section", pe(section{".text", 0x200, make([]byte, 0x200)}, section{"_cabinet", 9, c}), Scanned, 0x600},
		}
		for _, tc := range cases {
			t.Run(tc.name, func(t *testing.T) {
				r := bytes.NewReader(tc.file)
				loc, err := Find(r, int64(len(tc.file)))
				if want := (Location{int64(tc.at), int64(len(c)), tc.place}); err != nil || loc != want {
					t.Fatalf("Find: %+v, %v; want %+v", loc, err, want)
				}
				if _, err := cab.NewReader(r, loc.Offset, loc.Size); err != nil {
					t.Error(err)
				}
				if err := CheckTrailer(r, loc); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func TestFindRefuses(t *testing.T) {
	c := cabinet(t, true)
	whole := appended(t, plain(), c)
	for _, tc := range []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, ErrNone},
		{"text", []byte(strings.Repeat("MSCF nothing here ", 500)), ErrNone},
		{"no cabinet", plain(), ErrNone},
		{"download cut short", whole[:len(whole)-100], cab.ErrTruncated},
		{"bare, cut short", c[:len(c)-1], cab.ErrTruncated},
		{"MZ alone", []byte("MZ"), ErrNone},
		{"sections beyond the end", plain()[:0x400], ErrNone},
	} {
		if _, err := Find(bytes.NewReader(tc.file), int64(len(tc.file))); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
	}
}

func TestTrailer(t *testing.T) {
	for _, odd := range []bool{false, true} {
		c := cabinet(t, odd)
		file := sfxcab(c, 0x978)
		loc, err := Find(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for i := loc.Offset; i < loc.Offset+loc.Size+int64(len(c)%2)+4; i++ {
			bad := bytes.Clone(file)
			bad[i] ^= 0x10
			if err := CheckTrailer(bytes.NewReader(bad), loc); !errors.Is(err, ErrTrailer) {
				t.Fatalf("byte %d altered: %v", i, err)
			}
		}
	}
}

func TestAppendRefuses(t *testing.T) {
	c := cabinet(t, false)
	for name, stub := range map[string][]byte{
		"not PE": []byte("#!/bin/sh\n"), "overlay": append(plain(), 1), "twice": appended(t, plain(), c), "short": plain()[:0x700],
	} {
		if _, err := Append(io.Discard, stub, bytes.NewReader(c)); !errors.Is(err, ErrStub) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Cabinet tools must open what Append makes as it is.
func TestPeersOpen(t *testing.T) {
	src := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, arch := range []string{"386", "amd64", "arm64"} {
		exe := filepath.Join(t.TempDir(), "stub.exe")
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", exe, src)
		cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH="+arch, "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		stub, err := os.ReadFile(exe)
		if err != nil {
			t.Fatal(err)
		}
		pkg := filepath.Join(t.TempDir(), "package.exe")
		if err := os.WriteFile(pkg, appended(t, stub, cabinet(t, false)), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{need.Tool(t, "7zz", "7z"), "t", pkg}, {need.Tool(t, "7zz", "7z"), "l", pkg},
			{need.Tool(t, "cabextract"), "-t", pkg}, {need.Tool(t, "cabextract"), "-l", pkg}} {
			out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
			if err != nil {
				t.Errorf("%s %v: %v\n%s", arch, args, err, out)
			}
			if args[1] == "l" && !strings.Contains(string(out), `update.exe`) {
				t.Errorf("%s: %v does not list update.exe:\n%s", arch, args, out)
			}
			if strings.Contains(strings.ToLower(string(out)), "warning") {
				t.Errorf("%s: %v warns:\n%s", arch, args, out)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	c := cabinet(f, true)
	f.Add(c)
	f.Add(appended(f, plain(), c))
	f.Add(sfxcab(c, 0x978))
	f.Fuzz(func(t *testing.T, file []byte) {
		loc, err := Find(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		if loc.Offset < 0 || loc.Size < cabHeader || loc.Offset+loc.Size > int64(len(file)) || loc.Place == 0 {
			t.Fatalf("%+v in a file of %d bytes", loc, len(file))
		}
		CheckTrailer(bytes.NewReader(file), loc)
		End(file)
	})
}
