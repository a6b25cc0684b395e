package updateinf

import (
	"sort"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// stringNames are the conventional names of [Strings] in their usual spelling and order (seen in real packages).
func stringNames() []string {
	return []string{"BUILDTIMESTAMP", "LangTypeValue", "LCID", "PACKAGE_ARCHITECTURE", "ServicePackSourceFiles",
		"SP_SHORT_TITLE", "SP_TITLE", "SERVICE_PACK_NUMBER", "COMMENT", "HELPLINK", "URLInfoAbout", "PARENT_DISPLAY_NAME",
		"UPDATEREGKEY", "Publisher", "Package_Version"}
}

// tokens writes text so that Parse reads it back: percent signs escaped where needed, and %names% for the values for which
// packages use names.
type tokens struct {
	strings Strings
	known   map[string]bool   // names of any language, folded
	whole   map[string]string // value -> name, for whole fields
}

func newTokens(u *Update) *tokens {
	t := &tokens{strings: u.Strings, known: map[string]bool{}, whole: map[string]string{}}
	names := []string{"SP_TITLE", "COMMENT", "HELPLINK", "URLInfoAbout", "PARENT_DISPLAY_NAME"}
	for name := range u.Strings {
		t.known[name] = true
	}
	var local []string
	for _, l := range u.Localized {
		for name := range l.Strings {
			t.known[name] = true
			local = append(local, name)
		}
	}
	sort.Strings(local)
	for _, name := range append(names, local...) {
		v := u.Strings.Get(name)
		if _, taken := t.whole[v]; v != "" && !taken {
			t.whole[v] = name
		}
	}
	return t
}

func (t *tokens) lookup(name string) (string, bool) {
	fold := strings.ToLower(name)
	if v, ok := t.strings[fold]; ok {
		return v, true
	}
	return "", t.known[fold]
}

// literal writes text that reads back as s.
func (t *tokens) literal(s string) string { return inf.Escape(s, t.lookup) }

// text is literal with tokens.
func (t *tokens) text(s string) string {
	plain := t.literal(s)
	if name, ok := t.whole[s]; ok {
		return "%" + name + "%"
	}
	out := plain
	if kb := t.strings.KB(); len(kb) > 2 && !strings.Contains(kb, "%") {
		out = replaceWord(out, kb, "%SP_SHORT_TITLE%")
	}
	if n, ok := t.strings.ServicePackNumber(); ok && strings.Contains(strings.ToLower(out), `\updates\`) {
		out = strings.Replace(out, `\SP`+strconv.Itoa(n)+`\`, `\SP%SERVICE_PACK_NUMBER%\`, 1)
	}
	if out != plain && inf.Expand(out, t.lookup) != s {
		return plain // a percent sign nearby would pair up with one of a token
	}
	return out
}

// replaceWord replaces old where it is not in the middle of a word; "$NtUninstallKB1$" and "KB1Uninst.log" are how packages
// put the update's name together with more text.
func replaceWord(s, old, new string) string {
	var out strings.Builder
	for {
		i := strings.Index(s, old)
		if i < 0 {
			break
		}
		end := i + len(old)
		head := i == 0 || !isWord(s[i-1]) || strings.HasSuffix(s[:i], "$NtUninstall")
		tail := end == len(s) || !isWord(s[end]) || strings.HasPrefix(s[end:], "Uninst") || strings.HasPrefix(s[end:], "Inst")
		out.WriteString(s[:i])
		if head && tail {
			out.WriteString(new)
		} else {
			out.WriteString(old)
		}
		s = s[end:]
	}
	out.WriteString(s)
	return out.String()
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '%' || c >= 0x80
}

func (p *printer) strings() {
	p.stringsSection("Strings", p.u.Strings)
	for _, l := range p.u.Localized {
		const digits = 4
		id := strings.ToUpper(strconv.FormatUint(uint64(l.Language), 16))
		p.stringsSection("Strings."+strings.Repeat("0", digits-len(id))+id, l.Strings)
	}
}

func (p *printer) stringsSection(name string, values Strings) {
	s := p.section(name)
	done := map[string]bool{}
	for _, n := range stringNames() {
		if v, ok := values[strings.ToLower(n)]; ok {
			done[strings.ToLower(n)] = true
			addString(s, n, v)
		}
	}
	var rest []string
	for n := range values {
		if !done[n] {
			rest = append(rest, n)
		}
	}
	sort.Strings(rest)
	for _, n := range rest {
		if n != strings.ToLower(n) {
			p.fault("the string name %q is not in lower case; the keys of Strings are", n)
		}
		addString(s, n, values[n])
	}
}

// addString quotes text and leaves numbers bare, as packages do.
func addString(s *inf.Section, name, value string) {
	_, err := inf.ParseNumber(value)
	s.AddKeyed(name, inf.Field{Text: value, Quote: err != nil || value == ""})
}
