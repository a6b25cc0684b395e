package ui

import (
	"context"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/ui/dialog"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// NewDesktop returns the desktop of the session the process runs in.
func NewDesktop() Desktop { return winDesktop{words: text.ForUser()} }

// DesktopOver is NewDesktop with dialogs that belong to a window, which cannot be used meanwhile.
func DesktopOver(owner uintptr, words text.Text) Desktop { return winDesktop{owner, words} }

type winDesktop struct {
	owner uintptr
	words text.Text
}

// Choose shows a dialog with two buttons.
func (d winDesktop) Choose(ctx context.Context, q Question) Answer {
	if ctx.Err() != nil || !dialog.Visible() {
		return Unanswered
	}
	runtime.LockOSThread() // a dialog and its messages belong to one thread
	defer runtime.UnlockOSThread()
	return newBox(ctx, q.In(d.words), d).run()
}

// Tell shows a message box.
func (d winDesktop) Tell(title string, kind Kind, text string) {
	if !dialog.Visible() {
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
	_, _ = windows.MessageBox(windows.HWND(d.owner), dialog.UTF16(text), dialog.UTF16(title), style)
}

const tick = 200 * time.Millisecond

// box is one open dialog. It is made of a template in memory: user32 alone is needed, no common controls 6 and no manifest.
type box struct {
	ctx    context.Context
	q      Question
	d      winDesktop
	ends   time.Time // of the countdown
	left   int       // seconds shown
	answer Answer
}

func newBox(ctx context.Context, q Question, d winDesktop) *box {
	b := &box{ctx: ctx, q: q, d: d, left: -1}
	if q.Countdown > 0 {
		b.ends = time.Now().Add(q.Countdown)
	}
	return b
}

func (b *box) run() Answer {
	if dialog.Modal(dialogTemplate(b.q), b.d.owner, b.proc) <= 0 {
		return Unanswered
	}
	return b.answer
}

func (b *box) proc(window, message, wparam, _ uintptr) uintptr {
	switch message {
	case dialog.WMInitDialog:
		b.init(window)
		return 0 // the focus is set
	case dialog.WMCommand:
		switch wparam & 0xffff {
		case buttonYes:
			b.end(window, Yes)
		case buttonNo:
			b.end(window, No)
		}
		return 1
	case dialog.WMTimer:
		b.tick(window)
		return 1
	}
	return 0
}

func (b *box) init(window uintptr) {
	dialog.SetText(window, idText, b.q.Text)
	if b.q.Details != "" {
		dialog.Send(window, idDetails, dialog.EMLimitText, 0, 0) // no limit
		dialog.SetText(window, idDetails, dialog.Lines(b.q.Details))
	}
	b.tick(window)
	dialog.User32("SetTimer").Call(window, 1, uintptr(tick.Milliseconds()), 0)
	dialog.User32("SetFocus").Call(dialog.Item(window, defaultButton(b.q)))
	dialog.User32("SetForegroundWindow").Call(window)
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
		dialog.SetText(window, idCount, b.d.words.Get(text.QuestionCountdown, strconv.Itoa(s)))
	}
}

func (b *box) end(window uintptr, a Answer) {
	b.answer = a
	dialog.End(window, 1)
}
