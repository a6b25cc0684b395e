package manifest

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// variant is one package of a manifest. Its architecture and language are as the manifest spells them; an empty one is not said.
type variant struct{ arch, language string }

// LoadAll reads and checks update.toml and gives a Manifest for each package it makes: one for each architecture and language of
// [package], architectures first. Faults of all of them come back at once, as with Load.
func LoadAll(path string) ([]*Manifest, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	return parseAll(path, dir, text, os.DirFS(dir))
}

// parseAll is Parse for each package.
func parseAll(file, dir, text string, tree fs.FS) ([]*Manifest, error) {
	first := newResolver(file, dir, tree)
	raw, err := first.decode(text)
	if err != nil {
		return nil, err
	}
	var list []*Manifest
	faults, unused := Faults{}, []Faults{}
	for i, v := range first.variants(raw) {
		r := first
		if i > 0 {
			r = newResolver(file, dir, tree)
			if raw, err = r.decode(text); err != nil {
				return nil, err
			}
		}
		r.resolve(r.document(raw, v))
		faults = append(faults, r.faults...)
		list = append(list, r.m)
		unused = append(unused, r.unused)
	}
	if err := faults.Sort().asError(); err != nil {
		return nil, err
	}
	for _, w := range unused[0] { // what no package uses
		if !slices.ContainsFunc(unused, func(other Faults) bool { return !slices.Contains(other, w) }) {
			list[0].Warnings = append(list[0].Warnings, w)
		}
	}
	return list, nil
}

func newResolver(file, dir string, tree fs.FS) *resolver {
	return &resolver{file: file, dir: dir, tree: tree, m: &Manifest{File: file, Dir: dir, files: map[string]string{}}, refused: map[string]bool{}}
}

// decode reads the text and what it includes.
func (r *resolver) decode(text string) (map[string]any, error) {
	var raw map[string]any
	if _, err := toml.Decode(text, &raw); err != nil {
		return nil, syntaxFault(r.file, text, err)
	}
	if raw == nil {
		raw = map[string]any{}
	}
	r.m.pos = scan(text)
	r.include(raw)
	return raw, nil
}

// document is the manifest of one package.
func (r *resolver) document(raw map[string]any, v variant) *document {
	r.choose(raw, v)
	r.variables(raw, v)
	doc := new(document)
	(&decoder{fault: r.fault, refused: r.refused}).table("", raw, reflect.ValueOf(doc).Elem())
	return doc
}

// variants are the packages that package.arch and package.language ask for.
func (r *resolver) variants(raw map[string]any) []variant {
	p, _ := raw["package"].(map[string]any)
	known := func(path, s string) string {
		return r.languageNamed(path, s).key()
	}
	archs := r.list("package.arch", p["arch"], func(path, s string) string { return r.archNamed(path, s) })
	languages := r.list("package.language", p["language"], known)
	var list []variant
	for _, a := range archs {
		for _, l := range languages {
			list = append(list, variant{a, l})
		}
	}
	r.unusedParts(raw, list)
	return list
}

// list reads one text or a list of different ones; at least one, perhaps empty, comes back.
func (r *resolver) list(path string, v any, meaning func(path, s string) string) []string {
	items, ok := v.([]any)
	if !ok {
		s, isText := v.(string)
		if v != nil && !isText {
			r.fault(path, "%s is %s; it must be text in quotes or a list of texts", path, tomlKind(v))
		}
		return []string{s}
	}
	var texts []string
	seen := map[string]int{}
	for i, item := range items {
		at := index(path, i)
		s, ok := item.(string)
		if !ok {
			r.fault(at, "%s is %s; it must be text in quotes", at, tomlKind(item))
			continue
		}
		before := len(r.faults)
		m := meaning(at, s)
		if len(r.faults) > before {
			continue
		}
		if first, dup := seen[m]; dup {
			r.fault(at, "%s is the same as %s; each package is made once", at, index(path, first))
			continue
		}
		seen[m] = i
		texts = append(texts, s)
	}
	if len(items) == 0 {
		r.fault(path, "%s is an empty list; name at least one, or leave the key out", path)
	}
	if len(texts) == 0 {
		return []string{""}
	}
	return texts
}

// key tells languages apart.
func (l Language) key() string { return fmt.Sprintf("%04X", l.LCID) }

// parts are the tables of [for] by the architecture or language they are for.
func (r *resolver) parts(raw map[string]any) map[string]map[string]any {
	table, _ := raw["for"].(map[string]any)
	parts := map[string]map[string]any{}
	for name, v := range table {
		if t, ok := v.(map[string]any); ok {
			parts[name] = t
		}
	}
	return parts
}

// fits reports whether [for.name] is for a package.
func (v variant) fits(name string) bool {
	arch := v.arch
	if arch == "" {
		arch = DefaultArch
	}
	if name == arch {
		return true
	}
	if strings.EqualFold(name, "neutral") {
		l, _ := LanguageByName(v.language)
		return l.Neutral()
	}
	want, ok := LanguageByName(name)
	got, known := LanguageByName(v.language)
	return ok && known && want == got
}

// unusedParts reports what stands in [for] for no package.
func (r *resolver) unusedParts(raw map[string]any, list []variant) {
	for _, name := range slices.Sorted(maps.Keys(r.parts(raw))) {
		at := join("for", name)
		if slices.ContainsFunc(list, func(v variant) bool { return v.fits(name) }) {
			continue
		}
		_, isLanguage := LanguageByName(name)
		switch {
		case slices.Contains(Architectures(), name):
			r.fault(at, "[for.%s]: no package is for %s; add it to package.arch", name, name)
		case isLanguage || strings.EqualFold(name, "neutral"):
			r.fault(at, "[for.%s]: no package is in that language; add it to package.language", name)
		default:
			r.fault(at, "[for.%s]: %q is no architecture (%s) and no language such as fr-FR", name, name, strings.Join(Architectures(), ", "))
		}
	}
	if table, ok := raw["for"].(map[string]any); ok {
		for _, name := range slices.Sorted(maps.Keys(table)) {
			if _, ok := table[name].(map[string]any); !ok {
				r.fault(join("for", name), "for.%s is %s; it must be a table", name, tomlKind(table[name]))
			}
		}
	}
}

// choose makes the document that of one package: what [for] says about its architecture, then about its language, counts
// instead of what the manifest says; lists of tables go on.
func (r *resolver) choose(raw map[string]any, v variant) {
	parts := r.parts(raw)
	if _, isTable := raw["for"].(map[string]any); isTable {
		delete(raw, "for")
	}
	names := slices.Sorted(maps.Keys(parts))
	slices.SortStableFunc(names, func(a, b string) int { // architectures first
		return boolOrder(!slices.Contains(Architectures(), a)) - boolOrder(!slices.Contains(Architectures(), b))
	})
	for _, name := range names {
		if v.fits(name) {
			at := join("for", name)
			for _, key := range []string{"include", "for"} {
				if _, ok := parts[name][key]; ok {
					r.fault(join(at, key), "[for.%s] cannot have the key %s; it belongs above all tables", name, key)
					delete(parts[name], key)
				}
			}
			if p, ok := parts[name]["package"].(map[string]any); ok {
				for _, key := range []string{"arch", "language"} {
					if _, ok := p[key]; ok {
						r.fault(join(join(at, "package"), key), "[for.%s.package] cannot have the key %s; [package] says which packages there are", name, key)
						delete(p, key)
					}
				}
			}
			r.overlay(at, "", raw, parts[name])
		}
	}
	if p, ok := raw["package"].(map[string]any); ok {
		for key, s := range map[string]string{"arch": v.arch, "language": v.language} {
			if _, isList := p[key].([]any); isList {
				p[key] = s
				if s == "" { // every element was wrong
					delete(p, key)
				}
			}
		}
	}
}

func boolOrder(b bool) int {
	if b {
		return 1
	}
	return 0
}

// overlay puts from, which stands at path from, over the document.
func (r *resolver) overlay(from, to string, into, table map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(table)) {
		source, at := join(from, key), join(to, key)
		old, both := into[key].(map[string]any)
		part, isTable := table[key].(map[string]any)
		if both && isTable {
			r.overlay(source, at, old, part)
			continue
		}
		first, isList := into[key].([]map[string]any)
		more, areMore := table[key].([]map[string]any)
		if isList && areMore {
			for i := range more {
				r.move(index(source, i), index(at, len(first)+i))
			}
			into[key] = append(first, more...)
			continue
		}
		r.forget(at)
		r.move(source, at)
		into[key] = table[key]
	}
}

// below reports whether a path is another or stands under it, and what follows.
func below(path, top string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, top)
	return rest, ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// move gives a key, and what is below it, the place of another.
func (r *resolver) move(from, to string) {
	for _, p := range slices.Sorted(maps.Keys(r.m.pos)) {
		if rest, ok := below(p, from); ok {
			r.m.pos[to+rest] = r.m.pos[p]
			if file, ok := r.m.files[p]; ok {
				r.m.files[to+rest] = file
			} else {
				delete(r.m.files, to+rest)
			}
		}
	}
}

func (r *resolver) forget(top string) {
	for p := range r.m.pos {
		if _, ok := below(p, top); ok {
			delete(r.m.pos, p)
			delete(r.m.files, p)
		}
	}
}
