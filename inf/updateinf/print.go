package updateinf

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Print returns the update INF in the section order and with the tokens that real packages have; reading it gives the same
// Update again, positions aside, if Files, Registry, RegisterDLLs, Processes and Directives are in package order (DontDelayUntilReboot,
// CopyFilesAlways, ReplaceFilesIfExist, SKU files, processor files, registry; SKUs sorted). The text is ASCII, or UTF-16LE
// where it must. The error names what an INF cannot say: two different lists under one section name, a destination that two
// groups disagree on, a line end in a value.
func (u *Update) Print() ([]byte, error) {
	p := &printer{u: u, file: inf.New(), done: map[string]string{}, tokens: newTokens(u)}
	p.file.Name = "update INF"
	p.version()
	p.catalogs()
	p.prerequisites()
	p.productInstall()
	p.conditionals()
	p.renameDirs()
	p.services()
	p.saveReg()
	p.registry()
	p.registerDLLs()
	p.shortcuts()
	p.sources()
	p.destinations()
	p.fileLists()
	p.archive()
	p.disks()
	p.other()
	p.uninstall()
	p.keep()
	p.strings()
	p.config()
	b, err := p.file.Encode()
	if err != nil {
		return nil, fmt.Errorf("print update INF: %w", err)
	}
	if err := p.errs.Err(); err != nil {
		return nil, fmt.Errorf("print update INF: %w", err)
	}
	return b, nil
}

type printer struct {
	u      *Update
	file   *inf.File
	last   *inf.Section
	done   map[string]string // sections printed, folded -> their lines
	tokens *tokens
	errs   inf.ErrorList
}

func (p *printer) fault(format string, args ...any) {
	p.errs.Add("update INF", inf.Pos{}, inf.ErrorGeneralSyntax, format, args...)
}

// section begins a section, a blank line after the one before.
func (p *printer) section(name string) *inf.Section {
	if p.last != nil {
		p.last.AddBlank()
	}
	p.last = p.file.AddSection(name)
	return p.last
}

// emit prints a section of which other parts may ask for the same one. Same content once; different content is a fault.
func (p *printer) emit(name string, fill func(s *inf.Section)) {
	probe := inf.New()
	fill(probe.AddSection("x"))
	text, fold := string(probe.Bytes()), strings.ToLower(name)
	if old, ok := p.done[fold]; ok {
		if old != text {
			p.fault("section [%s] would have two different contents; give one of them another name", name)
		}
		return
	}
	p.done[fold] = text
	fill(p.section(name))
}

func (p *printer) version() {
	v := &p.u.Version
	s := p.section("Version")
	line := func(key string, f inf.Field) { s.AddKeyed(key, f) }
	signature := v.Signature
	if signature == "" {
		signature = "$Windows NT$"
	}
	line("Signature", inf.Quoted(p.tokens.literal(signature)))
	if n, err := inf.ParseUint32(p.u.Strings.Get("LangTypeValue")); err == nil && p.u.Strings.Get("LangTypeValue") != "" && uint16(n) == v.LanguageType {
		line("LanguageType", inf.Bare("%LangTypeValue%"))
	} else {
		line("LanguageType", inf.Bare(fmt.Sprintf("0x%X", v.LanguageType)))
	}
	for _, g := range v.gates() {
		if *g.into != nil {
			line(g.key, inf.Bare(strconv.FormatUint(uint64(**g.into), 10)))
		}
	}
	if v.CatalogFile != "" {
		line("CatalogFile", inf.Bare(p.tokens.text(v.CatalogFile)))
	}
	if v.RebootRequired {
		line("RebootRequired", inf.Bare("1"))
	}
	for _, kv := range v.Unknown {
		line(p.tokens.literal(kv.Key), inf.Bare(p.tokens.text(kv.Value)))
	}
	s.AlignKeys()
}

func (p *printer) catalogs() {
	if len(p.u.Catalogs) == 0 {
		return
	}
	s := p.section("ProductCatalogsToInstall")
	for _, c := range p.u.Catalogs {
		s.AddFields(inf.Bare(p.tokens.text(c.Name)), inf.Bare(p.tokens.text(c.Path)))
	}
}

func (p *printer) archive() {
	if len(p.u.Archive) == 0 {
		return
	}
	s := p.section("ArchiveCatalogFilesOnly")
	for _, name := range p.u.Archive {
		s.AddFields(inf.Bare(p.tokens.text(name)))
	}
}

// productInstall prints the sections that say what is done when, in package order.
func (p *printer) productInstall() {
	type place struct {
		when When
		sku  string
	}
	var places []place
	lines := map[place][]inf.Line{}
	add := func(when When, sku, key string, fields ...string) {
		at := place{when, sku}
		if rank(when) == len(whens()) || when == GlobalAppend && sku == "" || when == SKUFiles && sku == "" {
			p.fault("there is no [%s%s] section for SKU %q", productInstall, when, sku)
			return
		}
		if _, ok := lines[at]; !ok {
			places = append(places, at)
		}
		lines[at] = append(lines[at], inf.Line{Key: key, Fields: fields})
	}
	for _, g := range p.u.Files {
		add(g.When, g.SKU, fileDirective(g.Kind), g.Section)
	}
	for _, g := range p.u.Registry {
		add(g.When, g.SKU, regDirective(g.Kind), g.Section)
	}
	for _, k := range registerSections(p.u.RegisterDLLs) {
		add(k.when, k.sku, k.directive(), k.section)
	}
	for _, s := range p.u.Shortcuts {
		add(s.When, s.SKU, "ProfileItems", s.Section)
	}
	for _, d := range p.u.Directives {
		add(d.When, d.SKU, d.Key, d.Fields...)
	}
	sort.SliceStable(places, func(i, j int) bool {
		return before(places[i].when, places[i].sku, places[j].when, places[j].sku)
	})
	for _, at := range places {
		s := p.section(sectionName(at.when, at.sku))
		for _, l := range lines[at] {
			p.line(s, inf.Line{Key: l.Key, HasKey: true, Fields: l.Fields})
		}
	}
}

func fileDirective(k FileKind) string { return [...]string{"CopyFiles", "DelFiles", "RenFiles"}[k] }

func regDirective(k RegKind) string { return [...]string{"AddReg", "DelReg", "BitReg"}[k] }

// line prints a line of which only the text is known. Fields with blanks are quoted, as packages have them.
func (p *printer) line(s *inf.Section, l inf.Line) {
	fields := make([]inf.Field, len(l.Fields))
	for i, f := range l.Fields {
		fields[i] = inf.Field{Text: p.tokens.text(f), Quote: strings.Contains(f, " ")}
	}
	n := s.AddFields(fields...)
	n.Line.Key, n.Line.HasKey = p.tokens.literal(l.Key), l.HasKey
}

func (p *printer) lines(s *inf.Section, lines []inf.Line) {
	for _, l := range lines {
		p.line(s, l)
	}
}

func (p *printer) saveReg() {
	var s *inf.Section
	name := "\x00"
	for _, k := range p.u.SaveReg {
		if k.Section != name {
			name = k.Section
			header := name
			if header == "" {
				header = "Save.Reg.For.Uninstall"
			}
			s = p.section(header)
		}
		fields := []inf.Field{inf.Bare(k.Root), inf.Quoted(p.tokens.text(k.Key))}
		if k.HasName {
			if k.Name == "" {
				p.fault("[Save.Reg.For.Uninstall] cannot name the default value of %s\\%s; save the whole key", k.Root, k.Key)
			}
			fields = append(fields, inf.Quoted(p.tokens.text(k.Name)))
		}
		s.AddFields(fields...)
	}
}

func (p *printer) uninstall() {
	if len(p.u.Uninstall) == 0 {
		return
	}
	s := p.section("UninstallSections")
	for _, b := range p.u.Uninstall {
		s.AddFields(inf.Bare(p.tokens.text(b.Name)), inf.Bare(p.tokens.text(b.Source)))
	}
	for _, b := range p.u.Uninstall {
		p.emit(b.Source, func(s *inf.Section) { p.lines(s, b.Lines) })
	}
}

func (p *printer) keep() {
	if len(p.u.Keep) == 0 {
		return
	}
	s := p.section("DeleteFilesInUninstallSections")
	for _, path := range p.u.Keep {
		i := strings.LastIndexByte(path, '\\')
		if i < 0 {
			p.fault(`[DeleteFilesInUninstallSections] %q has no directory; write SystemRoot\system32\file`, path)
			continue
		}
		s.AddFields(inf.Bare(p.tokens.literal(path[:i]+deleteFilesSuffix)), inf.Quoted(p.tokens.literal(path[i+1:])))
	}
}

func (p *printer) config() {
	c := &p.u.Config
	s := p.section("Configuration")
	for _, t := range c.texts() {
		if *t.into != "" {
			s.AddKeyed(t.key, inf.Field{Text: p.tokens.text(*t.into), Quote: strings.Contains(*t.into, " ")})
		}
	}
	if c.NoPNPFiles {
		s.AddLine("noPNPfiles", "1")
	}
	for _, g := range c.numbers() {
		if *g.into != nil {
			s.AddLine(g.key, strconv.FormatUint(uint64(**g.into), 10))
		}
	}
	for _, kv := range c.Unknown {
		s.AddLine(p.tokens.literal(kv.Key), p.tokens.text(kv.Value))
	}
	s.AlignKeys()
}

func (p *printer) other() {
	for _, o := range p.u.Other {
		p.emit(o.Name, func(s *inf.Section) { p.lines(s, o.Lines) })
	}
}
