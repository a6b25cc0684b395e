// Package winpath handles Windows paths as text, on every operating system.
package winpath

import "strings"

// Join puts elements together with single backslashes; empty elements are left out.
func Join(elem ...string) string {
	var parts []string
	for i, e := range elem {
		if i > 0 {
			e = strings.TrimLeft(e, `\`)
		}
		if e = strings.TrimRight(e, `\`); e != "" {
			parts = append(parts, e)
		}
	}
	p := strings.Join(parts, `\`)
	if len(p) == 2 && p[1] == ':' {
		return p + `\`
	}
	return p
}

// Dir is the path without its last element; the directory of `C:\x` is `C:\`.
func Dir(path string) string {
	path = strings.TrimRight(path, `\`)
	i := strings.LastIndexByte(path, '\\')
	if i < 0 {
		return ""
	}
	return Join(path[:i])
}

// Base is the last element.
func Base(path string) string {
	path = strings.TrimRight(path, `\`)
	return path[strings.LastIndexByte(path, '\\')+1:]
}

// Fold is the form in which two names of one object are equal. Windows compares names by upper case.
func Fold(path string) string { return strings.ToUpper(path) }

// Equal reports whether two paths name the same object, links aside.
func Equal(a, b string) bool { return strings.EqualFold(a, b) }

// Under reports whether path is dir itself or lies below it.
func Under(path, dir string) bool {
	p, d := Fold(path), Fold(strings.TrimRight(dir, `\`))
	return p == d || strings.HasPrefix(p, d+`\`)
}
