package dialog

import (
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Messages and numbers of winuser.h and commctrl.h.
const (
	WMSetText     = 0x000c
	WMClose       = 0x0010
	WMErase       = 0x0014 // WM_ERASEBKGND
	WMSetFont     = 0x0030
	WMGetFont     = 0x0031
	WMInitDialog  = 0x0110
	WMCommand     = 0x0111
	WMTimer       = 0x0113
	WMCtlStatic   = 0x0138 // WM_CTLCOLORSTATIC
	WMDPIChanged  = 0x02e0
	WMApp         = 0x8000
	WMNextDlgCtl  = 0x0028
	DMSetDefID    = 0x0401
	EMSetSel      = 0x00b1
	EMLimitText   = 0x00c5
	BMGetCheck    = 0x00f0
	BMSetCheck    = 0x00f1
	BMSetStyle    = 0x00f4
	PBMSetRange32 = 0x0406
	PBMSetPos     = 0x0402
)

// Proc is a dialog procedure.
type Proc func(window, message, wparam, lparam uintptr) uintptr

// User32 is a function of user32.dll.
func User32(name string) *windows.LazyProc { return Func("user32.dll", name) }

// GDI32 is a function of gdi32.dll.
func GDI32(name string) *windows.LazyProc { return Func("gdi32.dll", name) }

// Func is a function of a DLL of the system.
func Func(dll, name string) *windows.LazyProc { return windows.NewLazySystemDLL(dll).NewProc(name) }

// Modal shows the dialog and returns what EndDialog got; 0 or less: there was no dialog. The caller's goroutine must be
// locked to its thread. Each call uses a callback that is never freed: there are a few in the life of the process.
func Modal(t Template, owner uintptr, p Proc) int {
	b := t.Bytes()
	ret, _, _ := User32("DialogBoxIndirectParamW").Call(0, uintptr(unsafe.Pointer(&b[0])), owner, windows.NewCallback(p), 0)
	runtime.KeepAlive(b)
	return int(int32(ret))
}

// Child makes a dialog inside another one; callback is of windows.NewCallback.
func Child(t Template, parent, callback uintptr) uintptr {
	b := t.Bytes()
	w, _, _ := User32("CreateDialogIndirectParamW").Call(0, uintptr(unsafe.Pointer(&b[0])), parent, callback, 0)
	runtime.KeepAlive(b)
	return w
}

// End ends a modal dialog.
func End(window uintptr, result int) { User32("EndDialog").Call(window, uintptr(result)) }

// Item is a control's window.
func Item(window uintptr, id int) uintptr {
	w, _, _ := User32("GetDlgItem").Call(window, uintptr(id))
	return w
}

// Send sends a message to a control.
func Send(window uintptr, id int, message, wparam, lparam uintptr) uintptr {
	r, _, _ := User32("SendDlgItemMessageW").Call(window, uintptr(id), message, wparam, lparam)
	return r
}

// SetText sets a control's text.
func SetText(window uintptr, id int, s string) {
	p := UTF16(s)
	Send(window, id, WMSetText, 0, uintptr(unsafe.Pointer(p)))
	runtime.KeepAlive(p)
}

// Text is the text of a control.
func Text(window uintptr, id int) string {
	buf := make([]uint16, 1<<15)
	n, _, _ := User32("GetDlgItemTextW").Call(window, uintptr(id), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
	return windows.UTF16ToString(buf[:n])
}

// Enable lets a control be used, or not.
func Enable(window uintptr, id int, on bool) {
	v := uintptr(0)
	if on {
		v = 1
	}
	User32("EnableWindow").Call(Item(window, id), v)
}

// Show makes a control visible, or not.
func Show(window uintptr, id int, on bool) {
	v := uintptr(0) // SW_HIDE
	if on {
		v = 5 // SW_SHOW
	}
	User32("ShowWindow").Call(Item(window, id), v)
}

// Focus gives a control of a dialog, or of a page in it, the focus, and makes it the default if it is a button.
func Focus(dialog, control uintptr) {
	User32("SendMessageW").Call(dialog, WMNextDlgCtl, control, 1)
}

// Post posts a message.
func Post(window, message uintptr) { User32("PostMessageW").Call(window, message, 0, 0) }

// UTF16 converts text for a window; a NUL would end it, so it is dropped.
func UTF16(s string) *uint16 {
	p, err := windows.UTF16PtrFromString(strings.ReplaceAll(s, "\x00", ""))
	if err != nil {
		return new(uint16)
	}
	return p
}

// Visible reports whether the process's window station is one that a person can see. A service has none; a dialog there
// would wait for ever.
func Visible() bool {
	const (
		uoiFlags   = 1 // UOI_FLAGS
		wsfVisible = 1 // WSF_VISIBLE
	)
	station, _, _ := User32("GetProcessWindowStation").Call()
	if station == 0 {
		return false
	}
	var flags struct{ inherit, reserved, flags uint32 }
	ok, _, _ := User32("GetUserObjectInformationW").Call(station, uoiFlags,
		uintptr(unsafe.Pointer(&flags)), unsafe.Sizeof(flags), 0)
	return ok != 0 && flags.flags&wsfVisible != 0
}

// Mirror makes the windows that the process opens from now on run from right to left.
func Mirror() {
	const rightToLeft = 1 // LAYOUT_RTL
	User32("SetProcessDefaultLayout").Call(rightToLeft)
}

// CommonControls makes the progress bar known.
func CommonControls() {
	icc := struct{ size, classes uint32 }{8, 0x20} // ICC_PROGRESS_CLASS
	Func("comctl32.dll", "InitCommonControlsEx").Call(uintptr(unsafe.Pointer(&icc)))
}
