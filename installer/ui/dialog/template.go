// Package dialog makes dialog templates in memory and, on Windows, the few calls that every window of the installer needs.
// It knows nothing of what is asked. user32 is enough for a template; only the progress bar is of the common controls.
package dialog

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// Class is a window class of a control.
type Class uint16

// Classes that have a number in a template (winuser.h); Progress has a name.
const (
	Button   Class = 0x80
	Edit     Class = 0x81
	Static   Class = 0x82
	Progress Class = 0
)

const progressClass = "msctls_progress32" // PROGRESS_CLASS

// Styles (winuser.h).
const (
	Tabstop  = 0x00010000 // WS_TABSTOP
	Group    = 0x00020000 // WS_GROUP
	Border   = 0x00800000 // WS_BORDER
	VScroll  = 0x00200000 // WS_VSCROLL
	Disabled = 0x08000000 // WS_DISABLED

	DefaultButton = 0x1                // BS_DEFPUSHBUTTON
	CheckBox      = 0x3 | Tabstop      // BS_AUTOCHECKBOX
	Radio         = 0x9                // BS_AUTORADIOBUTTON
	Multiline     = 0x2000             // BS_MULTILINE
	NoPrefix      = 0x80               // SS_NOPREFIX
	Etched        = 0x10               // SS_ETCHEDHORZ
	PathEllipsis  = 0x8000             // SS_PATHELLIPSIS
	ReadOnlyText  = 0x4 | 0x800 | 0x40 // ES_MULTILINE, ES_READONLY, ES_AUTOVSCROLL
	OneLine       = 0x80               // ES_AUTOHSCROLL

	// Popup is DS_SETFONT, DS_MODALFRAME, DS_CENTER, DS_SETFOREGROUND, DS_FIXEDSYS; WS_POPUP, WS_CAPTION, WS_SYSMENU.
	Popup = 0x40 | 0x80 | 0x800 | 0x200 | 0x8 | 0x80000000 | 0x00c00000 | 0x00080000
	// Page is a dialog in a dialog: DS_SETFONT, DS_CONTROL, DS_FIXEDSYS; WS_CHILD.
	Page = 0x40 | 0x400 | 0x8 | 0x40000000

	Topmost       = 0x8     // WS_EX_TOPMOST
	AppWindow     = 0x40000 // WS_EX_APPWINDOW
	ControlParent = 0x10000 // WS_EX_CONTROLPARENT
	ClientEdge    = 0x200   // WS_EX_CLIENTEDGE

	childVisible = 0x40000000 | 0x10000000 // WS_CHILD, WS_VISIBLE
)

// The ids that Enter, Esc and the close button of a window press.
const (
	IDOK     = 1
	IDCancel = 2
)

// Control is one control; positions and sizes are in dialog units.
type Control struct {
	Class      Class
	Style, Ex  uint32
	X, Y, W, H int
	ID         int
	Text       string
}

// Template is a dialog.
type Template struct {
	Style, Ex uint32
	W, H      int
	Title     string
	Controls  []Control
}

// Bytes is the DLGTEMPLATE (winuser.h), aligned as the system wants it if the slice is.
func (d Template) Bytes() []byte {
	var t writer
	t.u32(d.Style)
	t.u32(d.Ex)
	t.u16(len(d.Controls), 0, 0, d.W, d.H, 0, 0) // count, position, size, no menu, default class
	t.text(d.Title)
	t.u16(8)
	t.text("MS Shell Dlg")
	for _, c := range d.Controls {
		t.align()
		t.u32(childVisible | c.Style)
		t.u32(c.Ex)
		t.u16(c.X, c.Y, c.W, c.H, c.ID)
		if c.Class == Progress {
			t.text(progressClass)
		} else {
			t.u16(0xffff, int(c.Class))
		}
		t.text(c.Text)
		t.u16(0) // no creation data
	}
	return t.b
}

type writer struct{ b []byte }

func (t *writer) u16(values ...int) {
	for _, v := range values {
		t.b = binary.LittleEndian.AppendUint16(t.b, uint16(v))
	}
}

func (t *writer) u32(v uint32) { t.b = binary.LittleEndian.AppendUint32(t.b, v) }

func (t *writer) text(s string) {
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(s, "\x00", ""))) {
		t.u16(int(u))
	}
	t.u16(0)
}

func (t *writer) align() {
	for len(t.b)%4 != 0 {
		t.b = append(t.b, 0)
	}
}

// Lines gives every line end the CR LF that an edit control needs.
func Lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// Rows is how many lines a text takes where chars letters fit in one, on average.
func Rows(s string, chars int) int {
	n, line := 1, 0
	for _, r := range s {
		if line++; r == '\n' || line > chars {
			n, line = n+1, 0
		}
	}
	return n
}
