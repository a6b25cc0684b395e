package builder

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// textName is the string of the INF that a translated text of the manifest becomes, counting from 0.
func textName(i int) string { return "text" + strconv.Itoa(i+1) }

// localized fills the [Strings.LLLL] sections of an INF (INF docs, "INF Strings Section"). Texts that are translated are strings in
// [Strings] too, and their names stand where they stood: the printer puts a name for each whole field that equals its value.
func (p *Plan) localized(u *updateinf.Update) {
	texts := p.Manifest.TranslatedTexts()
	for i, text := range texts {
		u.Strings[textName(i)] = text
	}
	for _, t := range p.Manifest.Translations {
		s := updateinf.Strings{}
		for name, text := range t.Strings {
			s[name] = text
		}
		for i, text := range texts {
			if in, ok := t.Texts[text]; ok {
				s[textName(i)] = in
			}
		}
		if len(s) > 0 {
			u.Localized = append(u.Localized, updateinf.LocalStrings{Language: t.Language.LCID, Strings: s})
		}
	}
}

// licences are the licence texts by path in the package: that of the manifest, and those of other languages in
// update\langspecific\LLLL (the folder is seen in a real package; LLLL as in [Strings.LLLL] is OURS).
func (p *Plan) licences() []licence {
	m := p.Manifest
	if m.EULA == "" {
		return nil
	}
	list := []licence{{p.sharedPath(`update\eula.txt`), m.EULA}}
	for _, t := range m.Translations {
		if t.EULA != "" {
			list = append(list, licence{p.sharedPath(fmt.Sprintf(`update\langspecific\%04X\eula.txt`, t.Language.LCID)), t.EULA})
		}
	}
	return list
}

type licence struct{ path, source string }

func (p *Plan) licenceSource(path string) string {
	for _, l := range p.licences() {
		if l.path == path {
			return l.source
		}
	}
	return ""
}

// warnTexts: a translation of a text that the INFs do not have changes nothing.
func warnTexts(p *Plan) (list manifest.Faults) {
	texts := p.Manifest.TranslatedTexts()
	if len(texts) == 0 {
		return nil
	}
	used := make([]bool, len(texts))
	for _, b := range p.Manifest.Branches {
		if !b.Payload {
			continue
		}
		text, err := p.infText(b)
		if err != nil {
			return nil // told elsewhere
		}
		inf := bytes.ToLower([]byte(decodeINF(text)))
		for i := range texts {
			used[i] = used[i] || bytes.Contains(inf, []byte("%"+textName(i)+"%"))
		}
	}
	for _, t := range p.Manifest.Translations {
		for text := range t.Texts {
			if i := slices.Index(texts, text); !used[i] {
				list = append(list, p.Manifest.Warn(t.Key+".texts", fmt.Sprintf("%s is translated, but no text of the update says just that",
					strconv.Quote(text))))
			}
		}
	}
	return list
}

// translationLines say in the plan what is shown in which language.
func translationLines(m *manifest.Manifest) []string {
	var lines []string
	for _, t := range m.Translations {
		var what []string
		if s, ok := t.Strings["sp_title"]; ok {
			what = append(what, "title "+strconv.Quote(s))
		}
		if n := len(t.Strings) + len(t.Texts) - len(what); n > 0 {
			what = append(what, fmt.Sprintf("%d more texts", n))
		}
		if t.EULA != "" {
			what = append(what, "licence "+m.Relative(t.EULA))
		}
		lines = append(lines, t.Language.Tag+"  "+strings.Join(what, ", "))
	}
	return lines
}

type translationJSON struct {
	Language string            `json:"language"`
	Strings  map[string]string `json:"strings,omitempty"` // of [Strings]
	Texts    map[string]string `json:"texts,omitempty"`   // of the manifest → in this language
	EULA     string            `json:"eula,omitempty"`    // relative to the manifest
}

func translationsJSON(m *manifest.Manifest) []translationJSON {
	var list []translationJSON
	for _, t := range m.Translations {
		j := translationJSON{Language: t.Language.Tag, Strings: t.Strings, Texts: t.Texts}
		if t.EULA != "" {
			j.EULA = m.Relative(t.EULA)
		}
		list = append(list, j)
	}
	return list
}
