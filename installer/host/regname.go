package host

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// MaxValueNameUnits is the longest value name, in UTF-16 units ("Registry Element Size Limits").
	MaxValueNameUnits = 16383
	// MaxKeyDepth is how deep keys may nest (same source).
	MaxKeyDepth = 512
)

// String spells the key as logs do: HKLM\SOFTWARE\Vendor, with "(32)" after it for the 32-bit view.
func (k Key) String() string {
	s := string(k.Root)
	if k.Path != "" {
		s += `\` + k.Path
	}
	if k.View == View32 {
		s += " (32)"
	}
	return s
}

// SplitKey checks a key's root and path and returns the elements of the path; the root itself has none. ErrInvalidPath
// for an unknown root or view, an empty or too long element, a control character, too many levels.
func SplitKey(k Key) ([]string, error) {
	bad := func(why string) ([]string, error) {
		return nil, fmt.Errorf("key %q: %s: %w", k.String(), why, ErrInvalidPath)
	}
	switch k.Root {
	case HKLM, HKCR, HKCU, HKU:
	default:
		return bad("unknown root")
	}
	if k.View > View32 {
		return bad("unknown view")
	}
	if k.Path == "" {
		return nil, nil
	}
	if !utf8.ValidString(k.Path) {
		return bad("not UTF-8")
	}
	elems := strings.Split(k.Path, `\`)
	if len(elems) > MaxKeyDepth {
		return bad("too deep")
	}
	for _, e := range elems {
		switch {
		case e == "":
			return bad("empty element, or a backslash at an end")
		case units(e) > MaxNameUnits:
			return bad("element too long")
		case strings.ContainsFunc(e, func(r rune) bool { return r < 0x20 || r == 0x7f }):
			return bad("control character")
		}
	}
	return elems, nil
}

// CheckValueName refuses, with ErrInvalidPath, what cannot name a value: text that is not UTF-8, holds a NUL or is too
// long. Every other character, the backslash included, is allowed.
func CheckValueName(name string) error {
	why := ""
	switch {
	case !utf8.ValidString(name):
		why = "not UTF-8"
	case strings.ContainsRune(name, 0):
		why = "NUL"
	case units(name) > MaxValueNameUnits:
		why = "too long"
	default:
		return nil
	}
	return fmt.Errorf("value name %.80q: %s: %w", name, why, ErrInvalidPath)
}
