package ui

import (
	"context"
	"fmt"
	"io"
)

// Quiet shows nothing and answers with the defaults (/quiet).
type Quiet struct{}

// Progress does nothing.
func (Quiet) Progress(Stage, int64, int64) {}

// Message does nothing.
func (Quiet) Message(Kind, string) {}

// Ask returns the default.
func (Quiet) Ask(_ context.Context, q Question) Answer { return q.Default }

// Console writes lines to a writer and answers with the defaults. The zero value and one with a nil writer show nothing.
type Console struct {
	w     io.Writer
	stage Stage
	tenth int64
}

// NewConsole makes a Console. Errors of w are ignored: progress is no reason to fail.
func NewConsole(w io.Writer) *Console { return &Console{w: w} }

// Progress writes a line when the stage changes and at each tenth of it.
func (c *Console) Progress(stage Stage, done, total int64) {
	tenth := int64(0)
	if total > 0 {
		tenth = min(max(done, 0), total) * 10 / total
	}
	switch {
	case stage != c.stage:
		c.stage, c.tenth = stage, tenth
		c.line("%s...", stage)
	case tenth > c.tenth:
		c.tenth = tenth
		c.line("%s: %d%%", stage, tenth*10)
	}
}

// Message writes the text.
func (c *Console) Message(kind Kind, text string) {
	switch kind {
	case Warning:
		text = "Warning: " + text
	case Failure, Cancelled:
		text = "Error: " + text
	}
	c.line("%s", text)
}

// Ask writes the question and the answer it gets.
func (c *Console) Ask(_ context.Context, q Question) Answer {
	c.line("%s [%s]", q.Text, q.Default)
	return q.Default
}

func (c *Console) line(format string, args ...any) {
	if c.w != nil {
		fmt.Fprintf(c.w, format+"\n", args...)
	}
}
