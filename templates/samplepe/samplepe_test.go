package samplepe_test

import (
	"bytes"
	"debug/pe"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/templates/samplepe"
)

var arches = []string{"x86", "x64", "arm64"}

func build(t *testing.T, s samplepe.Spec) []byte {
	t.Helper()
	b, err := samplepe.Build(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBuildIsReadBack(t *testing.T) {
	for _, arch := range arches {
		for _, dll := range []bool{false, true} {
			t.Run(fmt.Sprint(arch, " dll=", dll), func(t *testing.T) {
				s := samplepe.Spec{
					Arch: arch, DLL: dll, Version: pefile.Version{5, 2, 3790, 100}, LinkTime: 0x41000000,
					ProductVersion:  pefile.Version{5, 2, 3790, 0},
					FileVersionText: "5.2.3790.100 (srv03_gdr.040101-0000)",
					Strings:         []pefile.String{{Name: "FileDescription", Value: "Größe — 例"}, {Name: "CompanyName", Value: "x"}},
				}
				b := build(t, s)
				if again := build(t, s); !bytes.Equal(b, again) {
					t.Fatal("two builds differ")
				}
				in, err := pefile.Read(bytes.NewReader(b), int64(len(b)))
				if err != nil {
					t.Fatal(err)
				}
				if pefile.Arch(in.Machine) != arch || in.DLL != dll || in.LinkTime != s.LinkTime || in.Version == nil {
					t.Fatalf("%+v", in)
				}
				if in.Version.File != s.Version || in.Version.Product != s.ProductVersion {
					t.Fatalf("versions %v, %v", in.Version.File, in.Version.Product)
				}
				want := []pefile.String{
					{Name: "FileVersion", Value: s.FileVersionText}, {Name: "ProductVersion", Value: "5.2.3790.0"}, s.Strings[0], s.Strings[1],
				}
				if got := in.Version.Tables[0].Strings; fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("strings %v, want %v", got, want)
				}
				if sum, err := pefile.ComputeChecksum(bytes.NewReader(b), int64(len(b))); err != nil || sum != in.Checksum || sum == 0 {
					t.Fatalf("checksum 0x%x, want 0x%x, %v", in.Checksum, sum, err)
				}
				f, err := pe.NewFile(bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				if syms, err := f.ImportedSymbols(); err != nil || fmt.Sprint(syms) != "[ExitProcess:KERNEL32.dll]" {
					t.Fatalf("imports %v, %v", syms, err)
				}
			})
		}
	}
}

func TestSizeAndBlob(t *testing.T) {
	for _, size := range []int{0, 1, 2048, 10_000, 300_000} {
		blob := []byte("contents that differ")
		b := build(t, samplepe.Spec{Arch: "x64", Size: size, Blob: blob})
		if len(b) < size || size > 4096 && len(b) >= size+512 || !bytes.Contains(b, blob) {
			t.Errorf("size %d gave %d bytes", size, len(b))
		}
		if end, err := pefile.ImageEnd(bytes.NewReader(b), int64(len(b))); err != nil || end != int64(len(b)) {
			t.Errorf("image ends at %d of %d, %v", end, len(b), err)
		}
	}
}

func TestNoVersion(t *testing.T) {
	b := build(t, samplepe.Spec{Arch: "x86", NoVersion: true})
	if in, err := pefile.Read(bytes.NewReader(b), int64(len(b))); err != nil || in.Version != nil {
		t.Fatalf("%+v, %v", in, err)
	}
}

func TestSpecIsRefused(t *testing.T) {
	for want, s := range map[string]samplepe.Spec{
		`architecture "mips"`: {Arch: "mips"},
		"sizes from 0":        {Arch: "x64", Size: -1},
		"has no name":         {Arch: "x64", Strings: []pefile.String{{Value: "b"}}},
		"holds a NUL":         {Arch: "x64", Strings: []pefile.String{{Name: "a", Value: "b\x00c"}}},
		"at most 65535":       {Arch: "x64", FileVersionText: strings.Repeat("x", 40000)},
	} {
		if _, err := samplepe.Build(s); !errors.Is(err, samplepe.ErrSpec) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}

// TestOtherTools has binutils and icoutils read what Build writes.
func TestOtherTools(t *testing.T) {
	wrestool, objdump := need.Tool(t, "wrestool"), need.Tool(t, "x86_64-w64-mingw32-objdump")
	for _, arch := range arches {
		file := filepath.Join(t.TempDir(), "a.exe")
		b := build(t, samplepe.Spec{Arch: arch, Version: pefile.Version{1, 2, 3, 4}, ExitCode: 7})
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if out := run(t, wrestool, "-l", file); !strings.Contains(out, "--type=16 --name=1 --language=1033") {
			t.Errorf("%s: wrestool lists %q", arch, out)
		}
		if arch == "arm64" {
			continue // not a target of this objdump
		}
		out := run(t, objdump, "-x", "-d", file)
		for _, want := range []string{"DLL Name: KERNEL32.dll", "ExitProcess", "Base Relocation"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: objdump does not show %q", arch, want)
			}
		}
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return string(out)
}
