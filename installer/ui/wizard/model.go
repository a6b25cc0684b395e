package wizard

import "github.com/kbforge/kbforge/installer/ui"

// page is what the wizard shows.
type page uint8

const (
	noPage page = iota // nothing to show yet
	welcomePage
	licencePage
	archivePage
	workingPage
	donePage
)

// outcome is what the completion page tells.
type outcome struct {
	failed  bool
	text    string // what was done, or the failure
	restart bool   // the computer must be restarted: offer not to
}

// model is the state of the wizard and what may happen to it. It knows no window and is not safe for several goroutines.
type model struct {
	removal, passive bool

	pages   []page        // asked so far
	asked   []ui.Question // their questions
	at      int           // the one shown
	pending bool          // the last one waits for its answer

	accepted bool // the licence
	archive  bool // replaced files are kept
	folder   string

	stage     ui.Stage
	permille  int
	working   bool
	cancelled bool
	done      *outcome
	later     bool // do not restart now
	finished  bool
}

func newModel(removal, passive bool) *model {
	return &model{removal: removal, passive: passive, archive: true}
}

// pageOf is the page of a question; noPage: it is a dialog of its own.
func pageOf(t ui.Topic) page {
	switch t {
	case ui.Welcome:
		return welcomePage
	case ui.Licence:
		return licencePage
	case ui.Archive:
		return archivePage
	}
	return noPage
}

// current is the page to show.
func (m *model) current() page {
	switch {
	case m.done != nil:
		return donePage
	case m.working, m.passive && m.stage != "":
		return workingPage
	case len(m.pages) > 0:
		return m.pages[m.at]
	}
	return noPage
}

// question is the one of the page shown.
func (m *model) question() ui.Question { return m.asked[m.at] }

// ask brings a question's page up.
func (m *model) ask(q ui.Question) {
	m.pages, m.asked = append(m.pages, pageOf(q.Topic)), append(m.asked, q)
	m.at, m.pending = len(m.pages)-1, true
	if q.Folder != nil {
		m.folder = q.Folder.Path
	}
}

// progress is told by the engine. Looking at the machine happens behind the page that was answered; what is behind it
// changes the machine and has a page.
func (m *model) progress(stage ui.Stage, permille int) {
	m.stage, m.permille = stage, permille
	if stage != ui.Inspecting && stage != ui.Extracting {
		m.working, m.pending = true, false
	}
}

// buttons are the states of the three buttons.
type buttons struct{ back, next, cancel, finish bool }

func (m *model) buttons() buttons {
	switch m.current() {
	case workingPage:
		return buttons{cancel: !m.cancelled && !m.passive && m.stage != ui.RollingBack}
	case donePage:
		return buttons{next: true, finish: true}
	case noPage:
		return buttons{}
	}
	waits := m.pending || m.at < len(m.pages)-1 // for a person; else for the engine
	return buttons{back: waits && m.at > 0, next: waits && m.complete(), cancel: !m.cancelled}
}

// complete reports whether the page shown has what it asks for.
func (m *model) complete() bool {
	switch m.pages[m.at] {
	case licencePage:
		return m.accepted
	case archivePage:
		_, ok, enough := m.space()
		return !m.archive || ok && enough
	}
	return true
}

// space is what is free at the folder of the archive page.
func (m *model) space() (free int64, ok, enough bool) {
	f := m.question().Folder
	if f == nil || f.Free == nil {
		return 0, m.folder != "", true
	}
	free, ok = f.Free(m.folder)
	return free, ok, free >= f.NeededBytes
}

// next goes on. answered tells that the engine gets answer for its question.
func (m *model) next() (answer ui.Answer, answered bool) {
	switch {
	case m.done != nil:
		m.finished = true
		return ui.Unanswered, false
	case !m.buttons().next:
		return ui.Unanswered, false
	case m.at < len(m.pages)-1:
		m.at++
		return ui.Unanswered, false
	}
	m.pending = false
	q := m.question()
	if q.Folder == nil {
		return ui.Yes, true
	}
	if !m.archive {
		return ui.No, true
	}
	q.Folder.Path = m.folder
	return ui.Yes, true
}

func (m *model) back() {
	if m.buttons().back {
		m.at--
	}
}

// cancel ends the run: at once while nothing was changed, else by rolling back. A person who cancels is not told so.
func (m *model) cancel() (answered bool) {
	if m.done != nil { // closing the window is no consent to restart
		m.later, m.finished = true, true
		return false
	}
	answered = m.pending
	m.cancelled, m.pending = true, false
	return answered
}

// confirmCancel reports whether cancelling loses something.
func (m *model) confirmCancel() bool { return m.working && m.done == nil }

// end shows the completion page, unless a person left before anything was done: then there is nothing to tell.
func (m *model) end(o outcome) {
	if m.cancelled && !m.working {
		m.finished = true
		return
	}
	m.done, m.pending = &o, false
}
