package ui

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// defaultButton is the one that Enter presses: what unattended mode would do, but a licence is never accepted by accident.
func defaultButton(q Question) int {
	if q.Default == Yes && q.Topic != Licence {
		return buttonYes
	}
	return buttonNo
}

// The control ids. The buttons have IDOK and IDCANCEL, so that Enter, Esc and the close button work by themselves.
const (
	buttonYes = 1
	buttonNo  = 2
	idText    = 100
	idDetails = 101
	idCount   = 102
)

// windowsLines gives every line end the CR LF that an edit control needs.
func windowsLines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

// Sizes in dialog units.
const (
	boxWidth    = 280
	boxMargin   = 8
	lineHeight  = 9
	lineChars   = 62 // of the dialog font, on average, in a line
	detailLines = 14
	buttonWidth = 74
	buttonHigh  = 14
)

// Window styles (winuser.h).
const (
	wsChildVisible = 0x40000000 | 0x10000000 // WS_CHILD, WS_VISIBLE
	wsTabstop      = 0x00010000
	wsBorder       = 0x00800000
	wsVScroll      = 0x00200000
	// DS_SETFONT, DS_MODALFRAME, DS_CENTER, DS_SETFOREGROUND, DS_FIXEDSYS; WS_POPUP, WS_CAPTION, WS_SYSMENU
	boxStyle      = 0x40 | 0x80 | 0x800 | 0x200 | 0x8 | 0x80000000 | 0x00c00000 | 0x00080000
	exTopmost     = 0x8     // WS_EX_TOPMOST
	exAppWindow   = 0x40000 // WS_EX_APPWINDOW
	esReadOnlyBox = 0x4 | 0x800 | 0x40
	bsDefault     = 1
	ssNoPrefix    = 0x80

	classButton = 0x80
	classEdit   = 0x81
	classStatic = 0x82
)

// dialogTemplate is the DLGTEMPLATE (winuser.h) of a question: text, details to scroll, countdown, two buttons.
func dialogTemplate(q Question) []byte {
	type control struct {
		class      uint16
		style      uint32
		x, y, w, h int
		id         int
		text       string
	}
	inner := boxWidth - 2*boxMargin
	y := boxMargin
	textHigh := lineHeight * (1 + len([]rune(q.Text))/lineChars)
	controls := []control{{classStatic, ssNoPrefix, boxMargin, y, inner, textHigh, idText, q.Text}}
	y += textHigh + boxMargin
	if q.Details != "" {
		h := lineHeight * detailLines
		controls = append(controls, control{classEdit, wsTabstop | wsBorder | wsVScroll | esReadOnlyBox, boxMargin, y, inner, h, idDetails, ""})
		y += h + boxMargin
	}
	if q.Countdown > 0 {
		controls = append(controls, control{classStatic, ssNoPrefix, boxMargin, y, inner, lineHeight, idCount, ""})
		y += lineHeight + boxMargin
	}
	style := func(id int) uint32 {
		if id == defaultButton(q) {
			return wsTabstop | bsDefault
		}
		return wsTabstop
	}
	buttons := []control{{class: classButton, id: buttonYes, text: q.Yes}}
	if q.No != "" {
		buttons = append(buttons, control{class: classButton, id: buttonNo, text: q.No})
	}
	x := boxWidth - len(buttons)*(buttonWidth+boxMargin)
	for _, c := range buttons {
		c.style, c.x, c.y, c.w, c.h = style(c.id), x, y, buttonWidth, buttonHigh
		controls = append(controls, c)
		x += buttonWidth + boxMargin
	}
	y += buttonHigh + boxMargin

	var t templateWriter
	t.u32(boxStyle)
	t.u32(extendedStyle(q))
	t.u16(len(controls), 0, 0, boxWidth, y, 0, 0) // count, position, size, no menu, default class
	t.text(q.Title)
	t.u16(8)
	t.text("MS Shell Dlg")
	for _, c := range controls {
		t.align()
		t.u32(wsChildVisible | c.style)
		t.u32(0)
		t.u16(c.x, c.y, c.w, c.h, c.id, 0xffff, int(c.class))
		t.text(c.text)
		t.u16(0)
	}
	return t.b
}

// extendedStyle keeps a running countdown above other windows.
func extendedStyle(q Question) uint32 {
	if q.Countdown > 0 {
		return exAppWindow | exTopmost
	}
	return exAppWindow
}

type templateWriter struct{ b []byte }

func (t *templateWriter) u16(values ...int) {
	for _, v := range values {
		t.b = binary.LittleEndian.AppendUint16(t.b, uint16(v))
	}
}

func (t *templateWriter) u32(v uint32) { t.b = binary.LittleEndian.AppendUint32(t.b, v) }

func (t *templateWriter) text(s string) {
	for _, u := range utf16.Encode([]rune(strings.ReplaceAll(s, "\x00", ""))) {
		t.u16(int(u))
	}
	t.u16(0)
}

func (t *templateWriter) align() {
	for len(t.b)%4 != 0 {
		t.b = append(t.b, 0)
	}
}
