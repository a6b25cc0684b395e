package importer

import (
	"fmt"
	"strconv"
	"strings"
)

// writer writes a manifest in the order in which people write them. Paths and commands stand in 'quotes', where a backslash
// is one.
type writer struct {
	strings.Builder
	header string // of a table that has no key yet
}

// table begins a table. Its header is written with the first key, so that none is empty.
func (w *writer) table(header string) { w.header = header }

// set writes a key; an empty text, nil and false are left out.
func (w *writer) set(key string, v any) {
	switch t := v.(type) {
	case nil:
		return
	case string:
		if t == "" {
			return
		}
	case []string:
		if len(t) == 0 {
			return
		}
	case bool:
		if !t {
			return
		}
	}
	w.put(key, v)
}

// put writes a key whatever it holds.
func (w *writer) put(key string, v any) {
	if w.header != "" {
		fmt.Fprintf(w, "\n%s\n", w.header)
		w.header = ""
	}
	fmt.Fprintf(w, "%s = %s\n", key, value(v))
}

// other writes a key whose default is fallback.
func (w *writer) other(key, v, fallback string) {
	if v != fallback {
		w.set(key, v)
	}
}

// raw is text that is TOML already.
type raw string

func value(v any) string {
	switch t := v.(type) {
	case raw:
		return string(t)
	case string:
		return quote(t)
	case []string:
		list := make([]string, len(t))
		for i, s := range t {
			list[i] = quote(s)
		}
		return "[" + strings.Join(list, ", ") + "]"
	case bool:
		return strconv.FormatBool(t)
	}
	return fmt.Sprint(v)
}

// quote writes a text. ${ would be a variable.
func quote(s string) string {
	s = strings.ReplaceAll(s, "${", "$${")
	if strings.ContainsAny(s, `\"`) && !strings.Contains(s, "'") && !strings.ContainsFunc(s, control) {
		return "'" + s + "'"
	}
	return basic(s)
}

func control(c rune) bool { return c < ' ' || c == 0x7f || c == 0xFFFD }

// basic is a TOML basic string.
func basic(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case control(c):
			fmt.Fprintf(&b, `\u%04X`, c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// block is a text of several lines: in three single quotes, where nothing is escaped, if it has none of them.
func block(s string) raw {
	s = strings.ReplaceAll(s, "${", "$${")
	if strings.Contains(s, "'''") || strings.ContainsFunc(strings.ReplaceAll(s, "\n", ""), func(c rune) bool { return c != '\t' && control(c) }) {
		return raw(basic(s))
	}
	return raw("'''\n" + s + "'''")
}

// inline is an inline table.
func inline(pairs ...any) raw {
	var parts []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if s, ok := pairs[i+1].(string); ok && s == "" && pairs[i] != "name" {
			continue
		}
		parts = append(parts, fmt.Sprintf("%s = %s", pairs[i], value(pairs[i+1])))
	}
	return raw("{ " + strings.Join(parts, ", ") + " }")
}
