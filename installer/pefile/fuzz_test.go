package pefile_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

func FuzzRead(f *testing.F) {
	for _, arch := range []string{"x86", "x64"} {
		f.Add(sample(f, samplepe.Spec{Arch: arch, DLL: arch == "x86", Version: pefile.Version{1, 2, 3, 4}}))
	}
	f.Add([]byte("MZ"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n := bytes.NewReader(b), int64(len(b))
		in, err := pefile.Read(r, n)
		if err != nil && !errors.Is(err, pefile.ErrMalformed) {
			t.Fatal(err)
		}
		if in != nil {
			in.Version.Lookup("FileVersion")
		}
		if end, err := pefile.ImageEnd(r, n); err == nil && (end < 0 || end > n) {
			t.Fatalf("image ends at %d of %d", end, n)
		}
		if off, size, err := pefile.Certificates(r, n); err == nil && off+size > n {
			t.Fatalf("certificates at %d+%d of %d", off, size, n)
		}
		if _, err := pefile.ComputeChecksum(r, n); err != nil && !errors.Is(err, pefile.ErrMalformed) {
			t.Fatal(err)
		}
	})
}

func FuzzCRC(f *testing.F) {
	for _, arch := range []string{"x86", "x64"} {
		b := sample(f, samplepe.Spec{Arch: arch, Version: pefile.Version{1, 2, 3, 4}})
		f.Add(b)
		l := layoutOf(b)
		le.PutUint32(b[l.dirs+88:], 0x300)
		le.PutUint32(b[l.dirs+92:], 0x20)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := pefile.CRC(bytes.NewReader(b), int64(len(b))); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzParseVersionInfo(f *testing.F) {
	for _, s := range []samplepe.Spec{{Arch: "x64"}, {Arch: "x64", DLL: true, FileVersionText: "1 (xpsp_sp2_gdr.050301-1519)"}} {
		b := sample(f, s)
		i := bytes.Index(b, []byte("V\x00S\x00_\x00V\x00"))
		f.Add(b[i-6:])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := pefile.ParseVersionInfo(b)
		if err != nil && !errors.Is(err, pefile.ErrMalformed) {
			t.Fatal(err)
		}
		if v != nil && len(v.Tables)+len(v.Translations) > pefile.MaxVersionStrings {
			t.Fatal("limit exceeded")
		}
		if v == nil {
			return
		}
		// What can be written is read back the same, and written the same again.
		first, err := v.Bytes()
		if err != nil {
			return
		}
		w, err := pefile.ParseVersionInfo(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := w.Bytes(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%x\n%x\n%v", first, second, err)
		}
	})
}

func FuzzBranch(f *testing.F) {
	f.Add("5.1.2600.2622 (xpsp_sp2_gdr.050301-1519)")
	f.Fuzz(func(t *testing.T, s string) { pefile.Branch(s) })
}
