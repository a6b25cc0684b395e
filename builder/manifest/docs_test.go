package manifest

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/docs"
)

// keysOf lists the keys of the document types as "table.key".
func keysOf(top reflect.Type) []string {
	var keys []string
	for i := range top.NumField() {
		if f := top.Field(i); !isTable(elem(f.Type)) {
			keys = append(keys, "."+f.Tag.Get("toml"))
		}
	}
	for table, title := range tableTitles() {
		for key := range fieldsOf(table) {
			keys = append(keys, title+"."+key)
		}
	}
	slices.Sort(keys)
	return keys
}

// TestDocumented: docs/manifest.md describes every key, and no other.
func TestDocumented(t *testing.T) {
	text := docs.Manifest
	rows, _ := keyDocs(text)
	got := slices.Collect(maps.Keys(rows))
	slices.Sort(got)
	if want := keysOf(reflect.TypeFor[document]()); !slices.Equal(got, want) {
		t.Errorf("docs/manifest.md has\n%q\nthe manifest has\n%q", got, want)
	}
	for _, f := range folders() {
		if !strings.Contains(text, "`"+f.name+"` "+itoa(f.id)) {
			t.Errorf("docs/manifest.md lacks the destination `%s` %d", f.name, f.id)
		}
	}
}
