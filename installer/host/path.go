package host

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxNameUnits is the longest path element and the longest registry key name, in UTF-16 units (NTFS; "Registry
	// Element Size Limits" in the Win32 documentation).
	MaxNameUnits = 255
	// MaxPathUnits is the longest path, in UTF-16 units ("Maximum Path Length Limitation": the \\?\ form).
	MaxPathUnits = 32767 - len(`\\?\`)
)

// Fold gives the form under which names are equal: each rune in upper case, as NTFS and the registry compare them. No
// rune outside ASCII ever folds into ASCII, so that a check of folded text against "NUL" or "SYSTEM32" means it.
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToUpper(s)
	}
	return strings.Map(foldRune, s)
}

func foldRune(r rune) rune {
	u := unicode.ToUpper(r)
	if r >= utf8.RuneSelf && u < utf8.RuneSelf || r > 0xFFFF {
		return r
	}
	return u
}

// SplitPath checks path by the rules of the package comment and returns its drive in upper case ("C:") and its elements.
// The root of a drive, `C:\`, has none.
func SplitPath(path string) (drive string, elems []string, err error) {
	bad := func(why string) (string, []string, error) {
		return "", nil, fmt.Errorf("%q: %s: %w", path, why, ErrInvalidPath)
	}
	if len(path) < 3 || !isLetter(path[0]) || path[1] != ':' || path[2] != '\\' {
		return bad(`no absolute path of the form C:\name`)
	}
	if units(path) > MaxPathUnits {
		return bad("too long")
	}
	drive = strings.ToUpper(path[:2])
	if len(path) == 3 {
		return drive, nil, nil
	}
	elems = strings.Split(path[3:], `\`)
	for _, e := range elems {
		if why := badName(e); why != "" {
			return bad(why)
		}
	}
	return drive, elems, nil
}

// CheckName refuses, with ErrInvalidPath, what cannot be one path element.
func CheckName(name string) error {
	if why := badName(name); why != "" {
		return fmt.Errorf("%q: %s: %w", name, why, ErrInvalidPath)
	}
	return nil
}

// badName says why name cannot be a path element, or "". Sources: "Naming Files, Paths, and Namespaces" in the Win32
// documentation. A trailing dot or blank, which Win32 drops and the \\?\ form keeps, would name two different files.
func badName(name string) string {
	switch {
	case name == "":
		return "empty path element"
	case name == "." || name == "..":
		return name + " in a path"
	case !utf8.ValidString(name):
		return "not UTF-8"
	case units(name) > MaxNameUnits:
		return "path element too long"
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return "path element ends in a dot or a blank"
	}
	for _, r := range name {
		if r == ':' {
			return "stream or second drive"
		}
		if r < 0x20 || strings.ContainsRune(`<>"/\|?*`, r) {
			return fmt.Sprintf("character %q in a path element", r)
		}
	}
	if isDevice(name) {
		return "device name"
	}
	return ""
}

// isDevice: a device keeps its meaning with an extension and with blanks before it.
func isDevice(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = Fold(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if rest, ok := strings.CutPrefix(base, "COM"); ok {
		return isPort(rest)
	}
	if rest, ok := strings.CutPrefix(base, "LPT"); ok {
		return isPort(rest)
	}
	return false
}

func isPort(s string) bool {
	switch s {
	case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3":
		return true
	}
	return false
}

func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' }

// units counts UTF-16 units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
