package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kbforge/kbforge/docs"
	"github.com/kbforge/kbforge/templates"
)

func compiled(t *testing.T, shared bool) *jsonschema.Schema {
	t.Helper()
	text, err := Schema(shared)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(SchemaName, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaName)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a TOML document as a JSON validator sees it, as editors convert it: a date is text.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var doc map[string]any
	if _, err := toml.Decode(text, &doc); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSchemaTemplates: every template is valid, and is not with one key misspelled or without its KB number.
func TestSchemaTemplates(t *testing.T) {
	s := compiled(t, false)
	for _, name := range templates.Names() {
		files, err := templates.Files(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(f.Path, ".toml") {
				continue
			}
			text := string(f.Data)
			if err := s.Validate(asJSON(t, text)); err != nil {
				t.Errorf("template %s, %s: %v", name, f.Path, err)
			}
			for _, change := range [][2]string{{"\nproduct =", "\nprodukt ="}, {"\nkb =", "\ncab ="}, {"[package]", "[packages]"}} {
				if broken := strings.Replace(text, change[0], change[1], 1); broken == text || s.Validate(asJSON(t, broken)) == nil {
					t.Errorf("template %s, %s, with %q for %q is valid", name, f.Path, change[1], change[0])
				}
			}
		}
	}
}

// TestSchemaBroken: the schema refuses what is wrong in the form of a manifest: unknown keys and words, wrong types, missing keys.
func TestSchemaBroken(t *testing.T) {
	s := compiled(t, false)
	formal := regexp.MustCompile(`(?m): (unknown key .*|.* it must be (text|a whole|true|a table|a list|a date).*|(package|registry|run|rename|delete)\S* is missing; .*|.*did you mean "[a-z-]+"\?|.*not known; choose one of.*)$`)
	paths, _ := filepath.Glob("testdata/broken/*.txtar")
	refused := 0
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := string(a.Files[len(a.Files)-1].Data)
		lines := slices.DeleteFunc(formal.FindAllString(want, -1), func(l string) bool {
			return strings.Contains(l, "package.language") || strings.Contains(l, "${") || strings.Contains(l, "branch ") || strings.Contains(l, "is a date;") // which is text in JSON
		})
		if len(lines) == 0 || strings.Contains(want, "not TOML") || strings.Contains(want, "shared") {
			continue
		}
		if err := s.Validate(asJSON(t, string(a.Files[0].Data))); err == nil {
			t.Errorf("%s is valid; the reader says %q", path, lines)
		}
		refused++
	}
	if refused < 9 {
		t.Errorf("only %d of %d broken manifests are refused", refused, len(paths))
	}
}

// TestSchemaShared: what manifests include need not have a [package]; list tables are complete.
func TestSchemaShared(t *testing.T) {
	part := "[package]\npublisher = \"Contoso\"\n[[registry]]\nkey = 'HKLM\\SOFTWARE\\Contoso'\n"
	if err := compiled(t, true).Validate(asJSON(t, part)); err != nil {
		t.Error(err)
	}
	if compiled(t, false).Validate(asJSON(t, part)) == nil {
		t.Error("a manifest without a KB number is valid")
	}
	if err := compiled(t, false).Validate(asJSON(t, "include = [\"a.toml\"]\n"+part)); err != nil {
		t.Error(err)
	}
	named := "[signing.release]\npage-hashes = true\n"
	if err := compiled(t, true).Validate(asJSON(t, named)); err != nil {
		t.Error(err)
	}
	if compiled(t, true).Validate(asJSON(t, strings.Replace(named, "page-hashes", "hash-pages", 1))) == nil {
		t.Error("a profile with an unknown key is valid")
	}
	if compiled(t, true).Validate(asJSON(t, "[[registry]]\nname = \"x\"\n")) == nil {
		t.Error("a registry change without a key is valid")
	}
}

// leaf is a key with the way to it from the top.
type leaf struct {
	title, key string
	field      reflect.StructField
	document   func(v any) map[string]any
}

// beside are keys without which the reader does not look at the others of their table.
var beside = map[string]map[string]any{"registry": {"key": `HKLM\A`, "name": "a"}, "test": {"registry": `HKLM\A`}}

func leaves() (list []leaf) {
	titles := tableTitles()
	var walk func(t reflect.Type, wrap func(map[string]any) map[string]any)
	walk = func(t reflect.Type, wrap func(map[string]any) map[string]any) {
		for i := range t.NumField() {
			f := t.Field(i)
			key := f.Tag.Get("toml")
			put := func(v any) map[string]any {
				in := map[string]any{}
				for k, v := range beside[titles[t]] {
					in[k] = v
				}
				if key == "" { // tables of any name
					for k, x := range v.(map[string]any) {
						in[k] = x
					}
					return wrap(in)
				}
				in[key] = v
				return wrap(in)
			}
			if e := elem(f.Type); isTable(e) {
				walk(e, func(in map[string]any) map[string]any {
					switch f.Type.Kind() {
					case reflect.Slice:
						return put([]any{in})
					case reflect.Map:
						return put(map[string]any{"x": in})
					}
					return put(in)
				})
				continue
			}
			list = append(list, leaf{titles[t], key, f, put})
		}
	}
	walk(reflect.TypeFor[document](), func(in map[string]any) map[string]any { return in })
	return list
}

// faultsOf are what the reader says of a document.
func faultsOf(t *testing.T, doc map[string]any) string {
	t.Helper()
	text, err := toml.Marshal(doc)
	if err != nil {
		t.Fatalf("%v: %v", doc, err)
	}
	_, err = Parse("update.toml", "", string(text), fstest.MapFS{})
	var faults Faults
	if !errors.As(err, &faults) {
		return ""
	}
	return faults.Error()
}

// TestSchemaWords: the words that a key takes are the same for the reader, in docs/manifest.md and in the schema.
func TestSchemaWords(t *testing.T) {
	const bogus = "0?0?0"
	rows, _ := keyDocs(docs.Manifest)
	choose := regexp.MustCompile(`(?m)"` + regexp.QuoteMeta(bogus) + `" is not known; choose one of (.*)$`)
	found, silent := map[string]bool{}, map[string]bool{}
	for _, l := range leaves() {
		value := any(bogus)
		switch {
		case l.field.Type == reflect.TypeFor[[]string]():
			value = []any{bogus}
		case elem(l.field.Type).Kind() != reflect.String:
			continue
		}
		key := l.title + "." + l.key
		enum := slices.Clone(rows[key].Enum)
		m := choose.FindStringSubmatch(faultsOf(t, l.document(value)))
		if m == nil {
			silent[key] = len(enum) > 0
			continue
		}
		found[key] = true
		if key == "package.language" || key == "translation.language" { // tags, codes and numbers, more than its fault lists
			continue
		}
		code := strings.Split(m[1], ", ")
		slices.Sort(code)
		slices.Sort(enum)
		if !slices.Equal(code, enum) {
			t.Errorf("%s: the reader takes %q; docs/manifest.md has %q", key, code, enum)
		}
	}
	for key, hasWords := range silent { // a table that stands in several places need not take the key in each
		if hasWords && !found[key] {
			t.Errorf("%s: docs/manifest.md has words; the reader takes %q", key, bogus)
		}
	}
	if len(found) < 10 {
		t.Errorf("only %d keys take words", len(found))
	}
}

// TestSchemaNeeds: what docs/manifest.md and the schema call required, the reader misses.
func TestSchemaNeeds(t *testing.T) {
	rows, _ := keyDocs(docs.Manifest)
	miss := regexp.MustCompile(`(?m): ([a-z-]+)(\[0\])?(\.\S+\[0\])?\.([a-z-]+) is missing`)
	for _, l := range leaves() {
		d := rows[l.title+"."+l.key]
		doc := l.document(1)
		if !d.Required {
			continue
		}
		said := faultsOf(t, without(doc, l.key))
		got := slices.ContainsFunc(miss.FindAllStringSubmatch(said, -1), func(m []string) bool { return m[4] == l.key })
		if !got && !strings.Contains(said, "has no "+l.key) {
			t.Errorf("%s.%s is required, but the reader does not miss it:\n%s", l.title, l.key, said)
		}
	}
}

// without takes a key out of the innermost table and leaves that empty.
func without(doc map[string]any, key string) map[string]any {
	for k, v := range doc {
		switch t := v.(type) {
		case map[string]any:
			without(t, key)
		case []any:
			if in, ok := t[0].(map[string]any); ok {
				without(in, key)
			}
		default:
			if k == key {
				delete(doc, k)
			}
		}
	}
	return doc
}

// TestSchemaKinds: a field of any type says what it takes, and the reader and the schema refuse what is none of it.
func TestSchemaKinds(t *testing.T) {
	s := compiled(t, true)
	for _, l := range leaves() {
		e := elem(l.field.Type)
		if e.Kind() != reflect.Interface {
			continue
		}
		if l.field.Tag.Get("kinds") == "" {
			t.Errorf("%s.%s has no tag kinds", l.title, l.key)
			continue
		}
		doc := l.document(true)
		if l.field.Type.Kind() == reflect.Map {
			doc = l.document(map[string]any{"x": true})
		}
		text, _ := toml.Marshal(doc)
		if s.Validate(asJSON(t, string(text))) == nil {
			t.Errorf("%s.%s: the schema takes true", l.title, l.key)
		}
		if said := faultsOf(t, doc); !strings.Contains(said, l.key) {
			t.Errorf("%s.%s: the reader takes true:\n%s", l.title, l.key, said)
		}
	}
}
