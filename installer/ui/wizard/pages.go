package wizard

import (
	"strconv"
	"unicode/utf8"

	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/dialog"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// Control ids. Next and Cancel have IDOK and IDCANCEL, so that Enter, Esc and the close button work by themselves.
const (
	idNext   = dialog.IDOK
	idCancel = dialog.IDCancel
	idBack   = 3

	idTitle    = 100
	idSubtitle = 101

	idLicence = 110
	idAccept  = 111
	idRefuse  = 112
	idPrint   = 113

	idArchive = 120
	idDiscard = 121
	idFolder  = 122
	idBrowse  = 123
	idSpace   = 124

	idAction = 130
	idBar    = 131

	idResult = 140
	idLater  = 141
)

// Sizes in dialog units.
const (
	frameWidth  = 330
	frameHeight = 226
	headHeight  = 34
	footTop     = 200
	edge        = 14
	inner       = frameWidth - 2*edge
	buttonHigh  = 14
	pageTop     = headHeight + 2
	pageHeight  = footTop - pageTop - 2
	lineHigh    = 9

	passiveHeight = 70
)

// frame is the window around the pages: white head with title and subtitle, three buttons.
func frame(w words, passive bool) dialog.Template {
	t := dialog.Template{Style: dialog.Popup, Ex: dialog.AppWindow | dialog.ControlParent, W: frameWidth, H: frameHeight, Title: w.window()}
	if passive {
		t.H = passiveHeight
		return t
	}
	t.Controls = []dialog.Control{
		{Class: dialog.Static, Style: dialog.NoPrefix, X: edge, Y: 6, W: inner, H: 10, ID: idTitle},
		{Class: dialog.Static, Style: dialog.NoPrefix, X: edge + 8, Y: 17, W: inner - 8, H: 16, ID: idSubtitle},
		{Class: dialog.Static, Style: dialog.Etched, X: 0, Y: headHeight, W: frameWidth, H: 1, ID: -1},
		{Class: dialog.Static, Style: dialog.Etched, X: 0, Y: footTop, W: frameWidth, H: 1, ID: -1},
	}
	x := frameWidth - edge
	for i, b := range []dialog.Control{
		{ID: idCancel, Text: w.t.Get(text.ButtonCancel), Style: dialog.Tabstop},
		{ID: idNext, Text: w.t.Get(text.ButtonNext), Style: dialog.Tabstop | dialog.DefaultButton},
		{ID: idBack, Text: w.t.Get(text.ButtonBack), Style: dialog.Tabstop},
	} {
		b.W = buttonWidth(b.Text)
		if b.ID == idNext {
			b.W = max(b.W, buttonWidth(w.t.Get(text.ButtonFinish)))
		}
		x -= b.W
		if i == 1 {
			x -= 6 // between Cancel and Next
		}
		b.Class, b.X, b.Y, b.H = dialog.Button, x, footTop+6, buttonHigh
		// In the order of Tab: Back, Next, Cancel.
		t.Controls = append(t.Controls[:4], append([]dialog.Control{b}, t.Controls[4:]...)...)
	}
	return t
}

func buttonWidth(label string) int { return max(50, 14+5*utf8.RuneCountInString(label)) }

// words are the sentences of this run.
type words struct {
	t       text.Text
	removal bool
	title   string // of the update
}

func (w words) pick(install, remove text.Key) text.Key {
	if w.removal {
		return remove
	}
	return install
}

func (w words) window() string { return w.t.Get(w.pick(text.WindowInstall, text.WindowRemove)) }

// head is the title and the subtitle of a page.
func (w words) head(m *model) (title, subtitle string) {
	switch m.current() {
	case welcomePage:
		return w.t.Get(w.pick(text.WelcomeInstallTitle, text.WelcomeRemoveTitle)), w.title
	case licencePage:
		return w.t.Get(text.LicenceTitle), w.t.Get(text.LicenceSubtitle)
	case archivePage:
		return w.t.Get(text.OptionsTitle), w.t.Get(text.OptionsSubtitle)
	case workingPage:
		return w.t.Get(w.pick(text.WorkingInstallTitle, text.WorkingRemoveTitle)), w.t.Get(w.pick(text.WorkingInstallSubtitle, text.WorkingRemoveSubtitle))
	case donePage:
		if m.done.failed {
			return w.t.Get(w.pick(text.DoneFailedInstall, text.DoneFailedRemove)), w.title
		}
		return w.t.Get(w.pick(text.DoneInstallTitle, text.DoneRemoveTitle)), w.title
	}
	return "", ""
}

// action is what the progress page says is going on.
func (w words) action(m *model) string {
	if m.cancelled {
		return ui.RollingBack.In(w.t)
	}
	return m.stage.In(w.t)
}

// space is the line below the folder.
func (w words) space(m *model) string {
	free, ok, enough := m.space()
	f := m.question().Folder
	if !ok || len(m.folder) < 2 {
		return w.t.Get(text.OptionsInvalid)
	}
	key := text.OptionsSpace
	if !enough {
		key = text.OptionsShort
	}
	return w.t.Get(key, mebibytes(f.NeededBytes+1<<20-1), m.folder[:1], mebibytes(free))
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) }

// layout is the page as a dialog in the frame. The text of edit controls is set by the window.
func layout(w words, m *model) dialog.Template {
	t := dialog.Template{Style: dialog.Page, Ex: dialog.ControlParent, W: frameWidth, H: pageHeight}
	switch m.current() {
	case welcomePage:
		t.Controls = welcome(w)
	case licencePage:
		t.Controls = licence(w)
	case archivePage:
		t.Controls = archive(w)
	case workingPage:
		t.Controls = working(w)
		if m.passive {
			t.H = passiveHeight
		}
	case donePage:
		t.Controls = done(w, m.done)
	}
	return t
}

const lineChars = 62 // of the dialog font, on average, in the width of a page

func static(x, y, width int, s string) dialog.Control {
	return dialog.Control{Class: dialog.Static, Style: dialog.NoPrefix, X: x, Y: y, W: width, H: dialog.Rows(s, lineChars) * lineHigh, ID: -1, Text: s}
}

// stack puts texts below each other.
func stack(y int, texts ...string) []dialog.Control {
	var list []dialog.Control
	for _, s := range texts {
		c := static(edge, y, inner, s)
		list = append(list, c)
		y += c.H + 8
	}
	return list
}

func welcome(w words) []dialog.Control {
	list := stack(10, w.t.Get(w.pick(text.WelcomeInstallText, text.WelcomeRemoveText)), w.title,
		w.t.Get(w.pick(text.WelcomeInstallAdvice, text.WelcomeRemoveAdvice)), w.t.Get(text.WelcomeNext))
	list[1].X, list[1].W, list[1].ID = edge+12, inner-12, idTitle // in bold
	return list
}

func licence(w words) []dialog.Control {
	const top, high = 14, 100
	print := w.t.Get(text.ButtonPrint)
	return []dialog.Control{
		// The label gives the text its name for screen readers.
		{Class: dialog.Static, X: edge, Y: 3, W: inner, H: lineHigh, ID: -1, Text: w.t.Get(text.LicenceLabel)},
		{Class: dialog.Edit, Style: dialog.Tabstop | dialog.VScroll | dialog.ReadOnlyText, Ex: dialog.ClientEdge, X: edge, Y: top, W: inner, H: high, ID: idLicence},
		{Class: dialog.Button, Style: dialog.Radio | dialog.Tabstop | dialog.Group, X: edge, Y: top + high + 8, W: inner - 80, H: 11, ID: idRefuse, Text: w.t.Get(text.LicenceRefuse)},
		{Class: dialog.Button, Style: dialog.Radio, X: edge, Y: top + high + 22, W: inner - 80, H: 11, ID: idAccept, Text: w.t.Get(text.LicenceAccept)},
		{Class: dialog.Button, Style: dialog.Tabstop | dialog.Group, X: edge + inner - buttonWidth(print), Y: top + high + 14, W: buttonWidth(print), H: buttonHigh, ID: idPrint, Text: print},
	}
}

func archive(w words) []dialog.Control {
	browse := w.t.Get(text.ButtonBrowse)
	bw := buttonWidth(browse)
	return []dialog.Control{
		{Class: dialog.Button, Style: dialog.Radio | dialog.Tabstop | dialog.Group | dialog.Multiline, X: edge, Y: 12, W: inner, H: 20, ID: idArchive, Text: w.t.Get(text.OptionsArchive)},
		{Class: dialog.Button, Style: dialog.Radio | dialog.Multiline, X: edge, Y: 88, W: inner, H: 20, ID: idDiscard, Text: w.t.Get(text.OptionsDiscard)},
		{Class: dialog.Static, Style: dialog.Group, X: edge + 12, Y: 38, W: 60, H: lineHigh, ID: -1, Text: w.t.Get(text.OptionsFolder)},
		{Class: dialog.Edit, Style: dialog.Tabstop | dialog.OneLine, Ex: dialog.ClientEdge, X: edge + 12, Y: 48, W: inner - 12 - bw - 6, H: 13, ID: idFolder},
		{Class: dialog.Button, Style: dialog.Tabstop, X: edge + inner - bw, Y: 48, W: bw, H: buttonHigh, ID: idBrowse, Text: browse},
		{Class: dialog.Static, Style: dialog.NoPrefix, X: edge + 12, Y: 66, W: inner - 12, H: 2 * lineHigh, ID: idSpace},
	}
}

// working: the action is the static text before the bar, which gives the bar its name for screen readers.
func working(w words) []dialog.Control {
	list := []dialog.Control{
		{Class: dialog.Static, Style: dialog.NoPrefix, X: edge, Y: 12, W: inner, H: lineHigh, ID: idTitle, Text: w.title},
		{Class: dialog.Static, Style: dialog.NoPrefix, X: edge, Y: 28, W: inner, H: lineHigh, ID: idAction},
		{Class: dialog.Progress, Style: dialog.Border, X: edge, Y: 42, W: inner, H: 12, ID: idBar},
	}
	return list
}

func done(w words, o *outcome) []dialog.Control {
	if o.failed {
		return []dialog.Control{
			{Class: dialog.Static, X: edge, Y: 8, W: inner, H: lineHigh, ID: -1, Text: w.t.Get(text.DoneFailedDetails)},
			{Class: dialog.Edit, Style: dialog.Tabstop | dialog.VScroll | dialog.ReadOnlyText, Ex: dialog.ClientEdge, X: edge, Y: 20, W: inner, H: 96, ID: idResult},
			static(edge, 132, inner, w.t.Get(text.DoneClose)),
		}
	}
	texts := []string{w.t.Get(w.pick(text.DoneInstallText, text.DoneRemoveText), w.title)}
	if o.restart {
		texts = append(texts, w.t.Get(text.DoneRestart))
	}
	list := stack(12, append(texts, w.t.Get(text.DoneClose))...)
	if o.restart {
		last := list[len(list)-1]
		list = append(list, dialog.Control{Class: dialog.Button, Style: dialog.CheckBox, X: edge, Y: last.Y + last.H + 10, W: inner, H: 12, ID: idLater, Text: w.t.Get(text.DoneLater)})
	}
	return list
}
