package ui

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// NewDesktop returns the desktop of the session the process runs in.
func NewDesktop() Desktop { return winDesktop{} }

type winDesktop struct{}

// Choose shows a dialog with two buttons.
func (winDesktop) Choose(ctx context.Context, q Question) Answer {
	if ctx.Err() != nil || !desktopVisible() {
		return Unanswered
	}
	runtime.LockOSThread() // a dialog and its messages belong to one thread
	defer runtime.UnlockOSThread()
	return newBox(ctx, q).run()
}

// Tell shows a message box.
func (winDesktop) Tell(title string, kind Kind, text string) {
	if !desktopVisible() {
		return
	}
	style := uint32(windows.MB_OK | windows.MB_SETFOREGROUND)
	switch kind {
	case Warning:
		style |= windows.MB_ICONWARNING
	case Failure:
		style |= windows.MB_ICONERROR
	default:
		style |= windows.MB_ICONINFORMATION
	}
	// The return value only says which button, and there is one.
	_, _ = windows.MessageBox(0, utf16Text(text), utf16Text(title), style)
}

// desktopVisible reports whether the process's window station is one that a person can see. A service has none; a dialog
// there would wait for ever.
func desktopVisible() bool {
	const (
		uoiFlags   = 1 // UOI_FLAGS
		wsfVisible = 1 // WSF_VISIBLE
	)
	station, _, _ := user32("GetProcessWindowStation").Call()
	if station == 0 {
		return false
	}
	var flags struct{ inherit, reserved, flags uint32 }
	ok, _, _ := user32("GetUserObjectInformationW").Call(station, uoiFlags,
		uintptr(unsafe.Pointer(&flags)), unsafe.Sizeof(flags), 0)
	return ok != 0 && flags.flags&wsfVisible != 0
}

func user32(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("user32.dll").NewProc(name)
}

// utf16Text converts text for a window; a NUL would end it, so it is dropped.
func utf16Text(s string) *uint16 {
	p, err := windows.UTF16PtrFromString(strings.ReplaceAll(s, "\x00", ""))
	if err != nil {
		return new(uint16)
	}
	return p
}

// Windows messages, styles and notifications that the dialog uses (winuser.h).
const (
	wmInitDialog = 0x0110
	wmCommand    = 0x0111
	wmTimer      = 0x0113
	wmSetText    = 0x000c
	emLimitText  = 0x00c5

	tick = 200 * time.Millisecond
)

// box is one open dialog. It is made of a template in memory: user32 alone is needed, no common controls 6 and no manifest.
type box struct {
	ctx    context.Context
	q      Question
	ends   time.Time // of the countdown
	left   int       // seconds shown
	answer Answer
}

func newBox(ctx context.Context, q Question) *box {
	b := &box{ctx: ctx, q: q, left: -1}
	if q.Countdown > 0 {
		b.ends = time.Now().Add(q.Countdown)
	}
	return b
}

func (b *box) run() Answer {
	template := dialogTemplate(b.q)
	// Each dialog has its own callback, which is never freed; there are a few in the life of the process.
	proc := windows.NewCallback(b.proc)
	ret, _, _ := user32("DialogBoxIndirectParamW").Call(0, uintptr(unsafe.Pointer(&template[0])), 0, proc, 0)
	runtime.KeepAlive(template)
	if int(ret) <= 0 { // 0 or -1: no dialog
		return Unanswered
	}
	return b.answer
}

func (b *box) proc(window, message, wparam, _ uintptr) uintptr {
	switch message {
	case wmInitDialog:
		b.init(window)
		return 0 // the focus is set
	case wmCommand:
		switch wparam & 0xffff {
		case buttonYes:
			b.end(window, Yes)
		case buttonNo:
			b.end(window, No)
		}
		return 1
	case wmTimer:
		b.tick(window)
		return 1
	}
	return 0
}

func (b *box) init(window uintptr) {
	setText(window, idText, b.q.Text)
	if b.q.Details != "" {
		send(window, idDetails, emLimitText, 0, 0) // no limit
		setText(window, idDetails, windowsLines(b.q.Details))
	}
	b.tick(window)
	user32("SetTimer").Call(window, 1, uintptr(tick.Milliseconds()), 0)
	item, _, _ := user32("GetDlgItem").Call(window, uintptr(defaultButton(b.q)))
	user32("SetFocus").Call(item)
	user32("SetForegroundWindow").Call(window)
}

// tick looks at the clock and at the context.
func (b *box) tick(window uintptr) {
	if b.ctx.Err() != nil {
		b.end(window, Unanswered)
		return
	}
	if b.ends.IsZero() {
		return
	}
	left := time.Until(b.ends)
	if left <= 0 {
		b.end(window, Yes)
		return
	}
	if s := secondsLeft(left); s != b.left {
		b.left = s
		setText(window, idCount, countdownText(s))
	}
}

func (b *box) end(window uintptr, a Answer) {
	b.answer = a
	user32("EndDialog").Call(window, 1)
}

func setText(window uintptr, id int, text string) {
	p := utf16Text(text)
	send(window, id, wmSetText, 0, uintptr(unsafe.Pointer(p)))
	runtime.KeepAlive(p)
}

func send(window uintptr, id int, message, wparam, lparam uintptr) {
	user32("SendDlgItemMessageW").Call(window, uintptr(id), message, wparam, lparam)
}

func countdownText(seconds int) string {
	return "The computer restarts in " + strconv.Itoa(seconds) + " seconds."
}
