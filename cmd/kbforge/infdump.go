package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/inf"
)

// infDump is the JSON of one INF file.
type infDump struct {
	File     string       `json:"file"`
	Encoding string       `json:"encoding"`
	CodePage int          `json:"codePage,omitempty"` // of ANSI text
	Language string       `json:"language"`           // whose strings count
	Sections []infSection `json:"sections"`
	Errors   []infFault   `json:"errors,omitempty"`
	Warnings []infFault   `json:"warnings,omitempty"`
}

type infSection struct {
	Name    string    `json:"name"`
	Line    int       `json:"line"`
	Col     int       `json:"col"`
	Comment string    `json:"comment,omitempty"`
	Lines   []infLine `json:"lines"`
}

// infLine is a logical line. Raw is what the file has, with quotes and continuation resolved; value has %strings% substituted.
type infLine struct {
	Line    int       `json:"line"`
	Col     int       `json:"col"`
	Key     *infText  `json:"key,omitempty"`
	Fields  []infText `json:"fields"`
	Comment string    `json:"comment,omitempty"`
}

type infText struct {
	Raw   string `json:"raw"`
	Value string `json:"value"`
}

type infFault struct {
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Code string `json:"code"`
	Text string `json:"text"`
}

func (a *app) infDumpCommand() *cobra.Command {
	var lang infLanguage
	c := &cobra.Command{
		Use:   "dump [--language LLLL] FILE",
		Short: "Print an INF file as JSON: sections, lines, fields, places",
		Long: "Print an INF file as JSON: every section and line in the order of the file with its place, every field as written (raw)\n" +
			"and with %strings% substituted (value). A file with faults is printed as far as it can be read; then the exit code is 1.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.infDump(args[0], lang) },
	}
	lang.flag(c)
	return c
}

func (a *app) infDump(path string, lang infLanguage) error {
	cp, number, err := lang.codePage()
	if err != nil {
		return err
	}
	data, err := infBytes(path)
	if err != nil {
		return err
	}
	f, fault := inf.ParseOptions(path, data, inf.Options{CodePage: cp, Lax: true})
	if f == nil {
		return fault
	}
	d := infDump{File: path, Encoding: f.Encoding.String(), Language: lang.String(), Sections: []infSection{}, Warnings: infFaults(f.Warnings)}
	if f.Encoding == inf.ANSI {
		d.CodePage = number
	}
	if list, ok := fault.(*inf.ErrorList); ok {
		d.Errors = infFaults(*list)
	}
	known := f.View(uint16(lang)).Strings()
	lookup := func(name string) (string, bool) {
		v, ok := known[strings.ToLower(name)]
		return v, ok
	}
	for _, s := range f.Sections {
		d.Sections = append(d.Sections, dumpSection(s, lookup))
	}
	if err := writeJSON(a.stdout, d); err != nil {
		return err
	}
	return fault
}

func dumpSection(s *inf.Section, lookup inf.Lookup) infSection {
	text := func(raw string) infText { return infText{raw, inf.Expand(raw, lookup)} }
	if _, local := inf.StringsLanguage(s.Name); local || strings.EqualFold(s.Name, "Strings") {
		text = func(raw string) infText { return infText{raw, raw} } // a string's own text is not substituted
	}
	out := infSection{Name: s.Name, Line: s.Pos.Line, Col: s.Pos.Col, Comment: s.Comment, Lines: []infLine{}}
	for _, n := range s.Nodes {
		if n.Kind != inf.Entry {
			continue
		}
		l := infLine{Line: n.Line.Pos.Line, Col: n.Line.Pos.Col, Comment: n.Comment, Fields: []infText{}}
		if n.Line.HasKey {
			key := text(n.Line.Key)
			l.Key = &key
		}
		for _, field := range n.Line.Fields {
			l.Fields = append(l.Fields, text(field))
		}
		out.Lines = append(out.Lines, l)
	}
	return out
}

func infFaults(list inf.ErrorList) []infFault {
	var out []infFault
	for _, e := range list {
		out = append(out, infFault{e.Line, e.Col, fmt.Sprintf("0x%08X", e.Code), e.Msg})
	}
	return out
}
