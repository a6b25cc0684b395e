package inf

import (
	"sort"
	"strconv"
	"strings"
)

// View is a file as one language sees it: sections of the same name merged, %strings% substituted. It is a snapshot:
// later changes of the File do not show.
type View struct {
	names   []string // as first spelled, in order
	lines   map[string][]Line
	strings map[string]string
}

// Lookup resolves names that [Strings] does not have, such as directory ids (%11%).
type Lookup func(name string) (string, bool)

// View returns the file with the strings of a language: [Strings.LLLL] of the exact language id, else of the primary
// language with neutral sublanguage, else of the first section with the same primary language; what that lacks, and
// everything for language 0, comes from [Strings] (INF docs, "INF Strings Section"; the fallback by key is OURS).
func (f *File) View(lang uint16) *View { return f.ViewWith(lang, nil) }

// ViewWith is View with a further source of names; nil for none. A value of more that ends in "\" loses it where the text
// goes on with "\", as SetupAPI does with directories.
func (f *File) ViewWith(lang uint16, more Lookup) *View {
	v := &View{lines: map[string][]Line{}, strings: f.stringsOf(lang)}
	subst := func(s string) string { return v.expand(s, more) }
	for _, s := range f.Sections {
		fold := strings.ToLower(s.Name)
		if _, seen := v.lines[fold]; !seen {
			v.names = append(v.names, s.Name)
			v.lines[fold] = nil
		}
		for _, l := range s.Lines() {
			v.lines[fold] = append(v.lines[fold], substituted(l, subst))
		}
	}
	return v
}

func (v *View) expand(s string, more Lookup) string {
	return expand(s, func(name, rest string) (string, bool) {
		t, ok := v.strings[strings.ToLower(name)]
		if ok || more == nil {
			return t, ok
		}
		if t, ok = more(name); strings.HasPrefix(rest, `\`) {
			t = strings.TrimSuffix(t, `\`)
		}
		return t, ok
	})
}

func substituted(l Line, subst func(string) string) Line {
	l.Key = subst(l.Key)
	fields := make([]string, len(l.Fields))
	for i, f := range l.Fields {
		fields[i] = subst(f)
	}
	l.Fields = fields
	return l
}

// Has tells whether the file has the section, be it empty.
func (v *View) Has(section string) bool {
	_, ok := v.lines[strings.ToLower(section)]
	return ok
}

// Sections returns the names of the sections, as first spelled, in the order of the file.
func (v *View) Sections() []string { return append([]string(nil), v.names...) }

// Lines returns the lines of a section; none if it is missing.
func (v *View) Lines(section string) []Line {
	return append([]Line(nil), v.lines[strings.ToLower(section)]...)
}

// Value returns the first field of the first line of the section with that key. An empty value is found, too.
func (v *View) Value(section, key string) (string, bool) {
	for _, l := range v.lines[strings.ToLower(section)] {
		if l.HasKey && strings.EqualFold(l.Key, key) {
			return l.Field(0), true
		}
	}
	return "", false
}

// Strings returns the strings of the language as they stand, names in lower case. (Lines and Value substitute within
// [Strings], too, when it is read like another section; so does SetupAPI.)
func (v *View) Strings() map[string]string {
	m := make(map[string]string, len(v.strings))
	for k, s := range v.strings {
		m[k] = s
	}
	return m
}

func isStringsSection(fold string) bool {
	return fold == "strings" || strings.HasPrefix(fold, "strings.")
}

// StringLanguages returns the language ids of the [Strings.LLLL] sections, sorted.
func (f *File) StringLanguages() []uint16 {
	seen := map[uint16]bool{}
	var ids []uint16
	for _, s := range f.Sections {
		if id, ok := StringsLanguage(s.Name); ok && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	return ids
}

// StringsLanguage reads the language id out of a section name "Strings.LLLL"; false for other names.
func StringsLanguage(section string) (uint16, bool) {
	const prefix = "strings."
	if len(section) != len(prefix)+4 || !strings.EqualFold(section[:len(prefix)], prefix) {
		return 0, false
	}
	n, err := strconv.ParseUint(section[len(prefix):], 16, 16)
	return uint16(n), err == nil
}

func (f *File) stringsOf(lang uint16) map[string]string {
	m := map[string]string{}
	if id, ok := f.chooseStrings(lang); ok {
		for _, s := range f.Sections {
			if got, is := StringsLanguage(s.Name); is && got == id {
				addStrings(m, s)
			}
		}
	}
	for _, s := range f.Sections {
		if strings.EqualFold(s.Name, "Strings") {
			addStrings(m, s)
		}
	}
	return m
}

// addStrings takes over what m does not have: the first definition counts.
func addStrings(m map[string]string, s *Section) {
	for _, l := range s.Lines() {
		k := strings.ToLower(l.Key)
		if _, ok := m[k]; l.HasKey && !ok {
			m[k] = l.Field(0)
		}
	}
}

func (f *File) chooseStrings(lang uint16) (uint16, bool) {
	var ids []uint16
	for _, s := range f.Sections {
		if id, ok := StringsLanguage(s.Name); ok {
			ids = append(ids, id)
		}
	}
	return NearestLanguage(ids, lang)
}

// NearestLanguage chooses among languages for a machine's: that one, its primary language with the neutral sublanguage, or the first
// of the same primary language (INF docs, "INF Strings Section"). False if there is none, or lang is 0.
func NearestLanguage(ids []uint16, lang uint16) (uint16, bool) {
	if lang == 0 {
		return 0, false
	}
	const primaryMask = 0x3FF
	primary := lang & primaryMask
	best, rank := uint16(0), 0
	for _, id := range ids {
		r := 0
		switch {
		case id == lang:
			r = 3
		case id == primary:
			r = 2
		case id&primaryMask == primary:
			r = 1
		}
		if r > rank {
			best, rank = id, r
		}
	}
	return best, rank > 0
}
