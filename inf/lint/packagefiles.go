package lint

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/spuninst"
)

// branches judges branches.inf.
func (l *linter) branches() {
	l.fixed("branches.inf", map[string]shape{
		"version": {form: keyed, keys: []key{{name: "Signature"}, {name: "FileVersion"}}},
		"strings": l.shapes[stringTable], "filebranchinfo": {form: anyForm},
	}, nil)
	_, err := branches.ParseChain(l.file)
	l.refused(err)
}

// updateBr judges updatebr.inf.
func (l *linter) updateBr() {
	l.fixed("updatebr.inf", map[string]shape{
		"version":                     {form: keyed, keys: []key{{name: "Signature"}, {name: "CatalogFile"}}},
		"strings":                     l.shapes[stringTable],
		"defaultbranchesservicepacks": {form: open, write: "service pack=branch"},
		"sourceinfsbranches":          {form: open, write: `branch=update\update_branch.inf`},
	}, []string{"setupfiles.", "defaultbranchesservicepacks."})
	u, err := branches.ParseUpdateBR(l.file)
	l.refused(err)
	if err != nil {
		return
	}
	for _, name := range l.sections {
		f := fold(name)
		if deco, ok := strings.CutPrefix(f, "defaultbranchesservicepacks."); ok && !isWinNt(deco) {
			l.add("unknown-decoration", l.sectionPos(name), fmt.Sprintf("[%s]: no version of Windows is called %q", name, deco), "write WinNt and major and minor version, such as WinNt52")
		}
		if f == "defaultbranchesservicepacks" || strings.HasPrefix(f, "defaultbranchesservicepacks.") {
			for _, line := range l.lines(name) {
				if _, ok := u.INF(line.Field(0)); !ok {
					l.add("default-branch", line.Pos, fmt.Sprintf("branch %s has no INF, so the package is refused there (61677)", line.Field(0)), "add it to [SourceInfsBranches]")
				}
			}
		}
		if branch, ok := strings.CutPrefix(f, "setupfiles."); ok && branch != "common" {
			if _, ok := u.INF(branch); !ok {
				l.add("unused-section", l.sectionPos(name), fmt.Sprintf("[%s] is for a branch that has no INF", name), "add the branch to [SourceInfsBranches], or take the section out")
			}
		}
	}
}

// isWinNt tells whether a decoration is WinNt<major><minor> (measured on real packages), in lower case.
func isWinNt(deco string) bool {
	digits, ok := strings.CutPrefix(deco, "winnt")
	return ok && len(digits) >= 2 && strings.Trim(digits, "0123456789") == ""
}

// fixed judges a file that has these sections only, names in lower case, and those with one of the prefixes.
func (l *linter) fixed(kind string, known map[string]shape, prefixes []string) {
next:
	for _, name := range l.sections {
		if s, ok := known[fold(name)]; ok {
			l.shape(name, s, none)
			continue
		}
		for _, p := range prefixes {
			if strings.HasPrefix(fold(name), p) {
				continue next
			}
		}
		l.add("unused-section", l.sectionPos(name), fmt.Sprintf("[%s] is no section of %s", name, kind), "take it out")
	}
}

// spuninst judges spuninst.inf: what removal reads, and the sections that its [GlobalRegistryChanges] names. Others are the
// author's, copied by [UninstallSections].
func (l *linter) spuninst() {
	l.assign(nil)
	l.shapeAll()
	l.registry()
	_, err := spuninst.Parse(l.file)
	l.refused(err)
}
