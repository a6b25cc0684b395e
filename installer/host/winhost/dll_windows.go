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

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Private switches by which a program that uses this package, started by RegisterDLL, learns that it is to load a DLL
// (OURS). The path follows as the second argument.
const (
	switchRegister   = "/kbforge:register-dll"
	switchUnregister = "/kbforge:unregister-dll"
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
	machine, err := h.machineOf(path)
	if err != nil {
		return err
	}
	if machine != ownMachine() {
		return h.regsvr32(path, machine, unregister, timeout)
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	action := switchRegister
	if unregister {
		action = switchUnregister
	}
	code, err := h.runProcess(quoteArg(exe)+" "+action+" "+quoteArg(path), timeout)
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
func (h *Host) regsvr32(path string, machine uint16, unregister bool, timeout time.Duration) error {
	i, err := h.Info()
	if err != nil {
		return err
	}
	dir := i.SystemDir
	if machine == pefile.MachineX86 {
		dir = i.SystemDirX86
	}
	line := quoteArg(winpath.Join(dir, "regsvr32.exe")) + " /s "
	if unregister {
		line += "/u "
	}
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

// Child does the work if this process was started by RegisterDLL, and gives its exit code. args are the arguments without
// the program's name. main calls it before anything else.
func Child(args []string) (code int, started bool) {
	if len(args) != 2 || args[0] != switchRegister && args[0] != switchUnregister {
		return 0, false
	}
	entry := "DllRegisterServer"
	if args[0] == switchUnregister {
		entry = "DllUnregisterServer"
	}
	return int(int32(callEntry(args[1], entry))), true
}

// callEntry loads a DLL and calls a function without arguments that gives an HRESULT.
func callEntry(path, entry string) uint32 {
	runtime.LockOSThread()
	windows.SetErrorMode(windows.SEM_FAILCRITICALERRORS | windows.SEM_NOGPFAULTERRORBOX | windows.SEM_NOOPENFILEERRORBOX)
	_ = windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED) // as regsvr32 does
	dll, err := windows.LoadLibraryEx(path, 0, windows.LOAD_WITH_ALTERED_SEARCH_PATH)
	if err != nil {
		return resultOf(err)
	}
	proc, err := windows.GetProcAddress(dll, entry)
	if err != nil {
		return resultNoEntry
	}
	hr, _, _ := syscall.SyscallN(proc)
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
