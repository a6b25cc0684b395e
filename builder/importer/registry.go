package importer

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// regItem is a registry line with the kind of its section.
type regItem struct {
	kind updateinf.RegKind
	line updateinf.RegLine
}

// spot is the key or value that the line is about, in its view.
func (r regItem) spot() string {
	return fmt.Sprint(r.line.Root, strings.ToLower(strings.TrimRight(r.line.Key, `\`)), "|", r.line.HasName, strings.ToLower(r.line.Name),
		r.line.Flags&(updateinf.FlgAddReg32BitKey|updateinf.FlgAddReg64BitKey))
}

func (r regItem) key() string { return fmt.Sprint(r.kind, regText(r.kind, r.line)) }

// registryTables writes [[registry]] for the lines that count for first and repeated installations, in every branch.
func (c *converter) registryTables() {
	for i := range c.rest {
		c.dropARP(i)
	}
	count := map[string]int{}
	for i := range c.rest {
		in := c.globals(i, updateinf.GlobalInstall)
		again := c.globals(i, updateinf.GlobalReinstall)
		for key := range in {
			if _, both := again[key]; both {
				count[key]++
			}
		}
	}
	var list []regItem
	values := map[string]bool{}
	taken := map[string]bool{}
	for i := range c.rest {
		var left []updateinf.RegistryGroup
		for _, g := range c.rest[i].Registry {
			global := g.SKU == "" && (g.When == updateinf.GlobalInstall || g.When == updateinf.GlobalReinstall)
			var lines []updateinf.RegLine
			for _, l := range g.Lines {
				r := regItem{g.Kind, l}
				if !global || count[r.key()] != len(c.rest) || !c.accept(r, i == 0, values, taken) {
					lines = append(lines, l)
				} else if i == 0 && g.When == updateinf.GlobalInstall && !contains(list, r) {
					list = append(list, r)
				}
			}
			if g.Lines = lines; len(lines) > 0 {
				left = append(left, g)
			}
		}
		c.rest[i].Registry = left
	}
	saved := c.takeSaved(list)
	for _, r := range list {
		c.registryTable("[[registry]]", r, !saved[r.key()])
	}
}

func contains(list []regItem, r regItem) bool {
	for _, o := range list {
		if o.key() == r.key() {
			return true
		}
	}
	return false
}

// accept tells whether a [[registry]] says the line. A manifest changes each value once.
func (c *converter) accept(r regItem, decide bool, values, taken map[string]bool) bool {
	if !decide {
		return taken[r.key()]
	}
	if taken[r.key()] {
		return true
	}
	spot := r.spot()
	if _, ok := registryPairs(r, false); !ok || values[spot] {
		return false
	}
	values[spot] = true
	taken[r.key()] = true
	return true
}

func (c *converter) globals(i int, when updateinf.When) map[string]regItem {
	m := map[string]regItem{}
	for _, g := range c.rest[i].Registry {
		if g.When == when && g.SKU == "" && g.Kind != updateinf.BitReg {
			for _, l := range g.Lines {
				r := regItem{g.Kind, l}
				m[r.key()] = r
			}
		}
	}
	return m
}

// dropARP takes out the lines for Add or Remove Programs that every build writes ([arp]).
func (c *converter) dropARP(i int) {
	uninstall := `software\microsoft\windows\currentversion\uninstall\` + strings.ToLower(c.o.branches[i].u.Strings.KB())
	for k, g := range c.rest[i].Registry {
		if g.SKU != "" || g.When != updateinf.GlobalInstall && g.When != updateinf.GlobalReinstall {
			continue
		}
		var lines []updateinf.RegLine
		for _, l := range g.Lines {
			name := strings.ToLower(l.Name)
			if strings.ToLower(l.Key) != uninstall || l.Flags != 0 || name != "parentkeyname" && name != "parentdisplayname" {
				lines = append(lines, l)
			}
		}
		c.rest[i].Registry[k].Lines = lines
	}
}

// takeSaved takes the lines of [Save.Reg.For.Uninstall] out that the build writes for registry changes, and tells for which
// changes every branch has one.
func (c *converter) takeSaved(list []regItem) map[string]bool {
	saved := map[string]bool{}
	for _, r := range list {
		all := true
		for i := range c.rest {
			all = all && indexSaved(c.rest[i].SaveReg, r.line) >= 0
		}
		if saved[r.key()] = all || !manifest.Savable(r.kind == updateinf.DelReg, r.line.HasName, r.line.Name, r.line.Flags); !all {
			continue
		}
		for i := range c.rest {
			k := indexSaved(c.rest[i].SaveReg, r.line)
			c.rest[i].SaveReg = append(c.rest[i].SaveReg[:k:k], c.rest[i].SaveReg[k+1:]...)
		}
	}
	return saved
}

func indexSaved(list []updateinf.SavedKey, l updateinf.RegLine) int {
	for i, s := range list {
		if s.Section == "" && s.Root == l.Root && strings.EqualFold(strings.TrimRight(s.Key, `\`), strings.TrimRight(l.Key, `\`)) && s.HasName == l.HasName && strings.EqualFold(s.Name, l.Name) {
			return i
		}
	}
	return -1
}

func (c *converter) registryTable(header string, r regItem, unsaved bool) {
	pairs, _ := registryPairs(r, unsaved)
	c.w.table(header)
	for i := 0; i+1 < len(pairs); i += 2 {
		c.w.put(pairs[i].(string), pairs[i+1])
	}
}

// registryPairs are the keys of a [[registry]] table; false if it cannot say the line.
func registryPairs(r regItem, unsaved bool) ([]any, bool) {
	l := r.line
	key := strings.TrimRight(l.Key, `\`)
	if l.Root == "HKR" || key == "" || strings.Contains(key, `\\`) || strings.ContainsFunc(key+l.Name, control) || strings.HasPrefix(key, `\`) {
		return nil, false
	}
	if !strings.Contains(key, `\`) && strings.Contains(key, "/") {
		return nil, false
	}
	pairs := []any{"key", l.Root + `\` + key}
	if l.HasName {
		pairs = append(pairs, "name", l.Name)
	}
	flags := l.Flags
	view := ""
	switch {
	case flags&updateinf.FlgAddReg32BitKey != 0 && flags&updateinf.FlgAddReg64BitKey == 0:
		view = "32"
	case flags&updateinf.FlgAddReg64BitKey != 0 && flags&updateinf.FlgAddReg32BitKey == 0 && r.kind == updateinf.AddReg:
		view = "64"
	}
	flags &^= updateinf.FlgAddReg32BitKey | updateinf.FlgAddReg64BitKey
	if l.Flags&^flags != 0 && view == "" {
		return nil, false
	}
	switch r.kind {
	case updateinf.DelReg:
		if flags != 0 || len(l.Data) > 0 || !l.HasName && !strings.Contains(key, `\`) || l.HasName && l.Name == "" {
			return nil, false
		}
		pairs = append(pairs, "action", "delete")
	case updateinf.AddReg:
		more, ok := settingPairs(l, flags)
		if !ok {
			return nil, false
		}
		pairs = append(pairs, more...)
	default:
		return nil, false
	}
	if view != "" {
		pairs = append(pairs, "view", view)
	}
	if unsaved {
		pairs = append(pairs, "save", raw("false"))
	}
	return pairs, true
}

func settingPairs(l updateinf.RegLine, flags uint32) ([]any, bool) {
	var words []string
	for _, f := range []struct {
		word string
		bit  uint32
	}{{"keep-existing", updateinf.FlgAddRegNoClobber}, {"append", updateinf.FlgAddRegAppend}, {"only-existing", updateinf.FlgAddRegOverwriteOnly}} {
		if flags&f.bit != 0 {
			words = append(words, f.word)
			flags &^= f.bit
		}
	}
	var pairs []any
	if !l.HasName {
		if flags&^updateinf.FlgAddRegKeyOnly != 0 || len(l.Data) > 0 {
			return nil, false
		}
	} else {
		value, ok := valuePairs(l, flags)
		if !ok || len(words) > 0 && words[0] == "append" && flags != updateinf.FlgAddRegTypeMultiSZ && flags != updateinf.FlgAddRegTypeExpandSZ {
			return nil, false
		}
		pairs = value
	}
	if len(words) > 0 {
		pairs = append(pairs, "flags", words)
	}
	return pairs, true
}

// valuePairs are type and value, as the manifest writes them; flags are those that say the type.
func valuePairs(l updateinf.RegLine, flags uint32) ([]any, bool) {
	if _, _, err := l.Value(); err != nil {
		return nil, false
	}
	one := func(kind string, named bool) ([]any, bool) {
		if len(l.Data) > 1 {
			return nil, false // commas at the end, and text that was no field of its own
		}
		text := ""
		if len(l.Data) == 1 {
			text = l.Data[0]
		}
		if len(text) > manifest.MaxField || strings.ContainsAny(text, "\x00\r\n") {
			return nil, false
		}
		pairs := []any{"value", text}
		if named {
			pairs = []any{"type", kind, "value", text}
		}
		return pairs, true
	}
	switch flags {
	case updateinf.FlgAddRegTypeSZ:
		return one("string", false)
	case updateinf.FlgAddRegTypeExpandSZ:
		return one("expand", true)
	case updateinf.FlgAddRegTypeMultiSZ:
		var list []string
		for _, d := range l.Data {
			if d != "" {
				list = append(list, d)
			}
		}
		return []any{"type", "multi", "value", list}, true
	}
	return numberPairs(l, flags)
}

func numberPairs(l updateinf.RegLine, flags uint32) ([]any, bool) {
	_, data, err := l.Value()
	if err != nil {
		return nil, false
	}
	hex := strings.TrimSpace(fmt.Sprintf("% x", data))
	switch {
	case flags == updateinf.FlgAddRegTypeDWORD && len(data) == 4:
		return []any{"value", fmtUint(data)}, true
	case flags == updateinf.FlgAddRegTypeQWORD && len(data) == 8:
		return []any{"type", "qword", "value", "0x" + fmt.Sprintf("%016X", le(data))}, true
	case flags == updateinf.FlgAddRegTypeBinary:
		return []any{"type", "binary", "value", hex}, true
	case flags == updateinf.FlgAddRegTypeNone:
		return []any{"type", "none", "value", hex}, true
	}
	return nil, false
}

func le(data []byte) uint64 {
	var n uint64
	for i, b := range data {
		n |= uint64(b) << (8 * i)
	}
	return n
}

func fmtUint(data []byte) raw { return raw(fmt.Sprint(le(data))) }
