package manifest

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// keysOf lists the keys of the document types as "table.key".
func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		table := t.Field(i)
		elem := table.Type
		if elem.Kind() == reflect.Slice {
			elem = elem.Elem()
		}
		for key := range fieldsOf(elem) {
			keys = append(keys, table.Tag.Get("toml")+"."+key)
		}
	}
	slices.Sort(keys)
	return keys
}

// TestDocumented: docs/manifest.md describes every key, and no other.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/manifest.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile("^## `\\[+([a-z]+)\\]+`")
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
