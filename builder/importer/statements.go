package importer

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// statements are what an update INF says, one text each, sorted: two INFs that say the same are equal. Normalised away is
// what docs/import.md lists: order and names of sections, spelling of numbers and texts, empty sections, strings that
// nothing uses, where in the package a file lies. content identifies a file of the package by what is in it.
func statements(u *updateinf.Update, content func(path string) string) []string {
	s := &stater{u: u, content: content}
	s.version()
	s.fields("[Configuration]", reflect.ValueOf(u.Config))
	for _, g := range u.Files {
		s.addAll(s.files("["+string(g.When)+"] "+g.SKU, g))
	}
	for _, g := range u.Registry {
		s.addAll(s.registry("["+string(g.When)+"] "+g.SKU, g))
	}
	v := reflect.ValueOf(*u)
	for i := range v.NumField() {
		switch name := v.Type().Field(i).Name; name {
		case "Version", "Config", "Files", "Registry", "Strings", "Sources", "Dirs", "Localized": // Localized: see compare
		case "Uninstall":
			s.uninstall()
		default:
			s.list(name, v.Field(i))
		}
	}
	for name, text := range u.Strings {
		if conventional(name) {
			s.add("[Strings] %s = %q", name, text)
		}
	}
	slices.Sort(s.out)
	return slices.Compact(s.out)
}

// unrevised takes the revision out of a KB number like KB893803v2 in statements.
func unrevised(list []string, kb string) []string {
	plain := withoutRevision(kb)
	if kb == plain {
		return list
	}
	with := regexp.MustCompile("(?i)(" + regexp.QuoteMeta(plain) + ")" + regexp.QuoteMeta(kb[len(plain):]))
	for i, s := range list {
		list[i] = with.ReplaceAllString(s, "$1")
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// withoutRevision is KB893803 for KB893803v2. The revision stands in package.revision then.
func withoutRevision(kb string) string {
	return regexp.MustCompile(`(?i)^((?:KB|Q)\d+)v\d+$`).ReplaceAllString(kb, "$1")
}

// conventional are the strings that the installer or a person reads (package-format.md 1.6); BUILDTIMESTAMP is of a build.
func conventional(name string) bool {
	return slices.Contains([]string{"sp_short_title", "sp_title", "comment", "service_pack_number", "helplink", "urlinfoabout",
		"publisher", "publishing_group_name", "kb_release_type"}, name)
}

type stater struct {
	u       *updateinf.Update
	content func(path string) string
	out     []string
}

func (s *stater) add(format string, args ...any) { s.out = append(s.out, fmt.Sprintf(format, args...)) }

func (s *stater) addAll(list []string) { s.out = append(s.out, list...) }

func (s *stater) version() {
	s.fields("[Version]", reflect.ValueOf(s.u.Version))
}

// fields states each field of a struct that is set.
func (s *stater) fields(section string, v reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		if f.IsZero() {
			continue
		}
		s.add("%s %s = %s", section, v.Type().Field(i).Name, s.text(f))
	}
}

// list states each element of a field of Update.
func (s *stater) list(name string, v reflect.Value) {
	if v.Kind() != reflect.Slice {
		if !v.IsZero() {
			s.add("%s %s", name, s.text(v))
		}
		return
	}
	for i := range v.Len() {
		if o, ok := v.Index(i).Interface().(updateinf.Section); ok {
			for _, l := range o.Lines {
				s.add("[%s] %s", strings.ToLower(o.Name), lineText(l))
			}
			continue
		}
		s.add("%s %s", name, s.text(v.Index(i)))
	}
}

func lineText(l inf.Line) string {
	text := fmt.Sprintf("%q", l.Fields)
	if l.HasKey {
		text = l.Key + "=" + text
	}
	return text
}

func (s *stater) files(when string, g updateinf.FileGroup) (list []string) {
	word := [...]string{"copy", "delete", "rename"}[g.Kind]
	for _, f := range g.Files {
		source := ""
		switch g.Kind {
		case updateinf.Copy:
			source = " from " + s.content(sourceOf(f))
		case updateinf.Rename:
			source = " from " + strings.ToLower(f.Source)
		}
		list = append(list, fmt.Sprintf("%s %s %d\\%s\\%s%s flags 0x%X", when, word, g.Dir.ID, strings.ToLower(g.Dir.Sub), strings.ToLower(f.Name), source, f.Flags))
	}
	return list
}

// sourceOf is the path of a line's file in the package: the name on the target where the line has no other.
func sourceOf(f updateinf.FileLine) string {
	if f.Source == "" {
		return f.Name
	}
	return f.Source
}

func (s *stater) registry(when string, g updateinf.RegistryGroup) (list []string) {
	word := [...]string{"AddReg", "DelReg", "BitReg"}[g.Kind]
	for _, l := range g.Lines {
		list = append(list, when+" "+word+" "+regText(g.Kind, l))
	}
	return list
}

// regText is a registry line with its data as the registry holds it. A key to create has KEYONLY or not, which is the same.
func regText(kind updateinf.RegKind, l updateinf.RegLine) string {
	flags := l.Flags
	data := fmt.Sprintf("%q", l.Data)
	if kind == updateinf.AddReg {
		if !l.HasName {
			flags &^= updateinf.FlgAddRegKeyOnly
		} else if _, value, err := l.Value(); err == nil {
			data = fmt.Sprintf("%x", value)
		}
	}
	name := "the key"
	if l.HasName {
		name = fmt.Sprintf("%q", strings.ToLower(l.Name))
	}
	return fmt.Sprintf(`%s\%s %s flags 0x%X %s`, l.Root, strings.ToLower(strings.TrimRight(l.Key, `\`)), name, flags, data)
}

func (s *stater) uninstall() {
	for _, b := range s.u.Uninstall {
		for _, l := range b.Lines {
			if r, ok := regLine(l); ok && !l.HasKey {
				s.add("[UninstallSections] %s: %s", strings.ToLower(b.Name), regText(updateinf.AddReg, r))
				continue
			}
			s.add("[UninstallSections] %s: %s", strings.ToLower(b.Name), strings.ToLower(lineText(l)))
		}
	}
}

// text is any value of the typed form without positions and names of sections.
func (s *stater) text(v reflect.Value) string {
	switch t := v.Interface().(type) {
	case []updateinf.FileGroup:
		var list []string
		for _, g := range t {
			list = append(list, s.files("", g)...)
		}
		slices.Sort(list)
		return fmt.Sprintf("%q", list)
	case []updateinf.RegistryGroup:
		var list []string
		for _, g := range t {
			list = append(list, s.registry("", g)...)
		}
		slices.Sort(list)
		return fmt.Sprintf("%q", list)
	case updateinf.Condition:
		return s.condition(t)
	case updateinf.Conditional:
		if d, ok := s.u.SectionDir(t.TargetFrom); ok && t.TargetFrom != "" {
			t.TargetFrom = fmt.Sprintf("%d\\%s", d.ID, strings.ToLower(d.Sub))
		}
		return fmt.Sprintf("%v flags 0x%X in %s", t.Operation, t.CopyFlags, t.TargetFrom)
	case updateinf.OEMDriver:
		return t.Name + "," + t.Flag
	case updateinf.Catalog:
		return strings.ToLower(t.Name + "," + t.Path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "-"
		}
		return s.text(v.Elem())
	case reflect.Slice:
		var list []string
		for i := range v.Len() {
			list = append(list, s.text(v.Index(i)))
		}
		return "(" + strings.Join(list, "; ") + ")"
	case reflect.Struct:
		var list []string
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; !unstated(v.Type(), name) && !v.Field(i).IsZero() {
				list = append(list, name+"="+s.text(v.Field(i)))
			}
		}
		return "{" + strings.Join(list, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}

// unstated are fields that only name sections, or say where a line stood.
func unstated(t reflect.Type, field string) bool {
	switch field {
	case "Pos", "Section", "InstallFrom":
		return true
	case "Name":
		return t == reflect.TypeFor[updateinf.Conditional]() || t == reflect.TypeFor[updateinf.ExtendedConditional]() || t == reflect.TypeFor[updateinf.DirectoryID]()
	}
	return false
}

// condition: of one test, the combiner says nothing.
func (s *stater) condition(c updateinf.Condition) string {
	var tests []string
	for _, t := range c.Tests {
		args := slices.Clone(t.Args)
		if t.Kind == updateinf.CheckFileVer && len(args) > 0 {
			if d, ok := s.u.SectionDir(args[0]); ok {
				args[0] = fmt.Sprintf("%d\\%s", d.ID, strings.ToLower(d.Sub))
			}
		}
		if t.Kind == updateinf.CheckReg && len(args) > 3 {
			if n, err := inf.ParseNumber(args[3]); err == nil {
				args[3] = fmt.Sprint(n)
			}
		}
		op := t.Op
		if op == "=" {
			op = "=="
		}
		tests = append(tests, fmt.Sprintf("%s%q %v %s %s", t.Kind, args, t.Absent(), op, t.Data))
	}
	combiner := c.Combiner
	if len(tests) == 1 {
		combiner = updateinf.SingleOp
	}
	return fmt.Sprintf("%s%q %q", combiner, tests, c.Display)
}

// regLine reads a line of a section that [UninstallSections] names, "root,key,name,flags,data…", as AddReg does.
func regLine(l inf.Line) (updateinf.RegLine, bool) {
	r := updateinf.RegLine{Root: strings.ToUpper(l.Field(0)), Key: l.Field(1), Name: l.Field(2)}
	if !slices.Contains([]string{"HKLM", "HKCR", "HKCU", "HKU"}, r.Root) || r.Key == "" {
		return r, false
	}
	n, err := inf.ParseUint32(l.Field(3))
	if err != nil && l.Field(3) != "" {
		return r, false
	}
	r.Flags = n
	if len(l.Fields) > 4 {
		r.Data = l.Fields[4:]
	}
	r.HasName = r.Name != "" || len(r.Data) > 0
	return r, true
}

// differences are the statements of a that b lacks, and the other way round.
func differences(a, b []string) (missing, added []string) {
	for _, s := range a {
		if _, ok := slices.BinarySearch(b, s); !ok {
			missing = append(missing, s)
		}
	}
	for _, s := range b {
		if _, ok := slices.BinarySearch(a, s); !ok {
			added = append(added, s)
		}
	}
	return missing, added
}
