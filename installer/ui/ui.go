// Package ui is the one narrow port through which an installation or removal waits, asks or shows. The engine speaks to UI
// and knows nothing of windows; which implementation it gets follows from the switches:
//
//	/quiet      Quiet     nothing is shown; every question gets its documented default
//	/passive    Passive   progress; nothing is asked but what has a countdown
//	neither     Attended  questions and messages in dialogs; ui/wizard puts them on the pages of a wizard
//	kbforge     Console   lines on a writer; every question gets its documented default
//	tests       uitest    records, and answers from a script
//
// What can be refused in a dialog is refused, too, where there is nobody to see the
// dialog: no desktop means no consent, and no waiting.
package ui

import (
	"context"
	"time"

	"github.com/kbforge/kbforge/installer/ui/text"
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
	Extracting  Stage = "Extracting files"
	Inspecting  Stage = "Inspecting your current configuration"
	BackingUp   Stage = "Backing up files"
	Installing  Stage = "Installing files"
	Registering Stage = "Updating the registry"
	Finishing   Stage = "Finishing"
	Removing    Stage = "Restoring files"
	RollingBack Stage = "Undoing the changes"
)

// In is the stage in another language.
func (s Stage) In(t text.Text) string {
	keys := map[Stage]text.Key{
		Extracting: text.StageExtracting, Inspecting: text.StageInspecting, BackingUp: text.StageBackingUp,
		Installing: text.StageInstalling, Registering: text.StageRegistering, Finishing: text.StageFinishing,
		Removing: text.StageRemoving, RollingBack: text.StageRollingBack,
	}
	if k, ok := keys[s]; ok {
		return t.Get(k)
	}
	return string(s)
}

// Kind is the weight of a message.
type Kind uint8

const (
	Information Kind = iota
	Warning
	Failure
	Cancelled // a failure that a person wanted, after which everything is as it was
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
	Welcome      Topic = "welcome"
	Archive      Topic = "archive folder"
	DiskSpace    Topic = "disk space"
	Blocklist    Topic = "blocklist"
	Report       Topic = "error report"
	DropEntry    Topic = "entry without backup"
)

// Folder is a directory that a person may choose.
type Folder struct {
	Path        string // the default; whoever asked reads the choice here
	NeededBytes int64
	// Free tells how much space is free on the drive of a path. ok is false for a path that cannot be used.
	Free func(path string) (bytes int64, ok bool)
}

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
	// Folder, if not nil, is a directory to be chosen.
	Folder *Folder

	name string // of the sentences in the table of package text
	args []string

	ownText, ownYes string // the package's words instead
}
