package inf

import "strings"

// Expand replaces %name% by what lookup says and %% by a percent sign. A name that lookup does not know stays, percent
// signs included: %SystemRoot%, %1 and %* are data in real packages.
func Expand(s string, lookup func(name string) (string, bool)) string {
	return expand(s, func(name, _ string) (string, bool) { return lookup(name) })
}

// expand is Expand with a lookup that sees what follows the name.
func expand(s string, lookup func(name, rest string) (string, bool)) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(s, '%')
		if i < 0 {
			break
		}
		j := strings.IndexByte(s[i+1:], '%')
		if j < 0 {
			break
		}
		j += i + 1
		out.WriteString(s[:i])
		name := s[i+1 : j]
		if name == "" {
			out.WriteByte('%')
		} else if v, ok := lookup(name, s[j+1:]); ok {
			out.WriteString(v)
		} else {
			out.WriteString(s[i : j+1])
		}
		s = s[j+1:]
	}
	out.WriteString(s)
	return out.String()
}

// Escape returns text that Expand turns into s: s itself where Expand leaves it alone, else with every percent sign doubled.
func Escape(s string, lookup func(name string) (string, bool)) string {
	if Expand(s, lookup) == s {
		return s
	}
	return strings.ReplaceAll(s, "%", "%%")
}
