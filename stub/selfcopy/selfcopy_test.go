package selfcopy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
)

const probe = "github.com/kbforge/kbforge/stub/selfcopy/testdata/probe"

func TestUnderWine(t *testing.T) {
	p := winekit.New(t)
	exe := winekit.BuildWindows(t, probe, "amd64", "-ldflags", "-s -w -H windowsgui")
	for _, c := range []struct {
		name string
		args []string
		code uint32
		gone bool // spuninst.exe and its directories
		says string
	}{
		{"removes itself", []string{"/code:3010", "", "a b", `c\"d`}, 3010, true,
			`copy of C:\windows\$NtUninstallKB1$\spuninst\spuninst.exe in C:\windows with ["/code:3010" "" "a b" "c\\\"d"]`},
		{"large code", []string{"/code:4294967295"}, 0xffffffff, true, ""},
		{"stays", []string{"/code:1603", "keep"}, 1603, false, ""},
		{"copy dies", []string{"die"}, 99, false, "original: the copy of the program ended without a result"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := p.Path(`C:\windows\$NtUninstallKB1$`)
			image := place(t, exe, filepath.Join(dir, "spuninst"))
			r := p.Run(t, image, c.args...)
			if r.ExitCode != c.code || !strings.Contains(r.Stdout, c.says) || strings.Contains(r.Stdout, "could be deleted") {
				t.Errorf("exit %d, want %d; said %q, want %q", r.ExitCode, c.code, r.Stdout, c.says)
			}
			if c.gone {
				eventually(t, "the backup directory is gone", func() bool { return missing(dir) })
			} else if missing(image) {
				t.Error("spuninst.exe is gone")
			}
			eventually(t, "the copy is gone", func() bool { return len(copies(t, p)) == 0 })
		})
	}
}

// A directory that holds more than the original is kept.
func TestForeignFilesStay(t *testing.T) {
	p := winekit.New(t)
	exe := winekit.BuildWindows(t, probe, "amd64", "-ldflags", "-s -w -H windowsgui")
	dir := p.Path(`C:\windows\$NtUninstallKB2$`)
	image := place(t, exe, filepath.Join(dir, "spuninst"))
	foreign := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(foreign, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := p.Run(t, image, "/code:0"); r.ExitCode != 0 {
		t.Errorf("exit %d: %s", r.ExitCode, r.Stdout)
	}
	eventually(t, "spuninst is gone", func() bool { return missing(filepath.Dir(image)) })
	if missing(foreign) {
		t.Error("a foreign file is gone")
	}
}

func place(t *testing.T, exe, dir string) string {
	t.Helper()
	b, err := os.ReadFile(exe)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	image := filepath.Join(dir, "spuninst.exe")
	if err == nil {
		err = os.WriteFile(image, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func missing(path string) bool { _, err := os.Lstat(path); return os.IsNotExist(err) }

func copies(t *testing.T, p *winekit.Prefix) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(p.Path(`C:\windows`), "kb*.exe"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("not so after 20 s: %s", what)
			return
		}
	}
}
