package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// prerequisites writes [[prerequisite]] and [[uninstall.prerequisite]].
func (c *converter) prerequisites() {
	c.prerequisiteTables("[[prerequisite]]", func(u *updateinf.Update) *[]updateinf.Condition { return &u.Prerequisites })
	c.prerequisiteTables("[[uninstall.prerequisite]]", func(u *updateinf.Update) *[]updateinf.Condition { return &u.PrerequisitesUninstall })
}

func (c *converter) prerequisiteTables(header string, field func(*updateinf.Update) *[]updateinf.Condition) {
	if !c.same(func(u *updateinf.Update) any { return *field(u) }) {
		return
	}
	var tables [][]any
	for _, p := range *field(c.rest[0]) {
		key, list, ok := c.tests(p)
		if custom := slices.ContainsFunc(p.Tests, func(t updateinf.Test) bool { return t.Kind == updateinf.CheckCustom }); !ok || custom && header != "[[prerequisite]]" {
			return
		}
		tables = append(tables, []any{key, list, "message", p.Display})
	}
	for _, t := range tables {
		c.w.table(header)
		c.w.put(t[0].(string), t[1])
		c.w.set("message", t[3])
	}
	c.each(func(u *updateinf.Update) { *field(u) = nil })
}

// tests are the tests of a condition as the value of all or any.
func (c *converter) tests(p updateinf.Condition) (key string, list raw, ok bool) {
	var items []string
	for _, t := range p.Tests {
		item, ok := c.test(t)
		if !ok {
			return "", "", false
		}
		items = append(items, "  "+string(item)+",\n")
	}
	if key = "all"; p.Combiner == updateinf.OrOp {
		key = "any"
	}
	return key, raw("[\n" + strings.Join(items, "") + "]"), len(items) > 0 && !strings.ContainsFunc(p.Display, control) && len(p.Display) <= manifest.MaxText
}

// test is one test as an inline table; false if the manifest would write another line for it.
func (c *converter) test(t updateinf.Test) (raw, bool) {
	op := t.Op
	if op == "=" {
		op = "=="
	}
	is := ""
	switch {
	case op != "":
		is = op + " " + t.Data
	case t.Absent():
		is = "absent"
	}
	if op != "" && t.Data == "" || strings.ContainsFunc(t.Data, control) || t.Data != strings.TrimSpace(t.Data) {
		return "", false
	}
	switch t.Kind {
	case updateinf.CheckReg:
		return registryTest(t, op, is)
	case updateinf.CheckFileVer:
		d, ok := c.first().SectionDir(t.Args[0])
		if _, err := manifest.ParseVersion(t.Data); !ok || !manifest.DirOK(d) || op != "" && err != nil || manifest.CheckName(t.Args[1]) != nil {
			return "", false
		}
		return inline("file", manifest.DirString(d)+`\`+t.Args[1], "is", is), true
	case updateinf.VersionCheck:
		version := t.Data
		if parts := strings.Split(version, "."); len(parts) == 4 { // the fourth is the service pack
			version = strings.Join(parts[:3], ".") + " SP" + parts[3]
		}
		if _, err := manifest.ParseGate(version); op == "" || err != nil || !strings.HasPrefix(version, t.Data[:1]) {
			return "", false
		}
		return inline("windows", op+" "+version), true
	case updateinf.CheckCustom:
		if t.Args[0] != "" || t.Args[3] != "" || op == "" || t.Args[1] == "" || t.Args[2] == "" {
			return "", false
		}
		if !c.customDLL(t.Args[1]) {
			return "", false
		}
		return inline("function", t.Args[2], "dll", t.Args[1], "is", is), true
	}
	return "", false
}

func registryTest(t updateinf.Test, op, is string) (raw, bool) {
	key := strings.TrimRight(t.Args[1], `\`)
	if t.Args[0] == "HKR" || key == "" || strings.Contains(key, `\\`) || !strings.Contains(key, `\`) {
		return "", false
	}
	want := uint32(0)
	if n := manifest.TestNumber(t.Data); n && op != "" {
		want = updateinf.FlgAddRegTypeDWORD
	}
	pairs := []any{"registry", t.Args[0] + `\` + key}
	switch {
	case isFlag(t.Args[3], want):
	case isFlag(t.Args[3], want|updateinf.FlgAddReg32BitKey):
		pairs = append(pairs, "view", "32")
	case isFlag(t.Args[3], want|updateinf.FlgAddReg64BitKey):
		pairs = append(pairs, "view", "64")
	default:
		return "", false
	}
	if t.Args[2] != "" || op != "" {
		pairs = append(pairs, "name", t.Args[2])
	}
	return inline(append(pairs, "is", is)...), true
}

// conditions writes [[condition]] for those extended conditions that have one condition. number counts the scopes of files.
func (c *converter) conditions(number *int) {
	for again := true; again; {
		again = false
		for k, e := range c.rest[0].ExtendedConditional {
			if len(e.Conditions) != 1 || e.Conditions[0].Display != "" || !c.everywhere(k, e.Name) {
				continue
			}
			key, list, ok := c.tests(e.Conditions[0])
			if !ok {
				continue
			}
			files, ok := c.groupFiles(number, func(u *updateinf.Update) []updateinf.FileGroup { return u.ExtendedConditional[k].Files })
			registry, okRegistry := groupRegistry(e.Registry)
			if !ok || !okRegistry || len(files)+len(registry) == 0 {
				continue
			}
			c.w.table("[[condition]]")
			c.w.put(key, list)
			for _, f := range files {
				c.fileTable("[[condition.file]]", f, true)
			}
			for _, r := range registry {
				c.registryTable("[[condition.registry]]", r, false)
			}
			c.each(func(u *updateinf.Update) {
				u.ExtendedConditional = append(u.ExtendedConditional[:k:k], u.ExtendedConditional[k+1:]...)
			})
			again = true
			break
		}
	}
}

// everywhere tells whether every branch has the condition in the same place, with the same tests and registry changes.
func (c *converter) everywhere(k int, name string) bool {
	for i, u := range c.rest {
		if len(u.ExtendedConditional) <= k || !strings.EqualFold(u.ExtendedConditional[k].Name, name) || len(u.ExtendedConditional[k].Conditions) != 1 {
			return false
		}
		s := &stater{u: c.o.branches[i].u}
		first := &stater{u: c.first()}
		if s.condition(u.ExtendedConditional[k].Conditions[0]) != first.condition(c.rest[0].ExtendedConditional[k].Conditions[0]) ||
			fmt.Sprint(regKeys(u.ExtendedConditional[k].Registry)) != fmt.Sprint(regKeys(c.rest[0].ExtendedConditional[k].Registry)) {
			return false
		}
	}
	return true
}

func regKeys(groups []updateinf.RegistryGroup) (list []string) {
	for _, g := range groups {
		for _, l := range g.Lines {
			list = append(list, regItem{kind: g.Kind, line: l}.key())
		}
	}
	return list
}

// sortedKeys is for messages.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// customDLL notes that the package's functions are in a DLL of the folder update, and keeps it; false if the package lacks it.
func (c *converter) customDLL(name string) bool {
	path := c.o.branches[0].root + `update\` + name
	if c.o.layout == "dual-mode" || !strings.HasSuffix(strings.ToLower(name), ".dll") || manifest.CheckName(name) != nil {
		return false
	}
	if _, ok := c.keepPayload(path); !ok {
		return false
	}
	if !slices.ContainsFunc(c.dlls, func(d string) bool { return strings.EqualFold(d, name) }) {
		c.dlls = append(c.dlls, name)
	}
	return true
}

// helperTables writes [[custom-dll]] and [[catalog]].
func (c *converter) helperTables() {
	for _, name := range c.dlls {
		c.w.table("[[custom-dll]]")
		p := c.payload[strings.ToLower(c.o.branches[0].root+`update\`+name)]
		c.w.put("source", p)
		c.w.other("name", name, p[strings.LastIndexByte(p, '/')+1:])
		c.w.set("customizes", c.customizes[strings.ToLower(name)])
	}
	if c.same(func(u *updateinf.Update) any { return u.Catalogs }) || c.same(func(u *updateinf.Update) any { return u.Archive }) {
		c.catalogs()
	}
}

// catalogs writes [[catalog]], if every catalog of the package is one that a [[catalog]] says.
func (c *converter) catalogs() {
	for _, f := range []func(*updateinf.Update) any{func(u *updateinf.Update) any { return u.Catalogs }, func(u *updateinf.Update) any { return u.Archive }} {
		if !c.same(f) && !c.allEmpty(f) {
			return
		}
	}
	archive := slices.Clone(c.rest[0].Archive)
	for _, x := range c.rest[0].Catalogs {
		name := strings.ToLower(x.Name)
		if c.o.layout == "dual-mode" || strings.ToLower(x.Path) != `update\`+name || !strings.HasSuffix(name, ".cat") || manifest.CheckName(x.Name) != nil || !c.o.tree.Has(c.o.branches[0].root+`update\`+name) {
			return
		}
	}
	for _, x := range c.rest[0].Catalogs {
		p, _ := c.keepPayload(c.o.branches[0].root + `update\` + x.Name)
		c.w.table("[[catalog]]")
		c.w.put("source", p)
		c.w.other("name", x.Name, p[strings.LastIndexByte(p, '/')+1:])
		at := slices.IndexFunc(archive, func(s string) bool { return strings.EqualFold(s, x.Name) })
		if at < 0 {
			c.w.put("archive", raw("false"))
			continue
		}
		archive = slices.Delete(archive, at, at+1)
	}
	for _, name := range archive {
		if manifest.CheckName(name) == nil {
			c.w.table("[[catalog]]")
			c.w.put("name", name)
		}
	}
	c.each(func(u *updateinf.Update) { u.Catalogs, u.Archive = nil, nil })
}
