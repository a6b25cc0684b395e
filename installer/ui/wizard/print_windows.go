package wizard

import (
	"encoding/binary"
	"errors"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/ui/dialog"
)

// printText lets a person choose a printer and prints text on it. No error when none is chosen.
func printText(owner uintptr, title, body string) error {
	dc, err := choosePrinter(owner)
	if dc == 0 || err != nil {
		return err
	}
	defer dialog.GDI32("DeleteDC").Call(dc)
	p := newPrinter(dc)
	defer dialog.GDI32("DeleteObject").Call(p.font)
	pages := paginate(wrap(title+"\n\n"+body, p.width, p.measure), p.lines)
	name := dialog.UTF16(title)
	doc := struct { // DOCINFOW
		size           int32
		name, out, typ *uint16
		flags          uint32
	}{name: name}
	doc.size = int32(unsafe.Sizeof(doc))
	if r, _, err := dialog.GDI32("StartDocW").Call(dc, uintptr(unsafe.Pointer(&doc))); int32(r) <= 0 {
		return err
	}
	for _, lines := range pages {
		if err := p.page(lines); err != nil {
			dialog.GDI32("AbortDoc").Call(dc)
			return err
		}
	}
	if r, _, err := dialog.GDI32("EndDoc").Call(dc); int32(r) <= 0 {
		return err
	}
	runtime.KeepAlive(name)
	return nil
}

// printer is a device context to print on.
type printer struct {
	dc, font             uintptr
	left, top            int
	width, height, lines int
}

func newPrinter(dc uintptr) *printer {
	capability := func(index uintptr) int {
		n, _, _ := dialog.GDI32("GetDeviceCaps").Call(dc, index)
		return int(int32(n))
	}
	const (
		horzRes, vertRes, pixelsX, pixelsY = 8, 10, 88, 90
		points, perInch                    = 10, 72
	)
	p := &printer{dc: dc, left: capability(pixelsX) / 2, top: capability(pixelsY) / 2}
	size := points * capability(pixelsY) / perInch
	p.height = size * 5 / 4
	p.width = max(capability(horzRes)-2*p.left, 1)
	p.lines = max((capability(vertRes)-2*p.top)/max(p.height, 1), 1)
	face := dialog.UTF16("Segoe UI")
	p.font, _, _ = dialog.GDI32("CreateFontW").Call(uintptr(-size), 0, 0, 0, 400, 0, 0, 0, 1, 0, 0, 0, 0, uintptr(unsafe.Pointer(face)))
	runtime.KeepAlive(face)
	dialog.GDI32("SelectObject").Call(dc, p.font)
	return p
}

func (p *printer) measure(s string) int {
	u := windows.StringToUTF16(s)
	var size struct{ x, y int32 }
	dialog.GDI32("GetTextExtentPoint32W").Call(p.dc, uintptr(unsafe.Pointer(&u[0])), uintptr(len(u)-1), uintptr(unsafe.Pointer(&size)))
	return int(size.x)
}

func (p *printer) page(lines []string) error {
	if r, _, err := dialog.GDI32("StartPage").Call(p.dc); int32(r) <= 0 {
		return err
	}
	dialog.GDI32("SelectObject").Call(p.dc, p.font) // StartPage may reset it
	for i, line := range lines {
		u := windows.StringToUTF16(line)
		dialog.GDI32("TextOutW").Call(p.dc, uintptr(p.left), uintptr(p.top+i*p.height), uintptr(unsafe.Pointer(&u[0])), uintptr(len(u)-1))
	}
	if r, _, err := dialog.GDI32("EndPage").Call(p.dc); int32(r) <= 0 {
		return err
	}
	return nil
}

// choosePrinter shows the system's dialog; 0 without an error: nothing was chosen.
func choosePrinter(owner uintptr) (uintptr, error) {
	const (
		flags = 0x100 | 0x8 | 0x4 | 0x40000 // PD_RETURNDC, PD_NOPAGENUMS, PD_NOSELECTION, PD_USEDEVMODECOPIESANDCOLLATE
		words = 5 * 2
		tail  = 8 // handles and pointers behind the page numbers
	)
	// PRINTDLGW is packed on 32-bit Windows alone, which no Go struct is.
	ptr := int(unsafe.Sizeof(uintptr(0)))
	at := 6*4 + words // 32-bit: the size, four handles and the flags, the page numbers
	if ptr == 8 {
		at = 5*8 + 4 + words + 2
	}
	b := make([]byte, at+tail*ptr)
	put := func(at int, v uintptr) {
		if ptr == 8 {
			binary.LittleEndian.PutUint64(b[at:], uint64(v))
		} else {
			binary.LittleEndian.PutUint32(b[at:], uint32(v))
		}
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	put(ptr, owner)
	binary.LittleEndian.PutUint32(b[5*ptr:], flags)
	binary.LittleEndian.PutUint16(b[5*ptr+4+8:], 1) // copies
	r, _, _ := dialog.Func("comdlg32.dll", "PrintDlgW").Call(uintptr(unsafe.Pointer(&b[0])))
	if ptr == 8 {
		owner = uintptr(binary.LittleEndian.Uint64(b[4*ptr:]))
	} else {
		owner = uintptr(binary.LittleEndian.Uint32(b[4*ptr:]))
	}
	if r != 0 {
		return owner, nil
	}
	if code, _, _ := dialog.Func("comdlg32.dll", "CommDlgExtendedError").Call(); code != 0 {
		return 0, errors.New("the list of printers gave error 0x" + hex(uint32(code)))
	}
	return 0, nil
}

func hex(n uint32) string {
	const digits = "0123456789abcdef"
	s := ""
	for shift := 12; shift >= 0; shift -= 4 {
		s += string(digits[n>>shift&15])
	}
	return s
}

// chooseFolder shows the system's dialog; "": nothing was chosen.
func chooseFolder(owner uintptr, prompt string) string {
	const onlyFileSystem, newDialog = 1, 0x40 // BIF_RETURNONLYFSDIRS, BIF_NEWDIALOGSTYLE
	if err := windows.CoInitializeEx(0, windows.COINIT_APARTMENTTHREADED); err == nil {
		defer windows.CoUninitialize()
	}
	words := dialog.UTF16(prompt)
	buf := make([]uint16, 1<<15)
	info := struct { // BROWSEINFOW
		owner, root    uintptr
		display, title *uint16
		flags          uint32
		callback       uintptr
		param          uintptr
		image          int32
	}{owner: owner, display: &buf[0], title: words, flags: onlyFileSystem | newDialog}
	list, _, _ := dialog.Func("shell32.dll", "SHBrowseForFolderW").Call(uintptr(unsafe.Pointer(&info)))
	runtime.KeepAlive(words)
	if list == 0 {
		return ""
	}
	defer dialog.Func("ole32.dll", "CoTaskMemFree").Call(list)
	if ok, _, _ := dialog.Func("shell32.dll", "SHGetPathFromIDListW").Call(list, uintptr(unsafe.Pointer(&buf[0]))); ok == 0 {
		return ""
	}
	return windows.UTF16ToString(buf)
}
