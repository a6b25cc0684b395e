package winhost

import (
	"os"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/hosttest"
)

// TestSuite runs the contract on this machine. It makes and takes away C:\kbforge-hosttest and
// HKLM\SOFTWARE\kbforge-hosttest, so it needs an administrator.
func TestSuite(t *testing.T) {
	f := hosttest.Factory{
		New:     newHost,
		Reopen:  func(t *testing.T, _ host.Host) host.Host { return newHost(t) },
		Hold:    holdExclusive,
		Map:     mapImage,
		MapWith: systemDLL,
		Link: func(t *testing.T, _ host.Host, path, target string) {
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
		},
	}
	if underWine() {
		f.Link = nil // Wine 8 takes the call and makes nothing
	}
	hosttest.Run(t, f)
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
