package updateinf

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// testNames are the keys of tests. Real packages have EqualOp, NotPresentOp and LessOrEqualOp; the others are OURS after them.
func testNames() []string {
	return []string{"EqualOp", "NotEqualOp", "LessOp", "LessOrEqualOp", "GreaterOp", "GreaterOrEqualOp", "PresentOp", "NotPresentOp"}
}

// operatorOf is the operator that a test's name stands for; empty for PresentOp and NotPresentOp.
func operatorOf(name string) string {
	return map[string]string{"EqualOp": "==", "NotEqualOp": "!=", "LessOp": "<", "LessOrEqualOp": "<=", "GreaterOp": ">",
		"GreaterOrEqualOp": ">="}[name]
}

// argCounts says how many fields stand between the kind of a test and its operator.
func argCounts() map[TestKind]int {
	return map[TestKind]int{CheckReg: 4, CheckFileVer: 2, CheckCustom: 4, VersionCheck: 0}
}

// canonical returns the spelling of s in list.
func canonical[T ~string](s string, list []T) (T, bool) {
	for _, x := range list {
		if strings.EqualFold(s, string(x)) {
			return x, true
		}
	}
	return "", false
}

func (p *parser) conditions(section string) []Condition {
	var list []Condition
	for _, l := range p.lines(section) {
		if !strings.EqualFold(l.Key, "condition") {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: write condition=SingleOp,section", section, l.Describe())
			continue
		}
		if c, ok := p.condition(l); ok {
			list = append(list, c)
		}
	}
	return list
}

// condition reads "condition=SingleOp,Section" and that section.
func (p *parser) condition(l inf.Line) (Condition, bool) {
	c := Condition{Section: l.Field(1), Pos: l.Pos}
	var ok bool
	if c.Combiner, ok = canonical(l.Field(0), []Combiner{SingleOp, OrOp, AndOp}); !ok || len(l.Fields) != 2 || c.Section == "" {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: write condition=SingleOp,section (or OrOp, AndOp)", l.Describe())
		return c, false
	}
	if p.missing(c.Section, l) {
		return c, false
	}
	before := len(p.errs)
	for _, t := range p.lines(c.Section) {
		if strings.EqualFold(t.Key, "Display_String") {
			c.Display = value(t)
		} else if test, ok := p.test(c.Section, t); ok {
			c.Tests = append(c.Tests, test)
		}
	}
	if n := len(c.Tests); n == 0 && len(p.errs) == before || n > 1 && c.Combiner == SingleOp {
		p.fault(l, inf.ErrorGeneralSyntax, "[%s] has %d tests; SingleOp takes one, OrOp and AndOp one or more", c.Section, n)
	}
	return c, true
}

// test reads "EqualOp=CheckReg,HKLM,key,name,0x10001,==,1" and the like.
func (p *parser) test(section string, l inf.Line) (Test, bool) {
	t := Test{Pos: l.Pos}
	var ok bool
	if t.Name, ok = canonical(l.Key, testNames()); !ok {
		p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s is no test; it begins with one of %s", section, l.Describe(), strings.Join(testNames(), ", "))
		return t, false
	}
	if t.Kind, ok = canonical(l.Field(0), []TestKind{CheckReg, CheckFileVer, CheckCustom, VersionCheck}); !ok {
		p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s: %q is no kind of test; write CheckReg, CheckFileVer, CheckCustom or VersionCheck",
			section, l.Describe(), l.Field(0))
		return t, false
	}
	n := argCounts()[t.Kind]
	for i := 1; i <= n; i++ {
		t.Args = append(t.Args, l.Field(i))
	}
	t.Op, t.Data = l.Field(n+1), l.Field(n+2)
	for _, rest := range l.Fields[min(n+3, len(l.Fields)):] {
		if rest != "" {
			p.fault(l, inf.ErrorGeneralSyntax, "[%s] %s has fields after its value; quote a value with a comma in it", section, l.Describe())
			return t, false
		}
	}
	before := len(p.errs)
	p.operator(&t, l)
	p.arguments(t, l)
	return t, len(p.errs) == before
}

// operator brings Op into its one spelling. A value without operator is compared as the name of the test says.
func (p *parser) operator(t *Test, l inf.Line) {
	if t.Op == "" && t.Data != "" {
		if t.Op = operatorOf(t.Name); t.Op == "" {
			p.fault(l, inf.ErrorGeneralSyntax, "%s: %s compares nothing; take the value away", l.Describe(), t.Name)
		}
	}
	switch t.Op {
	case "=":
		t.Op = "=="
	case "<>":
		t.Op = "!="
	case "", "==", "!=", "<", "<=", ">", ">=":
	default:
		p.fault(l, inf.ErrorGeneralSyntax, "%s: %q is no operator; write ==, !=, <, <=, > or >=", l.Describe(), t.Op)
	}
}

func (p *parser) arguments(t Test, l inf.Line) {
	bad := func(format string, args ...any) {
		p.fault(l, inf.ErrorGeneralSyntax, "%s: %s", l.Describe(), fmt.Sprintf(format, args...))
	}
	switch t.Kind {
	case CheckReg:
		t.Args[0] = p.rootAt(l, 1)
		p.number(l, 4)
		if t.Args[1] == "" {
			bad("CheckReg names no key; write CheckReg,HKLM,key,name,flags,==,value")
		}
	case CheckFileVer:
		if t.Args[0] == "" || t.Args[1] == "" {
			bad("CheckFileVer names no file; write CheckFileVer,file-section,file")
			return
		}
		p.dir(t.Args[0], l)
		if t.Op != "" && !dotted(t.Data) {
			bad("%q is no file version; write up to four numbers with dots", t.Data)
		}
	case CheckCustom:
		if t.Args[1] == "" || t.Args[2] == "" {
			bad("CheckCustom names no function; write CheckCustom,,dll,function,,==,1")
		}
	case VersionCheck:
		if t.Op == "" || !dotted(t.Data) {
			bad("write VersionCheck,>=,major.minor.build.servicepack")
		}
	}
}

// dotted tells whether s is one to four decimal numbers with dots between them.
func dotted(s string) bool {
	parts := strings.Split(s, ".")
	return len(parts) <= 4 && !slices.ContainsFunc(parts, func(n string) bool {
		_, err := strconv.ParseUint(n, 10, 32)
		return err != nil
	})
}
