package main

import (
	"runtime"
	"syscall"
	"unsafe"
)

const (
	iconError       = 0x10
	iconWarning     = 0x30
	iconInformation = 0x40
)

// ui is how the extractor talks to a person: message boxes where there is a desktop, and the streams or the console of whoever
// started it.
type ui struct {
	title             string
	quiet, unattended bool
}

// tell shows a message, unless /quiet; it is always written to standard error, where there is one.
func (u *ui) tell(text string, icon uintptr) {
	if h := stdHandle(2); h != 0 {
		write(h, text)
	} else if !u.quiet {
		toConsole(text)
	}
	if u.quiet || !desktopVisible() {
		return
	}
	const foreground = 0x10000
	p, err := syscall.UTF16PtrFromString(text)
	if err != nil {
		return
	}
	t, err := syscall.UTF16PtrFromString(u.title)
	if err != nil {
		return
	}
	_, _, _ = user32("MessageBoxW").Call(0, uintptr(unsafe.Pointer(p)), uintptr(unsafe.Pointer(t)), icon|foreground) // one button
}

// say writes a result to standard output, or to the console.
func (u *ui) say(text string) {
	if h := stdHandle(1); h != 0 {
		write(h, text)
	} else if !u.quiet {
		toConsole(text)
	}
}

// write writes a line in UTF-8. That nobody reads it is no error.
func write(h syscall.Handle, text string) {
	var n uint32
	_ = syscall.WriteFile(h, []byte(text+"\r\n"), &n, nil)
}

// toConsole writes to the console of the parent process, if it has one.
func toConsole(text string) {
	const parent = 0xFFFFFFFF
	if check(kernel32("AttachConsole").Call(parent)) != nil {
		return
	}
	name, err := syscall.UTF16PtrFromString("CONOUT$")
	if err != nil {
		return
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, syscall.FILE_SHARE_WRITE, nil,
		syscall.OPEN_EXISTING, 0, 0)
	if err == nil {
		s, err := syscall.UTF16FromString("\r\n" + text + "\r\n")
		if err == nil {
			var n uint32
			_ = syscall.WriteConsole(h, &s[0], uint32(len(s)-1), &n, nil) // that nobody reads it is no error
		}
		_ = syscall.CloseHandle(h)
	}
	_, _, _ = kernel32("FreeConsole").Call()
}

// desktopVisible reports whether a person can see our windows. In a service a dialog would wait for ever.
func desktopVisible() bool {
	const (
		userObjectFlags = 1
		visible         = 1
	)
	station, _, _ := user32("GetProcessWindowStation").Call()
	var flags struct{ inherit, reserved, flags uint32 }
	err := check(user32("GetUserObjectInformationW").Call(station, userObjectFlags, uintptr(unsafe.Pointer(&flags)),
		unsafe.Sizeof(flags), 0))
	return station != 0 && err == nil && flags.flags&visible != 0
}

// askFolder lets a person choose a directory; "" means that none was chosen, or that nobody could be asked.
func (u *ui) askFolder(prompt string) string {
	if !desktopVisible() {
		return ""
	}
	runtime.LockOSThread() // COM, and the dialog's messages, belong to one thread
	defer runtime.UnlockOSThread()
	const (
		onlyFileSystem = 1
		newDialog      = 0x40
	)
	if r, _, _ := proc("ole32.dll", "OleInitialize").Call(0); int32(r) < 0 {
		return ""
	}
	p, err := syscall.UTF16PtrFromString(prompt)
	if err != nil {
		return ""
	}
	var buf [32768]uint16
	info := struct {
		owner, root    uintptr
		display, title *uint16
		flags          uint32
		callback       uintptr
		param          uintptr
		image          int32
	}{display: &buf[0], title: p, flags: onlyFileSystem | newDialog}
	list, _, _ := proc("shell32.dll", "SHBrowseForFolderW").Call(uintptr(unsafe.Pointer(&info)))
	if list == 0 {
		return ""
	}
	defer func() { _, _, _ = proc("ole32.dll", "CoTaskMemFree").Call(list) }()
	if check(proc("shell32.dll", "SHGetPathFromIDListW").Call(list, uintptr(unsafe.Pointer(&buf[0])))) != nil {
		return ""
	}
	return syscall.UTF16ToString(buf[:])
}
