package importer

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/stub/cab/makecab"
)

// sfxcab is a package as Microsoft's extractor is laid out (package-format.md 9.1): PE32 with .text, .data and .rsrc; the cabinet
// lies in the raw data of .rsrc, behind the resources, whose SizeOfRawData counts it and whose VirtualSize does not; behind it a
// zero byte if its size is odd, the complement of the CRC of both, zeros to 0x200, and the certificate table.
func sfxcab(cabinet []byte, virtualSize uint32, certificate []byte) []byte {
	le := binary.LittleEndian
	body := bytes.Clone(cabinet)
	if len(body)%2 != 0 {
		body = append(body, 0)
	}
	rsrc := make([]byte, (virtualSize+0x1FF)&^0x1FF)
	rsrc = append(rsrc, body...)
	rsrc = le.AppendUint32(rsrc, ^crc32.ChecksumIEEE(body))
	sections := []struct {
		name    string
		virtual uint32
		raw     []byte
	}{{".text", 0x1F0, bytes.Repeat([]byte{0x90}, 0x1F0)}, {".data", 0x900, []byte("MSCF\x00\x00\x00\x00 is no cabinet here")}, {".rsrc", virtualSize, rsrc}}
	const lfanew, optional, headers = 0x80, 0xE0, 0x400
	b := make([]byte, headers)
	copy(b, "MZ")
	le.PutUint32(b[60:], lfanew)
	copy(b[lfanew:], "PE\x00\x00\x4C\x01")
	le.PutUint16(b[lfanew+6:], uint16(len(sections)))
	le.PutUint16(b[lfanew+20:], optional)
	le.PutUint16(b[lfanew+22:], 0x10F)
	le.PutUint16(b[lfanew+24:], 0x10B)
	for i, s := range sections {
		h := b[lfanew+24+optional+40*i:]
		copy(h[:8], s.name)
		le.PutUint32(h[8:], s.virtual)
		le.PutUint32(h[12:], uint32(0x1000*(i+1)))
		le.PutUint32(h[16:], uint32((len(s.raw)+0x1FF)&^0x1FF))
		le.PutUint32(h[20:], uint32(len(b)))
		b = append(b, s.raw...)
		b = append(b, make([]byte, -len(b)&0x1FF)...)
	}
	if certificate != nil { // data directory 4
		le.PutUint32(b[lfanew+24+92:], 16)
		le.PutUint32(b[lfanew+24+96+8*4:], uint32(len(b)))
		le.PutUint32(b[lfanew+24+96+8*4+4:], uint32(len(certificate)))
		b = append(b, certificate...)
	}
	return b
}

// cabinet packs files in one LZX folder, root files first, as those packages do; odd makes its size odd.
func cabinet(t *testing.T, files []txtar.File, odd bool) []byte {
	t.Helper()
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b txtar.File) int { return strings.Count(a.Name, "/") - strings.Count(b.Name, "/") })
	var inputs []makecab.Input
	for _, f := range files {
		data := f.Data
		if strings.HasSuffix(f.Name, ".inf") {
			data = bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		}
		inputs = append(inputs, makecab.Input{Name: strings.ReplaceAll(f.Name, "/", `\`), Size: int64(len(data)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }})
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "x.cab"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := makecab.Write(context.Background(), out, inputs, makecab.Options{}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if odd != (len(b)%2 != 0) {
		b = append(b, 0)
		binary.LittleEndian.PutUint32(b[8:], uint32(len(b)))
	}
	return b
}

// TestSFXCAB: a package with its cabinet in the resource section is imported as the directory that it was made of.
func TestSFXCAB(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	if len(paths) < 2 {
		t.Fatal("no archives")
	}
	for i, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := slices.DeleteFunc(a.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") })
		tree := t.TempDir()
		writeTree(t, tree, files)
		fromTree, _, want := importTo(t, tree)
		for _, c := range []struct {
			virtualSize uint32
			odd         bool
			certificate []byte
		}{{0x978, false, nil}, {0x1C30, true, bytes.Repeat([]byte("MSCF certificate"), 0x100)}} { // the sizes of packages of 2009 and 2005
			name := fmt.Sprintf("WindowsXP-KB%d-x86-ENU.exe", i)
			exe := filepath.Join(t.TempDir(), name)
			data := sfxcab(cabinet(t, files, c.odd), c.virtualSize, c.certificate)
			if err := os.WriteFile(exe, data, 0o666); err != nil {
				t.Fatal(err)
			}
			res, dir, text := importTo(t, exe)
			if text != want || res.Equal != fromTree.Equal || !slices.Equal(res.Notes, fromTree.Notes) {
				t.Errorf("%s, odd %t: equal %t, notes %q\n%s\nfrom the directory: equal %t, notes %q\n%s", path, c.odd, res.Equal, res.Notes, text, fromTree.Equal, fromTree.Notes, want)
			}
			if again, _, _ := importTo(t, build(t, filepath.Join(dir, Name))); !again.Equal {
				t.Errorf("%s: what its import builds differs: %q", path, again.Notes)
			}
			peerOpens(t, exe, files)

			// One bit of the cabinet altered, or the download cut short: refused, and nothing is left behind.
			at := bytes.LastIndex(data[:len(data)-len(c.certificate)], []byte("MSCF"))
			bad := bytes.Clone(data)
			bad[at+len(data[at:len(data)-len(c.certificate)])/2] ^= 4
			for what, b := range map[string][]byte{"altered": bad, "cut short": data[:at+200]} {
				if err := os.WriteFile(exe, b, 0o666); err != nil {
					t.Fatal(err)
				}
				to := filepath.Join(t.TempDir(), "to")
				if res, err := Import(context.Background(), exe, to); err == nil || res != nil {
					t.Errorf("%s, %s: %+v, %v", path, what, res, err)
				}
				if _, err := os.Stat(to); err == nil {
					t.Errorf("%s, %s: %s is left", path, what, to)
				}
			}
		}
	}
}

// peerOpens lets cabextract, which knows Microsoft's packages, take the files out: what the test makes is laid out as they are.
func peerOpens(t *testing.T, exe string, files []txtar.File) {
	t.Helper()
	tool := need.Tool(t, "cabextract")
	dir := t.TempDir()
	if out, err := exec.Command(tool, "-q", "-d", dir, exe).CombinedOutput(); err != nil {
		t.Fatalf("cabextract: %v\n%s", err, out)
	}
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(f.Name))); err != nil {
			t.Errorf("cabextract: %v", err)
		}
	}
}
