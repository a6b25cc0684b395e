package inf

import (
	"fmt"
	"sort"
	"strings"
)

// Codes of Error, with SetupAPI's names (WP appendix E, "Setup API Error Codes").
const (
	ErrorExpectedSectionName uint32 = 0xE0000000 // ERROR_EXPECTED_SECTION_NAME
	ErrorBadSectionNameLine  uint32 = 0xE0000001 // ERROR_BAD_SECTION_NAME_LINE
	ErrorSectionNameTooLong  uint32 = 0xE0000002 // ERROR_SECTION_NAME_TOO_LONG
	ErrorGeneralSyntax       uint32 = 0xE0000003 // ERROR_GENERAL_SYNTAX
	ErrorWrongInfStyle       uint32 = 0xE0000100 // ERROR_WRONG_INF_STYLE
	ErrorSectionNotFound     uint32 = 0xE0000101 // ERROR_SECTION_NOT_FOUND
	ErrorLineNotFound        uint32 = 0xE0000102 // ERROR_LINE_NOT_FOUND
)

// Error is one fault of a file. Pos is zero where the fault is of the whole file.
type Error struct {
	File string
	Pos
	Code uint32 // one of the constants above
	Msg  string // what is wrong and what to do
	Err  error  // a sentinel of the package that found it, or nil
}

func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	case e.Col == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// Unwrap returns the sentinel.
func (e *Error) Unwrap() error { return e.Err }

// ErrorList is every fault that was found, in the order of position.
type ErrorList []*Error

func (l *ErrorList) Error() string {
	lines := make([]string, len(*l))
	for i, e := range *l {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.Is and errors.As the single faults.
func (l *ErrorList) Unwrap() []error {
	errs := make([]error, len(*l))
	for i, e := range *l {
		errs[i] = e
	}
	return errs
}

// Add appends a fault.
func (l *ErrorList) Add(file string, pos Pos, code uint32, format string, args ...any) {
	*l = append(*l, &Error{File: file, Pos: pos, Code: code, Msg: fmt.Sprintf(format, args...)})
}

// Err sorts the list by position and returns it, or nil if it is empty.
func (l *ErrorList) Err() error {
	if len(*l) == 0 {
		return nil
	}
	sort.SliceStable(*l, func(i, j int) bool {
		a, b := (*l)[i].Pos, (*l)[j].Pos
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	return l
}
