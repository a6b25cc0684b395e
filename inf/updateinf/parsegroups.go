package updateinf

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

const productInstall = "ProductInstall."

// defaultDestDir is the destination of sections without their own (INF docs).
const defaultDestDir = "DefaultDestDir"

// whens is every When in the order in which packages have the sections.
func whens() []When {
	return []When{DontDelay, CopyAlways, ReplaceIfExist, SKUFiles, Uniprocessor, Multiprocessor,
		GlobalInstall, GlobalReinstall, GlobalAppend}
}

func rank(w When) int {
	for i, x := range whens() {
		if x == w {
			return i
		}
	}
	return len(whens())
}

// sectionName is the [ProductInstall.*] section of a When and SKU.
func sectionName(w When, sku string) string {
	switch {
	case w == SKUFiles:
		return productInstall + sku + string(SKUFiles)
	case sku == "":
		return productInstall + string(w)
	}
	return productInstall + string(w) + "." + sku
}

// splitSection is the inverse of sectionName.
func splitSection(section string) (w When, sku string, ok bool) {
	rest, ok := cutPrefixFold(section, productInstall)
	if !ok {
		return "", "", false
	}
	for _, w := range whens() {
		if w == SKUFiles {
			continue
		}
		if tail, ok := cutPrefixFold(rest, string(w)); ok {
			if tail == "" && w != GlobalAppend {
				return w, "", true
			}
			if len(tail) > 1 && tail[0] == '.' {
				return w, tail[1:], true
			}
		}
	}
	if sku, ok := cutSuffixFold(rest, string(SKUFiles)); ok && sku != "" && !strings.Contains(sku, ".") {
		return SKUFiles, sku, true
	}
	return "", "", false
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

func (p *parser) productInstall() {
	p.groupsSeen = map[string]bool{}
	for _, section := range p.view.Sections() {
		when, sku, ok := splitSection(section)
		if !ok {
			continue
		}
		for _, l := range p.lines(section) {
			if !l.HasKey {
				p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s has no =; write CopyFiles=section or the like", section, l.Describe())
				continue
			}
			p.directive(when, sku, l)
		}
	}
	u := p.u
	sort.SliceStable(u.Files, func(i, j int) bool {
		return before(u.Files[i].When, u.Files[i].SKU, u.Files[j].When, u.Files[j].SKU)
	})
	sort.SliceStable(u.Registry, func(i, j int) bool {
		return before(u.Registry[i].When, u.Registry[i].SKU, u.Registry[j].When, u.Registry[j].SKU)
	})
	sort.SliceStable(u.RegisterDLLs, func(i, j int) bool {
		return before(u.RegisterDLLs[i].When, u.RegisterDLLs[i].SKU, u.RegisterDLLs[j].When, u.RegisterDLLs[j].SKU)
	})
	sort.SliceStable(u.Shortcuts, func(i, j int) bool {
		return before(u.Shortcuts[i].When, u.Shortcuts[i].SKU, u.Shortcuts[j].When, u.Shortcuts[j].SKU)
	})
	sort.SliceStable(u.Directives, func(i, j int) bool {
		return before(u.Directives[i].When, u.Directives[i].SKU, u.Directives[j].When, u.Directives[j].SKU)
	})
}

// before is the order of groups in Update: that of the sections in packages, SKUs sorted within.
func before(w1 When, sku1 string, w2 When, sku2 string) bool {
	if r1, r2 := rank(w1), rank(w2); r1 != r2 {
		return r1 < r2
	}
	return strings.ToLower(sku1) < strings.ToLower(sku2)
}

func (p *parser) directive(when When, sku string, l inf.Line) {
	for _, name := range l.Fields {
		if name == "" {
			continue
		}
		switch strings.ToLower(l.Key) {
		case "copyfiles":
			p.files(when, sku, Copy, name, l)
		case "delfiles":
			p.files(when, sku, Delete, name, l)
		case "renfiles":
			p.files(when, sku, Rename, name, l)
		case "addreg":
			p.registry(when, sku, AddReg, name, l)
		case "delreg":
			p.registry(when, sku, DelReg, name, l)
		case "bitreg":
			p.registry(when, sku, BitReg, name, l)
		case "registerdlls":
			p.registerDLLs(when, sku, name, false, l)
		case "unregisterdlls":
			p.registerDLLs(when, sku, name, true, l)
		case "profileitems":
			if p.profileItems(when, sku, name, l) {
				continue
			}
			fallthrough
		default:
			p.u.Directives = append(p.u.Directives, Directive{when, sku, l.Key, l.Fields, l.Pos})
			return
		}
	}
}

// missing reports a section that is named and does not exist.
func (p *parser) missing(section string, l inf.Line) bool {
	if p.view.Has(section) {
		return false
	}
	p.fault(l, inf.ErrorSectionNotFound, "%s names [%s], which does not exist; add the section or take the name out", l.Key, section)
	return true
}

func (p *parser) files(when When, sku string, kind FileKind, section string, l inf.Line) {
	if g, ok := p.fileGroup(when, sku, kind, section, l); ok {
		p.u.Files = append(p.u.Files, g)
	}
}

func (p *parser) fileGroup(when When, sku string, kind FileKind, section string, l inf.Line) (FileGroup, bool) {
	g := FileGroup{When: when, SKU: sku, Kind: kind, Section: section}
	if file, ok := strings.CutPrefix(section, "@"); ok {
		if kind == Rename {
			p.fault(l, inf.ErrorGeneralSyntax, "RenFiles=@%s says no old name; name a section", file)
			return g, false
		}
		p.usedByAt = true
		g.Dir = p.dir(defaultDestDir, l)
		g.Files = []FileLine{p.fileLine(kind, inf.Line{Fields: []string{file}, Pos: l.Pos})}
		return g, true
	}
	if section == "" || p.missing(section, l) {
		return g, false
	}
	p.groupsSeen[strings.ToLower(section)] = true
	lines := p.lines(section)
	if len(lines) > 0 {
		g.Dir = p.dir(section, l)
	}
	for _, l := range lines {
		g.Files = append(g.Files, p.fileLine(kind, l))
	}
	return g, true
}

// fileLine reads "dest[,source][,unused][,flags]", "file[,,,flags]" or "new,old" (INF docs).
func (p *parser) fileLine(kind FileKind, l inf.Line) FileLine {
	f := FileLine{Name: l.Field(0), Pos: l.Pos}
	if f.Name == "" || l.HasKey {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: a file list has lines of the form destination[,source]", l.Describe())
	}
	if kind != Rename {
		f.Flags = p.number(l, 3)
	}
	switch kind {
	case Copy:
		f.Source = l.Field(1)
		if f.Source == "" {
			f.Source = f.Name
		}
		if path, ok := p.bySource[strings.ToLower(f.Source)]; ok {
			f.Source = path
		}
	case Rename:
		if f.Source = l.Field(1); f.Source == "" {
			p.fault(l, inf.ErrorGeneralSyntax, "%s: a RenFiles line is new-name,old-name", l.Describe())
		}
	}
	return f
}

// dir finds the destination of a file section.
func (p *parser) dir(section string, at inf.Line) Dir {
	for _, name := range []string{section, defaultDestDir} {
		for _, l := range p.lines("DestinationDirs") {
			if l.HasKey && strings.EqualFold(l.Key, name) {
				return p.dirOf(l)
			}
		}
	}
	p.fault(at, inf.ErrorLineNotFound, "[%s] has no destination; add %s=11 or another directory id to [DestinationDirs]", section, section)
	return Dir{}
}

func (p *parser) dirOf(l inf.Line) Dir { return p.dirIn("[DestinationDirs]", l) }

// dirIn reads "dirid[,subdirectory]" at the beginning of a line.
func (p *parser) dirIn(section string, l inf.Line) Dir {
	n, err := inf.ParseNumber(l.Field(0))
	if err != nil || n < -1 || n > 1<<31-1 {
		p.fault(l, inf.ErrorGeneralSyntax, "%s %s: %q is no directory id; write a number such as 11", section, l.Describe(), l.Field(0))
	}
	return Dir{ID: int(n), Sub: strings.Trim(l.Field(1), `\`)}
}

// dirs keeps the destinations of sections that no group has.
func (p *parser) dirs() {
	seen := map[string]bool{}
	for _, l := range p.lines("DestinationDirs") {
		fold := strings.ToLower(l.Key)
		if !l.HasKey {
			p.fault(l, inf.ErrorGeneralSyntax, "[DestinationDirs] %s has no =; write section=directory-id", l.Describe())
			continue
		}
		if seen[fold] || p.groupsSeen[fold] && len(p.view.Lines(l.Key)) > 0 || fold == strings.ToLower(defaultDestDir) && p.usedByAt {
			continue
		}
		seen[fold] = true
		p.u.Dirs = append(p.u.Dirs, NamedDir{l.Key, p.dirOf(l)})
	}
}

func (p *parser) registry(when When, sku string, kind RegKind, section string, l inf.Line) {
	if g, ok := p.registryGroup(when, sku, kind, section, l); ok {
		p.u.Registry = append(p.u.Registry, g)
	}
}

func (p *parser) registryGroup(when When, sku string, kind RegKind, section string, l inf.Line) (RegistryGroup, bool) {
	g := RegistryGroup{When: when, SKU: sku, Kind: kind, Section: section}
	if section == "" || p.missing(section, l) {
		return g, false
	}
	for _, l := range p.lines(section) {
		g.Lines = append(g.Lines, p.regLine(kind, l))
	}
	return g, true
}

// regLine reads "root,[key],[name],[flags],[data…]" (INF docs). The line has a value if it names one or has data.
func (p *parser) regLine(kind RegKind, l inf.Line) RegLine {
	r := RegLine{Root: p.root(l), Key: l.Field(1), Name: l.Field(2), Flags: p.number(l, 3), Pos: l.Pos}
	if len(l.Fields) > 4 {
		r.Data = l.Fields[4:]
	}
	r.HasName = r.Name != "" || r.Data != nil
	if l.HasKey {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: quote a root or key with = in it", l.Describe())
	}
	if kind == BitReg && len(r.Data) != 2 {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: a BitReg line is root,key,name,flags,mask,byte", l.Describe())
	}
	return r
}

func (p *parser) root(l inf.Line) string { return p.rootAt(l, 0) }

func (p *parser) rootAt(l inf.Line, field int) string {
	root := strings.ToUpper(l.Field(field))
	switch root {
	case "HKLM", "HKCR", "HKCU", "HKU", "HKR":
	default:
		p.fault(l, inf.ErrorGeneralSyntax, "%s: %q is no registry root; write HKLM, HKCR, HKCU, HKU or HKR", l.Describe(), l.Field(field))
	}
	return root
}

// ParseFiles reads a file list that a condition names ([ProductInstall.Conditional]): section as it stands in Other or Files.
// The group has no When. Faults as in Parse.
func ParseFiles(f *inf.File, o Options, kind FileKind, section string) (FileGroup, error) {
	p := &parser{file: f, view: f.ViewWith(o.Language, o.Lookup), arch: o.Arch, used: map[string]bool{}, u: &Update{},
		groupsSeen: map[string]bool{}}
	p.sources()
	p.errs = nil // those of [SourceDisksFiles] are Parse's
	p.files("", "", kind, section, inf.Line{Key: "section"})
	if len(p.u.Files) == 0 {
		return FileGroup{}, p.errs.Err()
	}
	return p.u.Files[0], p.errs.Err()
}

// ParseRegistry is ParseFiles for a registry section.
func ParseRegistry(f *inf.File, o Options, kind RegKind, section string) (RegistryGroup, error) {
	p := &parser{file: f, view: f.ViewWith(o.Language, o.Lookup), used: map[string]bool{}, u: &Update{}}
	p.registry("", "", kind, section, inf.Line{Key: "section"})
	if len(p.u.Registry) == 0 {
		return RegistryGroup{}, p.errs.Err()
	}
	return p.u.Registry[0], p.errs.Err()
}
