package ui

import (
	"context"
	"time"
)

// Desktop shows dialogs. NewDesktop gives the one of the operating system.
type Desktop interface {
	// Choose shows a question and waits for an answer, for its countdown, or for the end of ctx. Closing the window is No.
	// Unanswered when there is no desktop that a person sees; it never waits then.
	Choose(ctx context.Context, q Question) Answer
	// Tell shows a message until it is dismissed; at once over when there is no desktop.
	Tell(title string, kind Kind, text string)
}

// Attended puts questions and messages in dialogs.
type Attended struct {
	Title   string // of message boxes
	Desktop Desktop
	Console *Console // progress lines for who started the program from a console; may be nil
}

// Progress writes to the console.
func (a Attended) Progress(stage Stage, done, total int64) { a.Console.progress(stage, done, total) }

// Message shows a dialog.
func (a Attended) Message(kind Kind, text string) { a.Desktop.Tell(a.Title, kind, text) }

// Ask shows a dialog.
func (a Attended) Ask(ctx context.Context, q Question) Answer { return a.Desktop.Choose(ctx, q) }

// Passive shows progress and asks nothing, except that a countdown can be cut short or refused (/passive).
type Passive struct {
	Desktop Desktop
	Console *Console // may be nil
}

// Progress writes to the console.
func (p Passive) Progress(stage Stage, done, total int64) { p.Console.progress(stage, done, total) }

// Message writes to the console.
func (p Passive) Message(kind Kind, text string) {
	if p.Console != nil {
		p.Console.Message(kind, text)
	}
}

// Ask shows questions with a countdown, and answers the others with their defaults.
func (p Passive) Ask(ctx context.Context, q Question) Answer {
	if q.Countdown > 0 {
		return p.Desktop.Choose(ctx, q)
	}
	return q.Default
}

func (c *Console) progress(stage Stage, done, total int64) {
	if c != nil {
		c.Progress(stage, done, total)
	}
}

// secondsLeft rounds up, so that a countdown of 30 s begins with "30".
func secondsLeft(d time.Duration) int { return int((max(d, 0) + time.Second - 1) / time.Second) }
