package updateinf

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Options are what Parse depends on besides the file.
type Options struct {
	Language uint16 // of the strings; 0: [Strings] alone
	Arch     string // decoration of [SourceDisksFiles]: "x86", "amd64", "ia64", "arm64"; empty: none
	// Lookup resolves names that [Strings] does not have, such as directory ids (%11%). With nil they stay as written.
	Lookup inf.Lookup
}

// Parse reads an update INF. The error is an *inf.ErrorList with every fault; the Update holds what could be read even
// then, for listing only.
func Parse(f *inf.File, o Options) (*Update, error) {
	p := &parser{file: f, view: f.ViewWith(o.Language, o.Lookup), arch: o.Arch, used: map[string]bool{}, u: &Update{}}
	p.u.Strings = Strings(p.view.Strings())
	p.used["strings"] = true
	p.version()
	p.catalogs()
	p.config()
	p.sources()
	p.productInstall()
	p.actions()
	p.saveReg()
	p.uninstall()
	p.keep()
	p.dirs()
	p.localized()
	p.other()
	return p.u, p.errs.Err()
}

type parser struct {
	file *inf.File
	view *inf.View
	arch string
	used map[string]bool // sections the typed view has, folded
	u    *Update
	errs inf.ErrorList

	bySource   map[string]string // [SourceDisksFiles] entry, folded -> path in the package
	usedByAt   bool              // an @file needs DefaultDestDir
	groupsSeen map[string]bool   // file sections in Update.Files, folded
}

func (p *parser) fault(l inf.Line, code uint32, format string, args ...any) {
	p.errs.Add(p.file.Name, l.Pos, code, format, args...)
}

// lines marks a section as read and returns its lines.
func (p *parser) lines(section string) []inf.Line {
	p.used[strings.ToLower(section)] = true
	return p.view.Lines(section)
}

func (p *parser) number(l inf.Line, field int) uint32 {
	n, err := inf.ParseUint32(l.Field(field))
	if err != nil {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: %v", l.Describe(), err)
	}
	return n
}

// value is the text of a key; more fields than one are joined again.
func value(l inf.Line) string { return strings.Join(l.Fields, ",") }

func (p *parser) catalogs() {
	for _, l := range p.lines("ProductCatalogsToInstall") {
		c := Catalog{Name: l.Field(0), Path: l.Field(1)}
		if c.Path == "" {
			c.Path = c.Name
		}
		p.u.Catalogs = append(p.u.Catalogs, c)
	}
	for _, l := range p.lines("ArchiveCatalogFilesOnly") {
		p.u.Archive = append(p.u.Archive, l.Fields...)
	}
}

// archSections are a section's names in the order of look-up: decorated, then plain (INF docs).
func (p *parser) archSections(name string) []string {
	if p.arch == "" {
		return []string{name}
	}
	return []string{name + "." + p.arch, name}
}

func (p *parser) sources() {
	disks := map[string]string{}
	for _, section := range p.archSections("SourceDisksNames") {
		for _, l := range p.lines(section) {
			if _, ok := disks[l.Key]; !ok {
				disks[l.Key] = l.Field(3)
			}
		}
	}
	p.bySource = map[string]string{}
	for _, section := range p.archSections("SourceDisksFiles") {
		for _, l := range p.lines(section) {
			if !l.HasKey {
				p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s names no disk; write file=1", section, l.Describe())
				continue
			}
			fold := strings.ToLower(l.Key)
			if _, ok := p.bySource[fold]; ok {
				continue
			}
			path := joinPath(disks[l.Field(0)], l.Field(1), l.Key)
			p.bySource[fold] = path
			p.u.Sources = append(p.u.Sources, path)
		}
	}
}

func joinPath(parts ...string) string {
	var out []string
	for _, s := range parts {
		if s = strings.Trim(s, `\`); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, `\`)
}

func (p *parser) saveReg() {
	const name = "Save.Reg.For.Uninstall"
	for _, section := range p.view.Sections() {
		if !isDecorated(section, name) {
			continue
		}
		stored := section
		if strings.EqualFold(section, name) {
			stored = ""
		}
		for _, l := range p.lines(section) {
			s := SavedKey{Root: p.root(l), Key: l.Field(1), Name: l.Field(2), HasName: l.Field(2) != "", Section: stored}
			p.u.SaveReg = append(p.u.SaveReg, s)
		}
	}
	sort.SliceStable(p.u.SaveReg, func(i, j int) bool { return p.u.SaveReg[i].Section == "" && p.u.SaveReg[j].Section != "" })
}

// isDecorated tells whether section is name, or name with a decoration in front or behind, set off by a dot. Real packages
// have [IE7.AdditionalSettings.Save.Reg.For.Uninstall].
func isDecorated(section, name string) bool {
	s, n := strings.ToLower(section), strings.ToLower(name)
	return s == n || strings.HasPrefix(s, n+".") || strings.HasSuffix(s, "."+n)
}

// uninstall reads [UninstallSections] in pairs; real packages have several pairs on a line.
func (p *parser) uninstall() {
	for _, l := range p.lines("UninstallSections") {
		if len(l.Fields)%2 != 0 {
			p.fault(l, inf.ErrorGeneralSyntax,
				"[UninstallSections] %s: sections come in pairs; write name-in-spuninst.inf, section-of-this-file", l.Describe())
		}
		for i := 0; i+1 < len(l.Fields); i += 2 {
			b := UninstallBlock{Name: l.Fields[i], Source: l.Fields[i+1]}
			if !p.view.Has(b.Source) {
				p.fault(l, inf.ErrorSectionNotFound, "[UninstallSections] names [%s], which does not exist; add it, even if empty", b.Source)
			}
			b.Lines = p.lines(b.Source)
			p.u.Uninstall = append(p.u.Uninstall, b)
		}
	}
}

// deleteFilesSuffix ends the sections of spuninst.inf that delete files; [DeleteFilesInUninstallSections] of a real
// package names them.
const deleteFilesSuffix = ".delete.files"

func (p *parser) keep() {
	const name = "DeleteFilesInUninstallSections"
	for _, l := range p.lines(name) {
		dir, ok := cutSuffixFold(l.Field(0), deleteFilesSuffix)
		if !ok || len(l.Fields) < 2 {
			p.fault(l, inf.ErrorGeneralSyntax, `[%s] %s: write SystemRoot\system32%s,"file"`, name, l.Describe(), deleteFilesSuffix)
			continue
		}
		for _, file := range l.Fields[1:] {
			p.u.Keep = append(p.u.Keep, dir+`\`+file)
		}
	}
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if n := len(s) - len(suffix); n >= 0 && strings.EqualFold(s[n:], suffix) {
		return s[:n], true
	}
	return s, false
}

func (p *parser) localized() {
	for _, id := range p.file.StringLanguages() {
		s := LocalStrings{Language: id, Strings: Strings{}}
		for _, section := range p.file.Sections {
			if got, ok := inf.StringsLanguage(section.Name); !ok || got != id {
				continue
			}
			p.used[strings.ToLower(section.Name)] = true
			for _, l := range section.Lines() {
				k := strings.ToLower(l.Key)
				if _, ok := s.Strings[k]; l.HasKey && !ok {
					s.Strings[k] = l.Field(0)
				}
			}
		}
		p.u.Localized = append(p.u.Localized, s)
	}
}

func (p *parser) other() {
	for _, name := range p.view.Sections() {
		if !p.used[strings.ToLower(name)] {
			p.u.Other = append(p.u.Other, Section{Name: name, Lines: p.view.Lines(name)})
		}
	}
}
