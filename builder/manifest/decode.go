package manifest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// decoder fills the structs of document.go from what the TOML library read. It is strict, and it goes on after a fault:
// the library's own decoding stops at the first value of a wrong type and matches keys without regard to case.
type decoder struct {
	fault   func(path, format string, args ...any)
	refused map[string]bool // tables that are none: what they lack is not told
}

// table decodes a table into a struct.
func (d *decoder) table(path string, from map[string]any, to reflect.Value) {
	fields := fieldsOf(to.Type())
	for _, key := range slices.Sorted(maps.Keys(from)) {
		at := join(path, key)
		i, ok := fields[key]
		if !ok && d.named(at, key, from[key], to) {
			continue
		}
		if !ok {
			d.unknown(at, path, key, slices.Sorted(maps.Keys(fields)))
			continue
		}
		d.value(at, from[key], to.Field(i))
	}
}

// named decodes a table whose name the author chose into the field that takes such tables, if there is one.
func (d *decoder) named(at, key string, from any, to reflect.Value) bool {
	i, ok := namedTables(to.Type())
	table, isTable := from.(map[string]any)
	if !ok || !isTable {
		return false
	}
	f := to.Field(i)
	if f.IsNil() {
		f.Set(reflect.MakeMap(f.Type()))
	}
	value := reflect.New(f.Type().Elem()).Elem()
	d.table(at, table, value)
	f.SetMapIndex(reflect.ValueOf(key), value)
	return true
}

// namedTables finds the field of a table that takes tables of any name.
func namedTables(t reflect.Type) (field int, ok bool) {
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("named") != "" {
			return i, true
		}
	}
	return 0, false
}

func (d *decoder) unknown(at, path, key string, known []string) {
	where := "at the top level"
	if path != "" {
		where = "in [" + path + "]"
	}
	hint := "known keys: " + strings.Join(known, ", ")
	if near := nearest(key, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	d.fault(at, "unknown key %q %s; %s", key, where, hint)
}

// fieldsOf maps the TOML names of a struct to field numbers.
func fieldsOf(t reflect.Type) map[string]int {
	m := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("toml"); name != "" {
			m[name] = i
		}
	}
	return m
}

func (d *decoder) value(at string, from any, to reflect.Value) {
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		d.value(at, from, to.Elem())
	case reflect.Interface:
		to.Set(reflect.ValueOf(from))
	case reflect.Map:
		if m, ok := from.(map[string]any); ok {
			to.Set(reflect.ValueOf(m))
			return
		}
		d.wrong(at, from, "a table")
	case reflect.Slice:
		d.list(at, from, to)
	case reflect.Struct:
		if _, isTime := to.Interface().(time.Time); isTime {
			d.scalar(at, from, to)
			return
		}
		if m, ok := from.(map[string]any); ok {
			d.table(at, m, to)
			return
		}
		d.wrong(at, from, "a table")
		d.refused[at] = true
	default:
		d.scalar(at, from, to)
	}
}

func (d *decoder) list(at string, from any, to reflect.Value) {
	var items []any
	switch l := from.(type) {
	case []any:
		items = l
	case []map[string]any:
		for _, m := range l {
			items = append(items, m)
		}
	case map[string]any:
		d.fault(at, "%s is a list of tables; write [[%s]] for each", at, at)
		return
	default:
		d.wrong(at, from, "a list")
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		d.value(index(at, i), item, to.Index(i))
	}
}

func (d *decoder) scalar(at string, from any, to reflect.Value) {
	v := reflect.ValueOf(from)
	if v.Type() == to.Type() {
		to.Set(v)
		return
	}
	want := map[reflect.Kind]string{reflect.String: "text in quotes", reflect.Int64: "a whole number", reflect.Bool: "true or false"}
	name := want[to.Kind()]
	if name == "" {
		name = "a date and time such as 2026-01-02T03:04:05Z"
	}
	d.wrong(at, from, name)
}

func (d *decoder) wrong(at string, from any, want string) {
	d.fault(at, "%s is %s; it must be %s", at, tomlKind(from), want)
}

// tomlKind names the kind of a decoded value as an author would.
func tomlKind(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case time.Time:
		return "a date"
	case map[string]any:
		return "a table"
	}
	return "a list"
}

// nearest returns the candidate that word was probably meant to be: the one with the fewest slips of the finger, at most
// one in a short word and three in a long one; empty if there is none.
func nearest(word string, candidates []string) string {
	limit := min(max(len(word)/3, 1), 3)
	best, bestSlips := "", limit+1
	for _, c := range candidates {
		if n := slips(strings.ToLower(word), strings.ToLower(c)); n < bestSlips {
			best, bestSlips = c, n
		}
	}
	return best
}

// slips counts the letters to insert, delete, change or swap with their neighbour to turn a into b (optimal string
// alignment). Words longer than 64 bytes count as entirely different.
func slips(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return max(len(a), len(b))
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			n := min(rows[i-1][j]+1, rows[i][j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				n = min(n, rows[i-2][j-2]+1)
			}
			rows[i][j] = n
		}
	}
	return rows[len(a)][len(b)]
}
