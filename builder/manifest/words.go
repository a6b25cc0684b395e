package manifest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// What follows is for those who write manifests: the words of values.

// Place is a destination in the one form that equal destinations share.
func Place(d updateinf.Dir, name string) string { return place(d, name) }

// DirOK reports whether a manifest can name a destination.
func DirOK(d updateinf.Dir) bool {
	_, err := parseDir(DirString(d))
	return err == nil
}

// FileTimeName is the word of file.when.
func FileTimeName(w updateinf.When) (string, bool) {
	for _, t := range fileTimes() {
		if t.when == w {
			return t.name, true
		}
	}
	return "", false
}

// CopyFlagWords are the words of file.flags, sorted; false if a bit has none.
func CopyFlagWords(bits uint32) ([]string, bool) {
	var words []string
	for word, bit := range copyFlagNames() {
		if bits&bit != 0 {
			words = append(words, word)
			bits &^= bit
		}
	}
	slices.Sort(words)
	return words, bits == 0
}

// EditionWord is the word of an SKU of section names.
func EditionWord(sku string) (string, bool) {
	for word, s := range editionNames() {
		if s == sku {
			return word, true
		}
	}
	return "", false
}

// RunTimeWord is the word of run.when; empty for a time that has none.
func RunTimeWord(w updateinf.ProcessWhen) string {
	for word, when := range runTimes() {
		if when == w {
			return word
		}
	}
	return ""
}

// Savable reports whether a line of [Save.Reg.For.Uninstall] can name what a registry change touches: no default value,
// nothing in the 32-bit view; and whether it should: not a key that is only created, as saving it would put its whole old
// content back over what came later.
func Savable(del, hasName bool, name string, flags uint32) bool {
	return flags&updateinf.FlgAddReg32BitKey == 0 && (!hasName || name != "") && (hasName || del)
}

// TestNumber reports whether a registry test compares its data as a number.
func TestNumber(data string) bool {
	_, err := strconv.ParseUint(data, 0, 32)
	return err == nil
}

// AssignmentOK reports whether an INF can have a name in front of an equals sign.
func AssignmentOK(name string) bool { return !strings.ContainsAny(name, `=;,"%`) }

// GUIDOK reports whether a text is a GUID in braces.
func GUIDOK(s string) bool {
	return regexp.MustCompile(`^\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}$`).MatchString(s)
}

// OwnDirID reports whether a [[directory]] can have a directory id (65625 WP appendix B; the others OURS).
func OwnDirID(id int) bool { return id == 65625 || id >= firstOwnDirID && id <= firstOwnDirID+99 }
