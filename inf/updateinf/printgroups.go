package updateinf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

func (p *printer) registry() {
	for _, g := range p.u.registryGroups() {
		if lines, ok := p.alsoUninstall(g); ok {
			p.emit(g.Section, func(s *inf.Section) { p.lines(s, lines) })
			continue
		}
		p.emit(g.Section, func(s *inf.Section) {
			for _, l := range g.Lines {
				p.regLine(s, g.Kind, l)
			}
		})
	}
}

// alsoUninstall returns the lines of a registry section that [UninstallSections] names as well: they are kept as text, and
// that text is the section then.
func (p *printer) alsoUninstall(g RegistryGroup) ([]inf.Line, bool) {
	for _, b := range p.u.Uninstall {
		if !strings.EqualFold(b.Source, g.Section) {
			continue
		}
		q := &parser{file: p.file}
		for i, l := range b.Lines {
			if r := q.regLine(g.Kind, l); i >= len(g.Lines) || !sameRegLine(r, g.Lines[i]) {
				return nil, false
			}
		}
		return b.Lines, len(q.errs) == 0 && len(b.Lines) == len(g.Lines)
	}
	return nil, false
}

func sameRegLine(a, b RegLine) bool {
	return a.Root == b.Root && a.Key == b.Key && a.Name == b.Name && a.HasName == b.HasName && a.Flags == b.Flags &&
		slices.Equal(a.Data, b.Data)
}

// regLine prints "root,key[,name,flags,data…]" with as few fields as the line needs, quoted as packages quote.
func (p *printer) regLine(s *inf.Section, kind RegKind, l RegLine) {
	fields := []inf.Field{inf.Bare(l.Root), inf.Quoted(p.tokens.text(l.Key))}
	data := l.Data
	switch {
	case kind == AddReg && l.HasName && l.Name == "" && len(data) == 0:
		data = []string{""} // the default value, empty: without data the line would mean the key
	case kind != AddReg && l.HasName && l.Name == "" && len(data) == 0:
		p.fault("a line to delete the default value of %s\\%s cannot be written: INF would take it for the key", l.Root, l.Key)
	case !l.HasName && (l.Name != "" || len(data) > 0):
		p.fault("the line for %s\\%s has a name or data but HasName is false", l.Root, l.Key)
	}
	if l.Name != "" {
		fields = append(fields, inf.Quoted(p.tokens.text(l.Name)))
	} else if l.Flags != 0 || len(data) > 0 {
		fields = append(fields, inf.Bare(""))
	}
	if l.Flags != 0 || len(data) > 0 {
		fields = append(fields, inf.Bare(fmt.Sprintf("0x%08X", l.Flags)))
	}
	quote := kind != BitReg && (l.Flags&FlgAddRegBinValueType == 0 || l.Flags == FlgDelRegMultiSZDelString)
	for _, d := range data {
		fields = append(fields, inf.Field{Text: p.tokens.text(d), Quote: quote})
	}
	n := s.AddFields(fields...)
	if !quote && len(data) > 16 {
		n.Wrap(16)
	}
}

func (p *printer) sources() {
	if len(p.u.Sources) == 0 {
		return
	}
	s := p.section("SourceDisksFiles")
	for _, path := range p.u.Sources {
		s.AddLine(p.tokens.literal(path), "1")
	}
}

func (p *printer) disks() {
	if len(p.u.Sources) == 0 {
		return
	}
	s := p.section("SourceDisksNames")
	if p.u.Strings.Get("ServicePackSourceFiles") != "" {
		s.AddLine("1", "%ServicePackSourceFiles%")
	} else {
		s.AddKeyed("1", inf.Quoted("Source Files"))
	}
}

// destinations prints [DestinationDirs], with a remark on what the usual ids are.
func (p *printer) destinations() {
	groups := p.u.groups()
	if len(groups)+len(p.u.Dirs)+len(p.u.RenameDirs) == 0 {
		return
	}
	s := p.section("DestinationDirs")
	seen := map[string]Dir{}
	add := func(section string, d Dir) {
		fold := strings.ToLower(section)
		if old, ok := seen[fold]; ok {
			if old != d {
				p.fault("section [%s] has two destinations, %d,%s and %d,%s; give one group another section name", section, old.ID, old.Sub, d.ID, d.Sub)
			}
			return
		}
		seen[fold] = d
		fields := []inf.Field{inf.Bare(strconv.Itoa(d.ID))}
		if d.Sub != "" {
			fields = append(fields, inf.Field{Text: p.tokens.text(d.Sub), Quote: strings.Contains(d.Sub, " ")})
		}
		n := s.AddKeyed(p.tokens.literal(section), fields...)
		if remark := dirRemark(d.ID); remark != "" && d.Sub == "" {
			n.Comment = "; " + remark
		}
	}
	for _, d := range p.u.Dirs {
		add(d.Section, d.Dir)
	}
	for i, run := range renameRuns(p.u.RenameDirs) {
		add(renameSection(i), run[0].Dir)
	}
	for _, g := range groups {
		switch {
		case strings.HasPrefix(g.Section, "@"):
			add(defaultDestDir, g.Dir)
		case len(g.Files) > 0:
			add(g.Section, g.Dir)
		}
	}
}

func dirRemark(id int) string {
	switch id {
	case 10:
		return "%windir%"
	case 11:
		return `%windir%\system32`
	case 12:
		return `%windir%\system32\drivers`
	case 17:
		return `%windir%\inf`
	case 65619:
		return `%windir%\system32\dllcache`
	case 65623:
		return "driver cache"
	}
	return ""
}

func (p *printer) fileLists() {
	for _, g := range p.u.groups() {
		if file, ok := strings.CutPrefix(g.Section, "@"); ok {
			if len(g.Files) != 1 || g.Files[0].Name != file || g.Files[0].Flags != 0 {
				p.fault("group %s must be the one file it names, without flags", g.Section)
			}
			continue
		}
		p.emit(g.Section, func(s *inf.Section) {
			for _, f := range g.Files {
				p.fileLine(s, g.Kind, f)
			}
		})
	}
}

func (p *printer) fileLine(s *inf.Section, kind FileKind, f FileLine) {
	fields := []inf.Field{inf.Bare(p.tokens.text(f.Name))}
	switch {
	case kind == Rename, kind == Copy && f.Source != f.Name && f.Source != "":
		fields = append(fields, inf.Bare(p.tokens.text(f.Source)))
	}
	if f.Flags != 0 && kind != Rename {
		for len(fields) < 3 {
			fields = append(fields, inf.Bare(""))
		}
		fields = append(fields, inf.Bare(fmt.Sprintf("0x%X", f.Flags)))
	}
	s.AddFields(fields...)
}
