// Package text owns every sentence that the installer shows to a person. All of them are in one table, texts.txt, by key
// and language; texts.txt says how a translator adds a language. A test holds that every language has every key with
// the same inserts, and that the keys of this package and of the table are the same.
//
// Logs, error messages of the white paper's tables and the console are in English: scripts and people who help read them.
package text

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

//go:embed texts.txt
var source string

// Text gives the sentences in one language. The zero value gives keys.
type Text struct {
	lang  string
	words map[Key]string
}

// Language is the language's code, as in the table: "fr".
func (t Text) Language() string { return t.lang }

// RightToLeft reports whether windows must be mirrored. The table need not have the language for that.
func (t Text) RightToLeft() bool { return RightToLeft(t.lang) }

// RightToLeft reports whether a language ("he", "ar-SA") is written from right to left.
func RightToLeft(tag string) bool {
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch primary {
	case "ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi":
		return true
	}
	return false
}

// Get returns the sentence with %1 to %9 replaced by args. A key that is missing stands for itself: a window with a key in
// it is better than none.
func (t Text) Get(k Key, args ...string) string {
	s, ok := t.words[k]
	if !ok {
		return string(k)
	}
	return fill(s, args)
}

// Has reports whether the table has the key.
func (t Text) Has(k Key) bool { _, ok := t.words[k]; return ok }

func fill(s string, args []string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+1 < len(s) && s[i+1] >= '1' && s[i+1] <= '9' {
			i++
			if n := int(s[i] - '1'); n < len(args) {
				b.WriteString(args[n])
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var table = sync.OnceValues(func() (*Table, error) { return Parse(source) })

// English is the language of what is not translated.
func English() Text { return For() }

// For returns the first of the languages (BCP 47 tags, the most wanted first: "fr-CA", "en-US") that the table has, or
// English.
func For(tags ...string) Text {
	t, err := table()
	if err != nil {
		return Text{} // cannot be: a test reads the table
	}
	for _, tag := range tags {
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if w, ok := t.words[primary]; ok {
			return Text{primary, w}
		}
	}
	return Text{"en", t.words["en"]}
}

// Table is the parsed table.
type Table struct {
	Languages []string // in the order of the table
	words     map[string]map[Key]string
}

// Words returns the sentences of a language.
func (t *Table) Words(lang string) map[Key]string { return t.words[lang] }

// Parse reads a table: a line "[key]", then a line "xx = sentence" for each language. "\n" in a sentence is a new line.
// The section [languages] comes first and names them. Empty lines and lines that begin with "#" are skipped.
func Parse(s string) (*Table, error) {
	t := &Table{words: map[string]map[Key]string{}}
	key := Key("")
	for n, line := range strings.Split(s, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			key = Key(line[1 : len(line)-1])
			continue
		}
		lang, words, ok := strings.Cut(line, "=")
		lang, words = strings.TrimSpace(lang), strings.ReplaceAll(strings.TrimSpace(words), `\n`, "\n")
		if !ok || key == "" || lang == "" || words == "" {
			return nil, fmt.Errorf("texts.txt:%d: want \"xx = sentence\" below a [key]", n+1)
		}
		if key == "languages" {
			t.Languages = append(t.Languages, lang)
			t.words[lang] = map[Key]string{}
			continue
		}
		m, ok := t.words[lang]
		if !ok {
			return nil, fmt.Errorf("texts.txt:%d: language %q is not in [languages]", n+1, lang)
		}
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("texts.txt:%d: [%s] has %q twice", n+1, key, lang)
		}
		m[key] = words
	}
	return t, nil
}
