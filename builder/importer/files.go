package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// fileItem is a [[file]] in the making.
type fileItem struct {
	name    string
	when    updateinf.When
	flags   uint32
	dirs    []updateinf.Dir
	skus    []string
	sources map[string]string // branch → path in the package
}

func (f *fileItem) key(withDirs bool) string {
	s := fmt.Sprintf("%s|%s|%x|%v", strings.ToLower(f.name), f.when, f.flags, f.sources) // fmt sorts the keys of a map
	if withDirs {
		s += fmt.Sprint(f.dirs)
	}
	return s
}

// fileTables writes [[file]], [[delete]] and [[rename]] for what they can say.
func (c *converter) fileTables() {
	items := c.collect(func(i int) *[]updateinf.FileGroup { return &c.rest[i].Files }, "")
	for _, f := range mergeFiles(items) {
		c.fileTable("[[file]]", f, false)
	}
	c.changes()
}

// collect takes out of the groups of every branch the copies that a [[file]] can say. scope is that of places: empty, or a
// condition.
func (c *converter) collect(groups func(branch int) *[]updateinf.FileGroup, scope string) []*fileItem {
	var items []*fileItem
	at := map[string]*fileItem{}
	for i, b := range c.o.branches {
		seen := map[string][]string{}
		c.filter(groups(i), func(g updateinf.FileGroup, l updateinf.FileLine) bool {
			if !c.sayable(b, g, l, scope != "") || taken(seen, g, l) {
				return false
			}
			key := fmt.Sprintf("%s|%s|%x|%d|%s|%s", g.When, g.SKU, l.Flags, g.Dir.ID, strings.ToLower(g.Dir.Sub), strings.ToLower(l.Name))
			f, ok := at[key]
			if !ok {
				f = &fileItem{name: l.Name, when: g.When, flags: l.Flags, dirs: []updateinf.Dir{g.Dir}, skus: []string{g.SKU}, sources: map[string]string{}}
				at[key] = f
				items = append(items, f)
			}
			f.sources[b.name] = b.root + sourceOf(l)
			return true
		})
	}
	return items
}

// filter takes the lines out of groups for which take says so, and the groups that are empty then.
func (c *converter) filter(groups *[]updateinf.FileGroup, take func(updateinf.FileGroup, updateinf.FileLine) bool) {
	var left []updateinf.FileGroup
	for _, g := range *groups {
		var lines []updateinf.FileLine
		for _, l := range g.Files {
			if !take(g, l) {
				lines = append(lines, l)
			}
		}
		if g.Files = lines; len(lines) > 0 {
			left = append(left, g)
		}
	}
	*groups = left
}

// taken notes a place and tells whether an earlier line writes it on the same machine: a manifest refuses that.
func taken(seen map[string][]string, g updateinf.FileGroup, l updateinf.FileLine) bool {
	place, scope := manifest.Place(g.Dir, l.Name), g.SKU
	if g.When == updateinf.Uniprocessor || g.When == updateinf.Multiprocessor {
		scope = string(g.When)
	}
	for _, s := range seen[place] {
		if s == scope || s == "" || scope == "" {
			return true
		}
	}
	seen[place] = append(seen[place], scope)
	return false
}

func (c *converter) sayable(b branchINF, g updateinf.FileGroup, l updateinf.FileLine, conditional bool) bool {
	_, known := manifest.FileTimeName(g.When)
	if conditional {
		known = g.When == "" && g.SKU == ""
	}
	_, flags := manifest.CopyFlagWords(l.Flags)
	if g.Kind != updateinf.Copy || !known || !flags || !editionKnown(g.SKU) || manifest.CheckName(l.Name) != nil || !manifest.DirOK(g.Dir) {
		return false
	}
	_, there := c.keepPayload(b.root + sourceOf(l))
	return there
}

func editionKnown(sku string) bool {
	_, ok := manifest.EditionWord(sku)
	return ok || sku == ""
}

// mergeFiles joins items that differ in the directory only, then those that differ in the edition only.
func mergeFiles(items []*fileItem) []*fileItem {
	join := func(list []*fileItem, key func(*fileItem) string, into func(a, b *fileItem)) (out []*fileItem) {
		at := map[string]*fileItem{}
		for _, f := range list {
			if first, ok := at[key(f)]; ok {
				into(first, f)
				continue
			}
			at[key(f)] = f
			out = append(out, f)
		}
		return out
	}
	byDir := join(items, func(f *fileItem) string { return f.key(false) + f.skus[0] },
		func(a, b *fileItem) { a.dirs = append(a.dirs, b.dirs...) })
	return join(byDir, func(f *fileItem) string {
		if f.skus[0] == "" {
			return f.key(true)
		}
		return f.key(true) + "|edition"
	}, func(a, b *fileItem) { a.skus = append(a.skus, b.skus...) })
}

func (c *converter) fileTable(header string, f *fileItem, conditional bool) {
	c.w.table(header)
	c.fileSource(f, true)
	var to []string
	for _, d := range f.dirs {
		to = append(to, manifest.DirString(d))
	}
	if len(to) == 1 {
		c.w.put("to", to[0])
	} else {
		c.w.put("to", to)
	}
	if word, _ := manifest.FileTimeName(f.when); !conditional && word != "if-present" {
		c.w.put("when", word)
	}
	words, _ := manifest.CopyFlagWords(f.flags)
	c.w.set("flags", words)
	c.editions(f.skus)
}

// fileSource writes where a file comes from and, where that says another, its name.
func (c *converter) fileSource(f *fileItem, branches bool) {
	var places []string
	for _, b := range slices.Sorted(maps.Keys(f.sources)) {
		places = append(places, c.payload[strings.ToLower(f.sources[b])])
	}
	if len(c.o.branches) == 1 && c.o.branches[0].name == "" {
		c.w.put("source", places[0])
	} else {
		var pairs []any
		for _, b := range c.o.branches {
			if p, ok := f.sources[b.name]; ok {
				pairs = append(pairs, b.name, c.payload[strings.ToLower(p)])
			}
		}
		c.w.put("source", inline(pairs...))
		if branches && len(f.sources) < len(c.o.branches) {
			var names []string
			for _, b := range c.o.branches {
				if _, ok := f.sources[b.name]; ok {
					names = append(names, b.name)
				}
			}
			c.w.put("branches", names)
		}
	}
	for _, p := range places {
		if p[strings.LastIndexByte(p, '/')+1:] != f.name {
			c.w.put("name", f.name)
			break
		}
	}
}

func (c *converter) editions(skus []string) {
	var words []string
	for _, s := range skus {
		if w, ok := manifest.EditionWord(s); ok {
			words = append(words, w)
		}
	}
	c.w.set("edition", words)
}

// changes writes [[delete]] and [[rename]], where every branch has the same.
func (c *converter) changes() {
	type change struct {
		g updateinf.FileGroup
		l updateinf.FileLine
	}
	key := func(g updateinf.FileGroup, l updateinf.FileLine) string {
		return fmt.Sprintf("%d|%s|%s|%s|%x|%s|%s", g.Kind, g.SKU, manifest.Place(g.Dir, l.Name), strings.ToLower(l.Source), l.Flags, manifest.DirString(g.Dir), l.Name)
	}
	count := map[string]int{}
	places := map[string]int{}
	var list []change
	fits := func(g updateinf.FileGroup, l updateinf.FileLine) bool {
		old := l.Name
		if g.Kind == updateinf.Rename {
			old = l.Source
		}
		return g.Kind != updateinf.Copy && g.When == updateinf.CopyAlways && editionKnown(g.SKU) && manifest.DirOK(g.Dir) && manifest.CheckName(l.Name) == nil &&
			manifest.CheckName(old) == nil && (l.Flags == 0 || g.Kind == updateinf.Delete && l.Flags == updateinf.DelInUse) && places[manifest.Place(g.Dir, old)] == 0 &&
			!strings.EqualFold(l.Name, l.Source)
	}
	for i := range c.rest {
		for _, g := range c.rest[i].Files {
			for _, l := range g.Files {
				if fits(g, l) {
					count[key(g, l)]++
				}
			}
		}
	}
	for i := range c.rest {
		mine := map[string]int{}
		places = map[string]int{}
		c.filter(&c.rest[i].Files, func(g updateinf.FileGroup, l updateinf.FileLine) bool {
			if !fits(g, l) || count[key(g, l)] != len(c.rest) {
				return false
			}
			old := l.Name
			if g.Kind == updateinf.Rename {
				old = l.Source
			}
			if mine[key(g, l)]++; mine[key(g, l)] > 1 {
				return true
			}
			places[manifest.Place(g.Dir, old)]++
			if i == 0 {
				list = append(list, change{g, l})
			}
			return true
		})
	}
	for _, ch := range list {
		if ch.g.Kind == updateinf.Delete {
			c.w.table("[[delete]]")
			c.w.put("file", manifest.DirString(ch.g.Dir)+`\`+ch.l.Name)
			if ch.l.Flags != 0 {
				c.w.put("flags", []string{"in-use"})
			}
		} else {
			c.w.table("[[rename]]")
			c.w.put("file", manifest.DirString(ch.g.Dir)+`\`+ch.l.Source)
			c.w.put("to", ch.l.Name)
		}
		c.editions([]string{ch.g.SKU})
	}
}
