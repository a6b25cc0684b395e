package updateinf

import (
	"slices"
	"sort"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Names of sections.
const (
	secPrerequisite          = "Prerequisite"
	secPrerequisiteUninstall = "PreRequisite.Uninstall"
	secServices              = "ServicesToStopAndStart"
	secServicesUninstall     = "ServicesToStopAndStart.Uninstall"
	secOEMDrivers            = "OEMDriver.Exclusions"
	secOEMDevices            = "DEVICEID.EXCLUSIONS"
	secOEMProviders          = "PROVIDER.EXCLUSIONS"
	secRenameDirs            = "ProductInstall.RenameDirectories"
)

func (p *parser) actions() {
	p.u.Prerequisites = p.conditions(secPrerequisite)
	p.u.PrerequisitesUninstall = p.conditions(secPrerequisiteUninstall)
	p.processes()
	p.u.StopServices = p.names(secServices)
	p.u.StopServicesUninstall = p.names(secServicesUninstall)
	p.conditionals()
	p.extendedConditionals()
	p.directoryIDs()
	p.renameDirs()
	p.devices()
	p.u.OEMExclusions = OEMExclusions{Drivers: p.oemDrivers(), DeviceIDs: p.names(secOEMDevices), Providers: p.names(secOEMProviders)}
}

// names reads a section of bare names.
func (p *parser) names(section string) []string {
	var list []string
	for _, l := range p.lines(section) {
		if l.HasKey {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write one name a line, without =", section, l.Describe())
			continue
		}
		for _, name := range l.Fields {
			if name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}

func (p *parser) oemDrivers() []OEMDriver {
	var list []OEMDriver
	for _, l := range p.lines(secOEMDrivers) {
		d := OEMDriver{Name: l.Field(0), Flag: l.Field(1)}
		if l.HasKey {
			d = OEMDriver{Name: l.Key, Flag: value(l)}
		}
		if d.Name != "" {
			list = append(list, d)
		}
	}
	return list
}

// processWhens are the sections of processes in the order in which they run.
func processWhens() []ProcessWhen {
	return []ProcessWhen{RunBeforeInstall, RunNow, RunAfterReboot, RunAfterUninstall, RunAfterUninstallReboot}
}

// splitProcess reads the name of a section of processes. The white paper writes [ProcessesToRunAfterReboot] as well as
// [ProcessestoRun.AfterReboot].
func splitProcess(section string) (when ProcessWhen, sku string, ok bool) {
	rest, ok := cutPrefixFold(section, string(RunNow))
	if !ok || rest == "" {
		return RunNow, "", ok
	}
	name, isDotted := strings.CutPrefix(rest, ".")
	for _, w := range processWhens() {
		tail, ok := cutPrefixFold(name, string(w[len(RunNow):]))
		switch {
		case !ok || w == RunNow:
		case tail == "":
			return w, "", true
		case tail[0] == '.' && len(tail) > 1:
			return w, tail[1:], true
		}
	}
	return RunNow, name, isDotted && name != ""
}

func processSection(when ProcessWhen, sku string) string {
	if sku == "" {
		return string(when)
	}
	return string(when) + "." + sku
}

// processes reads command lines: a line is one, whether quoted as a whole or not.
func (p *parser) processes() {
	for _, section := range p.view.Sections() {
		when, sku, ok := splitProcess(section)
		if !ok {
			continue
		}
		for _, l := range p.lines(section) {
			command := value(l)
			if l.HasKey {
				command = l.Key + "=" + command
			}
			if command != "" {
				p.u.Processes = append(p.u.Processes, Process{When: when, SKU: sku, Command: command, Pos: l.Pos})
			}
		}
	}
	sortProcesses(p.u.Processes)
}

// sortProcesses brings the sections into the order in which they run, editions sorted; lines of a section keep theirs.
func sortProcesses(list []Process) {
	order := func(w ProcessWhen) int { return slices.Index(processWhens(), w) }
	sort.SliceStable(list, func(i, j int) bool {
		if a, b := order(list[i].When), order(list[j].When); a != b {
			return a < b
		}
		return foldName(list[i].SKU) < foldName(list[j].SKU)
	})
}

// registerDLLs reads "dirid,[subdir],file,flags[,[timeout][,argument]]" (INF docs, RegisterDlls directive).
func (p *parser) registerDLLs(when When, sku, section string, unregister bool, at inf.Line) {
	if p.missing(section, at) {
		return
	}
	for _, l := range p.lines(section) {
		d := RegisterDLL{When: when, SKU: sku, Section: section, File: l.Field(2), Flags: p.number(l, 3), Timeout: p.number(l, 4),
			Argument: l.Field(5), Unregister: unregister, Pos: l.Pos}
		d.Dir = p.dirIn("["+section+"]", l)
		if d.Timeout == 0 {
			d.Timeout = DefaultRegisterTimeout
		}
		if l.HasKey || d.File == "" || d.Flags == 0 || d.Flags&^(RegSvrDLLRegister|RegSvrDLLInstall) != 0 || len(l.Fields) > 6 {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write dirid,subdirectory,file,flags with the flags 1 (DllRegisterServer), 2 (DllInstall) or 3",
				section, l.Describe())
			continue
		}
		p.u.RegisterDLLs = append(p.u.RegisterDLLs, d)
	}
}

// renameDirs reads [ProductInstall.RenameDirectories] and its decorated forms, one for each directory.
func (p *parser) renameDirs() {
	for _, section := range p.view.Sections() {
		rest, ok := cutPrefixFold(section, secRenameDirs)
		if !ok || rest != "" && rest[0] != '.' {
			continue
		}
		for i, l := range p.lines(section) {
			if i == 0 {
				p.groupsSeen[foldName(section)] = true
			}
			r := RenameDir{Dir: p.dir(section, l), From: l.Field(0), To: l.Field(1), Pos: l.Pos}
			if l.HasKey || r.From == "" || r.To == "" || len(l.Fields) > 2 || strings.ContainsAny(r.From+r.To, `\/`) {
				p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write old-name,new-name, both without a path; the directory is in [DestinationDirs]",
					section, l.Describe())
				continue
			}
			p.u.RenameDirs = append(p.u.RenameDirs, r)
		}
	}
}
