package manifest

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// include merges the files of the top-level key include into the document: lists of tables go on with theirs, and what the
// manifest itself does not say comes from them, the first file first.
func (r *resolver) include(raw map[string]any) {
	list, _ := raw["include"].([]any) // the decoder reports another type
	for i, item := range list {
		at := index("include", i)
		name, ok := item.(string)
		if !ok {
			continue
		}
		file := r.source(at, name)
		if file == "" {
			continue
		}
		if more, pos := r.read(at, file, strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "./")); more != nil {
			(&merger{r: r, file: filepath.ToSlash(file), pos: pos}).table("", raw, more)
		}
	}
}

// read decodes an included file.
func (r *resolver) read(at, file, name string) (map[string]any, positions) {
	text, err := fs.ReadFile(r.tree, name)
	if err != nil {
		r.fault(at, "%s cannot be read: %v", name, err)
		return nil, nil
	}
	if len(text) > MaxBytes {
		r.fault(at, "%s is %d bytes long; a manifest has at most %d", name, len(text), MaxBytes)
		return nil, nil
	}
	var more map[string]any
	if _, err := toml.Decode(string(text), &more); err != nil {
		var faults Faults
		if errors.As(syntaxFault(filepath.ToSlash(file), string(text), err), &faults) {
			r.faults = append(r.faults, faults...)
		}
		return nil, nil
	}
	if _, nested := more["include"]; nested {
		r.fault(at, "%s has the key include itself; name every file in the manifest", name)
		delete(more, "include")
	}
	return more, scan(string(text))
}

// merger brings an included document and the places of its keys into that of the manifest.
type merger struct {
	r    *resolver
	file string
	pos  positions
}

func (m *merger) table(path string, into, from map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(from)) {
		at := join(path, key)
		old, exists := into[key]
		if !exists {
			into[key] = from[key]
			m.place(at, at)
			continue
		}
		a, aTable := old.(map[string]any)
		b, bTable := from[key].(map[string]any)
		if aTable && bTable {
			m.table(at, a, b)
			continue
		}
		first, aList := old.([]map[string]any)
		more, bList := from[key].([]map[string]any)
		if aList && bList {
			for i := range more {
				m.place(index(at, i), index(at, len(first)+i))
			}
			into[key] = append(first, more...)
		}
	}
}

// place takes over the places of a path and what is below it, under another path.
func (m *merger) place(from, to string) {
	for _, p := range slices.Sorted(maps.Keys(m.pos)) {
		if rest, ok := below(p, from); ok {
			m.r.m.pos[to+rest] = m.pos[p]
			m.r.m.files[to+rest] = m.file
		}
	}
}

// variables replaces ${name} in every text of the document but [variables] itself; $${ stands for ${. ${arch}, ${language} and
// ${language-code} are those of the package.
func (r *resolver) variables(raw map[string]any, v variant) {
	table, _ := raw["variables"].(map[string]any)
	values, used := v.values(), map[string]bool{}
	r.used = used
	for _, name := range slices.Sorted(maps.Keys(table)) {
		at := join("variables", name)
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			r.fault(at, "variable %q: a name has letters, digits, _ and -", name)
		}
		if _, own := values[name]; own {
			r.fault(at, "variable %q: the name is that of the package's own; choose another", name)
		}
		text, ok := table[name].(string)
		if !ok {
			r.fault(at, "%s is %s; it must be text in quotes", at, tomlKind(table[name]))
		}
		values[name] = text
	}
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		if key != "variables" && key != "include" {
			raw[key] = r.substitute(join("", key), raw[key], values)
		}
	}
	// Variables of an included file are for several manifests; one need not use them all.
	for _, name := range slices.Sorted(maps.Keys(table)) {
		at := join("variables", name)
		if _, included := r.m.files[at]; !included && !used[name] {
			r.unused = append(r.unused, r.m.Warn(at, "nothing uses the variable ${"+name+"}; take it out"))
		}
	}
}

func (r *resolver) substitute(path string, v any, values map[string]string) any {
	switch t := v.(type) {
	case string:
		return r.substituteText(path, t, values)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			t[key] = r.substitute(join(path, key), t[key], values)
		}
	case []map[string]any:
		for i := range t {
			r.substitute(index(path, i), t[i], values)
		}
	case []any:
		for i := range t {
			t[i] = r.substitute(index(path, i), t[i], values)
		}
	}
	return v
}

func (r *resolver) substituteText(path, s string, values map[string]string) string {
	whole := s
	var out strings.Builder
	for {
		head, rest, found := strings.Cut(s, "${")
		out.WriteString(head)
		if !found {
			return out.String()
		}
		if literal, escaped := strings.CutSuffix(out.String(), "$"); escaped {
			out.Reset()
			out.WriteString(literal + "${")
			s = rest
			continue
		}
		name, tail, closed := strings.Cut(rest, "}")
		value, known := values[name]
		r.used[name] = true
		switch {
		case !closed:
			r.fault(path, "%s: ${ has no }; write ${name} for a variable, $${ for the characters", path)
			return whole
		case !known:
			hint := "add it to [variables], or write $${ for the characters"
			if near := nearest(name, slices.Sorted(maps.Keys(values))); near != "" {
				hint = "did you mean ${" + near + "}?"
			}
			r.fault(path, "%s: variable ${%s} is not known; %s", path, name, hint)
		}
		out.WriteString(value)
		s = tail
	}
}

// values are the variables that a package has by itself.
func (v variant) values() map[string]string {
	l, ok := LanguageByName(v.language)
	if !ok {
		l = Language{Tag: "neutral", Code: "neutral"}
	}
	arch := v.arch
	if arch == "" {
		arch = DefaultArch
	}
	return map[string]string{"arch": arch, "language": l.Tag, "language-code": l.Code}
}
