package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// Condition is a list of tests, or the question whether the update installs a file.
type Condition struct {
	Any      bool // one test is enough; false: all must hold
	Tests    []Test
	Installs string // name of a file that the update replaces; then there are no tests
	// DLL and Function say what a function of a custom DLL decides; then there are no tests either.
	DLL, Function string
	Message       string
	Key           string // path of its table in the manifest
}

// Test is one test. Which fields count depends on Kind.
type Test struct {
	Kind updateinf.TestKind

	Root, Path, Name string // CheckReg; Name empty: the key itself, where nothing is compared, else its default value
	Flags            uint32 // CheckReg: value type and view, FLG_ADDREG_*

	Dir  updateinf.Dir // CheckFileVer
	File string

	DLL, Function string // CheckCustom

	Op     string // "==" …; empty: the thing exists, or with Absent it does not
	Data   string
	Absent bool
}

// String is the test for people.
func (t Test) String() string {
	var s string
	switch t.Kind {
	case updateinf.CheckReg:
		s = Registry{Root: t.Root, Path: t.Path, Name: t.Name, HasName: t.Name != "" || t.Op != ""}.String()
	case updateinf.CheckFileVer:
		s = DirString(t.Dir) + `\` + t.File
	case updateinf.CheckCustom:
		s = "function " + t.Function + " of " + t.DLL
	default:
		s = "Windows"
	}
	switch {
	case t.Absent:
		return s + " is absent"
	case t.Op == "":
		return s + " exists"
	}
	return s + " " + t.Op + " " + t.Data
}

// conditions resolves [[condition]]; its files and registry changes are resolved with the others.
func (r *resolver) conditions(docs []conditionDoc) {
	for i, d := range docs {
		at := index("condition", i)
		c := r.condition(at, d.All, d.Any, d.Installs)
		if r.written(at + ".function") {
			c.Function = r.long(at+".function", d.Function, "the name of the function")
			c.DLL = r.long(at+".dll", d.DLL, `the DLL of the function, such as "spcustom.dll"`)
			r.customDLL(at+".dll", c.DLL)
		} else if r.written(at + ".dll") {
			r.fault(at+".dll", "%s.dll goes with function only; take it away", at)
		}
		if len(d.File)+len(d.Registry) == 0 {
			r.fault(at, "%s installs nothing; add [[condition.file]] or [[condition.registry]]", at)
		}
		r.m.Conditions = append(r.m.Conditions, c)
	}
}

func (r *resolver) condition(at string, all, any []testDoc, installs string) Condition {
	c := Condition{Key: at}
	list, docs := at+".all", all
	said := 0
	for _, k := range []string{".all", ".any", ".installs", ".function"} {
		if r.written(at+k) || r.written(at+k+"[0]") {
			said++
		}
	}
	switch {
	case len(any) > 0:
		c.Any, list, docs = true, at+".any", any
	case r.written(at + ".installs"):
		if c.Installs = installs; !r.failed(at + ".installs") {
			if err := CheckName(installs); err != nil {
				r.fault(at+".installs", "%s.installs: %v", at, err)
			}
		}
	}
	if said != 1 || c.Installs == "" && len(docs) == 0 && !r.written(at+".function") && !r.failed(at+".installs") && !r.failed(list) {
		what := "all = [ … ] or any = [ … ] with tests"
		if strings.HasPrefix(at, "condition") {
			what += `, or installs = "file", or function = "name"`
		}
		r.fault(at, "%s needs exactly one of these: %s", at, what)
	}
	for i, d := range docs {
		if t, ok := r.test(index(list, i), d); ok {
			c.Tests = append(c.Tests, t)
		}
	}
	return c
}

// test reads one test table; exactly one of registry, file, windows and function says what is tested.
func (r *resolver) test(at string, d testDoc) (Test, bool) {
	before := len(r.faults)
	kinds := []struct {
		key, value string
		read       func(string, testDoc, *Test)
	}{{"registry", d.Registry, r.registryTest}, {"file", d.File, r.fileTest}, {"windows", d.Windows, r.windowsTest}, {"function", d.Function, r.functionTest}}
	var t Test
	said := 0
	for _, k := range kinds {
		if !r.written(at + "." + k.key) {
			continue
		}
		if said++; said > 1 {
			r.fault(at+"."+k.key, "%s tests two things; write a table for each", at)
			return t, false
		}
		if !r.failed(at + "." + k.key) {
			k.read(at, d, &t)
		}
	}
	if said == 0 && len(r.faults) == before {
		r.fault(at, "%s tests nothing; name a registry key, a file, windows or a function", at)
	}
	r.belongs(at, t.Kind)
	return t, len(r.faults) == before && said == 1
}

// belongs reports keys that go with another kind of test.
func (r *resolver) belongs(at string, kind updateinf.TestKind) {
	for _, k := range []struct {
		key  string
		kind updateinf.TestKind
		with string
	}{{"name", updateinf.CheckReg, "registry"}, {"view", updateinf.CheckReg, "registry"}, {"dll", updateinf.CheckCustom, "function"}} {
		if p := at + "." + k.key; kind != "" && kind != k.kind && r.written(p) {
			r.fault(p, "%s goes with %s only; take it away", p, k.with)
		}
	}
	if kind == updateinf.VersionCheck && r.written(at+".is") {
		r.fault(at+".is", `%s.is: write the comparison with windows itself: windows = ">= 5.2"`, at)
	}
}

// comparison reads "exists", "absent" or an operator and a value.
func (r *resolver) comparison(path, s, fallback string, t *Test) {
	if !r.written(path) {
		s = fallback
	}
	switch s {
	case "exists":
		return
	case "absent":
		t.Absent = true
		return
	}
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			t.Op, t.Data = op, strings.TrimSpace(rest)
			if t.Data == "" || strings.ContainsFunc(rest, func(c rune) bool { return c < ' ' }) {
				r.fault(path, "%s %q has no value on one line after %s", path, s, op)
			}
			return
		}
	}
	if !r.failed(path) {
		r.fault(path, `%s %q is no comparison; write "exists", "absent", or ==, !=, <, <=, >, >= and a value: ">= 1.2"`, path, s)
	}
}

func (r *resolver) registryTest(at string, d testDoc, t *Test) {
	t.Kind = updateinf.CheckReg
	t.Root, t.Path = r.regKey(at+".registry", d.Registry)
	if d.Name != nil {
		t.Name = *d.Name
		r.regName(at+".name", t.Name)
	}
	t.Flags = r.view(at+".view", d.View)
	r.comparison(at+".is", d.Is, "exists", t)
	if t.Op != "" && d.Name == nil {
		r.fault(at+".is", `%s.is compares a value; name it with name = ("" is the default value)`, at)
	}
	if t.Op == "" && d.Name != nil && t.Name == "" {
		r.fault(at+".name", "%s.name: whether a default value exists cannot be said in an INF; compare it, or test the key", at)
	}
	if _, err := strconv.ParseUint(t.Data, 0, 32); err == nil && t.Op != "" {
		t.Flags |= updateinf.FlgAddRegTypeDWORD
	}
}

func (r *resolver) fileTest(at string, d testDoc, t *Test) {
	t.Kind = updateinf.CheckFileVer
	t.Dir, t.File = r.machineFile(at+".file", d.File, `'drivers\wdf01000.sys'`)
	r.comparison(at+".is", d.Is, "exists", t)
	if t.Op == "" {
		return
	}
	if _, err := ParseVersion(t.Data); err != nil && !r.failed(at+".is") {
		r.fault(at+".is", `%s.is compares the version of the file; write four numbers: "%s 1.9.9999.0"`, at, t.Op)
	}
}

func (r *resolver) windowsTest(at string, d testDoc, t *Test) {
	t.Kind = updateinf.VersionCheck
	path := at + ".windows"
	r.comparison(path, d.Windows, "", t)
	if r.failed(path) {
		return
	}
	g, err := ParseGate(t.Data)
	switch {
	case t.Op == "":
		r.fault(path, `%s %q compares nothing; write a comparison: ">= 5.2"`, path, d.Windows)
	case err != nil:
		r.fault(path, "%s: %v", path, err)
	case g.ServicePack != nil && g.Build == nil:
		r.fault(path, `%s %q names a service pack; name the build, too: ">= 5.1.2600 SP2"`, path, d.Windows)
	default:
		t.Data = gateNumbers(g)
	}
}

// gateNumbers is a version of Windows as VersionCheck has it: as many of major.minor.build.servicepack as are named.
func gateNumbers(g Gate) string {
	s := fmt.Sprintf("%d.%d", *g.Major, *g.Minor)
	if g.Build != nil {
		s += fmt.Sprintf(".%d", *g.Build)
	}
	if g.ServicePack != nil {
		s += fmt.Sprintf(".%d", *g.ServicePack)
	}
	return s
}

func (r *resolver) functionTest(at string, d testDoc, t *Test) {
	t.Kind = updateinf.CheckCustom
	t.Function = r.long(at+".function", d.Function, "the name of the function")
	t.DLL = r.long(at+".dll", d.DLL, `the DLL of the function, such as "spcustom.dll"`)
	r.customDLL(at+".dll", t.DLL)
	r.comparison(at+".is", d.Is, "== 1", t)
	if t.Op == "" {
		r.fault(at+".is", `%s.is: a function returns a number; write a comparison: "== 1"`, at)
	}
}
