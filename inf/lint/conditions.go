package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// conditions judges condition= lines and the tests they name (WP Appendix B, [Prerequisite]; the forms are measured on real
// packages).
func (l *linter) conditions() {
	for _, name := range l.sections {
		for _, r := range l.roles[fold(name)] {
			switch r {
			case prerequisite, extendedPart:
				for _, line := range l.lines(name) {
					if strings.EqualFold(line.Key, "condition") {
						l.conditionLine(line)
					}
				}
			case tests:
				for _, line := range l.lines(name) {
					l.test(name, line)
				}
			}
		}
	}
}

func (l *linter) badCondition(line inf.Line, what, remedy string) {
	l.addCode("condition", line.Pos, inf.ErrorGeneralSyntax, what, remedy)
}

func (l *linter) conditionLine(line inf.Line) {
	combiner := line.Field(0)
	if !slices.Contains([]string{"singleop", "orop", "andop"}, fold(combiner)) || line.Field(1) == "" {
		l.badCondition(line, fmt.Sprintf("%s is no condition", line.Describe()), "write condition=SingleOp,section or OrOp or AndOp")
		return
	}
	count := 0
	for _, t := range l.lines(line.Field(1)) {
		if t.HasKey && !strings.EqualFold(t.Key, "Display_String") {
			count++
		}
	}
	if strings.EqualFold(combiner, "SingleOp") && count != 1 && l.view.Has(line.Field(1)) {
		l.badCondition(line, fmt.Sprintf("SingleOp, but [%s] has %d tests", line.Field(1), count), "leave one test, or write OrOp or AndOp")
	}
}

// operators are the test names and what their operator field says; the first spelling is the usual one.
func operators() map[string][]string {
	return map[string][]string{"equalop": {"==", "="}, "notequalop": {"!="}, "lessop": {"<"}, "lessorequalop": {"<="},
		"greaterop": {">"}, "greaterorequalop": {">="}, "presentop": {""}, "notpresentop": {""}}
}

// operatorField is where a test has its operator: after the arguments of its kind.
func operatorField() map[string]int {
	return map[string]int{"checkreg": 5, "checkfilever": 3, "checkcustom": 5, "versioncheck": 1}
}

func (l *linter) test(section string, line inf.Line) {
	if strings.EqualFold(line.Key, "Display_String") {
		return
	}
	want, ok := operators()[fold(line.Key)]
	if !line.HasKey || !ok {
		l.badCondition(line, fmt.Sprintf("[%s]: %s is no test", section, line.Describe()), "write EqualOp=, NotPresentOp= or another operator")
		return
	}
	at, ok := operatorField()[fold(line.Field(0))]
	if !ok {
		l.badCondition(line, fmt.Sprintf("[%s]: %q is no kind of test", section, line.Field(0)), "write CheckReg, CheckFileVer, CheckCustom or VersionCheck")
		return
	}
	op := line.Field(at)
	known := op == "" || slices.Contains([]string{"==", "=", "!=", "<", "<=", ">", ">="}, op)
	switch {
	case !known:
		l.badCondition(line, fmt.Sprintf("[%s]: %q is no operator", section, op), "write ==, !=, <, <=, > or >=")
	case !slices.Contains(want, op):
		l.add("condition-name", line.Pos, fmt.Sprintf("[%s]: %s, but the operator field says %q", section, line.Key, op), "make them agree; the field counts")
	}
	if fold(line.Field(0)) == "checkfilever" {
		file := line.Field(1)
		l.named[fold(file)] = true
		if !l.hasDestination(file) && !l.hasDestination("DefaultDestDir") {
			l.addCode("no-destination", line.Pos, inf.ErrorLineNotFound, fmt.Sprintf("CheckFileVer looks in the directory of [%s], which has no destination", file),
				fmt.Sprintf("add %s=11 or another directory id to [DestinationDirs]", file))
		}
	}
}
