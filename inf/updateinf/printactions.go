package updateinf

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kbforge/kbforge/inf"
)

// keyed is a line "key=fields" of which only the text is known.
func keyed(key string, fields ...string) inf.Line {
	return inf.Line{Key: key, HasKey: true, Fields: fields}
}

func bare(fields ...string) inf.Line { return inf.Line{Fields: fields} }

// typed prints a section of plain lines, if there are any.
func (p *printer) typed(name string, lines []inf.Line) {
	if len(lines) > 0 {
		p.emit(name, func(s *inf.Section) { p.lines(s, lines) })
	}
}

func (p *printer) prerequisites() {
	p.typed(secPrerequisite, conditionLines(p.u.Prerequisites))
	p.typed(secPrerequisiteUninstall, conditionLines(p.u.PrerequisitesUninstall))
	p.conditions(p.u.Prerequisites)
	p.conditions(p.u.PrerequisitesUninstall)
}

func conditionLines(list []Condition) []inf.Line {
	var lines []inf.Line
	for _, c := range list {
		lines = append(lines, keyed("condition", string(c.Combiner), c.Section))
	}
	return lines
}

// conditions prints the sections with the tests.
func (p *printer) conditions(list []Condition) {
	for _, c := range list {
		p.typed(c.Section, p.conditionSection(c))
	}
}

func (p *printer) conditionSection(c Condition) []inf.Line {
	var lines []inf.Line
	for _, t := range c.Tests {
		lines = append(lines, p.testLine(t))
	}
	if c.Display != "" {
		lines = append(lines, keyed("Display_String", c.Display))
	}
	return lines
}

func (p *printer) testLine(t Test) inf.Line {
	if n, ok := argCounts()[t.Kind]; !ok || len(t.Args) != n {
		p.fault("a test %s has %d arguments; it takes %d", t.Kind, len(t.Args), n)
	}
	fields := append([]string{string(t.Kind)}, t.Args...)
	fields = append(fields, t.Op, t.Data)
	for fields[len(fields)-1] == "" {
		fields = fields[:len(fields)-1]
	}
	return keyed(t.Name, fields...)
}

// services prints what is stopped, excluded and run.
func (p *printer) services() {
	p.typed(secServices, nameLines(p.u.StopServices))
	p.typed(secServicesUninstall, nameLines(p.u.StopServicesUninstall))
	x := p.u.OEMExclusions
	var drivers []inf.Line
	for _, d := range x.Drivers {
		l := bare(d.Name)
		if d.Flag != "" {
			l = bare(d.Name, d.Flag)
		}
		drivers = append(drivers, l)
	}
	p.typed(secOEMDrivers, drivers)
	p.typed(secOEMDevices, nameLines(x.DeviceIDs))
	p.typed(secOEMProviders, nameLines(x.Providers))
	p.devices()
	p.processes()
}

func nameLines(names []string) []inf.Line {
	var lines []inf.Line
	for _, n := range names {
		lines = append(lines, bare(n))
	}
	return lines
}

func (p *printer) processes() {
	byName := map[string][]Process{}
	var names []string
	list := slices.Clone(p.u.Processes)
	sortProcesses(list)
	for _, c := range list {
		name := processSection(c.When, c.SKU)
		if w, sku, ok := splitProcess(name); !ok || w != c.When || sku != c.SKU {
			p.fault("there is no [%s] section for processes of SKU %q", c.When, c.SKU)
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		byName[name] = append(byName[name], c)
	}
	for _, name := range names {
		p.emit(name, func(s *inf.Section) {
			for _, c := range byName[name] {
				s.AddFields(inf.Quoted(p.tokens.text(c.Command)))
			}
		})
	}
}

// registerDLLs prints the sections that RegisterDlls and UnregisterDlls name.
func (p *printer) registerDLLs() {
	for _, k := range registerSections(p.u.RegisterDLLs) {
		var lines []inf.Line
		for _, d := range p.u.RegisterDLLs {
			if registerKeyOf(d) == k {
				lines = append(lines, registerLine(d))
			}
		}
		p.typed(k.section, lines)
	}
}

func registerLine(d RegisterDLL) inf.Line {
	l := bare(strconv.Itoa(d.Dir.ID), d.Dir.Sub, d.File, strconv.FormatUint(uint64(d.Flags), 10))
	timeout := ""
	if d.Timeout != DefaultRegisterTimeout && d.Timeout != 0 {
		timeout = strconv.FormatUint(uint64(d.Timeout), 10)
	}
	switch {
	case d.Argument != "":
		l.Fields = append(l.Fields, timeout, d.Argument)
	case timeout != "":
		l.Fields = append(l.Fields, timeout)
	}
	return l
}

// registerKey is one RegisterDlls= or UnregisterDlls= with one name.
type registerKey struct {
	when       When
	sku        string
	section    string
	unregister bool
}

func registerKeyOf(d RegisterDLL) registerKey {
	return registerKey{d.When, d.SKU, d.Section, d.Unregister}
}

func (k registerKey) directive() string {
	if k.unregister {
		return "UnregisterDlls"
	}
	return "RegisterDlls"
}

// registerSections are the distinct directives, in order.
func registerSections(list []RegisterDLL) []registerKey {
	var keys []registerKey
	for _, d := range list {
		if k := registerKeyOf(d); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// renameDirs prints one section for each run of equal directories: [ProductInstall.RenameDirectories], then with .2, .3 …
func (p *printer) renameDirs() {
	for i, run := range renameRuns(p.u.RenameDirs) {
		var lines []inf.Line
		for _, r := range run {
			lines = append(lines, bare(r.From, r.To))
		}
		p.typed(renameSection(i), lines)
	}
}

func renameSection(i int) string {
	if i == 0 {
		return secRenameDirs
	}
	return secRenameDirs + "." + strconv.Itoa(i+1)
}

func renameRuns(list []RenameDir) [][]RenameDir {
	var runs [][]RenameDir
	for i, r := range list {
		if i == 0 || r.Dir != list[i-1].Dir {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
	}
	return runs
}

func (p *printer) flagNames(bits uint32) string {
	s, rest := formatCopyFlags(bits)
	if rest != 0 {
		p.fault("CopyFlags 0x%X has bits without a name", bits)
	}
	return s
}

// conditionals prints the sections of conditions; what they install is among the other file lists and registry sections.
func (p *printer) conditionals() {
	var names []string
	for _, c := range p.u.Conditional {
		names = append(names, c.Name)
	}
	p.typed(fileConditions().section, conditionNames(fileConditions(), names))
	for _, c := range p.u.Conditional {
		p.conditional(c.Conditional)
		p.installed(c.InstallFrom, c.Files, nil)
	}
	names = nil
	for _, c := range p.u.RegisterInclude {
		names = append(names, c.Name)
	}
	p.typed(regConditions().section, conditionNames(regConditions(), names))
	for _, c := range p.u.RegisterInclude {
		p.conditional(c.Conditional)
		p.installed(c.InstallFrom, nil, c.Registry)
	}
	p.extended()
	p.directoryIDs()
}

func conditionNames(k conditionalKind, names []string) []inf.Line {
	var lines []inf.Line
	for _, n := range names {
		lines = append(lines, keyed(k.key, n))
	}
	return lines
}

func (p *printer) conditional(c Conditional) {
	lines := []inf.Line{keyed("InstallFromSection", c.InstallFrom)}
	if c.Operation.CustomDLL != "" {
		lines = append(lines, keyed("Operation", "CustomFunction", c.Operation.CustomDLL, c.Operation.CustomFunc))
	} else {
		lines = append(lines, keyed("Operation", "CheckInstall", c.Operation.CheckInstall[0], c.Operation.CheckInstall[1]))
	}
	if c.CopyFlags != 0 {
		lines = append(lines, keyed("CopyFlags", p.flagNames(c.CopyFlags)))
	}
	if c.TargetFrom != "" {
		lines = append(lines, keyed("TargetFromSection", c.TargetFrom))
	}
	p.typed(c.Name, lines)
}

// installed prints a section of CopyFiles=, AddReg= and the like, even if it is empty: a condition names it.
func (p *printer) installed(section string, files []FileGroup, registry []RegistryGroup) {
	var lines []inf.Line
	for _, g := range files {
		lines = append(lines, keyed(fileDirective(g.Kind), g.Section))
	}
	for _, g := range registry {
		lines = append(lines, keyed(regDirective(g.Kind), g.Section))
	}
	p.emit(section, func(s *inf.Section) { p.lines(s, lines) })
}

func (p *printer) extended() {
	var names []string
	for _, c := range p.u.ExtendedConditional {
		names = append(names, c.Name)
	}
	p.typed(extConditions().section, conditionNames(extConditions(), names))
	for _, c := range p.u.ExtendedConditional {
		operations := c.Name + ".Operations"
		p.typed(c.Name, append(conditionLines(c.Conditions), keyed("ConditionalOperations", operations)))
		p.conditions(c.Conditions)
		var lines []inf.Line
		if len(c.Files) > 0 {
			lines = append(lines, keyed("FileOperation", c.Name+".FileOperation"))
		}
		if len(c.Registry) > 0 {
			lines = append(lines, keyed("RegistryOperation", c.Name+".RegistryOperation"))
		}
		p.emit(operations, func(s *inf.Section) { p.lines(s, lines) })
		if len(c.Files) > 0 {
			p.installed(c.Name+".FileOperation", c.Files, nil)
		}
		if len(c.Registry) > 0 {
			p.installed(c.Name+".RegistryOperation", nil, c.Registry)
		}
	}
}

func (p *printer) directoryIDs() {
	var names []string
	for _, d := range p.u.DirectoryIDs {
		names = append(names, d.Name)
	}
	p.typed(dirConditions().section, conditionNames(dirConditions(), names))
	for _, d := range p.u.DirectoryIDs {
		lines := []inf.Line{keyed("DirId", fmt.Sprint(d.ID)), keyed("CustomFunction", d.CustomDLL, d.CustomFunc)}
		if d.InstallFrom != "" {
			lines = append(lines, keyed("InstallFromSection", d.InstallFrom))
		}
		if d.CopyFlags != 0 {
			lines = append(lines, keyed("CopyFlags", p.flagNames(d.CopyFlags)))
		}
		p.typed(d.Name, lines)
		if d.InstallFrom != "" {
			p.installed(d.InstallFrom, d.Files, nil)
		}
	}
}
