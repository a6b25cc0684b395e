package winhost

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/hosttest"
)

// TestSuite runs the contract on this machine. It makes and takes away C:\kbforge-hosttest and
// HKLM\SOFTWARE\kbforge-hosttest, so it needs an administrator.
func TestSuite(t *testing.T) { hosttest.Run(t, factory()) }

// TestBeforeRestart and TestAfterRestart need a restart of the machine between them.
func TestBeforeRestart(t *testing.T) {
	if os.Getenv("KBFORGE_RESTART") == "" {
		t.Skip("set KBFORGE_RESTART, run this, restart Windows, run TestAfterRestart")
	}
	hosttest.BeforeRestart(t, factory())
}

func TestAfterRestart(t *testing.T) {
	if os.Getenv("KBFORGE_RESTART") == "" {
		t.Skip("set KBFORGE_RESTART, run TestBeforeRestart, restart Windows, run this")
	}
	hosttest.AfterRestart(t, factory())
}

// TestNativeSystem32: also a 32-bit process writes into the native system32 and reads the native registry.
func TestNativeSystem32(t *testing.T) {
	h := newHost(t)
	i, err := h.Info()
	if err != nil {
		t.Fatal(err)
	}
	if i.Arch == host.X86 {
		t.Skip("a 32-bit Windows has one system32")
	}
	const name = `\kbforge-hosttest.txt`
	if err := h.WriteFile(i.SystemDir+name, strings.NewReader("native"), host.FileMeta{}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := h.Remove(i.SystemDir + name); err != nil {
			t.Error(err)
		}
	}()
	if _, err := h.Stat(i.SystemDirX86 + name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file went to SysWOW64: %v", err)
	}
	if _, err := h.Stat(i.SystemDir + name); err != nil {
		t.Error(err)
	}
	dir, err := h.Folder(38)
	if err != nil || host.Fold(dir) != host.Fold(h.ExpandEnv("%ProgramFiles%")) || strings.Contains(dir, "(x86)") {
		t.Errorf("Program Files is %q, %v", dir, err)
	}
	t.Logf("%s process on %s, redirected: %v", runtime.GOARCH, i.Arch, h.(*Host).wow64)
}

func factory() hosttest.Factory {
	f := hosttest.Factory{
		New:      newHost,
		Reopen:   func(t *testing.T, _ host.Host) host.Host { return newHost(t) },
		Hold:     holdExclusive,
		Map:      mapImage,
		MapWith:  systemDLL,
		Programs: testPrograms(), DLL: selfRegistering,
		Link: func(t *testing.T, _ host.Host, path, target string) {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		},
	}
	if f.Wine = underWine(); f.Wine {
		f.Link = nil // Wine 8 takes the call and makes nothing
	}
	return f
}

func newHost(t *testing.T) host.Host {
	t.Helper()
	h, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func holdExclusive(t *testing.T, _ host.Host, path string) func() {
	t.Helper()
	f, err := createFile(path, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, windows.OPEN_EXISTING, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { windows.CloseHandle(f) }
}

// mapImage has the file in use as a loaded DLL.
func mapImage(t *testing.T, _ host.Host, path string) func() {
	t.Helper()
	const dontResolve = 1 // DONT_RESOLVE_DLL_REFERENCES
	dll, err := windows.LoadLibraryEx(path, 0, dontResolve)
	if err != nil {
		t.Fatal(err)
	}
	released := false
	return func() {
		if !released {
			released = true
			windows.FreeLibrary(dll)
		}
	}
}

func systemDLL(t *testing.T) []byte {
	t.Helper()
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(dir + `\version.dll`)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
