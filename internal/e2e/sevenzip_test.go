package e2e

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

// The npm package 7zip-bin carries real Windows executables: version 4.1.0 has 7za.exe 18.05, 5.2.0 has 21.07.
var sevenZipBin = map[string]string{ // version to SHA-256 of the package
	"4.1.0": "bac48c0a22cd634d3cced74da142c3215d696c836a617511866d429f61eb9ce2",
	"5.2.0": "04f9738ee00be8be53f5d06254a9e6e4b5117b17f8b74058477d870e62764a7d",
}

func TestSevenZip(t *testing.T) {
	t.Parallel()
	const programs, programs32 = `C:\Program Files\7-Zip`, `C:\Program Files (x86)\7-Zip`
	for name, c := range map[string]struct {
		machine   func(testing.TB) *winekit.Prefix
		npm, arch string // of the executable and of the package
		to        string // in the manifest
		installed string
	}{
		"x64":                    {winekit.New, "x64", "x64", "program-files", programs},
		"ia32 on 32-bit Windows": {winekit.NewX86, "ia32", "x86", "program-files", programs},
		"ia32 on 64-bit Windows": {winekit.New32, "ia32", "x64", "program-files-x86", programs32},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.machine(t)
			before := fromNPM(t, "4.1.0", "package/win/"+c.npm+"/7za.exe")
			after := fromNPM(t, "5.2.0", "package/win/"+c.npm+"/7za.exe")
			pkg := newProject(t, fmt.Sprintf(sevenZipManifest, c.arch, c.to), map[string][]byte{"7za.exe": after}).build(t)
			exe := c.installed + `\7za.exe`
			put(t, m, exe, before)
			runs(t, m, exe, "18.05")

			exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
			holds(t, m, exe, after)
			runs(t, m, exe, "21.07")

			exits(t, m, spuninst(t, m, "KB2107", "/quiet", "/norestart"), 0)
			holds(t, m, exe, before)
			runs(t, m, exe, "18.05")
		})
	}
}

const sevenZipManifest = `
[package]
kb = "KB2107"
title = "Update for 7-Zip (KB2107)"
product = "7-Zip"
publisher = "kbforge tests"
version = "21.7.0.0"
arch = %q
build-time = 2026-01-02T03:04:05Z

[[file]]
source = "7za.exe"
to = '%s\7-Zip'
`

// runs fails the test unless 7za.exe starts, names its version, and packs and tests an archive.
func runs(t *testing.T, m *winekit.Prefix, exe, version string) {
	t.Helper()
	r := m.Run(t, exe, "i")
	if r.ExitCode != 0 || !strings.Contains(r.Stdout, version) {
		t.Errorf("%s i: exit code %d, want version %s\n%s%s", exe, r.ExitCode, version, r.Stdout, r.Stderr)
	}
	archive := fmt.Sprintf(`C:\%s.7z`, version)
	defer os.Remove(m.Path(archive))
	for _, args := range [][]string{{"a", archive, `C:\windows\win.ini`}, {"t", archive}} {
		if r := m.Run(t, exe, args...); r.ExitCode != 0 || !strings.Contains(r.Stdout, "Everything is Ok") {
			t.Errorf("%s %s: exit code %d\n%s%s", exe, args, r.ExitCode, r.Stdout, r.Stderr)
		}
	}
}

// fromNPM returns a file of a 7zip-bin package. The package is fetched once and kept in the user's cache directory. Where
// the registry cannot be reached the test is skipped, in CI too: that is no fault of this project.
func fromNPM(t *testing.T, version, name string) []byte {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "kbforge", "npm")
	path := filepath.Join(dir, "7zip-bin-"+version+".tgz")
	if sum, err := sumOf(path); err != nil || sum != sevenZipBin[version] {
		fetch(t, dir, "7zip-bin-"+version+".tgz", "7zip-bin@"+version)
	}
	if sum, err := sumOf(path); err != nil || sum != sevenZipBin[version] {
		t.Fatalf("%s has SHA-256 %s (%v), want %s", path, sum, err, sevenZipBin[version])
	}
	data, err := fromTarball(path, name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func fetch(t *testing.T, dir, file, spec string) {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("SKIPPED, NOT TESTED HERE: the real 7-Zip executables come from the npm registry, and npm is not installed")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	cmd := exec.Command(npm, "pack", "--silent", "--fetch-retries=1", "--fetch-timeout=30000", spec)
	cmd.Dir = tmp
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED, NOT TESTED HERE: the npm registry cannot be reached: %v\n%s", err, said)
	}
	data, err := os.ReadFile(filepath.Join(tmp, file))
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, file+".new")
	if err := errors.Join(os.WriteFile(half, data, 0o644), os.Rename(half, filepath.Join(dir, file))); err != nil {
		t.Fatal(err)
	}
}

func sumOf(path string) (string, error) {
	b, err := os.ReadFile(path)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), err
}

func fromTarball(path, name string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err != nil {
			return nil, fmt.Errorf("%s: no %s: %w", path, name, err)
		}
		if h.Name == name {
			return io.ReadAll(r)
		}
	}
}
