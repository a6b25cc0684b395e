package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPEAcceptedByOsslsigncode(t *testing.T) {
	p := newPKI(t)
	for _, arch := range []string{"386", "amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			src := goImage(t, arch, 100_003) // an odd length: the padding counts
			dst := filepath.Join(t.TempDir(), "signed.exe")
			o := options()
			o.Description, o.URL = "Fabrikam Update", "https://example.com/kb"
			if err := PE(context.Background(), src, dst, p.key, o); err != nil {
				t.Fatal(err)
			}
			if out, ok := osslVerify(t, p.rootFile, dst); !ok {
				t.Fatalf("osslsigncode rejects it:\n%s", out)
			}
			if out, ok := osslVerify(t, p.otherRootFile, dst); ok {
				t.Fatalf("osslsigncode accepts it with a foreign root:\n%s", out)
			}
			rep, err := Verify(dst, p.verify())
			if err != nil {
				t.Fatal(err)
			}
			s := rep.Signatures[0]
			if s.Description != o.Description || s.URL != o.URL || s.Hash != "SHA-256" || len(s.Chain) != 2 {
				t.Fatalf("report: %+v", s)
			}
			flipped(t, p, dst)
		})
	}
}

// flipped changes one byte in each region and expects both verifiers to notice.
func flipped(t *testing.T, p *pki, path string) {
	t.Helper()
	good := readFile(t, path)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	im, err := openImage(f, int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	sections, err := im.readSections()
	if err != nil {
		t.Fatal(err)
	}
	regions := map[string]int64{"DOS stub": 0x4e, "COFF time": int64(binary.LittleEndian.Uint32(good[0x3c:])) + 8, "section table": im.sectionTable + 8, "overlay": im.table - 50_000, "end of overlay": im.table - 8}
	for i, s := range sections {
		regions["section "+string(rune('0'+i))] = int64(s.offset) + int64(s.size)/2
	}
	for name, at := range regions {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		file := writeFile(t, t.TempDir(), "bad.exe", bad)
		if _, err := Verify(file, p.verify()); !errors.Is(err, CheckContent) {
			t.Errorf("%s at %#x: got %v", name, at, err)
		}
		if out, ok := osslVerify(t, p.rootFile, file); ok {
			t.Errorf("%s at %#x: osslsigncode accepts:\n%s", name, at, out)
		}
	}
	for name, at := range map[string]int64{"signature": int64(len(good)) - 200, "certificates": im.table + 700} {
		bad := bytes.Clone(good)
		bad[at] ^= 1
		if _, err := Verify(writeFile(t, t.TempDir(), "bad.exe", bad), p.verify()); err == nil {
			t.Errorf("%s: a flipped bit is not noticed", name)
		}
	}
}

func TestPEShapesRefused(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	signed := filepath.Join(dir, "signed.exe")
	if err := PE(context.Background(), goImage(t, "amd64", 10), signed, p.key, options()); err != nil {
		t.Fatal(err)
	}
	good := readFile(t, signed)
	for name, c := range map[string]struct {
		bytes []byte
		want  Check
	}{
		"appended":  {append(bytes.Clone(good), 'x'), CheckFormat},
		"truncated": {good[:len(good)-1], CheckFormat},
		"unsigned":  {readFile(t, goImage(t, "386", 0)), CheckNotSigned},
		"no image":  {[]byte("MZ and nothing else"), CheckNotSigned},
	} {
		_, err := Verify(writeFile(t, dir, "bad.exe", c.bytes), p.verify())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestPEJunkInTable(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	signed := filepath.Join(dir, "signed.exe")
	if err := PE(context.Background(), goImage(t, "amd64", 10), signed, p.key, options()); err != nil {
		t.Fatal(err)
	}
	b := readFile(t, signed)
	im, err := openImage(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, "unsigned"...) // 8 bytes inside table and entry
	binary.LittleEndian.PutUint32(b[im.directory+4:], uint32(im.tableSize+8))
	binary.LittleEndian.PutUint32(b[im.table:], uint32(im.tableSize+8))
	if _, err := Verify(writeFile(t, dir, "junk.exe", b), p.verify()); !errors.Is(err, CheckFormat) {
		t.Errorf("junk in the certificate table: %v", err)
	}
}

func TestPESignAgainReplacesAndRepeats(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	src := goImage(t, "amd64", 4321)
	one, two := filepath.Join(dir, "one.exe"), filepath.Join(dir, "two.exe")
	for _, k := range []Key{p.key, p.ecKey} {
		if err := PE(context.Background(), src, one, k, options()); err != nil {
			t.Fatal(err)
		}
		if err := PE(context.Background(), one, two, k, options()); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(readFile(t, one), readFile(t, two)) {
			t.Errorf("%s: signing again gives other bytes", algorithm(k.Public()))
		}
		if err := PE(context.Background(), two, two, k, options()); err != nil {
			t.Fatalf("in place: %v", err)
		}
		if !bytes.Equal(readFile(t, one), readFile(t, two)) {
			t.Errorf("%s: signing in place gives other bytes", algorithm(k.Public()))
		}
		if out, ok := osslVerify(t, p.rootFile, two); !ok {
			t.Errorf("osslsigncode rejects %s:\n%s", algorithm(k.Public()), out)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) != 0 {
		t.Errorf("temporary files remain: %v %v", left, err)
	}
}

func TestPEFailureLeavesTargetAlone(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	dst := writeFile(t, dir, "out.exe", []byte("as it was"))
	o := options()
	o.Stamper = &TimestampClient{URLs: []string{"http://127.0.0.1:1/"}, Tries: 1}
	if err := PE(context.Background(), goImage(t, "386", 0), dst, p.key, o); !errors.Is(err, CheckTimestamp) {
		t.Fatalf("got %v", err)
	}
	if got := string(readFile(t, dst)); got != "as it was" {
		t.Error("the target was changed")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%d files in the folder", len(entries))
	}
}

func TestImageHashFlat(t *testing.T) {
	for _, flat := range []string{"", "MZ", "text", strings.Repeat("MZ", 100)} {
		s, pe, err := ImageHash(strings.NewReader(flat), int64(len(flat)), crypto.SHA256)
		h := crypto.SHA256.New()
		h.Write([]byte(flat))
		if err != nil || pe || !bytes.Equal(s[0], h.Sum(nil)) {
			t.Errorf("flat %q: %x %v %v", flat, s, pe, err)
		}
	}
}
