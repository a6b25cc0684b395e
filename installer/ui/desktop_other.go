//go:build !windows

package ui

import "context"

// NewDesktop returns a desktop that nobody sees: dialogs exist on Windows only.
func NewDesktop() Desktop { return noDesktop{} }

type noDesktop struct{}

func (noDesktop) Choose(context.Context, Question) Answer { return Unanswered }
func (noDesktop) Tell(string, Kind, string)               {}
