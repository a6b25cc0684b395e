package manifest

import (
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// FileChange is a file of the machine to delete or rename.
type FileChange struct {
	Kind     updateinf.FileKind // Delete or Rename
	Dir      updateinf.Dir
	Name     string // as it is on the machine
	To       string // the new name
	Flags    uint32 // DELFLG_*
	Editions []string
	Key      string // path of its table in the manifest
}

// branchRaw is how much raw INF text single branches have.
func (m *Manifest) branchRaw() (n int) {
	for _, b := range m.Branches {
		n += len(b.RawINF)
	}
	return n
}

// changes tells whether the update does anything.
func (m *Manifest) changes() bool {
	return len(m.Files)+len(m.Registry)+len(m.Processes)+len(m.RegisterDLLs)+len(m.RenameDirs)+len(m.Changes)+len(m.RawINF)+len(m.Shortcuts)+len(m.Catalogs)+len(m.Devices)+m.branchRaw() > 0
}

// actions resolves what an update does besides files and registry.
func (r *resolver) actions(doc *document) {
	for i, d := range doc.Prerequisite {
		at := index("prerequisite", i)
		c := r.condition(at, d.All, d.Any, "")
		c.Message = r.text(at+".message", d.Message, "")
		r.m.Prerequisites = append(r.m.Prerequisites, c)
	}
	r.runs(doc.Run)
	r.m.StopServices = r.services("services.stop", doc.Services.Stop)
	if doc.Services.Wait != nil {
		n := uint32(r.number("services.wait", doc.Services.Wait, 1, 60))
		r.m.ServiceWait = &n
	}
	r.m.StopOnRemoval = r.m.StopServices
	if doc.Services.StopOnRemoval != nil {
		r.m.StopOnRemoval = r.services("services.stop-on-removal", *doc.Services.StopOnRemoval)
	}
	r.registerDLLs(doc.RegisterDLL)
	r.conditions(doc.Condition)
	r.renameDirs(doc.RenameDirectory)
	r.fileChanges(doc)
	r.oemExclusions(doc.OEMExclusions)
}

// oemExclusions resolves [oem-exclusions].
func (r *resolver) oemExclusions(d oemExclusionsDoc) {
	const at = "oem-exclusions"
	x := &r.m.OEMExclusions
	for i, name := range d.Drivers {
		path := index(at+".drivers", i)
		if err := CheckName(name); err != nil && !r.failed(path) {
			r.fault(path, "%s: %v", path, err)
		}
		x.Drivers = append(x.Drivers, updateinf.OEMDriver{Name: name})
	}
	for i, id := range d.DeviceIDs {
		x.DeviceIDs = append(x.DeviceIDs, r.long(index(at+".device-ids", i), id, `the id of a device, such as 'bth\ms_bthbrb'`))
	}
	for i, name := range d.Providers {
		x.Providers = append(x.Providers, r.long(index(at+".providers", i), name, "the name of a provider"))
	}
	if (len(d.Drivers)+len(d.DeviceIDs)+len(d.Providers) > 0) && !r.m.OEMCheck {
		r.fault(at, "[oem-exclusions] are exceptions from the check for files of other makers, which is off; set oem-check = true in [install]")
	}
}

// editionNames are the SKUs of section names, by the manifest's word (seen in real packages; Professional and Server in WP
// appendix B).
func editionNames() map[string]string {
	return map[string]string{"professional": "Professional", "server": "Server", "advanced": "Advanced",
		"datacenter": "DataCenter", "blade": "Blade", "business": "Business"}
}

func (r *resolver) editions(path string, names []string) []string {
	var list []string
	known := editionNames()
	for i, n := range names {
		sku, ok := known[n]
		switch at := index(path, i); {
		case !ok:
			r.choice(at, n, []string{"professional", "server", "advanced", "datacenter", "blade", "business"})
		case slices.Contains(list, sku):
			r.fault(at, "edition %q is named twice; once is enough", n)
		default:
			list = append(list, sku)
		}
	}
	if r.written(path) && len(names) == 0 && !r.failed(path) {
		r.fault(path, "%s is an empty list; name an edition or leave the key out for all", path)
	}
	return list
}

// orAll is what to loop over: the editions, or "" for all.
func orAll(editions []string) []string {
	if len(editions) == 0 {
		return []string{""}
	}
	return editions
}

// runTimes are the values of run.when.
func runTimes() map[string]updateinf.ProcessWhen {
	return map[string]updateinf.ProcessWhen{"before": updateinf.RunBeforeInstall, "after": updateinf.RunNow,
		"after-restart": updateinf.RunAfterReboot, "after-uninstall": updateinf.RunAfterUninstall,
		"after-uninstall-restart": updateinf.RunAfterUninstallReboot}
}

func (r *resolver) runs(docs []runDoc) {
	for i, d := range docs {
		at := index("run", i)
		command := r.long(at+".command", d.Command, `the command line, such as '%windir%\system32\sc.exe query'`)
		when, ok := runTimes()[d.When]
		if !ok {
			when = updateinf.RunNow
			if r.written(at + ".when") {
				r.choice(at+".when", d.When, []string{"before", "after", "after-restart", "after-uninstall", "after-uninstall-restart"})
			}
		}
		for _, sku := range orAll(r.editions(at+".edition", d.Edition)) {
			r.m.Processes = append(r.m.Processes, updateinf.Process{When: when, SKU: sku, Command: command})
		}
	}
}

// long is a required text that stands in one field of an INF line.
func (r *resolver) long(path, value, what string) string {
	switch {
	case !r.written(path):
		r.fault(path, "%s is missing; give %s", path, what)
	case r.failed(path):
	case strings.TrimSpace(value) == "":
		r.fault(path, "%s is empty; give %s", path, what)
	case strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }):
		r.fault(path, "%s holds a control character; INF text is one line", path)
	case len(value) > MaxField:
		r.fault(path, "%s is %d bytes long; an INF field has at most %d", path, len(value), MaxField)
	}
	return value
}

// services checks names of services: at most 256 characters without slashes (win32 docs, CreateService).
func (r *resolver) services(path string, names []string) []string {
	seen := map[string]bool{}
	for i, n := range names {
		at := index(path, i)
		fold := strings.ToLower(n)
		switch {
		case r.failed(at):
		case n == "" || len(n) > 256 || strings.ContainsAny(n, `\/`) || strings.ContainsFunc(n, func(c rune) bool { return c < ' ' }):
			r.fault(at, "%q is no name of a service; write the name that sc.exe shows, such as \"wuauserv\"", n)
		case seen[fold]:
			r.fault(at, "service %q is named twice; once is enough", n)
		}
		seen[fold] = true
	}
	return names
}

// machineFile reads the path of a file or directory of the machine: a destination and a name.
func (r *resolver) machineFile(path, value, example string) (updateinf.Dir, string) {
	if !r.written(path) {
		r.fault(path, "%s is missing; name it below a directory, such as %s", path, example)
		return updateinf.Dir{}, ""
	}
	if r.failed(path) {
		return updateinf.Dir{}, ""
	}
	d, err := parseDir(value)
	if err != nil {
		r.fault(path, "%v", err)
		return d, ""
	}
	if d.Sub == "" {
		r.fault(path, "%s %q names a directory only; go on with a name, such as %s", path, value, example)
		return d, ""
	}
	i := strings.LastIndexByte(d.Sub, '\\')
	name := d.Sub[i+1:]
	d.Sub = d.Sub[:max(i, 0)]
	return d, name
}

func (r *resolver) registerDLLs(docs []registerDLLDoc) {
	for i, d := range docs {
		at := index("register-dll", i)
		g := updateinf.RegisterDLL{Flags: updateinf.RegSvrDLLRegister, Timeout: updateinf.DefaultRegisterTimeout}
		g.Dir, g.File = r.machineFile(at+".file", d.File, `'system32\wups2.dll'`)
		switch {
		case d.Action == "unregister":
			g.Unregister = true
		case r.written(at+".action") && d.Action != "register":
			r.choice(at+".action", d.Action, []string{"register", "unregister"})
		}
		if d.Install {
			g.Flags |= updateinf.RegSvrDLLInstall
		}
		if r.written(at + ".argument") {
			if g.Argument = r.long(at+".argument", d.Argument, "the argument of DllInstall"); !d.Install && !r.failed(at+".argument") {
				r.fault(at+".argument", "%s.argument goes to DllInstall; add dll-install = true or take it away", at)
			}
		}
		if d.Timeout != nil {
			g.Timeout = uint32(r.number(at+".timeout", d.Timeout, 1, 3600))
		}
		for _, sku := range orAll(r.editions(at+".edition", d.Edition)) {
			g.SKU = sku
			r.m.RegisterDLLs = append(r.m.RegisterDLLs, g)
		}
	}
}

func (r *resolver) renameDirs(docs []renameDirectoryDoc) {
	for i, d := range docs {
		at := index("rename-directory", i)
		var g updateinf.RenameDir
		g.Dir, g.From = r.machineFile(at+".directory", d.Directory, `'windows\SoftwareDistribution'`)
		g.To = r.newName(at+".to", d.To, g.From)
		r.m.RenameDirs = append(r.m.RenameDirs, g)
	}
}

// newName checks a name that an existing file or directory gets.
func (r *resolver) newName(path, name, old string) string {
	switch {
	case !r.written(path):
		r.fault(path, "%s is missing; give the new name, without a path", path)
	case r.failed(path):
	case strings.EqualFold(name, old):
		r.fault(path, "%s is the old name, %q; give another", path, old)
	default:
		if err := CheckName(name); err != nil {
			r.fault(path, "%s: %v", path, err)
		}
	}
	return name
}

func (r *resolver) fileChanges(doc *document) {
	for i, d := range doc.Delete {
		at := index("delete", i)
		c := FileChange{Kind: updateinf.Delete, Key: at, Editions: r.editions(at+".edition", d.Edition)}
		c.Dir, c.Name = r.machineFile(at+".file", d.File, `'system32\old.dll'`)
		c.Flags = r.flags(at+".flags", d.Flags, map[string]uint32{"in-use": updateinf.DelInUse})
		r.m.Changes = append(r.m.Changes, c)
	}
	for i, d := range doc.Rename {
		at := index("rename", i)
		c := FileChange{Kind: updateinf.Rename, Key: at, Editions: r.editions(at+".edition", d.Edition)}
		c.Dir, c.Name = r.machineFile(at+".file", d.File, `'system32\old.txt'`)
		c.To = r.newName(at+".to", d.To, c.Name)
		r.m.Changes = append(r.m.Changes, c)
	}
	seen := map[string]int{}
	for i, c := range r.m.Changes {
		p := place(c.Dir, c.Name)
		if first, dup := seen[p]; dup && c.Name != "" {
			r.fault(c.Key, `%s\%s is already deleted or renamed on line %s; state each change once`, DirString(c.Dir), c.Name, r.line(r.m.Changes[first].Key))
			continue
		}
		seen[p] = i
	}
}
