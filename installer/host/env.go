package host

import "strings"

// ExpandEnv replaces each %NAME% that lookup knows. An unknown name stays, and its second mark may begin the next name,
// as ExpandEnvironmentStrings does it.
func ExpandEnv(s string, lookup func(name string) (value string, known bool)) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "%")
		name, after, closed := strings.Cut(rest, "%")
		if !ok || !closed {
			return b.String() + s
		}
		b.WriteString(before)
		if value, known := lookup(name); known {
			b.WriteString(value)
			s = after
		} else {
			b.WriteString("%" + name)
			s = "%" + after
		}
	}
}
