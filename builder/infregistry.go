package builder

import (
	"fmt"
	"slices"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// regSections are the registry changes of one kind each, for one section each.
type regSections struct{ kinds [3][]updateinf.RegLine }

func (s *regSections) add(g manifest.Registry) {
	kind := updateinf.AddReg
	switch {
	case g.Bits:
		kind = updateinf.BitReg
	case g.Delete:
		kind = updateinf.DelReg
	}
	s.kinds[kind] = append(s.kinds[kind], regLinesOf(g)...)
}

// groups names the sections base.Add.Reg, base.Del.Reg, base.Bit.Reg.
func (s *regSections) groups(when updateinf.When, sku, base string) []updateinf.RegistryGroup {
	var list []updateinf.RegistryGroup
	for kind, lines := range s.kinds {
		if len(lines) > 0 {
			list = append(list, updateinf.RegistryGroup{When: when, SKU: sku, Kind: updateinf.RegKind(kind), Section: base + regSuffix(updateinf.RegKind(kind)), Lines: lines})
		}
	}
	return list
}

func regSuffix(k updateinf.RegKind) string {
	return [...]string{".Add.Reg", ".Del.Reg", ".Bit.Reg"}[k]
}

// regLinesOf are the lines that say a change. A DelReg line takes one string out of a list (INF docs).
func regLinesOf(g manifest.Registry) []updateinf.RegLine {
	l := updateinf.RegLine{Root: g.Root, Key: g.Path, Name: g.Name, HasName: g.HasName, Flags: g.Flags, Data: g.Data}
	if !g.Delete || len(g.Data) < 2 {
		return []updateinf.RegLine{l}
	}
	var lines []updateinf.RegLine
	for _, d := range g.Data {
		l.Data = []string{d}
		lines = append(lines, l)
	}
	return lines
}

// registryGroups: the same sections for a first and for a repeated installation, as WP Appendix B shows, but for what the
// author wants in one of them only; sections of their own for editions, with their files or by product build type.
func registryGroups(m *manifest.Manifest) []updateinf.RegistryGroup {
	uninstall := `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\` + m.KB
	type place struct {
		when updateinf.When
		sku  string
	}
	sections := map[place]*regSections{{}: {}}
	places := []place{{}}
	at := func(p place) *regSections {
		if sections[p] == nil {
			sections[p] = &regSections{}
			places = append(places, p)
		}
		return sections[p]
	}
	product := at(place{})
	product.kinds[updateinf.AddReg] = []updateinf.RegLine{
		{Root: "HKLM", Key: uninstall, Name: "ParentKeyName", HasName: true, Data: []string{m.ARP.ParentKey}},
		{Root: "HKLM", Key: uninstall, Name: "ParentDisplayName", HasName: true, Data: []string{m.ARP.ParentName}},
	}
	product.kinds[updateinf.DelReg] = containedKeys(m)
	for _, g := range m.Registry {
		if g.Condition != 0 {
			continue
		}
		for _, sku := range skus(g.Editions) {
			at(place{g.When, sku}).add(g)
		}
	}
	var groups []updateinf.RegistryGroup
	for _, p := range places {
		switch p.when {
		case updateinf.SKUFiles:
			groups = append(groups, sections[p].groups(p.when, p.sku, p.sku+"Files")...)
		case updateinf.GlobalAppend:
			groups = append(groups, sections[p].groups(p.when, manifest.BuildTypes()[p.sku], skuPrefix(p.sku)+"Append")...)
		}
	}
	for _, when := range []updateinf.When{updateinf.GlobalInstall, updateinf.GlobalReinstall} {
		for _, p := range places {
			base := map[updateinf.When]string{"": "Product", updateinf.GlobalInstall: "Install", updateinf.GlobalReinstall: "ReInstall"}[p.when]
			if p.when == "" || p.when == when {
				groups = append(groups, sections[p].groups(when, p.sku, skuPrefix(p.sku)+base)...)
			}
		}
	}
	slices.SortStableFunc(groups, func(a, b updateinf.RegistryGroup) int {
		switch {
		case a.When != b.When:
			return 0 // they stand in order
		case a.SKU < b.SKU:
			return -1
		case a.SKU > b.SKU:
			return 1
		}
		return 0
	})
	return groups
}

// conditionalRegistry are the changes that count under a condition.
func conditionalRegistry(m *manifest.Manifest, n int, names sectionNames) []updateinf.RegistryGroup {
	var s regSections
	for _, g := range m.Registry {
		if g.Condition == n {
			s.add(g)
		}
	}
	groups := s.groups("", "", fmt.Sprintf("Condition%d", n))
	for i, g := range groups {
		suffix := regSuffix(g.Kind)
		groups[i].Section = names.free(g.Section[:len(g.Section)-len(suffix)], suffix)
	}
	return groups
}

// savedKeys is [Save.Reg.For.Uninstall]: what the author lists, every value the update sets or deletes, and every key it
// deletes. Not there are a key that is only created, as saving it would put its whole old content back over what came later, and
// what such a line cannot name: default values and the 32-bit view; and what only a condition changes. The engine restores
// what the update itself changes in any case.
func savedKeys(m *manifest.Manifest) []updateinf.SavedKey {
	list := slices.Clone(m.SavedRegistry)
	for _, g := range m.Registry {
		sayable := g.Flags&updateinf.FlgAddReg32BitKey == 0 && (!g.HasName || g.Name != "")
		if g.Save && g.Condition == 0 && sayable && (g.HasName || g.Delete) {
			s := updateinf.SavedKey{Root: g.Root, Key: g.Path, Name: g.Name, HasName: g.HasName}
			if !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// uninstallBlocks is [UninstallSections] as WP Appendix B has it, with the changes that the author wants on removal.
func uninstallBlocks(m *manifest.Manifest) []updateinf.UninstallBlock {
	line := func(key, field string) inf.Line { return inf.Line{Key: key, HasKey: true, Fields: []string{field}} }
	var s regSections
	for _, g := range m.Uninstall {
		s.add(g)
	}
	lines := func(k updateinf.RegKind) []inf.Line {
		var list []inf.Line
		for _, l := range s.kinds[k] {
			list = append(list, inf.Line{Fields: regFields(k, l)})
		}
		return list
	}
	blocks := []updateinf.UninstallBlock{
		{Name: "GlobalRegistryChanges", Source: "GlobalRegistryChanges.UnInstall", Lines: []inf.Line{line("AddReg", "Add.Reg"), line("DelReg", "Del.Reg")}},
		{Name: "Add.Reg", Source: "Add.Reg.Uninstall", Lines: lines(updateinf.AddReg)},
		{Name: "Del.Reg", Source: "Del.Reg.Uninstall", Lines: lines(updateinf.DelReg)},
	}
	if bits := lines(updateinf.BitReg); len(bits) > 0 {
		blocks[0].Lines = append(blocks[0].Lines, line("BitReg", "Bit.Reg"))
		blocks = append(blocks, updateinf.UninstallBlock{Name: "Bit.Reg", Source: "Bit.Reg.Uninstall", Lines: bits})
	}
	return blocks
}

// regFields are the fields of a registry line, as few as it needs (INF docs).
func regFields(k updateinf.RegKind, l updateinf.RegLine) []string {
	fields := []string{l.Root, l.Key}
	data := l.Data
	if k == updateinf.AddReg && l.HasName && l.Name == "" && len(data) == 0 {
		data = []string{""}
	}
	if l.HasName || l.Flags != 0 || len(data) > 0 {
		fields = append(fields, l.Name)
	}
	if l.Flags != 0 || len(data) > 0 {
		fields = append(fields, fmt.Sprintf("0x%08X", l.Flags))
	}
	return append(fields, data...)
}
