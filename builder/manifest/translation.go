package manifest

import (
	"cmp"
	"maps"
	"slices"
)

// Translation is what a language neutral package says in one language ([Strings.LLLL] of its INFs).
type Translation struct {
	Language Language
	Strings  map[string]string // names of [Strings], in lower case, → text
	EULA     string            // path; empty: none of its own
	Texts    map[string]string // text of the manifest → text in this language
	Key      string            // path of its table
}

// translations resolves [[translation]]. They are for packages that are for no one language.
func (r *resolver) translations(docs []translationDoc) {
	if len(docs) > 0 && !r.m.Language.Neutral() {
		r.unused = append(r.unused, r.m.Warn("translation", "[[translation]] is for language neutral packages; a package for one language shows its own texts only"))
	}
	seen := map[uint16]string{}
	for i, d := range docs {
		at := index("translation", i)
		t := Translation{Key: at, Strings: map[string]string{}, Texts: map[string]string{}}
		if !r.written(at + ".language") {
			r.fault(at, `%s has no language; give one, such as "fr-FR"`, at)
		} else if !r.failed(at + ".language") {
			t.Language = r.languageNamed(at+".language", d.Language)
			if first, dup := seen[t.Language.LCID]; dup {
				r.fault(at+".language", "%s is translated on line %s already; keep one", t.Language.Tag, r.line(first))
			}
			if t.Language.Neutral() && !r.failed(at+".language") {
				r.fault(at+".language", "a translation is in some language; the neutral texts are those of the manifest")
			}
			seen[t.Language.LCID] = at + ".language"
		}
		for _, s := range []struct{ key, name, text string }{{"title", "sp_title", d.Title}, {"description", "comment", d.Description},
			{"parent-name", "parent_display_name", d.ParentName}, {"help-link", "helplink", d.HelpLink}, {"info-link", "urlinfoabout", d.InfoLink}} {
			if r.written(join(at, s.key)) {
				t.Strings[s.name] = r.text(join(at, s.key), s.text, "")
			}
		}
		if r.written(at + ".eula") {
			t.EULA = r.source(at+".eula", d.EULA)
			if r.m.EULA == "" && !r.written("package.eula") {
				r.fault(at+".eula", "%s.eula needs package.eula, which is shown in every other language", at)
			}
		}
		for _, text := range slices.Sorted(maps.Keys(d.Texts)) {
			here := join(at+".texts", text)
			s, ok := d.Texts[text].(string)
			if !ok {
				r.fault(here, "%s is %s; it must be text in quotes", here, tomlKind(d.Texts[text]))
				continue
			}
			t.Texts[text] = r.text(here, s, "")
		}
		if r.m.Language.Neutral() {
			r.m.Translations = append(r.m.Translations, t)
		}
	}
	slices.SortFunc(r.m.Translations, func(a, b Translation) int { return cmp.Compare(a.Language.LCID, b.Language.LCID) })
}

// TranslatedTexts are the texts of the manifest that some translation has in its language, sorted.
func (m *Manifest) TranslatedTexts() []string {
	set := map[string]bool{}
	for _, t := range m.Translations {
		for text := range t.Texts {
			set[text] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}
