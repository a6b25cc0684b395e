// Package lint says what is wrong with the INF files of an update package before an installer does: what it would refuse
// (Error), what it would ignore or what is legal but probably not meant (Warning), and what is worth knowing (Info).
//
// The words of the language stand in vocabulary.go, numbers.go and checks.go, as data. What the typed readers of this module
// refuse (updateinf, branches, spuninst) is asked of them, so that lint and the installer cannot differ there.
//
// Sources: white paper (WP), Appendix B; Microsoft's INF reference ("INF docs"); sections and keys measured on real
// packages. What is none of these is marked OURS.
package lint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Severity ranks findings.
type Severity uint8

// The severities.
const (
	Info    Severity = iota // worth knowing
	Warning                 // ignored by the installer, or probably not meant
	Error                   // the installer refuses the package, or fails
)

func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// MarshalText makes JSON say the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ParseSeverity reads a word that String writes.
func ParseSeverity(s string) (Severity, error) {
	for v := Info; v <= Error; v++ {
		if v.String() == s {
			return v, nil
		}
	}
	return 0, fmt.Errorf("severity %q: write error, warning or info", s)
}

// Finding is one thing lint has to say. Line and Col count from 1; both are 0 where the finding is of the whole file.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Col      int      `json:"col"`
	Severity Severity `json:"severity"`
	Check    string   `json:"check"` // its ID in Checks
	What     string   `json:"what"`
	Remedy   string   `json:"remedy"`
}

// String is "file:line:col: severity: what; remedy [check]", without the place where there is none.
func (f Finding) String() string {
	at := f.File
	if f.Line > 0 {
		at = fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Col)
	}
	what := f.What
	if f.Remedy != "" {
		what += "; " + f.Remedy
	}
	return fmt.Sprintf("%s: %s: %s [%s]", at, f.Severity, what, f.Check)
}

// Options are what Check depends on besides the file.
type Options struct {
	Kind     Kind         // AnyKind: by name, else by content
	Language uint16       // of the strings; 0: [Strings] alone
	CodePage inf.CodePage // of ANSI text; nil: Windows1252
}

// MaxFindings limits the findings of one file (OURS): a file that is no INF would have one a line.
const MaxFindings = 10000

// Check parses data and returns every finding, sorted by place. The name is for messages and, if Options leave it open, for
// the kind of file.
func Check(name string, data []byte, o Options) []Finding {
	f, err := inf.ParseOptions(name, data, inf.Options{CodePage: o.CodePage})
	l := newLinter(name, f, o)
	l.faults(err, "syntax")
	if f != nil {
		for _, w := range f.Warnings {
			l.fault(w, "odd-syntax")
		}
		l.run()
	}
	return l.sorted()
}

type linter struct {
	name     string
	file     *inf.File
	view     *inf.View
	sections []string // as view has them
	lang     uint16
	kind     Kind
	checks   map[string]Severity
	shapes   map[role]shape
	out      []Finding
	codes    []uint32 // of out: what the typed readers call the same fault

	roles  map[string][]role // sections, folded, and what they are read as
	named  map[string]bool   // sections, folded, that something names
	copied map[string]bool   // sources, folded, that CopyFiles reaches
	pairs  map[string]string // [UninstallSections]: name in spuninst.inf, folded -> section of this file
	dirIDs map[int64]bool    // that [DirectoryId.Include] sets

	sourceList map[string]bool // what [SourceDisksFiles] lists, folded
	destined   map[string]bool // what [DestinationDirs] lists, folded
	knownDirs  map[int]bool    // DirIDs
	headers    map[string]inf.Pos
}

func newLinter(name string, f *inf.File, o Options) *linter {
	l := &linter{name: name, file: f, lang: o.Language, kind: o.Kind, checks: map[string]Severity{}, shapes: shapes(), knownDirs: DirIDs(),
		roles: map[string][]role{}, named: map[string]bool{}, copied: map[string]bool{}, pairs: map[string]string{}, dirIDs: map[int64]bool{}}
	for _, c := range Checks() {
		l.checks[c.ID] = c.Severity
	}
	if f != nil {
		l.view = f.View(o.Language)
		l.sections = l.view.Sections()
		if l.kind == AnyKind {
			l.kind = KindOf(f)
		}
	}
	return l
}

func (l *linter) run() {
	l.strings()
	switch l.kind {
	case BranchesINF:
		l.branches()
	case UpdateBrINF:
		l.updateBr()
	case SpuninstINF:
		l.spuninst()
	default:
		l.update()
	}
}

// add records a finding. remedy may be empty.
func (l *linter) add(check string, pos inf.Pos, what, remedy string) {
	l.addCode(check, pos, 0, what, remedy)
}

func (l *linter) addCode(check string, pos inf.Pos, code uint32, what, remedy string) {
	l.out = append(l.out, Finding{File: l.name, Line: pos.Line, Col: pos.Col, Severity: l.checks[check], Check: check, What: what, Remedy: remedy})
	l.codes = append(l.codes, code)
}

// faults takes over what a reader of this module refuses.
func (l *linter) faults(err error, check string) {
	var list *inf.ErrorList
	if errors.As(err, &list) {
		for _, e := range *list {
			l.fault(e, check)
		}
	}
}

func (l *linter) fault(e *inf.Error, check string) {
	what, remedy, _ := strings.Cut(e.Msg, "; ")
	pos := e.Pos
	if name, ok := strings.CutPrefix(what, "["); ok && pos.Line == 0 {
		name, _, _ = strings.Cut(name, "]")
		pos = l.sectionPos(name)
	}
	if pos.Line > 0 && pos.Col == 0 {
		pos.Col = 1
	}
	l.add(check, pos, what, remedy)
}

// sectionPos is where a section's first header stands.
func (l *linter) sectionPos(name string) inf.Pos {
	if l.headers == nil && l.file != nil {
		l.headers = map[string]inf.Pos{}
		for _, s := range l.file.Sections {
			if _, ok := l.headers[fold(s.Name)]; !ok {
				l.headers[fold(s.Name)] = s.Pos
			}
		}
	}
	return l.headers[fold(name)]
}

// sorted returns the findings by place, each once.
func (l *linter) sorted() []Finding {
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col), cmp.Compare(b.Severity, a.Severity),
			strings.Compare(a.Check, b.Check), strings.Compare(a.What, b.What))
	})
	out := slices.Compact(l.out)
	return out[:min(len(out), MaxFindings)]
}

func fold(s string) string { return strings.ToLower(s) }
