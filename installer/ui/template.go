package ui

import "github.com/kbforge/kbforge/installer/ui/dialog"

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

// Sizes in dialog units.
const (
	boxWidth    = 280
	boxMargin   = 8
	lineHeight  = 9
	lineChars   = 58 // of the dialog font, on average, in a line
	detailLines = 14
	shortLines  = 5
	buttonHigh  = 14
	buttonLeast = 74
	charWidth   = 5 // of the dialog font, generous
)

// buttonWidth fits the label: translations are longer than the English words.
func buttonWidth(label string) int { return max(buttonLeast, 16+charWidth*len([]rune(label))) }

// dialogTemplate is the dialog of a question: text, details to scroll, countdown, two buttons.
func dialogTemplate(q Question) dialog.Template {
	inner := boxWidth - 2*boxMargin
	y := boxMargin
	textHigh := lineHeight * dialog.Rows(q.Text, lineChars)
	controls := []dialog.Control{{Class: dialog.Static, Style: dialog.NoPrefix, X: boxMargin, Y: y, W: inner, H: textHigh, ID: idText, Text: q.Text}}
	y += textHigh + boxMargin
	if q.Details != "" {
		lines := shortLines
		if q.Topic == Licence || q.Topic == "" {
			lines = detailLines
		}
		h := lineHeight * lines
		controls = append(controls, dialog.Control{Class: dialog.Edit, Style: dialog.Tabstop | dialog.Border | dialog.VScroll | dialog.ReadOnlyText,
			X: boxMargin, Y: y, W: inner, H: h, ID: idDetails})
		y += h + boxMargin
	}
	if q.Countdown > 0 {
		controls = append(controls, dialog.Control{Class: dialog.Static, Style: dialog.NoPrefix, X: boxMargin, Y: y, W: inner, H: lineHeight, ID: idCount})
		y += lineHeight + boxMargin
	}
	style := func(id int) uint32 {
		if id == defaultButton(q) {
			return dialog.Tabstop | dialog.DefaultButton
		}
		return dialog.Tabstop
	}
	buttons := []dialog.Control{{Class: dialog.Button, ID: buttonYes, Text: q.Yes}}
	if q.No != "" {
		buttons = append(buttons, dialog.Control{Class: dialog.Button, ID: buttonNo, Text: q.No})
	}
	x := boxWidth
	for _, b := range buttons {
		x -= buttonWidth(b.Text) + boxMargin
	}
	for _, c := range buttons {
		c.Style, c.X, c.Y, c.W, c.H = style(c.ID), x, y, buttonWidth(c.Text), buttonHigh
		controls = append(controls, c)
		x += c.W + boxMargin
	}
	y += buttonHigh + boxMargin
	return dialog.Template{Style: dialog.Popup, Ex: extendedStyle(q), W: boxWidth, H: y, Title: q.Title, Controls: controls}
}

// extendedStyle keeps a running countdown above other windows.
func extendedStyle(q Question) uint32 {
	if q.Countdown > 0 {
		return dialog.AppWindow | dialog.Topmost
	}
	return dialog.AppWindow
}
