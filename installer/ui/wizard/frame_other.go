//go:build !windows

package wizard

import (
	"context"

	"github.com/kbforge/kbforge/installer/ui"
)

// newFrame: windows exist on Windows only.
func newFrame(*Wizard) surface { return noFrame{} }

type noFrame struct{}

func (noFrame) open() bool                                 { return false }
func (noFrame) refresh()                                   {}
func (noFrame) ask(context.Context, ui.Question) ui.Answer { return ui.Unanswered }
func (noFrame) tell(string, ui.Kind, string)               {}
func (noFrame) close()                                     {}
