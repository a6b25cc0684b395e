package manifest

import (
	"regexp"
	"strings"
)

// KeyDoc is what docs/manifest.md says of a key. The texts are Markdown.
type KeyDoc struct {
	Type     string
	Default  string
	LandsIn  string   // its counterpart in the INF
	Enum     []string // the words it takes, if these are all
	Required bool
}

// keyDocs are the tables of a document, "package.kb" → row; a key above all tables is ".include". abouts holds the first
// sentence below the heading of each table.
func keyDocs(text string) (keys map[string]KeyDoc, abouts map[string]string) {
	heading := regexp.MustCompile("^## `\\[*([a-z-]+)\\]*`")
	row := regexp.MustCompile("^\\| `([a-z0-9-]+)` \\|(.*)\\|$")
	keys, abouts = map[string]KeyDoc{}, map[string]string{}
	table, top := "", true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if m := heading.FindStringSubmatch(line); m != nil {
			table, top = m[1], false
		} else if strings.HasPrefix(line, "## ") {
			table, top = "", false
		} else if m := row.FindStringSubmatch(line); m != nil && (top || table != "") {
			keys[table+"."+m[1]] = keyDoc(cells(m[2]))
		} else if table != "" && abouts[table] == "" && line != "" && !strings.HasPrefix(line, "|") {
			abouts[table] = firstSentence(line)
		}
	}
	sameAs := regexp.MustCompile("^list as in `\\[+([a-z-]+)\\]+`")
	for key, d := range keys {
		if m := sameAs.FindStringSubmatch(d.Type); m != nil {
			d.Enum = keys[m[1]+key[strings.LastIndexByte(key, '.'):]].Enum
			keys[key] = d
		}
	}
	return keys, abouts
}

// cells splits a row at the bars that are not written \|.
func cells(row string) []string {
	const bar = "\x00"
	list := strings.Split(strings.ReplaceAll(row, `\|`, bar), "|")
	for i, c := range list {
		list[i] = strings.ReplaceAll(strings.TrimSpace(c), bar, "|")
	}
	return append(list, "", "", "")
}

func keyDoc(cells []string) KeyDoc {
	d := KeyDoc{Type: cells[0], Default: cells[1], LandsIn: cells[2]}
	d.Required = regexp.MustCompile(`\brequired\b`).MatchString(d.Type)
	word := "`[a-z0-9-]+`"
	all := regexp.MustCompile("^(" + word + "(, " + word + ")+|list(:| of) " + word + "(, " + word + ")*)(, required| \\(in quotes\\)|, or a list of them)?$")
	if all.MatchString(d.Type) {
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(d.Type, -1) {
			d.Enum = append(d.Enum, m[1])
		}
	}
	return d
}

func firstSentence(line string) string {
	if head, _, found := strings.Cut(line, ". "); found {
		return head + "."
	}
	return line
}

// describe is the row as one plain text.
func (d KeyDoc) describe() string {
	var parts []string
	if d.Type != "" {
		parts = append(parts, d.Type)
	}
	if d.Default != "" {
		parts = append(parts, "Default: "+d.Default)
	}
	if d.LandsIn != "" {
		parts = append(parts, "INF: "+d.LandsIn)
	}
	return strings.ReplaceAll(strings.Join(parts, ". "), "`", "")
}
