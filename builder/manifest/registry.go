package manifest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// regType is a value type by the manifest's name, with its REG_ number and AddReg flags.
type regType struct {
	name  string
	reg   uint32
	flags uint32
}

func regTypes() []regType {
	return []regType{{"string", 1, updateinf.FlgAddRegTypeSZ}, {"expand", 2, updateinf.FlgAddRegTypeExpandSZ},
		{"multi", 7, updateinf.FlgAddRegTypeMultiSZ}, {"dword", 4, updateinf.FlgAddRegTypeDWORD},
		{"qword", 11, updateinf.FlgAddRegTypeQWORD}, {"binary", 3, updateinf.FlgAddRegTypeBinary}, {"none", 0, updateinf.FlgAddRegTypeNone}}
}

// registry resolves [[registry]] and [[condition.registry]].
func (r *resolver) registry(doc *document) {
	r.m.Registry = r.registryList("registry", doc.Registry, 0)
	for i, c := range doc.Condition {
		r.m.Registry = append(r.m.Registry, r.registryList(index("condition", i)+".registry", c.Registry, i+1)...)
	}
	r.savedRegistry(doc.SaveRegistry)
	r.m.Uninstall = r.registryList("uninstall.registry", doc.Uninstall.Registry, 0)
	for i, g := range r.m.Uninstall {
		at := index("uninstall.registry", i)
		if r.written(at + ".save") {
			r.fault(at+".save", "%s.save has no meaning here; removal is not taken back", at)
		}
		if g.Delete && g.HasName && g.Name == "" && !g.removesStrings() {
			r.fault(at+".name", "%s: an INF cannot say that the default value goes; delete the key or set the value", at)
		}
	}
}

func (r *resolver) registryList(list string, docs []registryDoc, condition int) (changes []Registry) {
	type spot struct{ root, key, name string }
	seen := map[string]int{}
	for i, d := range docs {
		at := index(list, i)
		g := Registry{Key: at, Condition: condition, Save: d.Save == nil || *d.Save}
		g.Root, g.Path = r.regKey(at+".key", d.Key)
		if d.Name != nil {
			g.Name, g.HasName = *d.Name, true
			r.regName(at+".name", g.Name)
		}
		g.Flags = r.view(at+".view", d.View)
		r.regAction(at, &g, d)
		r.regWhen(at, list, &g, d)
		what := fmt.Sprint(g.HasName, strings.ToUpper(g.Name), g.Flags&(updateinf.FlgAddReg32BitKey|updateinf.FlgAddReg64BitKey), g.When, g.Editions)
		if g.Bits || g.removesStrings() {
			what += fmt.Sprint(g.Bits, g.Flags, g.Data) // parts of one value, each its own change
		}
		s := fmt.Sprintf("%q", spot{g.Root, strings.ToUpper(g.Path), what})
		if first, dup := seen[s]; dup && g.Root != "" {
			r.fault(at, `%s is already changed by the [[registry]] on line %s; state each change once`, g, r.line(index(list, first)))
		} else {
			seen[s] = i
		}
		changes = append(changes, g)
	}
	return changes
}

// regAction reads what is done. The words are those of the AddReg, DelReg and BitReg lines that come of it (INF docs).
func (r *resolver) regAction(at string, g *Registry, d registryDoc) {
	action := d.Action
	if !r.written(at + ".action") {
		action = "set"
	}
	if p := at + ".type-number"; r.written(p) && action != "set" {
		r.fault(p, "%s has no meaning when action is %q; take it away", p, action)
	}
	for _, k := range []string{"mask", "byte"} {
		if p := at + "." + k; r.written(p) && action != "set-bits" && action != "clear-bits" {
			r.fault(p, `%s goes with the actions "set-bits" and "clear-bits" only; take it away`, p)
		}
	}
	switch action {
	case "set":
		r.setting(at, g, d)
	case "delete":
		g.Delete = true
		r.deletion(at, g, d)
	case "remove-strings":
		g.Delete = true
		r.removal(at, g, d)
	case "set-bits", "clear-bits":
		g.Bits = true
		r.bits(at, g, d)
	default:
		r.choice(at+".action", d.Action, []string{"set", "delete", "remove-strings", "set-bits", "clear-bits"})
		r.setting(at, g, d)
	}
}

// useless reports keys that mean nothing for an action.
func (r *resolver) useless(at, action string, keys map[string]bool) {
	for _, k := range []string{"value", "type", "flags"} {
		if keys[k] {
			r.fault(at+"."+k, "%s.%s has no meaning when action is %q; take it away", at, k, action)
		}
	}
}

// removal reads the strings to take out of a list.
func (r *resolver) removal(at string, g *Registry, d registryDoc) {
	r.useless(at, d.Action, map[string]bool{"type": d.Type != "", "flags": d.Flags != nil})
	g.Flags |= updateinf.FlgDelRegMultiSZDelString
	value := d.Value
	if s, ok := value.(string); ok {
		value = []any{s}
	}
	data, err := multiFields(value)
	switch {
	case g.Name == "":
		r.fault(at, `%s names no value; strings are taken out of a list: name = "List"`, at)
	case err != nil || len(data) == 0 || data[0] == "":
		r.fault(at, "%s.value is missing or holds no texts; write the strings to take out", at)
	}
	g.Data = data
}

// bits reads mask and byte of a BitReg line.
func (r *resolver) bits(at string, g *Registry, d registryDoc) {
	r.useless(at, d.Action, map[string]bool{"value": d.Value != nil, "type": d.Type != "", "flags": d.Flags != nil})
	if d.Action == "set-bits" {
		g.Flags |= updateinf.FlgBitRegSetBits
	}
	if g.Flags&updateinf.FlgAddReg64BitKey != 0 {
		r.fault(at+".view", `%s.view: bits are changed in the native view or in "32"`, at)
	}
	if !g.HasName {
		r.fault(at, `%s names no value; write name = "Flags"`, at)
	}
	if d.Mask == nil {
		r.fault(at, "%s.mask is missing; write the bits to change, such as 0x80", at)
		return
	}
	mask, index := r.number(at+".mask", d.Mask, 1, 255), int64(0)
	if d.Byte != nil {
		index = int64(r.number(at+".byte", d.Byte, 0, 1<<20-1))
	}
	g.Data = []string{fmt.Sprintf("0x%02X", mask), strconv.FormatInt(index, 10)}
}

// removesStrings tells whether the change takes strings out of a list.
func (g Registry) removesStrings() bool {
	return g.Delete && g.Flags&updateinf.FlgDelRegMultiSZDelString == updateinf.FlgDelRegMultiSZDelString
}

// regWhen reads when and edition, which only the changes of the installation itself have.
func (r *resolver) regWhen(at, list string, g *Registry, d registryDoc) {
	if list != "registry" {
		for _, k := range []string{"when", "edition"} {
			if p := at + "." + k; r.written(p) || r.written(p+"[0]") {
				r.fault(p, "%s has no meaning here; take it away", p)
			}
		}
		return
	}
	g.Editions = r.editions(at+".edition", d.Edition)
	switch {
	case !r.written(at+".when") || d.When == "always":
	case d.When == "install":
		g.When = updateinf.GlobalInstall
	case d.When == "reinstall":
		g.When = updateinf.GlobalReinstall
	case d.When == "edition":
		g.When = updateinf.SKUFiles
		r.needsEdition(at, d.When, d.Edition)
	case d.When == "append":
		g.When = updateinf.GlobalAppend
		r.needsEdition(at, d.When, d.Edition)
		for i, sku := range g.Editions {
			if _, ok := BuildTypes()[sku]; !ok {
				r.fault(index(at+".edition", i), `%s: no product build type is known for edition %q; take it away or leave out when = "append"`, index(at+".edition", i), d.Edition[i])
			}
		}
	default:
		r.choice(at+".when", d.When, []string{"always", "install", "reinstall", "edition", "append"})
	}
}

// BuildTypes are the product build types that decorate [ProductInstall.GlobalRegistryChanges.Append.IA], by SKU. IP stands in
// WP's log, IA and ID are seen in a real package; IS and IB are OURS, as the engine has them.
func BuildTypes() map[string]string {
	return map[string]string{"Professional": "IP", "Server": "IS", "Advanced": "IA", "DataCenter": "ID", "Blade": "IB"}
}

// needsEdition: sections that an edition names are there for editions only.
func (r *resolver) needsEdition(at, when string, editions []string) {
	if len(editions) == 0 && !r.failed(at+".edition") {
		r.fault(at+".when", `%s.when is %q, which goes with editions; name them: edition = ["server"]`, at, when)
	}
}

// savedRegistry resolves [[save-registry]].
func (r *resolver) savedRegistry(docs []saveRegistryDoc) {
	for i, d := range docs {
		at := index("save-registry", i)
		var s updateinf.SavedKey
		s.Root, s.Key = r.regKey(at+".key", d.Key)
		if d.Name != nil {
			s.Name, s.HasName = *d.Name, true
			if r.regName(at+".name", s.Name); s.Name == "" {
				r.fault(at+".name", "%s.name: a line of [Save.Reg.For.Uninstall] cannot name the default value; save the whole key", at)
			}
		}
		if s.Root != "" && !s.HasName && !strings.Contains(s.Key, `\`) {
			r.fault(at+".key", `%s\%s would be saved with everything below it; name a deeper key`, s.Root, s.Key)
		}
		r.m.SavedRegistry = append(r.m.SavedRegistry, s)
	}
}

func (r *resolver) regName(path, name string) {
	if strings.ContainsFunc(name, func(c rune) bool { return c < ' ' }) || len(name) > 16383 {
		r.fault(path, "%s: a value name is one line of at most 16383 characters", path)
	}
}

// regKey splits HKLM\SOFTWARE\Contoso. Long root names are understood.
func (r *resolver) regKey(path, s string) (root, key string) {
	if !r.written(path) {
		r.fault(path, `%s is missing; name the key, such as 'HKLM\SOFTWARE\Contoso'`, path)
		return "", ""
	}
	if r.failed(path) {
		return "", ""
	}
	head, key, _ := strings.Cut(s, `\`)
	long := map[string]string{"HKEY_LOCAL_MACHINE": "HKLM", "HKEY_CLASSES_ROOT": "HKCR", "HKEY_CURRENT_USER": "HKCU", "HKEY_USERS": "HKU"}
	root = strings.ToUpper(head)
	if short, ok := long[root]; ok {
		root = short
	}
	roots := []string{"HKLM", "HKCR", "HKCU", "HKU"}
	key = strings.TrimRight(key, `\`)
	switch {
	case !slices.Contains(roots, root):
		r.fault(path, "registry root %q is not known; a key begins with one of %s", head, strings.Join(roots, ", "))
		return "", ""
	case key == "":
		r.fault(path, "%s names a whole root; name a key below it", path)
	case slices.Contains(strings.Split(key, `\`), "") || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' }):
		r.fault(path, `%s %q has an empty element or a control character; in "quotes" a backslash is written twice, in 'quotes' once`, path, s)
	case strings.Contains(key, "/") && !strings.Contains(key, `\`):
		r.fault(path, `%s %q: the elements of a key are separated by backslashes`, path, s)
	}
	return root, key
}

func (r *resolver) view(path, s string) uint32 {
	switch s {
	case "32":
		return updateinf.FlgAddReg32BitKey
	case "64":
		return updateinf.FlgAddReg64BitKey
	}
	if r.written(path) {
		r.choice(path, s, []string{"32", "64"})
	}
	return 0
}

func (r *resolver) deletion(at string, g *Registry, d registryDoc) {
	r.useless(at, "delete", map[string]bool{"value": d.Value != nil, "type": d.Type != "", "flags": d.Flags != nil})
	if g.Root != "" && !g.HasName && !strings.Contains(g.Path, `\`) {
		r.fault(at+".key", `%s\%s would be deleted with everything below it; name a deeper key`, g.Root, g.Path)
	}
}

func (r *resolver) setting(at string, g *Registry, d registryDoc) {
	g.Flags |= r.flags(at+".flags", d.Flags, map[string]uint32{"keep-existing": updateinf.FlgAddRegNoClobber, "append": updateinf.FlgAddRegAppend, "only-existing": updateinf.FlgAddRegOverwriteOnly})
	if !g.HasName {
		if d.Value != nil || d.Type != "" || d.TypeNumber != nil {
			r.fault(at, `a value needs a name; write name = "" for the default value of the key`)
		}
		g.Flags |= updateinf.FlgAddRegKeyOnly
		return
	}
	t, ok := r.valueType(at, d)
	if !ok {
		return
	}
	g.Type, g.Flags = t.reg, g.Flags|t.flags
	if g.Flags&updateinf.FlgAddRegAppend != 0 && t.name != "multi" && t.name != "expand" {
		r.fault(at+".flags", `flag "append" goes with the types multi and expand only`)
	}
	data, err := encodeValue(t.name, d.Value)
	if err != nil {
		where := at + ".value"
		r.fault(where, "%s: %v", where, err)
	}
	g.Data = data
}

// valueType is the written type, or the one the value has by itself.
func (r *resolver) valueType(at string, d registryDoc) (regType, bool) {
	if r.failed(at + ".type") {
		return regType{}, false
	}
	if d.TypeNumber != nil {
		if r.written(at + ".type") {
			r.fault(at+".type-number", "%s has a type and a type-number; write one of them", at)
		}
		n := uint32(r.number(at+".type-number", d.TypeNumber, 0, 0x7FFF)) // its number, plus the bit for bytes (INF docs)
		return regType{name: "binary", reg: n, flags: n<<16 | updateinf.FlgAddRegBinValueType}, true
	}
	name := d.Type
	if !r.written(at + ".type") {
		switch d.Value.(type) {
		case string:
			name = "string"
		case int64:
			name = "dword"
		case []any:
			name = "multi"
		case nil:
			r.fault(at, "%s has neither value nor type; give the value", at)
			return regType{}, false
		default:
			r.fault(at+".value", "%s.value is %s; write text, a whole number or a list of texts", at, tomlKind(d.Value))
			return regType{}, false
		}
	}
	var names []string
	for _, t := range regTypes() {
		if t.name == name {
			return t, true
		}
		names = append(names, t.name)
	}
	r.choice(at+".type", name, names)
	return regType{}, false
}

// encodeValue writes a value as the data fields of an AddReg line (INF docs).
func encodeValue(kind string, v any) ([]string, error) {
	switch kind {
	case "string", "expand":
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("a value of type %s is text in quotes, not %s", kind, describe(v))
		}
		return oneLine(s)
	case "multi":
		return multiFields(v)
	case "dword":
		n, err := unsigned(kind, v, math.MaxUint32)
		return []string{fmt.Sprintf("0x%08X", n)}, err
	case "qword":
		n, err := unsigned(kind, v, math.MaxUint64)
		if err != nil {
			return nil, err
		}
		b := make([]byte, 8)
		for i := range b {
			b[i] = byte(n >> (8 * i))
		}
		return hexFields(b), nil
	}
	return binaryFields(kind, v)
}

func describe(v any) string {
	if v == nil {
		return "nothing"
	}
	return tomlKind(v)
}

func oneLine(s string) ([]string, error) {
	if strings.ContainsAny(s, "\x00\r\n") {
		return nil, fmt.Errorf("the text holds a line end or NUL, which an INF cannot carry; write it as binary")
	}
	if len(s) > MaxField {
		return nil, fmt.Errorf("the text is %d bytes long; an INF field has at most %d", len(s), MaxField)
	}
	return []string{s}, nil
}

// MaxField is the longest field of an INF line, in characters (INF docs).
const MaxField = 4095

func multiFields(v any) ([]string, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("a value of type multi is a list of texts, not %s", describe(v))
	}
	if len(list) == 0 {
		return []string{""}, nil // an empty list is written as one empty field (seen in real packages)
	}
	fields := make([]string, 0, len(list))
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			return nil, fmt.Errorf("a value of type multi is a list of texts; one element is %s", tomlKind(item))
		}
		if s == "" {
			return nil, fmt.Errorf("a list of type multi cannot hold an empty text; it would end the list")
		}
		f, err := oneLine(s)
		if err != nil {
			return nil, err
		}
		fields = append(fields, f...)
	}
	return fields, nil
}

// unsigned reads a TOML number, or text such as "0xFFFFFFFFFFFFFFFF" for numbers that TOML cannot hold.
func unsigned(kind string, v any, limit uint64) (uint64, error) {
	switch n := v.(type) {
	case int64:
		if n >= 0 && uint64(n) <= limit {
			return uint64(n), nil
		}
		return 0, fmt.Errorf("%d does not fit a %s; it lies between 0 and %d", n, kind, limit)
	case string:
		u, err := strconv.ParseUint(n, 0, 64)
		if err != nil || u > limit {
			return 0, fmt.Errorf("%q is no %s; write a number between 0 and %d", n, kind, limit)
		}
		return u, nil
	}
	return 0, fmt.Errorf("a value of type %s is a whole number, not %s", kind, describe(v))
}

// binaryFields reads "01 02 ff" or [1, 2, 255].
func binaryFields(kind string, v any) ([]string, error) {
	switch b := v.(type) {
	case nil:
		if kind == "none" {
			return nil, nil
		}
	case string:
		var bytes []byte
		for _, f := range strings.FieldsFunc(b, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\r' || c == '\t' }) {
			n, err := strconv.ParseUint(f, 16, 8)
			if err != nil || len(f) != 2 {
				return nil, fmt.Errorf("%q is no byte; write two hexadecimal digits a byte with blanks between: \"01 02 ff\"", f)
			}
			bytes = append(bytes, byte(n))
		}
		return hexFields(bytes), nil
	case []any:
		bytes := make([]byte, len(b))
		for i, item := range b {
			n, ok := item.(int64)
			if !ok || n < 0 || n > 255 {
				return nil, fmt.Errorf("element %d of the list is no byte; write numbers from 0 to 255", i+1)
			}
			bytes[i] = byte(n)
		}
		return hexFields(bytes), nil
	}
	return nil, fmt.Errorf("a value of type %s is text of hexadecimal bytes or a list of numbers, not %s", kind, describe(v))
}

func hexFields(b []byte) []string {
	f := make([]string, len(b))
	for i, c := range b {
		f[i] = fmt.Sprintf("%02X", c)
	}
	return f
}
