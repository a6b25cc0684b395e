package winhost

import (
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// Host is the machine this process runs on. Its methods may be called from several goroutines.
type Host struct {
	kernel32 *kernel32
	advapi32 *advapi32
	wintrust *wintrust
	shell32  *shell32
	wow64    bool // a 32-bit process on a 64-bit Windows
	facts    func() (host.Info, error)
	environ  func() (map[string]string, error)

	mu    sync.Mutex
	temps uint32
	hives map[hive]bool // written to since the last FlushRegistry
}

var _ host.Host = (*Host)(nil)

// New loads the DLLs the host uses.
func New() (*Host, error) {
	h := &Host{hives: map[hive]bool{}}
	var err error
	for _, load := range []func() error{
		func() error { h.kernel32, err = loadKernel32(); return err },
		func() error { h.advapi32, err = loadAdvapi32(); return err },
		func() error { h.wintrust, err = loadWintrust(); return err },
		func() error { h.shell32, err = loadShell32(); return err },
		func() error { return windows.IsWow64Process(windows.CurrentProcess(), &h.wow64) },
	} {
		if err := load(); err != nil {
			return nil, fmt.Errorf("prepare the Windows host: %w", err)
		}
	}
	if err := preload(); err != nil {
		return nil, fmt.Errorf("prepare the Windows host: %w", err)
	}
	h.facts = sync.OnceValues(h.readFacts)
	h.environ = sync.OnceValues(readEnviron)
	return h, nil
}

// preload makes x/sys/windows load the DLLs that calls with redirection turned off come to.
func preload() error {
	_, err := windows.GetSystemWindowsDirectory() // kernel32
	if err != nil {
		return err
	}
	_, err = windows.GetNamedSecurityInfo(`C:\`, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION) // advapi32
	if err == nil {
		_, err = windows.ComputerName()
	}
	return err
}

// native shows this thread the native system32 until the returned function is called. See the package comment.
func (h *Host) native() func() {
	if !h.wow64 {
		return func() {}
	}
	runtime.LockOSThread()
	old, ok := h.kernel32.DisableRedirection()
	return func() {
		if ok {
			h.kernel32.RevertRedirection(old)
		}
		runtime.UnlockOSThread()
	}
}
