package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Private switches by which a program that uses this package, started by RegisterDLL and its like, learns that it is to
// load a DLL (OURS). The path follows as the second argument, then what the call needs.
const (
	switchRegister   = "/kbforge:register-dll"
	switchUnregister = "/kbforge:unregister-dll"
	switchInstall    = "/kbforge:install-dll"   // argument
	switchRemove     = "/kbforge:uninstall-dll" // argument
	switchCall       = "/kbforge:call-dll"      // function, file for the result
)

// HRESULTs by which the child tells what went wrong; those of the DLL's function are passed on.
const (
	facilityWin32 = 0x80070000 // HRESULT_FROM_WIN32
	resultNoEntry = facilityWin32 | uint32(windows.ERROR_PROC_NOT_FOUND)
	resultFailed  = 0x80004005 // E_FAIL
)

// RegisterDLL implements host.Programs. The process of its own is this executable again (see Child), which must therefore
// call Child first; for a DLL of another architecture it is the system's regsvr32.exe of that architecture.
func (h *Host) RegisterDLL(path string, unregister bool, timeout time.Duration) error {
	what := "register "
	if unregister {
		what = "unregister "
	}
	if err := h.registerDLL(path, unregister, timeout); err != nil {
		return fmt.Errorf("%s%s: %w", what, path, err)
	}
	return nil
}

func (h *Host) registerDLL(path string, unregister bool, timeout time.Duration) error {
	action, other := switchRegister, "/s "
	if unregister {
		action, other = switchUnregister, "/s /u "
	}
	return h.dll(path, []string{action, path}, other, timeout)
}

// InstallDLL implements host.Programs.
func (h *Host) InstallDLL(path string, remove bool, argument string, timeout time.Duration) error {
	action, other := switchInstall, "/s /n "
	if remove {
		action, other = switchRemove, "/s /n /u "
	}
	err := h.dll(path, []string{action, path, argument}, other+windows.EscapeArg("/i:"+argument)+" ", timeout)
	if err != nil {
		return fmt.Errorf("call DllInstall of %s: %w", path, err)
	}
	return nil
}

// dll starts this executable again with the arguments or, for a DLL of another architecture, regsvr32.exe with other.
func (h *Host) dll(path string, args []string, other string, timeout time.Duration) error {
	machine, err := h.machineOf(path)
	if err != nil {
		return err
	}
	if machine != ownMachine() {
		if other == "" {
			return fmt.Errorf("the DLL is for another architecture: %w", host.ErrUnsupported)
		}
		return h.regsvr32(path, machine, other, timeout)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	line := quoteArg(exe)
	for _, a := range args {
		line += " " + windows.EscapeArg(a)
	}
	code, err := h.runProcess(line, timeout)
	switch {
	case err != nil || code == 0:
		return err
	case code == resultNoEntry:
		return host.ErrNoEntryPoint
	case code&0xFFFF0000 == facilityWin32:
		return mapped(syscall.Errno(code & 0xFFFF))
	}
	return fmt.Errorf("the DLL's function failed with 0x%08x", code)
}

// machineOf is the IMAGE_FILE_MACHINE_* number of a PE file.
func (h *Host) machineOf(path string) (uint16, error) {
	f, err := h.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := pefile.Read(f, f.Size())
	if err != nil {
		return 0, err
	}
	return info.Machine, nil
}

func ownMachine() uint16 {
	switch runtime.GOARCH {
	case "386":
		return pefile.MachineX86
	case "arm64":
		return pefile.MachineARM64
	}
	return pefile.MachineX64
}

// regsvr32 is for DLLs that this process's architecture cannot load (KB 943144 names SysWOW64 for such).
func (h *Host) regsvr32(path string, machine uint16, switches string, timeout time.Duration) error {
	i, err := h.Info()
	if err != nil {
		return err
	}
	dir := i.SystemDir
	if machine == pefile.MachineX86 {
		dir = i.SystemDirX86
	}
	line := quoteArg(winpath.Join(dir, "regsvr32.exe")) + " " + switches
	code, err := h.runProcess(line+quoteArg(path), timeout)
	if err != nil || code == 0 {
		return err
	}
	const noEntry = 4 // exit code of regsvr32
	if code == noEntry {
		return host.ErrNoEntryPoint
	}
	return errors.New("regsvr32.exe ended with " + strconv.Itoa(int(code)))
}

// Child does the work if this process was started by RegisterDLL or its like, and gives its exit code. args are the
// arguments without the program's name. main calls it before anything else.
func Child(args []string) (code int, started bool) {
	if len(args) < 2 {
		return 0, false
	}
	var result uint32
	switch {
	case args[0] == switchRegister && len(args) == 2:
		result = callEntry(args[1], "DllRegisterServer")
	case args[0] == switchUnregister && len(args) == 2:
		result = callEntry(args[1], "DllUnregisterServer")
	case (args[0] == switchInstall || args[0] == switchRemove) && len(args) == 3:
		text, err := windows.UTF16PtrFromString(args[2])
		if err != nil {
			return int(int32(resultOf(err))), true
		}
		var install uintptr
		if args[0] == switchInstall {
			install = 1
		}
		result = callEntry(args[1], "DllInstall", install, uintptr(unsafe.Pointer(text)))
		runtime.KeepAlive(text)
	case args[0] == switchCall && len(args) == 4:
		result = callCustom(args[1], args[2], args[3])
	default:
		return 0, false
	}
	return int(int32(result)), true
}

// loadEntry loads a DLL for good and finds a function. bad is an HRESULT, 0 when all is well.
func loadEntry(path, entry string) (proc uintptr, bad uint32) {
	runtime.LockOSThread()
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX | windows.SEM_NOOPENFILEERRORBOX)
	_ = windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED) // as regsvr32 does
	dll, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return 0, resultOf(err)
	}
	if proc, err = windows.GetProcAddress(dll, entry); err != nil {
		return 0, resultNoEntry
	}
	return proc, 0
}

// callEntry calls a function that gives an HRESULT.
func callEntry(path, entry string, args ...uintptr) uint32 {
	proc, bad := loadEntry(path, entry)
	if bad != 0 {
		return bad
	}
	hr, _, _ := syscall.SyscallN(proc, args...)
	if int32(hr) >= 0 { // S_OK, S_FALSE
		return 0
	}
	return uint32(hr)
}

func resultOf(err error) uint32 {
	var errno syscall.Errno
	if errors.As(err, &errno) && errno != 0 && errno <= 0xFFFF {
		return facilityWin32 | uint32(errno)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return facilityWin32 | uint32(windows.ERROR_MOD_NOT_FOUND)
	}
	return resultFailed
}
