package builder

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// sectionNames gives out section names of one INF, each once.
type sectionNames map[string]bool

// free returns base+suffix, with a number between them where that is taken.
func (taken sectionNames) free(base, suffix string) string {
	name := base + suffix
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = base + strconv.Itoa(n) + suffix
	}
	taken[strings.ToLower(name)] = true
	return name
}

// actions fills what an INF says besides files and registry (WP appendix B).
func (p *Plan) actions(u *updateinf.Update, branch string, names sectionNames) {
	m := p.Manifest
	t := &tests{u: u, names: names, sections: map[updateinf.Dir]string{}}
	for i, c := range m.Prerequisites {
		cond := t.condition(c, "Prerequisite"+strconv.Itoa(i+1))
		u.Prerequisites = append(u.Prerequisites, cond)
	}
	u.Processes = m.Processes
	u.StopServices, u.StopServicesUninstall = m.StopServices, m.StopOnRemoval
	u.RegisterDLLs = registerDLLs(m.RegisterDLLs)
	for i, c := range m.Conditions {
		p.conditional(u, t, c, i+1, branch)
	}
	for i, d := range m.Directories {
		name := "Directory" + strconv.Itoa(i+1)
		u.DirectoryIDs = append(u.DirectoryIDs, updateinf.DirectoryID{Name: name + ".DirId", ID: d.ID, CustomDLL: d.DLL, CustomFunc: d.Function,
			InstallFrom: name + ".Install", Files: p.directoryFiles(branch, i+1, name, d.ID)})
	}
	for i, c := range m.UninstallGates {
		u.PrerequisitesUninstall = append(u.PrerequisitesUninstall, t.condition(c, "PrerequisiteUninstall"+strconv.Itoa(i+1)))
	}
	for _, c := range m.Catalogs {
		if c.Helper != "" {
			u.Catalogs = append(u.Catalogs, updateinf.Catalog{Name: c.Name, Path: `update\` + c.Helper})
		}
		if c.Archive {
			u.Archive = append(u.Archive, c.Name)
		}
	}
	u.RenameDirs = m.RenameDirs
	u.Keep = m.KeepOnRemoval
	for i, s := range m.Shortcuts {
		s.When, s.Section = updateinf.CopyAlways, "Shortcut"+strconv.Itoa(i+1)
		u.Shortcuts = append(u.Shortcuts, s)
	}
	u.OEMExclusions = m.OEMExclusions
	u.DeviceClasses, u.Devices, u.ErrorReports = m.DeviceClasses, m.Devices, m.ErrorReports
	u.Files = append(u.Files, changeGroups(m.Changes, names)...)
}

// tests writes conditions; sections remembers the [DestinationDirs] entry of each directory that a file test names.
type tests struct {
	u        *updateinf.Update
	names    sectionNames
	sections map[updateinf.Dir]string
}

func (t *tests) condition(c manifest.Condition, name string) updateinf.Condition {
	out := updateinf.Condition{Combiner: updateinf.AndOp, Section: t.names.free(name, ".Section"), Display: c.Message}
	switch {
	case len(c.Tests) == 1:
		out.Combiner = updateinf.SingleOp
	case c.Any:
		out.Combiner = updateinf.OrOp
	}
	for _, test := range c.Tests {
		out.Tests = append(out.Tests, t.test(test))
	}
	return out
}

func (t *tests) test(m manifest.Test) updateinf.Test {
	test := updateinf.Test{Name: testName(m), Kind: m.Kind, Op: m.Op, Data: m.Data}
	switch m.Kind {
	case updateinf.CheckReg:
		flags := ""
		if m.Flags != 0 {
			flags = fmt.Sprintf("0x%X", m.Flags)
		}
		test.Args = []string{m.Root, m.Path, m.Name, flags}
	case updateinf.CheckFileVer:
		test.Args = []string{t.directory(m.Dir), m.File}
	case updateinf.CheckCustom:
		test.Args = []string{"", m.DLL, m.Function, ""}
	}
	return test
}

func (t *tests) directory(d updateinf.Dir) string {
	name, ok := t.sections[d]
	if !ok {
		name = t.names.free("Check."+folderToken(d), ".files")
		t.sections[d] = name
		t.u.Dirs = append(t.u.Dirs, updateinf.NamedDir{Section: name, Dir: d})
	}
	return name
}

// testName says the operator in words, as INFs have it beside the operator.
func testName(t manifest.Test) string {
	if t.Absent {
		return "NotPresentOp"
	}
	return map[string]string{"": "PresentOp", "==": "EqualOp", "!=": "NotEqualOp", "<": "LessOp", "<=": "LessOrEqualOp",
		">": "GreaterOp", ">=": "GreaterOrEqualOp"}[t.Op]
}

// conditional writes what [[condition]] number n installs.
func (p *Plan) conditional(u *updateinf.Update, t *tests, c manifest.Condition, n int, branch string) {
	name := "Condition" + strconv.Itoa(n)
	files := p.groupsOf(branch, n, t.names)
	registry := conditionalRegistry(p.Manifest, n, t.names)
	if c.Installs == "" && c.Function == "" {
		u.ExtendedConditional = append(u.ExtendedConditional, updateinf.ExtendedConditional{Name: name,
			Conditions: []updateinf.Condition{t.condition(c, name)}, Files: files, Registry: registry})
		return
	}
	operation := updateinf.Operation{CustomDLL: c.DLL, CustomFunc: c.Function}
	if c.Function == "" {
		operation = updateinf.Operation{CheckInstall: [2]string{c.Installs, c.Installs}}
	}
	if len(files) > 0 {
		u.Conditional = append(u.Conditional, updateinf.ConditionalFiles{Files: files,
			Conditional: updateinf.Conditional{Name: name, Operation: operation, InstallFrom: name + ".Install"}})
	}
	if len(registry) > 0 {
		u.RegisterInclude = append(u.RegisterInclude, updateinf.ConditionalRegistry{Registry: registry,
			Conditional: updateinf.Conditional{Name: name + ".Reg", Operation: operation, InstallFrom: name + ".Reg.Install"}})
	}
}

// directoryFiles are the files of a [[directory]], in one section.
func (p *Plan) directoryFiles(branch string, n int, name string, id int) []updateinf.FileGroup {
	g := updateinf.FileGroup{Kind: updateinf.Copy, Section: name + ".files", Dir: updateinf.Dir{ID: id}}
	for _, f := range p.Files {
		for _, v := range f.Versions {
			if f.Directory == n && v.Branch == branch {
				g.Files = append(g.Files, updateinf.FileLine{Name: f.Name, Source: p.inINF(v), Flags: f.Flags})
			}
		}
	}
	if len(g.Files) == 0 {
		return nil
	}
	return []updateinf.FileGroup{g}
}

// registerDLLs puts the DLLs under [ProductInstall.CopyFilesAlways], which counts for first and repeated installations.
func registerDLLs(list []updateinf.RegisterDLL) []updateinf.RegisterDLL {
	out := make([]updateinf.RegisterDLL, len(list))
	for i, d := range list {
		d.When, d.Section = updateinf.CopyAlways, "Register.Dlls"
		if d.Unregister {
			d.Section = "Unregister.Dlls"
		}
		if d.SKU != "" {
			d.Section = d.SKU + "." + d.Section
		}
		out[i] = d
	}
	return out
}

// changeGroups makes one DelFiles or RenFiles section for each edition and directory.
func changeGroups(list []manifest.FileChange, names sectionNames) []updateinf.FileGroup {
	type key struct {
		kind updateinf.FileKind
		sku  string
		dir  updateinf.Dir
	}
	var groups []updateinf.FileGroup
	at := map[key]int{}
	for _, c := range list {
		line := updateinf.FileLine{Name: c.Name, Flags: c.Flags}
		word := "Delete."
		if c.Kind == updateinf.Rename {
			line, word = updateinf.FileLine{Name: c.To, Source: c.Name}, "Rename."
		}
		for _, sku := range skus(c.Editions) {
			k := key{c.Kind, sku, c.Dir}
			i, ok := at[k]
			if !ok {
				i = len(groups)
				at[k] = i
				groups = append(groups, updateinf.FileGroup{When: updateinf.CopyAlways, SKU: sku, Kind: c.Kind, Dir: c.Dir,
					Section: names.free(skuPrefix(sku)+word+folderToken(c.Dir), ".files")})
			}
			groups[i].Files = append(groups[i].Files, line)
		}
	}
	return groups
}

// skus is what to loop over: the editions, or "" for all.
func skus(editions []string) []string {
	if len(editions) == 0 {
		return []string{""}
	}
	return editions
}

func skuPrefix(sku string) string {
	if sku == "" {
		return ""
	}
	return sku + "."
}
