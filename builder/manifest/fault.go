package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Fault is one thing that is wrong (or, as a warning, probably wrong) in a manifest.
type Fault struct {
	File string  // as the caller named it
	Pos  inf.Pos // zero where no place can be named
	Msg  string  // what, and what to do
}

// String is the line shown to a person: file:line:col: message.
func (f Fault) String() string {
	if f.Pos.Line == 0 {
		return f.File + ": " + f.Msg
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Pos.Line, f.Pos.Col, f.Msg)
}

// Faults is every fault of one run, sorted by place. As an error it prints one fault a line.
type Faults []Fault

func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders faults by file, line, column and text, and drops repetitions.
func (fs Faults) Sort() Faults {
	slices.SortFunc(fs, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Msg, b.Msg))
	})
	return slices.Compact(fs)
}

// AsError is asError for those who make faults of their own.
func (fs Faults) AsError() error { return fs.asError() }

// asError returns nil for no faults, so that callers can compare the error with nil.
func (fs Faults) asError() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}
