package wizard

import (
	"context"
	"sync"

	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// Options describe a run.
type Options struct {
	Removal bool
	Passive bool // progress only (/passive)
	Text    text.Text
	Console *ui.Console // progress lines for who started the program from a console; may be nil
	Desktop ui.Desktop  // for questions before there is a window, and for countdowns
	Cancel  func()      // ends the run's context; called when a person cancels
}

// surface is a window around the model. Its methods but open may be called before open and after close: nothing happens.
type surface interface {
	// open shows the window; false: nobody could see it. A second call does nothing.
	open() bool
	// refresh shows the model as it is now. It does not wait.
	refresh()
	// ask and tell show a dialog over the window and wait for it.
	ask(ctx context.Context, q ui.Question) ui.Answer
	tell(title string, kind ui.Kind, text string)
	close()
}

// Wizard is a ui.UI with a window. Its methods are the engine's side; the window's are in events.go.
type Wizard struct {
	o    Options
	view surface

	mu       sync.Mutex // guards what follows
	m        *model
	w        words
	est      estimate
	answers  chan ui.Answer // of the page that waits
	finished chan struct{}
	closed   bool // finished is closed
}

var _ ui.UI = (*Wizard)(nil)

// New makes the wizard. Its window appears with the first page.
func New(o Options) *Wizard {
	z := newWizard(o)
	z.view = newFrame(z)
	return z
}

func newWizard(o Options) *Wizard {
	return &Wizard{o: o, m: newModel(o.Removal, o.Passive), w: words{t: o.Text, removal: o.Removal},
		answers: make(chan ui.Answer, 1), finished: make(chan struct{})}
}

// Progress shows the page of progress once the machine is being changed.
func (z *Wizard) Progress(stage ui.Stage, done, total int64) {
	if z.o.Console != nil {
		z.o.Console.Progress(stage, done, total)
	}
	z.mu.Lock()
	z.m.progress(stage, z.est.at(stage, done, total))
	show := z.m.current() != noPage
	z.mu.Unlock()
	if show && z.view.open() {
		z.view.refresh()
	}
}

// Ask shows a page, or a dialog for what has no page.
func (z *Wizard) Ask(ctx context.Context, q ui.Question) ui.Answer {
	z.named(q.Title)
	switch {
	case z.o.Passive:
		if q.Countdown > 0 {
			z.view.close()
			return z.o.Desktop.Choose(ctx, q)
		}
		return q.Default
	case pageOf(q.Topic) != noPage:
		return z.page(ctx, q)
	case q.Topic == ui.Restart && q.Countdown == 0:
		return z.end(ctx, outcome{restart: true})
	case z.shown():
		return z.view.ask(ctx, q)
	}
	return z.o.Desktop.Choose(ctx, q)
}

// named learns the title of the update.
func (z *Wizard) named(title string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if title != "" {
		z.w.title = title
	}
}

func (z *Wizard) shown() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.m.current() != noPage
}

func (z *Wizard) page(ctx context.Context, q ui.Question) ui.Answer {
	z.mu.Lock()
	z.m.ask(q)
	z.mu.Unlock()
	if !z.view.open() {
		return ui.Unanswered
	}
	z.view.refresh()
	select {
	case a := <-z.answers:
		return a
	case <-ctx.Done():
		return ui.Unanswered
	}
}

// Message shows the completion page for what is final, and a dialog for a warning. The console hears of it too.
func (z *Wizard) Message(kind ui.Kind, message string) {
	if z.o.Console != nil && (z.o.Passive || kind != ui.Information) {
		z.o.Console.Message(kind, message)
	}
	switch {
	case z.o.Passive: // WP table 15: installation status is displayed; what went wrong is in the log and the exit code
	case kind != ui.Warning:
		if kind == ui.Cancelled {
			message = z.o.Text.Get(z.w.pick(text.DoneCancelledInstall, text.DoneCancelledRemove))
		}
		z.end(context.Background(), outcome{failed: kind != ui.Information, text: message})
	case z.shown():
		z.view.tell(z.w.window(), kind, message)
	default:
		z.o.Desktop.Tell(z.w.window(), kind, message)
	}
}

// end shows the completion page and waits until it is left. Yes: restart.
func (z *Wizard) end(ctx context.Context, o outcome) ui.Answer {
	z.mu.Lock()
	z.m.end(o)
	z.leave()
	z.mu.Unlock()
	if !z.view.open() {
		return ui.Unanswered
	}
	z.view.refresh()
	select {
	case <-z.finished:
	case <-ctx.Done():
		z.view.close()
		return ui.Unanswered
	}
	z.view.close()
	z.mu.Lock()
	defer z.mu.Unlock()
	if !o.restart {
		return ui.Unanswered
	}
	if z.m.later {
		return ui.No
	}
	return ui.Yes
}

// leave closes finished once the model says so. The lock is held.
func (z *Wizard) leave() {
	if z.m.finished && !z.closed {
		z.closed = true
		close(z.finished)
	}
}
