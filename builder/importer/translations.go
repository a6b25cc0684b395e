package importer

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
)

// translation is a [[translation]] in the making.
type translation struct {
	tag   string
	named map[string]string // key of the manifest → text
	texts map[string]string // text of the manifest → text in this language
	eula  string
}

// nameds are the strings that a [[translation]] says by a key of its own, in the order in which the printer of INFs looks for one whose
// value is a text.
func nameds() [][2]string {
	return [][2]string{{"sp_title", "title"}, {"comment", "description"}, {"helplink", "help-link"}, {"urlinfoabout", "info-link"},
		{"parent_display_name", "parent-name"}}
}

// translations writes [[translation]] from [Strings.LLLL] and the licences of languages. A text counts as it comes out in a
// line, whatever strings it is made of: that is what a build puts a name for.
func (c *converter) translations() {
	found := map[uint16]bool{}
	for _, b := range c.o.branches {
		for _, id := range b.languages() {
			found[id] = true
		}
	}
	eulas := c.licences()
	for id := range eulas {
		found[id] = true
	}
	taken := map[string]uint16{}
	for _, id := range sortedLanguages(found) {
		section := fmt.Sprintf("[Strings.%04X]", id)
		l, ok := languageOf(id)
		switch {
		case !ok:
			c.note("%s is left out; kbforge does not know the language", section)
			continue
		case c.languageTag != "":
			c.note("%s is left out; a package for one language shows its own texts only", section)
			continue
		case taken[l.Tag] != 0:
			c.note("%s is left out; [Strings.%04X] is %s already", section, taken[l.Tag], l.Tag)
			continue
		}
		taken[l.Tag] = id
		t := &translation{tag: l.Tag, named: map[string]string{}, texts: map[string]string{}}
		for _, b := range c.o.branches {
			c.translate(t, b, id)
		}
		if inPackage, ok := eulas[id]; ok {
			t.eula = fmt.Sprintf("eula.%04X.txt", id)
			c.payload[inPackage] = t.eula
		}
		c.translationTable(t)
	}
}

// sortedLanguages puts languages before those that are primary languages only, which then serve what is left.
func sortedLanguages(set map[uint16]bool) []uint16 {
	var list []uint16
	for id := range set {
		list = append(list, id)
	}
	slices.Sort(list)
	slices.SortStableFunc(list, func(a, b uint16) int { return boolInt(a < 0x400) - boolInt(b < 0x400) })
	return list
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// languageOf is the language of a LANGID, or the usual one of a primary language (sublanguage 1, SUBLANG_DEFAULT).
func languageOf(id uint16) (manifest.Language, bool) {
	if id != 0 && id < 0x400 {
		id |= 0x400
	}
	l, ok := manifest.LanguageByName(fmt.Sprintf("0x%04X", id))
	return l, ok && id != 0
}

// translate adds what a branch says in a language. What another branch says otherwise stays as that one has it.
func (c *converter) translate(t *translation, b branchINF, id uint16) {
	u, err := b.in(id)
	if err != nil {
		c.note("%s in language 0x%04X: %v", b.path, id, err)
		return
	}
	for _, l := range b.u.Localized {
		for _, n := range nameds() {
			if text, ok := l.Strings[n[0]]; ok && l.Language == id && sayableText(text) {
				addText(t.named, n[1], text)
			}
		}
	}
	textPairs(reflect.ValueOf(*b.u), reflect.ValueOf(*u), func(text, local string) {
		if !sayableText(text) || !sayableText(local) {
			return
		}
		if key := c.said(text); key != "" {
			addText(t.named, key, local)
			return
		}
		addText(t.texts, text, local)
	})
}

func addText(m map[string]string, key, text string) {
	if _, ok := m[key]; !ok {
		m[key] = text
	}
}

// said is the key of [[translation]] for a text that the package says by a string with a key; empty for another text.
func (c *converter) said(text string) string {
	s := c.first().Strings
	for _, n := range nameds() {
		if value := s.Get(n[0]); value == text || n[1] == "parent-name" && c.parentName == text {
			return n[1]
		}
	}
	return ""
}

// textPairs finds the texts of a that b has in another language.
func textPairs(a, b reflect.Value, add func(a, b string)) {
	switch a.Kind() {
	case reflect.String:
		if a.String() != b.String() {
			add(a.String(), b.String())
		}
	case reflect.Pointer:
		if !a.IsNil() && !b.IsNil() {
			textPairs(a.Elem(), b.Elem(), add)
		}
	case reflect.Slice, reflect.Array:
		for i := range min(a.Len(), b.Len()) {
			textPairs(a.Index(i), b.Index(i), add)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			if name := a.Type().Field(i).Name; name != "Localized" {
				textPairs(a.Field(i), b.Field(i), add)
			}
		}
	}
}

// licences are the licence texts of languages by LANGID, as paths in the package, where it has one for all others
// (builder puts them into langspecific\LLLL).
func (c *converter) licences() map[uint16]string {
	found := map[uint16]string{}
	for name, to := range c.payload {
		if to != "eula.txt" {
			continue
		}
		folder := strings.TrimSuffix(name, "eula.txt") + `langspecific\`
		for _, other := range c.o.tree.Names() {
			rest, ok := strings.CutPrefix(strings.ToLower(other), folder)
			if hex, isEULA := strings.CutSuffix(rest, `\eula.txt`); ok && isEULA && len(hex) == 4 {
				if id, err := strconv.ParseUint(hex, 16, 16); err == nil && id != 0 {
					found[uint16(id)] = strings.ToLower(other)
				}
			}
		}
	}
	return found
}

func (c *converter) translationTable(t *translation) {
	if len(t.named)+len(t.texts) == 0 && t.eula == "" {
		return
	}
	c.w.table("[[translation]]")
	c.w.put("language", t.tag)
	for _, key := range []string{"title", "description", "parent-name", "help-link", "info-link"} {
		c.w.set(key, t.named[key])
	}
	c.w.set("eula", t.eula)
	if len(t.texts) == 0 {
		return
	}
	c.w.table("[translation.texts]")
	for _, text := range sortedKeys(t.texts) {
		c.w.put(basic(text), t.texts[text])
	}
}
