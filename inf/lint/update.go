package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// update judges an update INF.
func (l *linter) update() {
	l.customDirIDs()
	l.uninstallPairs()
	l.assign(updateSections())
	l.shapeAll()
	l.registry()
	l.conditions()
	l.filesAll()
	l.gates()
	l.needed()
	l.unreached()
	l.reader()
}

// lines returns the lines of a section, strings substituted.
func (l *linter) lines(section string) []inf.Line { return l.view.Lines(section) }

// reader asks the typed reader what it refuses, and leaves out what the checks above say better.
func (l *linter) reader() {
	u, err := updateinf.Parse(l.file, updateinf.Options{Language: l.lang})
	l.refused(err)
	if u == nil {
		return
	}
	for _, g := range u.Gaps() {
		l.gap(g)
	}
}

// refused takes over the faults that a typed reader finds. What a check above says of the same place, or of the same missing
// section, is left out; so is what a check says of a line that is refused as a whole.
func (l *linter) refused(err error) {
	said := l.said()
	lines := map[inf.Pos]bool{}
	for _, e := range errorsOf(err) {
		section := sectionIn(e.Msg)
		known := said[fault{pos: e.Pos, code: e.Code}] || said[fault{code: e.Code, section: section}] ||
			e.Line == 0 && said[fault{section: section}]
		if !known {
			l.fault(e, "refused")
			lines[e.Pos] = true
		}
	}
	var codes []uint32
	var out []Finding
	for i, f := range l.out {
		if f.Check != "line-form" || !lines[inf.Pos{Line: f.Line, Col: f.Col}] {
			out, codes = append(out, f), append(codes, l.codes[i])
		}
	}
	l.out, l.codes = out, codes
}

// fault is what makes two errors one: the code and the place, or the code and the section it is about.
type fault struct {
	pos     inf.Pos
	code    uint32
	section string
}

// said are the errors so far.
func (l *linter) said() map[fault]bool {
	m := map[fault]bool{}
	for i, f := range l.out {
		if f.Severity != Error {
			continue
		}
		code := l.codes[i]
		m[fault{pos: inf.Pos{Line: f.Line, Col: f.Col}, code: code}] = true
		if f.Check == "gates" {
			m[fault{section: "version"}] = true
		}
		if code == inf.ErrorSectionNotFound || code == inf.ErrorLineNotFound {
			m[fault{code: code, section: sectionIn(f.What)}] = true
		}
	}
	return m
}

// sectionIn is the first section that a message names, folded.
func sectionIn(msg string) string {
	_, rest, _ := strings.Cut(msg, "[")
	name, _, _ := strings.Cut(rest, "]")
	return fold(name)
}

func errorsOf(err error) []*inf.Error {
	var list []*inf.Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if one, ok := e.(*inf.Error); ok {
				list = append(list, one)
			} else {
				list = append(list, errorsOf(e)...)
			}
		}
	}
	return list
}

// gap reports what the installer does not carry out, but for keys that unknown-key tells of.
func (l *linter) gap(g updateinf.Gap) {
	if slices.ContainsFunc(l.roles[fold(g.Section)], func(r role) bool { _, ok := keyOf(l.shapes[r], g.Key); return r == install && !ok }) && g.Key != "" {
		return
	}
	pos, remedy := g.Pos, "take it out, or say it otherwise"
	if g.Key == "" {
		pos = l.sectionPos(g.Section)
	}
	what := g.String()
	if g.Refused {
		what += ", and the package is refused"
	}
	l.add("unsupported", pos, what, remedy)
}

// needed looks for what the file must have.
func (l *linter) needed() {
	if l.view.Strings()["sp_short_title"] == "" {
		l.add("missing-strings", l.sectionPos("Strings"), "[Strings] has no SP_SHORT_TITLE, which names log, catalog and backup directory",
			`add SP_SHORT_TITLE="KB123456"`)
	}
	if !l.view.Has("Configuration") {
		l.add("no-configuration", inf.Pos{}, "[Configuration] is missing", "add it with InstallationType and the names of log and backup directory")
	}
}

// unreached reports sections that nothing reads.
func (l *linter) unreached() {
	for _, name := range l.sections {
		f := fold(name)
		if len(l.roles[f]) > 0 || l.named[f] {
			continue
		}
		lines := l.lines(name)
		switch {
		case len(lines) == 0:
		case slices.ContainsFunc(conventional(), func(s string) bool { return strings.EqualFold(s, name) }):
			l.add("unused-section", l.sectionPos(name), fmt.Sprintf("[%s] is not copied to spuninst.inf", name), "name it in [UninstallSections]")
		case l.hasDestination(f) || strings.HasSuffix(f, ".files"):
			l.add("unused-files", l.sectionPos(name), fmt.Sprintf("nothing copies the files of [%s]", name),
				"name it in CopyFiles, DelFiles or RenFiles, or take it out")
		default:
			remedy := "name it where it belongs, or take it out"
			if near := nearest(name, sectionNames()); near != "" {
				remedy = fmt.Sprintf("did you mean [%s]?", near)
			}
			l.add("unused-section", l.sectionPos(name), fmt.Sprintf("[%s] is no section of an update INF and nothing names it", name), remedy)
		}
	}
}

func sectionNames() []string {
	var list []string
	for _, s := range updateSections() {
		if s.deco == skuFiles {
			continue
		}
		list = append(list, s.name)
	}
	return append(list, conventional()...)
}

func (l *linter) hasDestination(section string) bool {
	if l.destined == nil {
		l.destined = map[string]bool{}
		for _, d := range l.lines("DestinationDirs") {
			l.destined[fold(d.Key)] = d.HasKey
		}
	}
	return l.destined[fold(section)]
}
