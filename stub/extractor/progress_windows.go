package main

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// progress tells a person how far the extraction is, in the system's own progress dialog (IProgressDialog, shlobj_core.h). The
// dialog lives on a thread of its own: whatever it does, the extraction goes on.
type progress struct {
	done, total int64 // of the extraction's thread
	title       string
	thousandths atomic.Int32
	cancelled   atomic.Bool
	mayCancel   bool
	shown       bool
	stop, gone  atomic.Bool // polled: timers and select would add 90 KB to this executable
}

const (
	patience   = 500 * time.Millisecond // no dialog for what is over sooner
	lookAgain  = 100 * time.Millisecond
	farewell   = time.Second // how long the end waits for the dialog to go
	wholeRange = 1000
)

// progressDialog is a COM object: a pointer to its functions.
type progressDialog struct{ functions *[13]uintptr }

// Numbers of the functions, behind the three of IUnknown.
const (
	fnRelease   = 2
	fnStart     = 3
	fnStop      = 4
	fnTitle     = 5
	fnCancelled = 7
	fnProgress  = 8
	fnLine      = 10
)

var (
	classProgress     = guid{0xf8383852, 0xfcd3, 0x11d1, [8]byte{0xa6, 0xb9, 0, 0x60, 0x97, 0xdf, 0x5b, 0xd4}}
	interfaceProgress = guid{0xebbc7c04, 0x315e, 0x11d2, [8]byte{0xb6, 0x2f, 0, 0x60, 0x97, 0xdf, 0x5b, 0xd4}}
)

type guid struct {
	a    uint32
	b, c uint16
	d    [8]byte
}

// newProgress begins; WP table 14: /passive "provides a progress bar during the extraction", /quiet nothing. Without a
// desktop nothing is shown.
func newProgress(u *ui, total int64) *progress {
	p := &progress{total: total, title: u.title, mayCancel: !u.unattended}
	if u.quiet || !desktopVisible() {
		return p
	}
	p.shown = true
	go p.show()
	return p
}

// show is the dialog's thread.
func (p *progress) show() {
	runtime.LockOSThread() // the COM object belongs to it
	defer p.gone.Store(true)
	for range patience / lookAgain {
		if time.Sleep(lookAgain); p.stop.Load() {
			return
		}
	}
	const (
		apartment = 2 // COINIT_APARTMENTTHREADED
		inProcess = 1 // CLSCTX_INPROC_SERVER
		noTime    = 4 // PROGDLG_NOTIME
		noCancel  = 0x40
	)
	if r, _, _ := proc("ole32.dll", "CoInitializeEx").Call(0, apartment); int32(r) < 0 {
		return
	}
	defer func() { _, _, _ = proc("ole32.dll", "CoUninitialize").Call() }()
	var d *progressDialog
	r, _, _ := proc("ole32.dll", "CoCreateInstance").Call(uintptr(unsafe.Pointer(&classProgress)), 0, inProcess,
		uintptr(unsafe.Pointer(&interfaceProgress)), uintptr(unsafe.Pointer(&d)))
	if int32(r) < 0 || d == nil {
		return
	}
	flags := uintptr(noTime)
	if !p.mayCancel {
		flags |= noCancel
	}
	d.text(fnTitle, p.title)
	d.text(fnLine, extractingIn(userLanguage()), 1)
	d.call(fnStart, 0, 0, flags, 0)
	for !p.stop.Load() {
		d.call(fnProgress, uintptr(p.thousandths.Load()), wholeRange)
		if d.call(fnCancelled) != 0 {
			p.cancelled.Store(true)
		}
		time.Sleep(lookAgain)
	}
	d.call(fnStop)
	d.call(fnRelease)
}

func (d *progressDialog) call(n int, args ...uintptr) uintptr {
	r, _, _ := syscall.SyscallN(d.functions[n], append([]uintptr{uintptr(unsafe.Pointer(d))}, args...)...)
	return r
}

// text calls a function that takes a text behind first, and nothing more that matters.
func (d *progressDialog) text(n int, s string, first ...uintptr) {
	if w, err := syscall.UTF16PtrFromString(s); err == nil {
		d.call(n, append(first, uintptr(unsafe.Pointer(w)), 0, 0)...)
	}
}

// add counts bytes that were written.
func (p *progress) add(n int) {
	p.done += int64(n)
	if p.total > 0 {
		p.thousandths.Store(int32(min(p.done, p.total) * wholeRange / p.total))
	}
}

// Err makes progress a cab.Context: a person may stop the extraction where that is offered.
func (p *progress) Err() error {
	if p.mayCancel && p.cancelled.Load() {
		return errCancelled
	}
	return nil
}

// close takes the dialog away. A dialog that does not go goes with the process.
func (p *progress) close() {
	if !p.shown {
		return
	}
	p.stop.Store(true)
	for waited := time.Duration(0); waited < farewell && !p.gone.Load(); waited += lookAgain / 10 {
		time.Sleep(lookAgain / 10)
	}
}

// errCancelled is ERROR_CANCELLED.
const errCancelled = syscall.Errno(1223)

// userLanguage is the LANGID of the user's Windows.
func userLanguage() uint16 {
	r, _, _ := kernel32("GetUserDefaultUILanguage").Call()
	return uint16(r)
}
