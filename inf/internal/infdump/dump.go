// Package infdump is what SetupAPI and package inf are compared by: the same dump of an INF file from both. The program in
// setupapi prints SetupAPI's; it runs on Windows and, cross-compiled, under Wine.
package infdump

import (
	"errors"

	"github.com/kbforge/kbforge/inf"
)

// Dump is one file as a reader sees it. Strings are substituted.
type Dump struct {
	Path     string    `json:"path"`
	Code     uint32    `json:"code,omitempty"` // of the error that refused the file; 0: accepted
	Line     int       `json:"line,omitempty"` // of the error
	Sections []Section `json:"sections,omitempty"`
}

// Section is a section, those of the same name merged.
type Section struct {
	Name  string `json:"name"`
	Lines []Line `json:"lines,omitempty"`
}

// Line is a line. A line of one field without "=" has that field as its key, too, as SetupAPI reports it.
type Line struct {
	Key    *string  `json:"key,omitempty"` // nil: none
	Fields []string `json:"fields"`
}

// FromINF dumps a file with package inf.
func FromINF(path string, data []byte, lang uint16) Dump {
	d := Dump{Path: path}
	f, err := inf.Parse(path, data)
	var list *inf.ErrorList
	if errors.As(err, &list) {
		first := firstFor(*list)
		d.Code, d.Line = first.Code, first.Line
		return d
	}
	v := f.ViewWith(lang, directory)
	for _, name := range v.Sections() {
		s := Section{Name: name}
		for _, l := range v.Lines(name) {
			line := Line{Fields: l.Fields}
			switch {
			case l.HasKey:
				line.Key = &l.Key
			case len(l.Fields) == 1:
				line.Key = &l.Fields[0]
			}
			s.Lines = append(s.Lines, line)
		}
		d.Sections = append(d.Sections, s)
	}
	return d
}

// firstFor returns the fault that SetupAPI reports: the first of the lines; text before the sections only if the rest is in
// order, since [Strings] might come and excuse it; the missing signature last.
func firstFor(list inf.ErrorList) *inf.Error {
	rank := func(e *inf.Error) int {
		switch {
		case e.Code == inf.ErrorWrongInfStyle:
			return 2
		case e.Code == inf.ErrorExpectedSectionName:
			return 1
		}
		return 0
	}
	best := list[0]
	for _, e := range list {
		if rank(e) < rank(best) {
			best = e
		}
	}
	return best
}

// directory has the directory ids that Generate uses, as they are in a new Wine prefix.
func directory(id string) (string, bool) {
	switch id {
	case "-1":
		return "", true
	case "10":
		return `C:\windows`, true
	case "11":
		return `C:\windows\system32`, true
	case "24":
		return `C:\`, true
	}
	return "", false
}
