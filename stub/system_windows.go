package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/pefile"
)

// hardenDLLSearch makes every DLL that is loaded by name come from system32: the directory of the package is no place to
// take code from. It must run before anything is loaded.
func hardenDLLSearch() {
	// Both exist on every Windows that Go runs on; a failure leaves Go's own system32-only loading.
	_ = windows.SetDefaultDllDirectories(windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	_ = windows.SetDllDirectory("")
}

// programPath is the full, long path of the running executable, without the \\?\ prefix that a caller may have used.
func programPath() (string, error) {
	image, err := os.Executable()
	if err != nil {
		return "", err
	}
	image = strings.TrimPrefix(image, `\\?\`)
	short, err := windows.UTF16PtrFromString(image)
	if err != nil {
		return "", err
	}
	buf := make([]uint16, 1<<15) // the longest path Windows knows
	n, err := windows.GetLongPathName(short, &buf[0], uint32(len(buf)))
	if err != nil || n == 0 || int(n) >= len(buf) {
		return image, nil // the name as it was given is good enough
	}
	return windows.UTF16ToString(buf[:n]), nil
}

// processStart is when this process began; now, if the system does not say.
func processStart(now time.Time) time.Time {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return now
	}
	return time.Unix(0, created.Nanoseconds())
}

// parentConsole is where lines for the person go who started the program from a console: redirected output, or the console
// of the parent process. A program of the graphical subsystem has no console of its own. nil: there is none.
func parentConsole() *os.File {
	if h, err := windows.GetStdHandle(windows.STD_OUTPUT_HANDLE); err == nil && h != 0 && h != windows.InvalidHandle {
		if kind, err := windows.GetFileType(h); err == nil && kind != windows.FILE_TYPE_UNKNOWN {
			return os.Stdout
		}
	}
	const attachParentProcess = ^uintptr(0) // ATTACH_PARENT_PROCESS
	attach := windows.NewLazySystemDLL("kernel32.dll").NewProc("AttachConsole")
	if ok, _, _ := attach.Call(attachParentProcess); ok == 0 {
		return nil
	}
	f, err := os.OpenFile("CONOUT$", os.O_WRONLY, 0)
	if err != nil {
		return nil
	}
	return f
}

// childOutput is what a child process can use of f: a file or a pipe. A console it has to attach to itself.
func childOutput(f *os.File) *os.File {
	if f == nil {
		return nil
	}
	kind, err := windows.GetFileType(windows.Handle(f.Fd()))
	if err != nil || kind != windows.FILE_TYPE_DISK && kind != windows.FILE_TYPE_PIPE {
		return nil
	}
	return f
}

// writer keeps a nil file a nil interface.
func writer(f *os.File) io.Writer {
	if f == nil {
		return nil
	}
	return f
}

// fileVersion is the version in the executable's resource, or runtimeVersion.
func fileVersion(image string) string {
	f, err := os.Open(image)
	if err != nil {
		return runtimeVersion
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return runtimeVersion
	}
	info, err := pefile.Read(f, st.Size())
	if err != nil || info.Version == nil || !info.Version.HasFixed {
		return runtimeVersion
	}
	return info.Version.File.String()
}

// askSFX leaves the restart to the extractor.
func askSFX(root string, force bool) error {
	what := "restart"
	if force {
		what = "force"
	}
	return os.WriteFile(filepath.Join(root, restartFile), []byte(what), 0o600)
}

// runtimeVersion is what logs and the registry's InstallerVersion show when the executable bears no version resource.
// OURS: above 6.3, the last version of Microsoft's.
const runtimeVersion = "7.0.0.0"

// restartFile is the file in the extractor's directory that asks it to restart the computer.
const restartFile = "restart"
