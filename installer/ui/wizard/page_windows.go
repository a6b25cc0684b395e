package wizard

import (
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/dialog"
	"github.com/kbforge/kbforge/installer/ui/text"
)

// fill puts the model's content into a new page.
func (f *window) fill(m *model) {
	switch f.shown {
	case licencePage:
		f.long(idLicence, m.question().Details)
		f.check(idAccept, m.accepted)
		f.check(idRefuse, !m.accepted)
	case archivePage:
		f.check(idArchive, m.archive)
		f.check(idDiscard, !m.archive)
		dialog.SetText(f.page, idFolder, m.folder)
	case workingPage:
		const thousandths = 1000
		dialog.Send(f.page, idBar, dialog.PBMSetRange32, 0, thousandths)
	case donePage:
		if m.done.failed {
			f.long(idResult, m.done.text)
		}
		f.check(idLater, m.later)
	}
}

// long fills an edit control with text of any length.
func (f *window) long(id int, s string) {
	dialog.Send(f.page, id, dialog.EMLimitText, 0, 0)
	dialog.SetText(f.page, id, dialog.Lines(s))
}

func (f *window) check(id int, on bool) {
	v := uintptr(0)
	if on {
		v = 1
	}
	dialog.Send(f.page, id, dialog.BMSetCheck, v, 0)
}

func (f *window) checked(id int) bool { return dialog.Send(f.page, id, dialog.BMGetCheck, 0, 0) == 1 }

// pageEvent is the dialog procedure of pages.
func (f *window) pageEvent(handle, message, wparam, _ uintptr) uintptr {
	if message == dialog.WMClose { // Esc in a text of several lines closes its parent, which is not the dialog here
		dialog.User32("PostMessageW").Call(f.handle, dialog.WMCommand, idCancel, 0)
		return 1
	}
	if message != dialog.WMCommand || handle != f.page {
		return 0
	}
	switch id, code := int(wparam&0xffff), wparam>>16; id {
	case idAccept, idRefuse:
		on := f.checked(idAccept)
		f.z.set(func(m *model) { m.accepted = on })
	case idArchive, idDiscard:
		on := f.checked(idArchive)
		f.z.set(func(m *model) { m.archive = on })
	case idFolder:
		const changed = 0x300 // EN_CHANGE
		if code != changed {
			return 1
		}
		path := dialog.Text(f.page, idFolder)
		f.z.set(func(m *model) { m.folder = path })
	case idLater:
		on := f.checked(idLater)
		f.z.set(func(m *model) { m.later = on })
	case idPrint:
		f.print()
	case idBrowse:
		f.browse()
	default:
		return 0
	}
	f.refresh() // not at once: the model may be locked by the call that fills the page
	return 1
}

// print prints the licence. What goes wrong is said, and nothing else happens.
func (f *window) print() {
	title, body := "", ""
	f.z.look(func(m *model, w words) { title, body = w.title, m.question().Details })
	if err := printText(f.handle, title, body); err != nil {
		ui.DesktopOver(f.handle, f.z.o.Text).Tell(title, ui.Warning, f.z.o.Text.Get(text.LicenceUnprinted, err.Error()))
	}
}

func (f *window) browse() {
	if path := chooseFolder(f.handle, f.z.o.Text.Get(text.OptionsBrowse)); path != "" {
		dialog.SetText(f.page, idFolder, path) // EN_CHANGE tells the model
	}
}
