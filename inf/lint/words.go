package lint

import (
	"slices"
	"strings"
)

// Words are sections of update INFs that have the same keys, for documents and their tests.
type Words struct {
	Sections []string // their names; "…" stands for an edition, an architecture, a language or any other decoration
	NamedBy  []string // keys that name such sections, where these have no names of their own
	Keys     []string // none: the lines have no keys, or any
}

// Vocabulary is what lint knows of update INFs.
func Vocabulary() []Words {
	all := shapes()
	byRole := map[role]*Words{}
	var order []role
	get := func(r role) *Words {
		w, ok := byRole[r]
		if !ok {
			w = &Words{}
			for _, k := range all[r].keys {
				w.Keys = append(w.Keys, k.name)
			}
			byRole[r] = w
			order = append(order, r)
		}
		return w
	}
	for _, s := range updateSections() {
		w := get(s.role)
		w.Sections = append(w.Sections, s.spelled())
	}
	for i := 0; i < len(order); i++ { // order grows
		for _, k := range all[order[i]].keys {
			if k.to == none || k.to == dirOnly {
				continue
			}
			w := get(k.to)
			if !slices.Contains(w.NamedBy, k.name) {
				w.NamedBy = append(w.NamedBy, k.name)
			}
		}
	}
	list := make([]Words, len(order))
	for i, r := range order {
		list[i] = *byRole[r]
	}
	list = append(list, Words{Sections: conventional()})
	wat := slices.IndexFunc(list, func(w Words) bool { return slices.Contains(w.Sections, "WatsonManifestMode.…") })
	list[wat].Keys = []string{"InvokeWatsonManifest", "Version", "EventType", "Main_Intro_Reg", "Main_DetailsLink", "Main_ReportBtn",
		"Details_Post_Header", "Details_Post_Body"} // WP Appendix B; a report may have more
	strs := slices.IndexFunc(list, func(w Words) bool { return slices.Contains(w.Sections, "Strings") })
	list[strs].Keys = conventionalStrings()
	return list
}

// spelled is the name with its decoration.
func (s section) spelled() string {
	switch s.deco {
	case needsSKU, anySuffix:
		return strings.TrimSuffix(s.name, ".") + ".…"
	case skuFiles:
		return s.name + "…Files"
	}
	return s.name
}
