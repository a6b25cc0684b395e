// Package ui is the one narrow port through which an installation or removal waits, asks or shows. The engine speaks to UI
// and knows nothing of windows; which implementation it gets follows from the switches:
//
//	/quiet      Quiet     nothing is shown; every question gets its documented default
//	/passive    Passive   progress; nothing is asked but what has a countdown
//	neither     Attended  questions and messages in dialogs
//	kbforge     Console   lines on a writer; every question gets its documented default
//	tests       uitest    records, and answers from a script
//
// A wizard is another implementation. What can be refused in a dialog is refused, too, where there is nobody to see the
// dialog: no desktop means no consent, and no waiting.
package ui

import (
	"context"
	"time"
)

// UI shows and asks. Its methods are called from one goroutine at a time and may block while a person thinks.
type UI interface {
	// Progress tells how far a stage is. total is 0 where it is not known; done and total count the same thing (files,
	// bytes), whatever it is.
	Progress(stage Stage, done, total int64)
	// Message tells something; where a person is asked to notice it, the call returns after that.
	Message(kind Kind, text string)
	// Ask puts a question and returns its answer. When ctx ends first, or when nobody can be asked, the answer is
	// Unanswered, which is never consent.
	Ask(ctx context.Context, q Question) Answer
}

// Stage is a part of a run, in words a person sees.
type Stage string

const (
	Inspecting  Stage = "Inspecting your current configuration"
	BackingUp   Stage = "Backing up files"
	Installing  Stage = "Installing files"
	Registering Stage = "Updating the registry"
	Finishing   Stage = "Finishing"
	Removing    Stage = "Restoring files"
	RollingBack Stage = "Undoing the changes"
)

// Kind is the weight of a message.
type Kind uint8

const (
	Information Kind = iota
	Warning
	Failure
)

// Answer is what came back for a question.
type Answer uint8

const (
	Unanswered Answer = iota // nobody could be asked; not consent
	No
	Yes
)

// String is for logs: what "User Input:" says (OK in logs of real installations).
func (a Answer) String() string {
	switch a {
	case Yes:
		return "Yes"
	case No:
		return "No"
	}
	return "none"
}

// Topic says what a question is about, for implementations that treat one differently, and for tests.
type Topic string

const (
	Licence      Topic = "licence"
	Restart      Topic = "restart"
	OverwriteOEM Topic = "overwrite OEM file"
	CloseApps    Topic = "close applications"
	SafeMode     Topic = "safe mode"
	RemovalOrder Topic = "removal order"
)

// Question is something to ask.
type Question struct {
	Topic Topic
	Title string // of the window: the title of the update
	Text  string
	// Details is long text to scroll through: the licence, a list of names one a line. May be empty.
	Details string
	Yes, No string // labels of the buttons; without No there is one, to close the window
	// Default is the answer in unattended mode.
	Default Answer
	// Countdown, if not 0, is after how long the answer is Yes by itself.
	Countdown time.Duration
}
