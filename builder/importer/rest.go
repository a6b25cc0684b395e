package importer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// uninstallTable writes [[uninstall.registry]] for what [UninstallSections] brings into spuninst.inf, as far as every branch
// has it and every build writes those sections.
func (c *converter) uninstallTable() {
	c.unnamed()
	c.keeps()
	if !c.same(func(u *updateinf.Update) any { return u.Uninstall }) {
		c.each(func(u *updateinf.Update) { u.Uninstall = leftBlocks(u.Uninstall, nil) })
		return
	}
	var list []regItem
	seen := map[string]bool{}
	kinds := map[string]updateinf.RegKind{"add.reg": updateinf.AddReg, "del.reg": updateinf.DelReg, "bit.reg": updateinf.BitReg}
	take := func(block string, l inf.Line) bool {
		kind, ok := kinds[strings.ToLower(block)]
		r, isReg := regLine(l)
		if !ok || !isReg || l.HasKey {
			return false
		}
		if kind == updateinf.DelReg && r.Flags == 0 && len(r.Data) == 0 {
			r.HasName = r.Name != ""
		}
		item := regItem{kind: kind, line: r}
		spot := fmt.Sprint(r.Root, strings.ToLower(r.Key), "|", strings.ToLower(r.Name), r.HasName)
		if kind == updateinf.BitReg {
			spot += fmt.Sprint(r.Flags, r.Data)
		}
		if _, ok := registryPairs(item, false); !ok || seen[spot] && !contains(list, item) {
			return false
		}
		if !seen[spot] {
			seen[spot] = true
			list = append(list, item)
		}
		return true
	}
	c.each(func(u *updateinf.Update) { u.Uninstall = leftBlocks(u.Uninstall, take) })
	if slices.ContainsFunc(list, func(r regItem) bool { return r.kind == updateinf.BitReg }) { // a build names [Bit.Reg] then
		bits := func(block string, l inf.Line) bool {
			return strings.EqualFold(block, "GlobalRegistryChanges") && len(l.Fields) == 1 && strings.EqualFold(l.Key+"="+l.Fields[0], "BitReg=Bit.Reg")
		}
		c.each(func(u *updateinf.Update) { u.Uninstall = leftBlocks(u.Uninstall, bits) })
	}
	for _, r := range list {
		c.registryTable("[[uninstall.registry]]", r, false)
	}
}

// unnamed leaves out sections that nothing names and that would mean something under the name that every build gives them.
func (c *converter) unnamed() {
	written := []string{"globalregistrychanges.uninstall", "add.reg.uninstall", "del.reg.uninstall", "product.add.reg", "product.del.reg", "register.dlls", "unregister.dlls"}
	for i, b := range c.o.branches {
		c.rest[i].Other = slices.DeleteFunc(slices.Clone(c.rest[i].Other), func(s updateinf.Section) bool {
			drop := slices.Contains(written, strings.ToLower(s.Name))
			if drop && len(s.Lines) > 0 {
				c.note("%s: [%s] is left out; nothing names it", b.path, s.Name)
			}
			return drop
		})
	}
}

// leftBlocks are the blocks without what take takes and what every build writes.
func leftBlocks(blocks []updateinf.UninstallBlock, take func(block string, l inf.Line) bool) (left []updateinf.UninstallBlock) {
	for _, b := range blocks {
		var lines []inf.Line
		for _, l := range b.Lines {
			if !(take != nil && take(b.Name, l)) && !standardUninstall(b.Name, l) {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			left = append(left, updateinf.UninstallBlock{Name: b.Name, Source: b.Source, Lines: lines})
		}
	}
	return left
}

// standardUninstall: the lines of [GlobalRegistryChanges] as WP Appendix B has them.
func standardUninstall(block string, l inf.Line) bool {
	return strings.EqualFold(block, "GlobalRegistryChanges") && len(l.Fields) == 1 &&
		(strings.EqualFold(l.Key+"="+l.Fields[0], "AddReg=Add.Reg") || strings.EqualFold(l.Key+"="+l.Fields[0], "DelReg=Del.Reg"))
}

// rawPrefix begins the names of sections in raw text, so that none is one that the build writes.
const rawPrefix = "Raw."

// rawOf is the raw INF text of what no key says of a branch.
func (c *converter) rawOf(i int) string {
	u := *c.rest[i]
	n := &namer{}
	u.Files = n.files(u.Files)
	u.Registry = n.registry(u.Registry)
	u.RegisterDLLs = slices.Clone(u.RegisterDLLs)
	for k := range u.RegisterDLLs {
		u.RegisterDLLs[k].Section = rawPrefix + u.RegisterDLLs[k].Section
	}
	u.Shortcuts = slices.Clone(u.Shortcuts)
	for k := range u.Shortcuts {
		u.Shortcuts[k].Section = rawPrefix + u.Shortcuts[k].Section
	}
	source := c.o.branches[i].u
	named := map[string]bool{}
	dir := func(section string) string {
		d, ok := source.SectionDir(section)
		name := rawPrefix + "Check." + section
		if ok && !named[strings.ToLower(name)] {
			named[strings.ToLower(name)] = true
			u.Dirs = append(u.Dirs, updateinf.NamedDir{Section: name, Dir: d})
		}
		return name
	}
	u.Prerequisites = n.conditions(u.Prerequisites, dir)
	u.PrerequisitesUninstall = n.conditions(u.PrerequisitesUninstall, dir)
	n.conditional(&u, dir)
	for k, b := range u.Uninstall {
		u.Uninstall[k].Source = rawPrefix + strings.TrimPrefix(b.Source, rawPrefix)
	}
	text, err := u.Print()
	if err != nil {
		c.note("%s: what no key says cannot be written as raw INF text: %v", c.o.branches[i].path, err)
		return ""
	}
	return stripped(text)
}

// stripped is a printed INF without the sections that every build writes, and without [Version] and [Configuration] where
// they hold only what Print writes always.
func stripped(text []byte) string {
	f, err := inf.Parse("raw.inf", text)
	if err != nil {
		return ""
	}
	var keep []*inf.Section
	for _, s := range f.Sections {
		if strings.EqualFold(s.Name, "Version") {
			s.Nodes = slices.DeleteFunc(s.Nodes, func(n *inf.Node) bool {
				return n.Kind != inf.Entry || strings.EqualFold(n.Line.Key, "Signature") || strings.EqualFold(n.Line.Key, "LanguageType")
			})
		}
		if len(s.Lines()) > 0 && !strings.EqualFold(s.Name, "Strings") && !strings.EqualFold(s.Name, "SourceDisksNames") {
			keep = append(keep, s)
		}
	}
	f.Sections = keep
	lines := strings.Split(strings.ReplaceAll(strings.TrimSpace(decode(f.Bytes())), "\r\n", "\n"), "\n")
	if len(keep) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}

// namer gives the sections of raw text names, one for each content.
type namer struct{ taken map[string]string }

func (n *namer) name(section, content string) string {
	if n.taken == nil {
		n.taken = map[string]string{}
	}
	base := rawPrefix + strings.TrimPrefix(section, "@")
	for k := 1; ; k++ {
		name := base
		if k > 1 {
			name = fmt.Sprintf("%s.%d", base, k)
		}
		if old, ok := n.taken[strings.ToLower(name)]; !ok || old == content {
			n.taken[strings.ToLower(name)] = content
			return name
		}
	}
}

func (n *namer) files(groups []updateinf.FileGroup) []updateinf.FileGroup {
	groups = slices.Clone(groups)
	for i, g := range groups {
		s := stater{content: strings.ToLower}
		groups[i].Section = n.name(g.Section, fmt.Sprint(g.Kind, g.Dir, s.files("", g)))
	}
	return groups
}

func (n *namer) registry(groups []updateinf.RegistryGroup) []updateinf.RegistryGroup {
	groups = slices.Clone(groups)
	for i, g := range groups {
		s := stater{}
		groups[i].Section = n.name(g.Section, fmt.Sprint(g.Kind, s.registry("", g)))
	}
	return groups
}

func (n *namer) conditions(list []updateinf.Condition, dir func(string) string) []updateinf.Condition {
	list = slices.Clone(list)
	for i := range list {
		list[i].Section = rawPrefix + list[i].Section
		list[i].Tests = slices.Clone(list[i].Tests)
		for k, t := range list[i].Tests {
			if t.Kind == updateinf.CheckFileVer {
				t.Args = slices.Clone(t.Args)
				t.Args[0] = dir(t.Args[0])
				list[i].Tests[k] = t
			}
		}
	}
	return list
}

func (n *namer) conditional(u *updateinf.Update, dir func(string) string) {
	one := func(c updateinf.Conditional) updateinf.Conditional {
		c.Name, c.InstallFrom = rawPrefix+c.Name, rawPrefix+c.InstallFrom
		if c.TargetFrom != "" {
			c.TargetFrom = dir(c.TargetFrom)
		}
		return c
	}
	u.Conditional, u.RegisterInclude = slices.Clone(u.Conditional), slices.Clone(u.RegisterInclude)
	for i := range u.Conditional {
		u.Conditional[i].Conditional, u.Conditional[i].Files = one(u.Conditional[i].Conditional), n.files(u.Conditional[i].Files)
	}
	for i := range u.RegisterInclude {
		u.RegisterInclude[i].Conditional, u.RegisterInclude[i].Registry = one(u.RegisterInclude[i].Conditional), n.registry(u.RegisterInclude[i].Registry)
	}
	u.ExtendedConditional, u.DirectoryIDs = slices.Clone(u.ExtendedConditional), slices.Clone(u.DirectoryIDs)
	for i, e := range u.ExtendedConditional {
		e.Name, e.Conditions, e.Files, e.Registry = rawPrefix+e.Name, n.conditions(e.Conditions, dir), n.files(e.Files), n.registry(e.Registry)
		u.ExtendedConditional[i] = e
	}
	for i, d := range u.DirectoryIDs {
		d.Name, d.InstallFrom, d.Files = rawPrefix+d.Name, rawPrefix+d.InstallFrom, n.files(d.Files)
		u.DirectoryIDs[i] = d
	}
}

func (c *converter) sameRaw() bool {
	for i := range c.rest {
		if c.rawOf(i) != c.rawOf(0) {
			return false
		}
	}
	return true
}

// rawTable writes [raw]: the text that all branches share, and the files of the package that no [[file]] brings.
func (c *converter) rawTable() {
	text := ""
	if c.sameRaw() {
		text = c.rawOf(0)
	}
	files := c.rawFiles()
	if text == "" && len(files) == 0 {
		return
	}
	c.w.table("[raw]")
	if text != "" {
		c.w.put("inf", block(text))
	}
	for _, f := range files {
		c.w.table("[[raw.file]]")
		c.w.put("source", c.payload[f])
		c.w.put("path", f)
	}
}

// rawFiles are paths in the package, in lower case, of the files that raw lines copy and of those that are neither payload
// nor the installer's own.
func (c *converter) rawFiles() []string {
	used := map[string]bool{}
	for i, b := range c.o.branches {
		for _, p := range copied(c.rest[i]) {
			used[strings.ToLower(b.root+p)] = true
		}
	}
	for _, name := range c.o.tree.Names() {
		if _, kept := c.payload[name]; !kept && !c.own(name) {
			used[name] = true
		}
	}
	var list []string
	for _, name := range sortedKeys(used) {
		if _, ok := c.keepPayload(name); !ok {
			c.note("the package lacks %s, which its INF copies", name)
			continue
		}
		list = append(list, name)
	}
	return list
}

// copied are the sources of every copy that is left.
func copied(u *updateinf.Update) (list []string) {
	add := func(groups []updateinf.FileGroup) {
		for _, g := range groups {
			for _, l := range g.Files {
				if g.Kind == updateinf.Copy {
					list = append(list, sourceOf(l))
				}
			}
		}
	}
	add(u.Files)
	for _, x := range u.Conditional {
		add(x.Files)
	}
	for _, x := range u.ExtendedConditional {
		add(x.Files)
	}
	for _, x := range u.DirectoryIDs {
		add(x.Files)
	}
	return list
}

// own tells whether a file belongs to the installer, or is written anew by every build.
func (c *converter) own(name string) bool {
	base := name[strings.LastIndexByte(name, '\\')+1:]
	folder := strings.TrimSuffix(name, base)
	for _, b := range c.o.branches {
		if strings.EqualFold(name, b.path) {
			return true
		}
		folder = strings.TrimPrefix(folder, strings.ToLower(b.root))
	}
	catalog := strings.HasSuffix(base, ".cat") && (base == strings.ToLower(c.first().Strings.KB())+".cat" || base == "empty.cat")
	switch folder {
	case "", `update\`, `common\`:
		return catalog || slices.Contains([]string{"update.exe", "spuninst.exe", "spmsg.dll", "spupdsvc.exe", "updspapi.dll", "xpsp1hfm.exe",
			"updatebr.inf", "branches.inf", "update.ver", "_sfx_manifest_", "update.url"}, base)
	}
	return false
}
