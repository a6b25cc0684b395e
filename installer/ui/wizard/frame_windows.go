package wizard

import (
	"context"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/dialog"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// Messages to the window, from other threads.
const (
	msgRefresh = dialog.WMApp + 1 + iota
	msgShown
	msgAsk
	msgClose
)

// window is the frame. It runs on a thread of its own, so that it answers while the engine works.
type window struct {
	z     *Wizard
	once  sync.Once
	there bool
	gone  chan struct{} // the thread has ended
	asks  chan *asked

	// Of the window's thread alone, but for handle, which is set before open returns.
	handle   uintptr
	pageProc uintptr
	page     uintptr // the dialog of the page
	shown    page
	at       int // which of the pages asked
	bold     uintptr
}

// asked is a question on its way to the window's thread.
type asked struct {
	ctx    context.Context
	q      ui.Question
	tell   func(d ui.Desktop)
	answer chan ui.Answer
}

func newFrame(z *Wizard) surface {
	return &window{z: z, gone: make(chan struct{}), asks: make(chan *asked, 4)}
}

func (f *window) open() bool {
	f.once.Do(func() {
		if !dialog.Visible() {
			return
		}
		ready := make(chan bool, 1)
		go f.run(ready)
		f.there = <-ready
	})
	return f.there
}

func (f *window) refresh() { f.post(msgRefresh) }

func (f *window) close() {
	f.post(msgClose)
	if f.there {
		<-f.gone
	}
}

func (f *window) post(message uintptr) {
	if f.there {
		dialog.Post(f.handle, message)
	}
}

func (f *window) ask(ctx context.Context, q ui.Question) ui.Answer {
	return f.over(&asked{ctx: ctx, q: q, answer: make(chan ui.Answer, 1)})
}

func (f *window) tell(title string, kind ui.Kind, text string) {
	f.over(&asked{tell: func(d ui.Desktop) { d.Tell(title, kind, text) }, answer: make(chan ui.Answer, 1)})
}

// over has a dialog shown by the window's thread.
func (f *window) over(a *asked) ui.Answer {
	if !f.there {
		return ui.Unanswered
	}
	f.asks <- a
	f.post(msgAsk)
	select {
	case got := <-a.answer:
		return got
	case <-f.gone:
		return ui.Unanswered
	}
}

// run is the window's thread.
func (f *window) run(ready chan bool) {
	runtime.LockOSThread()
	defer close(f.gone)
	defer func() { // a window that could not be made
		select {
		case ready <- false:
		default:
		}
	}()
	dialog.CommonControls()
	if f.z.o.Text.RightToLeft() {
		dialog.Mirror()
	}
	f.pageProc = windows.NewCallback(f.pageEvent)
	var t dialog.Template
	f.z.look(func(m *model, w words) { t = frame(w, m.passive) })
	dialog.Modal(t, 0, func(handle, message, wparam, lparam uintptr) uintptr {
		if message == dialog.WMInitDialog {
			f.handle = handle
			f.init()
			ready <- true
			return 0 // the focus is set
		}
		return f.event(message, wparam, lparam)
	})
	if f.bold != 0 {
		dialog.GDI32("DeleteObject").Call(f.bold)
	}
}

func (f *window) init() {
	f.z.look(func(m *model, w words) { f.at = -1 })
	f.setBold()
	f.sync()
	dialog.Post(f.handle, msgShown) // the focus needs a window that is visible
}

// setBold makes the bold font of titles, from the font of the dialog.
func (f *window) setBold() {
	font, _, _ := dialog.User32("SendMessageW").Call(f.handle, dialog.WMGetFont, 0, 0)
	var l struct { // LOGFONTW
		height, width, escapement, orientation, weight int32
		italic, underline, strikeout, charset          byte
		out, clip, quality, pitch                      byte
		face                                           [32]uint16
	}
	if n, _, _ := dialog.GDI32("GetObjectW").Call(font, unsafe.Sizeof(l), uintptr(unsafe.Pointer(&l))); n == 0 {
		return
	}
	const boldWeight = 700 // FW_BOLD
	l.weight = boldWeight
	old := f.bold
	f.bold, _, _ = dialog.GDI32("CreateFontIndirectW").Call(uintptr(unsafe.Pointer(&l)))
	dialog.Send(f.handle, idTitle, dialog.WMSetFont, f.bold, 1)
	if old != 0 {
		dialog.GDI32("DeleteObject").Call(old)
	}
}

// event is the dialog procedure of the frame.
func (f *window) event(message, wparam, lparam uintptr) uintptr {
	switch message {
	case msgRefresh:
		f.sync()
	case msgShown:
		dialog.User32("SetForegroundWindow").Call(f.handle)
		f.z.look(func(m *model, _ words) { f.focus(m) })
	case msgAsk:
		f.showAsked()
	case msgClose:
		dialog.End(f.handle, 1)
	case dialog.WMDPIChanged:
		// The system scales the controls; the bold font is ours, and the page is made again in its size.
		f.shown, f.at = noPage, -1
		f.refresh()
		return 0
	case dialog.WMErase:
		f.background(wparam)
	case dialog.WMCtlStatic:
		return f.colour(wparam, lparam)
	case dialog.WMCommand:
		f.command(int(wparam & 0xffff))
	default:
		return 0
	}
	return 1
}

// Colours and modes of winuser.h and wingdi.h.
const (
	windowColour = 5  // COLOR_WINDOW
	windowText   = 8  // COLOR_WINDOWTEXT
	faceColour   = 15 // COLOR_3DFACE
	transparent  = 1
)

// background paints the head in the colour of windows, whatever the theme says that is.
func (f *window) background(dc uintptr) {
	var r rect
	dialog.User32("GetClientRect").Call(f.handle, uintptr(unsafe.Pointer(&r)))
	dialog.User32("FillRect").Call(dc, uintptr(unsafe.Pointer(&r)), faceColour+1)
	passive := false
	f.z.look(func(m *model, _ words) { passive = m.passive })
	if passive {
		return
	}
	head := rect{0, 0, frameWidth, headHeight}
	dialog.User32("MapDialogRect").Call(f.handle, uintptr(unsafe.Pointer(&head)))
	r.bottom = head.bottom
	dialog.User32("FillRect").Call(dc, uintptr(unsafe.Pointer(&r)), windowColour+1)
}

// colour gives the texts of the head the colours of a window.
func (f *window) colour(dc, control uintptr) uintptr {
	for _, id := range []int{idTitle, idSubtitle} {
		if control == dialog.Item(f.handle, id) {
			text, _, _ := dialog.User32("GetSysColor").Call(windowText)
			dialog.GDI32("SetTextColor").Call(dc, text)
			dialog.GDI32("SetBkMode").Call(dc, transparent)
			brush, _, _ := dialog.User32("GetSysColorBrush").Call(windowColour)
			return brush
		}
	}
	return 0
}

// rect is a RECT.
type rect struct{ left, top, right, bottom int32 }

func (f *window) command(id int) {
	switch id {
	case idNext:
		f.z.next()
	case idBack:
		f.z.back()
	case idCancel:
		if f.mayCancel() {
			f.z.cancel()
		}
	default:
		return
	}
	f.sync()
}

// mayCancel asks a person who would lose work.
func (f *window) mayCancel() bool {
	var b buttons
	confirm, question := false, ui.Question{}
	f.z.look(func(m *model, w words) {
		b, confirm = m.buttons(), m.confirmCancel()
		question = ui.Question{Title: w.window(), Text: w.t.Get(w.pick(text.CancelInstall, text.CancelRemove)),
			Yes: w.t.Get(text.ButtonYes), No: w.t.Get(text.ButtonNo), Default: ui.No}
	})
	if !b.cancel && !b.finish {
		return false
	}
	return !confirm || ui.DesktopOver(f.handle, f.z.o.Text).Choose(context.Background(), question) == ui.Yes
}

func (f *window) showAsked() {
	select {
	case a := <-f.asks:
		d := ui.DesktopOver(f.handle, f.z.o.Text)
		if a.tell != nil {
			a.tell(d)
			a.answer <- ui.Unanswered
			return
		}
		a.answer <- d.Choose(a.ctx, a.q)
	default:
	}
}

// sync makes the window show the model.
func (f *window) sync() {
	f.z.look(func(m *model, w words) {
		if m.finished {
			dialog.Show(f.handle, idNext, false)
			return
		}
		if p := m.current(); p != noPage && (p != f.shown || f.at != m.at) {
			f.turn(m, w)
		}
		f.update(m, w)
	})
}

// turn shows another page.
func (f *window) turn(m *model, w words) {
	if old := f.page; old != 0 {
		defer dialog.User32("DestroyWindow").Call(old)
	}
	f.shown, f.at = m.current(), m.at
	f.page = dialog.Child(layout(w, m), f.handle, f.pageProc)
	f.place(m.passive)
	title, subtitle := w.head(m)
	if m.passive {
		dialog.User32("SetWindowTextW").Call(f.handle, uintptr(unsafe.Pointer(dialog.UTF16(title))))
	}
	dialog.SetText(f.handle, idTitle, title)
	dialog.SetText(f.handle, idSubtitle, subtitle)
	f.setBold()
	dialog.Send(f.page, idTitle, dialog.WMSetFont, f.bold, 1)
	f.fill(m)
	dialog.User32("ShowWindow").Call(f.page, 5) // SW_SHOW
	b := m.buttons()
	next := text.ButtonNext
	if b.finish {
		next = text.ButtonFinish
	}
	dialog.SetText(f.handle, idNext, w.t.Get(next))
	f.update(m, w)
	f.focus(m)
}

// place puts the page below the head, and before the buttons in the order of Tab.
func (f *window) place(passive bool) {
	r := rect{0, pageTop, frameWidth, pageTop + pageHeight}
	if passive {
		r.top, r.bottom = 0, passiveHeight
	}
	dialog.User32("MapDialogRect").Call(f.handle, uintptr(unsafe.Pointer(&r)))
	dialog.User32("SetWindowPos").Call(f.page, 0, uintptr(r.left), uintptr(r.top), uintptr(r.right-r.left), uintptr(r.bottom-r.top), 0x10) // SWP_NOACTIVATE
}

// focus goes to what a person does first on the page.
func (f *window) focus(m *model) {
	first := uintptr(0)
	switch f.shown {
	case licencePage:
		first = dialog.Item(f.page, idLicence)
	case archivePage: // the radio button that gets the focus is checked
		first = dialog.Item(f.page, idArchive)
		if !m.archive {
			first = dialog.Item(f.page, idDiscard)
		}
	case workingPage:
		first = dialog.Item(f.handle, idCancel)
	case donePage:
		first = dialog.Item(f.handle, idNext)
	default:
		first = dialog.Item(f.handle, idNext)
	}
	if m.passive {
		return
	}
	dialog.User32("SendMessageW").Call(f.handle, dialog.DMSetDefID, idNext, 0)
	dialog.Focus(f.handle, first)
	dialog.Send(f.page, idLicence, dialog.EMSetSel, 0, 0) // the focus selects all
}

// update shows what changes while a page is up.
func (f *window) update(m *model, w words) {
	if m.passive {
		f.progress(m, w)
		return
	}
	b := m.buttons()
	f.enable(idBack, b.back)
	f.enable(idNext, b.next)
	f.enable(idCancel, b.cancel)
	for id, on := range map[int]bool{idBack: f.shown != workingPage && !b.finish, idNext: f.shown != workingPage, idCancel: !b.finish} {
		dialog.Show(f.handle, id, on)
	}
	switch f.shown {
	case workingPage:
		f.progress(m, w)
	case archivePage:
		dialog.SetText(f.page, idSpace, w.space(m))
		dialog.Enable(f.page, idFolder, m.archive)
		dialog.Enable(f.page, idBrowse, m.archive)
	}
}

// enable keeps the focus on a button that can be pressed.
func (f *window) enable(id int, on bool) {
	control := dialog.Item(f.handle, id)
	was, _, _ := dialog.User32("IsWindowEnabled").Call(control)
	if (was != 0) == on {
		return
	}
	focus, _, _ := dialog.User32("GetFocus").Call()
	dialog.Enable(f.handle, id, on)
	if !on && focus == control {
		dialog.Focus(f.handle, dialog.Item(f.handle, idCancel))
	}
}

func (f *window) progress(m *model, w words) {
	dialog.SetText(f.page, idTitle, w.title)
	dialog.SetText(f.page, idAction, w.action(m))
	dialog.Send(f.page, idBar, dialog.PBMSetPos, uintptr(m.permille), 0)
}
