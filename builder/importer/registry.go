package importer

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// regItem is a registry line with the kind of its section, and for whom and when it counts.
type regItem struct {
	kind updateinf.RegKind
	line updateinf.RegLine
	sku  string
	when string // word of registry.when; empty: always
}

func (r regItem) key() string { return fmt.Sprint(r.kind, r.sku, "|", regText(r.kind, r.line)) }

// spot is the key or value that the line is about, in its view. Bits and strings of a list are parts, each its own.
func (r regItem) spot() string {
	s := fmt.Sprint(r.line.Root, strings.ToLower(strings.TrimRight(r.line.Key, `\`)), "|", r.line.HasName, strings.ToLower(r.line.Name),
		r.line.Flags&(updateinf.FlgAddReg32BitKey|updateinf.FlgAddReg64BitKey), r.sku, "|", r.when)
	if r.kind == updateinf.BitReg || removesString(r) {
		s += fmt.Sprint(r.kind, r.line.Flags, r.line.Data)
	}
	return s
}

func removesString(r regItem) bool {
	return r.kind == updateinf.DelReg && r.line.Flags&^updateinf.FlgAddReg32BitKey == updateinf.FlgDelRegMultiSZDelString && len(r.line.Data) == 1
}

// registryTables writes [[registry]] for the lines of the sections for first and repeated installations, as far as every
// branch has them.
func (c *converter) registryTables() {
	const install, again, edition, appended = 1, 2, 4, 8
	words := map[int]string{install: "install", again: "reinstall", install | again: "", edition: "edition", appended: "append"}
	for i := range c.rest {
		c.dropARP(i)
	}
	global := func(g updateinf.RegistryGroup) int {
		switch {
		case !editionKnown(skuOf(g)):
		case g.When == updateinf.GlobalInstall:
			return install
		case g.When == updateinf.GlobalReinstall:
			return again
		case g.When == updateinf.SKUFiles:
			return edition
		case g.When == updateinf.GlobalAppend && skuOf(g) != g.SKU:
			return appended
		}
		return 0
	}
	whens := make([]map[string]int, len(c.rest))
	var list []regItem
	for i := range c.rest {
		whens[i] = map[string]int{}
		for _, g := range c.rest[i].Registry {
			for _, l := range g.Lines {
				if bit := global(g); bit != 0 {
					r := regItem{kind: g.Kind, line: l, sku: skuOf(g)}
					if whens[i][r.key()] == 0 && i == 0 {
						list = append(list, r)
					}
					whens[i][r.key()] |= bit
				}
			}
		}
	}
	taken, spots := map[string]bool{}, map[string]bool{}
	var accepted []regItem
	for _, r := range list {
		same := true
		for i := range whens {
			same = same && whens[i][r.key()] == whens[0][r.key()]
		}
		var said bool
		r.when, said = words[whens[0][r.key()]]
		if _, ok := registryPairs(r, false); same && said && ok && !spots[r.spot()] {
			spots[r.spot()], taken[r.key()] = true, true
			accepted = append(accepted, r)
		}
	}
	for i := range c.rest {
		var left []updateinf.RegistryGroup
		for _, g := range c.rest[i].Registry {
			var lines []updateinf.RegLine
			for _, l := range g.Lines {
				if r := (regItem{kind: g.Kind, line: l, sku: skuOf(g)}); global(g) == 0 || !taken[r.key()] {
					lines = append(lines, l)
				}
			}
			if g.Lines = lines; len(lines) > 0 {
				left = append(left, g)
			}
		}
		c.rest[i].Registry = left
	}
	saved := c.takeSaved(accepted)
	for _, r := range accepted {
		c.registryTable("[[registry]]", r, !saved[r.key()])
	}
	c.savedTables()
}

// skuOf is the SKU of a group; a section of a product build type has that of the edition, if one is known.
func skuOf(g updateinf.RegistryGroup) string {
	if g.When == updateinf.GlobalAppend {
		for sku, build := range manifest.BuildTypes() {
			if build == g.SKU {
				return sku
			}
		}
	}
	return g.SKU
}

func contains(list []regItem, r regItem) bool {
	for _, o := range list {
		if o.key() == r.key() {
			return true
		}
	}
	return false
}

// savedTables writes [[save-registry]] for what is saved besides what the update changes.
func (c *converter) savedTables() {
	if !c.same(func(u *updateinf.Update) any { return u.SaveReg }) {
		return
	}
	for _, s := range c.rest[0].SaveReg {
		if _, ok := registryPairs(regItem{kind: updateinf.DelReg, line: updateinf.RegLine{Root: s.Root, Key: s.Key, Name: s.Name, HasName: s.HasName}}, false); !ok || s.Section != "" {
			return
		}
	}
	for _, s := range c.rest[0].SaveReg {
		c.w.table("[[save-registry]]")
		c.w.put("key", s.Root+`\`+strings.TrimRight(s.Key, `\`))
		c.w.set("name", s.Name)
	}
	c.each(func(u *updateinf.Update) { u.SaveReg = nil })
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
		if !manifest.Savable(r.kind == updateinf.DelReg, r.line.HasName, r.line.Name, r.line.Flags) {
			saved[r.key()] = true // a build writes no line for it
			continue
		}
		all := true
		for i := range c.rest {
			all = all && indexSaved(c.rest[i].SaveReg, r.line) >= 0
		}
		if saved[r.key()] = all; !all {
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
	case updateinf.BitReg:
		bits, ok := bitPairs(l, flags)
		if !ok || view == "64" {
			return nil, false
		}
		pairs = append(pairs, bits...)
	case updateinf.DelReg:
		if removesString(r) && l.Name != "" && l.Data[0] != "" && len(l.Data[0]) <= manifest.MaxField {
			pairs = append(pairs, "action", "remove-strings", "value", l.Data)
			break
		}
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
	if r.when != "" {
		pairs = append(pairs, "when", r.when)
	}
	if word, ok := manifest.EditionWord(r.sku); ok {
		pairs = append(pairs, "edition", []string{word})
	}
	if unsaved {
		pairs = append(pairs, "save", raw("false"))
	}
	return pairs, true
}

// bitPairs are the keys for a BitReg line: flags 1 sets the bits of a mask, 0 clears them (INF docs).
func bitPairs(l updateinf.RegLine, flags uint32) ([]any, bool) {
	if flags > 1 || !l.HasName || l.Name == "" || len(l.Data) != 2 {
		return nil, false
	}
	mask, err := inf.ParseNumber(l.Data[0])
	index, err2 := inf.ParseNumber(l.Data[1])
	if err != nil || err2 != nil || mask < 1 || mask > 255 || index < 0 || index > 1<<20-1 || l.Data[0] != fmt.Sprintf("0x%02X", mask) || l.Data[1] != fmt.Sprint(index) {
		return nil, false
	}
	word := [...]string{"clear-bits", "set-bits"}[flags]
	pairs := []any{"action", word, "mask", raw(l.Data[0])}
	if index != 0 {
		pairs = append(pairs, "byte", index)
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
	case flags&^uint32(0x7FFF0000) == updateinf.FlgAddRegBinValueType && flags != updateinf.FlgAddRegTypeDWORD && flags != updateinf.FlgAddRegTypeQWORD:
		return []any{"type-number", flags >> 16, "value", hex}, true
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
