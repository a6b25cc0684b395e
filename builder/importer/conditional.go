package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// operationConditions writes [[condition]] with installs or function for [ProductInstall.Conditional] and [Register.Include].
// Files and registry changes under the same operation are one table, as a build divides it again.
func (c *converter) operationConditions(number *int) {
	for k := 0; k < len(c.rest[0].Conditional); {
		x := c.rest[0].Conditional[k]
		if !c.everyConditional(k) || !c.operationKnown(x.Conditional) {
			k++
			continue
		}
		files, ok := c.groupFiles(number, func(u *updateinf.Update) []updateinf.FileGroup { return u.Conditional[k].Files })
		if !ok || len(files) == 0 {
			k++
			continue
		}
		c.operationTable(x.Operation)
		for _, f := range files {
			c.fileTable("[[condition.file]]", f, true)
		}
		c.each(func(u *updateinf.Update) { u.Conditional = append(u.Conditional[:k:k], u.Conditional[k+1:]...) })
		for j, r := range c.rest[0].RegisterInclude {
			if r.Operation == x.Operation && c.includeTables(j) {
				break
			}
		}
	}
	for j := 0; j < len(c.rest[0].RegisterInclude); {
		x := c.rest[0].RegisterInclude[j]
		header := func() { c.operationTable(x.Operation) }
		if !c.includeTables(j, header) {
			j++
		}
	}
}

// operationTable begins a [[condition]].
func (c *converter) operationTable(o updateinf.Operation) {
	c.w.table("[[condition]]")
	if o.CustomFunc == "" {
		c.w.put("installs", o.CheckInstall[0])
		return
	}
	c.w.put("function", o.CustomFunc)
	c.w.put("dll", o.CustomDLL)
}

// operationKnown tells whether a [[condition]] can say the operation, and there is nothing besides it.
func (c *converter) operationKnown(x updateinf.Conditional) bool {
	if x.CopyFlags != 0 || x.TargetFrom != "" {
		return false
	}
	if o := x.Operation; o.CustomFunc == "" {
		return o.CheckInstall[0] == o.CheckInstall[1] && manifest.CheckName(o.CheckInstall[0]) == nil
	}
	return sayableText(x.Operation.CustomFunc) && c.customDLL(x.Operation.CustomDLL)
}

// everyConditional tells whether every branch has file condition k with the same operation.
func (c *converter) everyConditional(k int) bool {
	for _, u := range c.rest {
		if len(u.Conditional) <= k || !sameOperation(u.Conditional[k].Conditional, c.rest[0].Conditional[k].Conditional) {
			return false
		}
	}
	return true
}

func sameOperation(a, b updateinf.Conditional) bool {
	return a.Operation == b.Operation && a.CopyFlags == b.CopyFlags && (a.TargetFrom == "") == (b.TargetFrom == "")
}

// includeTables writes what registry condition j changes, after header, and takes it out; false if no [[condition]] can say it.
func (c *converter) includeTables(j int, header ...func()) bool {
	x := c.rest[0].RegisterInclude[j]
	if !c.operationKnown(x.Conditional) {
		return false
	}
	for _, u := range c.rest {
		if len(u.RegisterInclude) <= j || !sameOperation(u.RegisterInclude[j].Conditional, x.Conditional) ||
			fmt.Sprint(regKeys(u.RegisterInclude[j].Registry)) != fmt.Sprint(regKeys(x.Registry)) {
			return false
		}
	}
	list, ok := groupRegistry(x.Registry)
	if !ok || len(list) == 0 {
		return false
	}
	for _, h := range header {
		h()
	}
	for _, r := range list {
		c.registryTable("[[condition.registry]]", r, false)
	}
	c.each(func(u *updateinf.Update) {
		u.RegisterInclude = append(u.RegisterInclude[:j:j], u.RegisterInclude[j+1:]...)
	})
	return true
}

// groupFiles are the files of a condition or directory, which groups finds in each branch; false if a manifest cannot say all.
func (c *converter) groupFiles(number *int, groups func(*updateinf.Update) []updateinf.FileGroup) ([]*fileItem, bool) {
	copies := make([][]updateinf.FileGroup, len(c.rest))
	for i, u := range c.rest {
		for _, g := range groups(u) {
			g.Files = slices.Clone(g.Files)
			copies[i] = append(copies[i], g)
		}
	}
	*number++
	files := mergeFiles(c.collect(func(i int) *[]updateinf.FileGroup { return &copies[i] }, fmt.Sprint("condition", *number)))
	return files, !slices.ContainsFunc(copies, func(left []updateinf.FileGroup) bool { return len(left) > 0 })
}

// groupRegistry are the registry changes of a condition; false if a manifest cannot say all.
func groupRegistry(groups []updateinf.RegistryGroup) ([]regItem, bool) {
	var list []regItem
	seen := map[string]bool{}
	for _, g := range groups {
		for _, l := range g.Lines {
			r := regItem{kind: g.Kind, line: l}
			if _, ok := registryPairs(r, false); !ok || seen[r.spot()] {
				return nil, false
			}
			seen[r.spot()] = true
			list = append(list, r)
		}
	}
	return list, true
}

// directories writes [[directory]] for [DirectoryId.Include].
func (c *converter) directories(number *int) {
	ids := map[int]bool{}
	for k := 0; k < len(c.rest[0].DirectoryIDs); {
		d := c.rest[0].DirectoryIDs[k]
		files, ok := c.directoryFiles(k, number)
		if !ok || ids[d.ID] {
			k++
			continue
		}
		ids[d.ID] = true
		c.w.table("[[directory]]")
		c.w.put("dll", d.CustomDLL)
		c.w.put("function", d.CustomFunc)
		c.w.put("id", d.ID)
		for _, f := range files {
			c.w.table("[[directory.file]]")
			c.fileSource(f, false)
			words, _ := manifest.CopyFlagWords(f.flags)
			c.w.set("flags", words)
		}
		c.each(func(u *updateinf.Update) { u.DirectoryIDs = append(u.DirectoryIDs[:k:k], u.DirectoryIDs[k+1:]...) })
	}
}

// directoryFiles are the files of directory k; false if a [[directory]] cannot say it as every branch has it.
func (c *converter) directoryFiles(k int, number *int) ([]*fileItem, bool) {
	d := c.rest[0].DirectoryIDs[k]
	for _, u := range c.rest {
		if len(u.DirectoryIDs) <= k {
			return nil, false
		}
		o := u.DirectoryIDs[k]
		if o.ID != d.ID || !strings.EqualFold(o.CustomDLL, d.CustomDLL) || o.CustomFunc != d.CustomFunc || o.CopyFlags != 0 {
			return nil, false
		}
	}
	if !manifest.OwnDirID(d.ID) || !sayableText(d.CustomFunc) || !c.customDLL(d.CustomDLL) {
		return nil, false
	}
	files, ok := c.groupFiles(number, func(u *updateinf.Update) []updateinf.FileGroup { return u.DirectoryIDs[k].Files })
	for _, f := range files {
		if len(f.sources) < len(c.o.branches) || len(f.dirs) != 1 || f.dirs[0] != (updateinf.Dir{ID: d.ID}) {
			return nil, false
		}
	}
	return files, ok && len(files) > 0
}
