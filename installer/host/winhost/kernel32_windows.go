package winhost

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

type kernel32 struct {
	copyFile         *windows.LazyProc
	getDiskFreeSpace *windows.LazyProc
	getNativeSystem  *windows.LazyProc
	wow64Disable     *windows.LazyProc
	wow64Revert      *windows.LazyProc
	isWow64Process2  *windows.LazyProc
}

func loadKernel32() (*kernel32, error) {
	dll := windows.NewLazySystemDLL("kernel32.dll")
	k := &kernel32{
		copyFile:         dll.NewProc("CopyFileW"),
		getDiskFreeSpace: dll.NewProc("GetDiskFreeSpaceW"),
		getNativeSystem:  dll.NewProc("GetNativeSystemInfo"),
		wow64Disable:     dll.NewProc("Wow64DisableWow64FsRedirection"),
		wow64Revert:      dll.NewProc("Wow64RevertWow64FsRedirection"),
		isWow64Process2:  dll.NewProc("IsWow64Process2"),
	}
	for _, p := range []*windows.LazyProc{k.copyFile, k.getDiskFreeSpace, k.getNativeSystem, k.wow64Disable, k.wow64Revert} {
		if err := p.Find(); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// failed turns a zero result into the thread's last error.
func failed(r uintptr, e error) error {
	if r != 0 {
		return nil
	}
	if errno, ok := e.(syscall.Errno); ok && errno != 0 {
		return errno
	}
	return syscall.EINVAL
}

func (k *kernel32) CopyFile(from, to *uint16) error {
	r, _, e := k.copyFile.Call(uintptr(unsafe.Pointer(from)), uintptr(unsafe.Pointer(to)), 0)
	return failed(r, e)
}

// Cluster is the allocation unit of a volume in bytes.
func (k *kernel32) Cluster(root *uint16) (int64, error) {
	var sectors, bytes, free, total uint32
	r, _, e := k.getDiskFreeSpace.Call(uintptr(unsafe.Pointer(root)), uintptr(unsafe.Pointer(&sectors)),
		uintptr(unsafe.Pointer(&bytes)), uintptr(unsafe.Pointer(&free)), uintptr(unsafe.Pointer(&total)))
	return int64(sectors) * int64(bytes), failed(r, e)
}

// systemInfo is SYSTEM_INFO.
type systemInfo struct {
	arch                uint16
	reserved            uint16
	pageSize            uint32
	minAddress          uintptr
	maxAddress          uintptr
	activeProcessorMask uintptr
	processors          uint32
	processorType       uint32
	allocationGranule   uint32
	processorLevel      uint16
	processorRevision   uint16
}

func (k *kernel32) NativeSystemInfo() systemInfo {
	var i systemInfo
	k.getNativeSystem.Call(uintptr(unsafe.Pointer(&i)))
	return i
}

// NativeMachine is the IMAGE_FILE_MACHINE_* number of the system, where Windows can tell (Windows 10 1511).
func (k *kernel32) NativeMachine() (uint16, bool) {
	if k.isWow64Process2.Find() != nil {
		return 0, false
	}
	var process, native uint16
	r, _, _ := k.isWow64Process2.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&process)), uintptr(unsafe.Pointer(&native)))
	return native, r != 0
}

func (k *kernel32) DisableRedirection() (old uintptr, ok bool) {
	r, _, _ := k.wow64Disable.Call(uintptr(unsafe.Pointer(&old)))
	return old, r != 0
}

func (k *kernel32) RevertRedirection(old uintptr) { k.wow64Revert.Call(old) }
