package manifest

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keysOf lists the keys of the document types as "table.key". A nested table has the name of its type: testDoc is "test".
func keysOf(t reflect.Type) []string {
	titles := map[reflect.Type]string{}
	for i := range t.NumField() {
		titles[elem(t.Field(i).Type)] = t.Field(i).Tag.Get("toml")
	}
	var nested func(table reflect.Type)
	nested = func(table reflect.Type) {
		if table.Kind() != reflect.Struct {
			return
		}
		for i := range table.NumField() {
			e := elem(table.Field(i).Type)
			if e.Kind() == reflect.Struct && strings.HasSuffix(e.Name(), "Doc") && titles[e] == "" {
				titles[e] = strings.TrimSuffix(e.Name(), "Doc")
				nested(e)
			}
		}
	}
	for i := range t.NumField() {
		nested(elem(t.Field(i).Type))
	}
	var keys []string
	for table, title := range titles {
		if table.Kind() != reflect.Struct {
			keys = append(keys, "."+title)
			continue
		}
		for key := range fieldsOf(table) {
			keys = append(keys, title+"."+key)
		}
	}
	slices.Sort(keys)
	return keys
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// TestDocumented: docs/manifest.md describes every key, and no other.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/manifest.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile("^## `\\[*([a-z-]+)\\]*`")
	row := regexp.MustCompile("^\\| `([a-z-]+)` \\|")
	table := ""
	var got []string
	for line := range strings.Lines(string(text)) {
		if m := heading.FindStringSubmatch(line); m != nil {
			table = m[1]
		} else if m := row.FindStringSubmatch(line); m != nil {
			got = append(got, table+"."+m[1])
		}
	}
	slices.Sort(got)
	if want := keysOf(reflect.TypeFor[document]()); !slices.Equal(got, want) {
		t.Errorf("docs/manifest.md has\n%q\nthe manifest has\n%q", got, want)
	}
	for _, f := range folders() {
		if !strings.Contains(string(text), "`"+f.name+"` "+itoa(f.id)) {
			t.Errorf("docs/manifest.md lacks the destination `%s` %d", f.name, f.id)
		}
	}
}
