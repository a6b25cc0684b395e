package lint

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// strings judges %names% and the [Strings] sections.
func (l *linter) strings() {
	names := map[string]bool{} // of any language
	base := map[string]bool{}
	for _, s := range l.file.Sections {
		_, local := inf.StringsLanguage(s.Name)
		plain := strings.EqualFold(s.Name, "Strings")
		if !plain && !local {
			continue
		}
		for _, line := range s.Lines() {
			names[fold(line.Key)] = true
			base[fold(line.Key)] = base[fold(line.Key)] || plain
		}
	}
	used := l.usedStrings(names)
	if l.kind != SpuninstINF { // the installer writes every string into spuninst.inf, for nothing
		l.unusedStrings(used, base)
	}
}

// usedStrings returns the names that text asks for, and reports those that nothing has.
func (l *linter) usedStrings(names map[string]bool) map[string]bool {
	used := map[string]bool{}
	for _, n := range conventionalStrings() {
		used[fold(n)] = true
	}
	for _, s := range l.file.Sections {
		if isStrings(s.Name) {
			continue // a string's own text is not substituted
		}
		for _, line := range s.Lines() {
			for _, field := range append([]string{line.Key}, line.Fields...) {
				inf.Expand(field, func(name string) (string, bool) {
					used[fold(name)] = true
					if !names[fold(name)] && reportable(name) {
						l.add("undefined-string", line.Pos, fmt.Sprintf("%%%s%% is not in [Strings] and stays as it is", name), "add the string, or write %% for a percent sign")
					}
					return "", false
				})
			}
		}
	}
	return used
}

func isStrings(section string) bool {
	f := fold(section)
	return f == "strings" || strings.HasPrefix(f, "strings.")
}

// reportable tells whether a name looks like that of a string: no number (an argument, or a directory id), no variable of
// the system, no text between two percent signs.
func reportable(name string) bool {
	if _, err := strconv.Atoi(name); err == nil {
		return false
	}
	for _, v := range environment() {
		if strings.EqualFold(v, name) {
			return false
		}
	}
	for _, c := range name {
		if c < 0x80 && c != '_' && c != '-' && c != '.' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return name != ""
}

// unusedStrings reports what no text asks for. base says of each name whether [Strings] itself has it.
func (l *linter) unusedStrings(used, base map[string]bool) {
	seen := map[string]bool{}
	for _, s := range l.file.Sections {
		if !isStrings(s.Name) {
			continue
		}
		for _, line := range s.Lines() {
			f := fold(line.Key)
			if !line.HasKey || seen[f] {
				continue
			}
			seen[f] = true
			switch {
			case !used[f]:
				l.add("unused-string", line.Pos, fmt.Sprintf("nothing uses the string %s", line.Key), "take it out")
			case !base[f]:
				l.add("string-language", line.Pos, fmt.Sprintf("[Strings] has no %s", line.Key), "add it there for languages that have no section of their own")
			}
		}
	}
}
