package wizard

import (
	"testing"

	"github.com/kbforge/kbforge/installer/ui"
)

func TestPagesComeAsTheEngineAsks(t *testing.T) {
	m := newModel(false, false)
	if m.current() != noPage || m.buttons() != (buttons{}) {
		t.Errorf("at first: page %d, %+v", m.current(), m.buttons())
	}
	m.progress(ui.Inspecting, 0)
	if m.current() != noPage {
		t.Error("inspection has a page of its own")
	}
	m.ask(ui.AskWelcome("T"))
	if m.current() != welcomePage || m.buttons() != (buttons{next: true, cancel: true}) {
		t.Errorf("welcome: page %d, %+v", m.current(), m.buttons())
	}
	if a, ok := m.next(); !ok || a != ui.Yes {
		t.Errorf("Next gives %v %v", a, ok)
	}
	if m.current() != welcomePage || m.buttons() != (buttons{cancel: true}) {
		t.Errorf("while the engine works: page %d, %+v", m.current(), m.buttons())
	}
	if _, ok := m.next(); ok {
		t.Error("an answer was given twice")
	}

	m.ask(ui.AskLicence("T", "text"))
	if m.current() != licencePage || m.buttons() != (buttons{back: true, cancel: true}) {
		t.Errorf("licence: page %d, %+v", m.current(), m.buttons())
	}
	if _, ok := m.next(); ok {
		t.Error("a licence that was not accepted was passed")
	}
	m.back()
	if m.current() != welcomePage || m.buttons() != (buttons{next: true, cancel: true}) {
		t.Errorf("back: page %d, %+v", m.current(), m.buttons())
	}
	if _, ok := m.next(); ok || m.current() != licencePage {
		t.Error("Next from an answered page must only turn the page")
	}
	m.accepted = true
	if a, ok := m.next(); !ok || a != ui.Yes {
		t.Errorf("accepted: %v %v", a, ok)
	}

	m.progress(ui.Installing, 100)
	if m.current() != workingPage || m.buttons() != (buttons{cancel: true}) || !m.confirmCancel() {
		t.Errorf("progress: page %d, %+v", m.current(), m.buttons())
	}
	m.end(outcome{restart: true})
	if m.current() != donePage || m.buttons() != (buttons{next: true, finish: true}) {
		t.Errorf("done: page %d, %+v", m.current(), m.buttons())
	}
	m.next()
	if !m.finished || m.later {
		t.Error("Finish does not finish")
	}
}

func TestArchivePageWantsAFolderWithSpace(t *testing.T) {
	free := map[string]int64{`C:\a`: 100, `D:\b`: 99}
	f := &ui.Folder{Path: `C:\a`, NeededBytes: 100, Free: func(p string) (int64, bool) { n, ok := free[p]; return n, ok }}
	m := newModel(false, false)
	m.ask(ui.AskArchive("T", f))
	for _, c := range []struct {
		folder  string
		archive bool
		next    bool
	}{{`C:\a`, true, true}, {`D:\b`, true, false}, {`x`, true, false}, {`x`, false, true}} {
		m.folder, m.archive = c.folder, c.archive
		if got := m.buttons().next; got != c.next {
			t.Errorf("%+v: Next %v", c, got)
		}
	}
	m.folder, m.archive = `C:\a`, true
	f.Path = ""
	if a, ok := m.next(); !ok || a != ui.Yes || f.Path != `C:\a` {
		t.Errorf("%v %v %q", a, ok, f.Path)
	}
	m = newModel(false, false)
	m.ask(ui.AskArchive("T", f))
	m.archive = false
	if a, ok := m.next(); !ok || a != ui.No {
		t.Errorf("%v %v", a, ok)
	}
}

func TestCancel(t *testing.T) {
	m := newModel(false, false)
	m.ask(ui.AskWelcome("T"))
	if m.confirmCancel() || !m.cancel() {
		t.Error("cancelling before anything was done asks, or gives no answer")
	}
	m.end(outcome{failed: true, text: "cancelled"})
	if !m.finished || m.done != nil {
		t.Error("who cancels before anything was done is told so")
	}

	m = newModel(true, false)
	m.progress(ui.Removing, 10)
	if m.cancel() {
		t.Error("there was no question")
	}
	if m.buttons().cancel {
		t.Error("Cancel can be pressed twice")
	}
	m.progress(ui.RollingBack, 5)
	m.end(outcome{failed: true, text: "undone"})
	if m.current() != donePage || m.finished {
		t.Error("the outcome of rolling back is not shown")
	}

	m = newModel(false, false)
	m.progress(ui.Installing, 10)
	m.end(outcome{restart: true})
	m.cancel() // the close button of the window
	if !m.finished || !m.later || m.cancelled {
		t.Error("closing the last page must not restart")
	}
}

func TestPassiveHasOnePage(t *testing.T) {
	m := newModel(false, true)
	if m.current() != noPage {
		t.Error("a page before anything happens")
	}
	m.progress(ui.Inspecting, 0)
	if m.current() != workingPage || m.buttons() != (buttons{}) {
		t.Errorf("page %d, %+v", m.current(), m.buttons())
	}
}

func TestEstimateNeitherJumpsNorGoesBack(t *testing.T) {
	var e estimate
	last := 0
	step := func(s ui.Stage, done, total int64) {
		t.Helper()
		got := e.at(s, done, total)
		if got < last || got > 1000 {
			t.Errorf("%s %d/%d: from %d to %d", s, done, total, last, got)
		}
		last = got
	}
	step(ui.Inspecting, 0, 0)
	for i := range int64(11) {
		before := last
		step(ui.BackingUp, i, 10)
		if last-before > 60 {
			t.Errorf("it jumps from %d to %d", before, last)
		}
	}
	for i := range int64(101) {
		before := last
		step(ui.Installing, i, 100)
		if last-before > 10 {
			t.Errorf("it jumps from %d to %d", before, last)
		}
	}
	step(ui.Installing, 50, 100) // told again, later
	step(ui.Inspecting, 1, 2)    // out of order
	step(ui.Finishing, 7, 3)     // more than all
	if last != 1000 {
		t.Errorf("it ends at %d", last)
	}
	for i := range int64(11) {
		got := e.at(ui.RollingBack, i, 10)
		if got > last {
			t.Errorf("rolling back goes up to %d", got)
		}
		last = got
	}
	if last != 0 {
		t.Errorf("rolled back: %d", last)
	}
}

func TestAnUnknownTotalLeavesTheBar(t *testing.T) {
	var e estimate
	e.at(ui.Installing, 1, 2)
	before := e.at(ui.Installing, 1, 2)
	if got := e.at(ui.Registering, 5, 0); got != before {
		t.Errorf("%d, was %d", got, before)
	}
}
