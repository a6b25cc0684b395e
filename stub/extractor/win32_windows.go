package main

import (
	"syscall"
	"unsafe"
)

// Libraries are found in system32 alone: hardenDLLs sees to it before the first is loaded. (Package syscall loads those it
// knows itself from there in any case.)
func proc(dll, name string) *syscall.LazyProc { return syscall.NewLazyDLL(dll).NewProc(name) }

func kernel32(name string) *syscall.LazyProc { return proc("kernel32.dll", name) }
func advapi32(name string) *syscall.LazyProc { return proc("advapi32.dll", name) }
func user32(name string) *syscall.LazyProc   { return proc("user32.dll", name) }

// check turns the result of a BOOL function into an error.
func check(r, _ uintptr, err error) error {
	if r != 0 {
		return nil
	}
	if no, ok := err.(syscall.Errno); ok && no != 0 {
		return no
	}
	return syscall.EINVAL
}

// hardenDLLs lets DLLs be loaded from system32 only, not from the package's own directory (usually Downloads).
func hardenDLLs() bool {
	const searchSystem32 = 0x800
	return check(kernel32("SetDefaultDllDirectories").Call(searchSystem32)) == nil
}

func commandLine() []uint16 {
	p := syscall.GetCommandLine()
	n := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(p), 2*n)) != 0 {
		n++
	}
	return unsafe.Slice(p, n)
}

func modulePath() (string, error) {
	for n := uint32(260); ; n *= 2 {
		b := make([]uint16, n)
		r, _, err := kernel32("GetModuleFileNameW").Call(0, uintptr(unsafe.Pointer(&b[0])), uintptr(n))
		if r == 0 {
			return "", err
		}
		if uint32(r) < n {
			return syscall.UTF16ToString(b), nil
		}
	}
}

// fixedDrives are the drives of local disks that can be used.
func fixedDrives() []drive {
	const driveFixed = 3
	mask, _, _ := kernel32("GetLogicalDrives").Call()
	var out []drive
	for i := range 26 {
		if mask>>i&1 == 0 {
			continue
		}
		d := drive{root: string(rune('A'+i)) + `:\`}
		p, err := syscall.UTF16PtrFromString(d.root)
		if err != nil {
			continue
		}
		if kind, _, _ := kernel32("GetDriveTypeW").Call(uintptr(unsafe.Pointer(p))); kind != driveFixed {
			continue
		}
		if check(kernel32("GetDiskFreeSpaceExW").Call(uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(&d.free)), 0, 0)) != nil {
			continue // no medium, or locked
		}
		d.acls = keepsPermissions(p)
		out = append(out, d)
	}
	return out
}

func keepsPermissions(root *uint16) bool {
	const persistentACLs = 8
	var flags uint32
	err := check(kernel32("GetVolumeInformationW").Call(uintptr(unsafe.Pointer(root)), 0, 0, 0, 0,
		uintptr(unsafe.Pointer(&flags)), 0, 0))
	return err == nil && flags&persistentACLs != 0
}

// securityDescriptor is one that the system allocated; it lives as long as the process.
type securityDescriptor struct{ p uintptr }

// ownersOnly lets administrators and the system do everything, and nobody else anything.
func ownersOnly() (*securityDescriptor, error) {
	const revision = 1
	s, err := syscall.UTF16PtrFromString("D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)")
	if err != nil {
		return nil, err
	}
	sd := &securityDescriptor{}
	return sd, check(advapi32("ConvertStringSecurityDescriptorToSecurityDescriptorW").Call(uintptr(unsafe.Pointer(s)), revision,
		uintptr(unsafe.Pointer(&sd.p)), 0))
}

// attributes are for CreateDirectory; without a descriptor the parent's permissions are inherited.
func (sd *securityDescriptor) attributes() *syscall.SecurityAttributes {
	if sd == nil {
		return nil
	}
	sa := &syscall.SecurityAttributes{SecurityDescriptor: sd.p}
	sa.Length = uint32(unsafe.Sizeof(*sa))
	return sa
}

// randomBytes is RtlGenRandom.
func randomBytes(b []byte) error {
	return check(advapi32("SystemFunction036").Call(uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))))
}

func setVariable(name, value string) error {
	n, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	v, err := syscall.UTF16PtrFromString(value)
	if err != nil {
		return err
	}
	return syscall.SetEnvironmentVariable(n, v)
}

func getStartupInfo(si *syscall.StartupInfo) error {
	_, _, _ = kernel32("GetStartupInfoW").Call(uintptr(unsafe.Pointer(si)))
	return nil
}

func enablePrivilege(name string) error {
	const (
		adjust     = 0x20 // TOKEN_ADJUST_PRIVILEGES
		query      = 0x8
		enabled    = 2
		notAllSet  = syscall.Errno(1300)
		privileges = 1
	)
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return err
	}
	var token syscall.Token
	if err := syscall.OpenProcessToken(process, adjust|query, &token); err != nil {
		return err
	}
	defer token.Close()
	n, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return err
	}
	var state struct {
		count     uint32
		low, high uint32 // LUID
		attr      uint32
	}
	state.count, state.attr = privileges, enabled
	if err := check(advapi32("LookupPrivilegeValueW").Call(0, uintptr(unsafe.Pointer(n)), uintptr(unsafe.Pointer(&state.low)))); err != nil {
		return err
	}
	r, _, err := advapi32("AdjustTokenPrivileges").Call(uintptr(token), 0, uintptr(unsafe.Pointer(&state)), 0, 0, 0)
	if r == 0 || err == notAllSet {
		return err
	}
	return nil
}

func initiateShutdown(force bool, reason uint32) error {
	f := uintptr(0)
	if force {
		f = 1
	}
	return check(advapi32("InitiateSystemShutdownExW").Call(0, 0, 0, f, 1, uintptr(reason)))
}

func exitWindows(flags uintptr, reason uint32) error {
	return check(user32("ExitWindowsEx").Call(flags, uintptr(reason)))
}
