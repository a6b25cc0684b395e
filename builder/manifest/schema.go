package manifest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/docs"
)

// SchemaName is the file name under which a project keeps the schema of its manifest.
const SchemaName = "update.schema.json"

// Schema is a JSON Schema (2020-12) of update.toml, made from the types that the decoder fills and from the tables of
// docs/manifest.md. With shared it is the schema of a file that manifests include: what a manifest must have may be missing.
func Schema(shared bool) ([]byte, error) {
	s := newSchemer(docs.Manifest)
	root := s.table(reflect.TypeFor[document](), "")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "update.toml of kbforge"
	s.defs["part"] = object{"type": "object", "properties": root["properties"], "additionalProperties": false} // of [for.x64]
	root["$defs"] = s.defs
	if !shared {
		// What is required at the top may come from an included file.
		then := map[string]any{}
		if needed := s.neededAbove(); len(needed) > 0 {
			then["required"] = slices.Sorted(maps.Keys(needed))
			then["properties"] = needed
		}
		root["if"], root["then"] = object{"not": object{"required": []string{"include"}}}, then
	}
	b, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("make the schema: %w", err)
	}
	return append(b, '\n'), nil
}

type object = map[string]any

type schemer struct {
	keys   map[string]KeyDoc
	abouts map[string]string
	titles map[reflect.Type]string
	defs   object
	lists  map[string]bool // tables that stand in lists: what they need is needed in each
}

func newSchemer(text string) *schemer {
	s := &schemer{titles: tableTitles(), defs: object{}, lists: map[string]bool{}}
	s.keys, s.abouts = keyDocs(text)
	top := reflect.TypeFor[document]()
	for i := range top.NumField() {
		if f := top.Field(i); f.Type.Kind() != reflect.Struct {
			s.lists[f.Tag.Get("toml")] = true
		}
	}
	return s
}

// tableTitles names each table by the key that holds it, nested ones by their type: testDoc is "test", rawFileDoc "raw-file".
func tableTitles() map[reflect.Type]string {
	top := reflect.TypeFor[document]()
	titles := map[reflect.Type]string{}
	for i := range top.NumField() {
		if e := elem(top.Field(i).Type); isTable(e) {
			titles[e] = top.Field(i).Tag.Get("toml")
		}
	}
	var nested func(table reflect.Type)
	nested = func(table reflect.Type) {
		for i := range table.NumField() {
			if e := elem(table.Field(i).Type); isTable(e) && titles[e] == "" {
				titles[e] = kebab(strings.TrimSuffix(e.Name(), "Doc"))
				nested(e)
			}
		}
	}
	for i := range top.NumField() {
		if e := elem(top.Field(i).Type); isTable(e) {
			nested(e)
		}
	}
	return titles
}

// kebab is rawFile as raw-file.
func kebab(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('-')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]()
}

// neededAbove is what a manifest must have in the tables that stand once: table → schema that requires the keys.
func (s *schemer) neededAbove() object {
	list := map[string][]string{}
	for key, d := range s.keys {
		if table, name, _ := strings.Cut(key, "."); d.Required && table != "" && !s.lists[table] && s.isTop(table) {
			list[table] = append(list[table], name)
		}
	}
	needed := object{}
	for table, names := range list {
		slices.Sort(names)
		needed[table] = object{"required": names}
	}
	return needed
}

func (s *schemer) isTop(table string) bool {
	_, ok := fieldsOf(reflect.TypeFor[document]())[table]
	return ok
}

// table is the schema of a struct.
func (s *schemer) table(t reflect.Type, title string) object {
	properties := object{}
	var required []string
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("toml")
		if name == "" {
			continue
		}
		d := s.keys[title+"."+name]
		p := s.value(f.Type, f.Tag.Get("kinds"), d.Enum)
		if text := d.describe(); text != "" {
			p["description"] = text
		} else if about := s.abouts[name]; title == "" && about != "" {
			p["description"] = strings.ReplaceAll(about, "`", "")
		}
		if d.Required && title != "" && (s.lists[title] || !s.isTop(title)) {
			required = append(required, name)
		}
		properties[name] = p
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if i, ok := namedTables(t); ok {
		o["additionalProperties"] = s.value(t.Field(i).Type.Elem(), "", nil)
	}
	if len(required) > 0 {
		slices.Sort(required)
		o["required"] = required
	}
	return o
}

// value is the schema of a field. kinds says what a field of any type takes.
func (s *schemer) value(t reflect.Type, kinds string, enum []string) object {
	switch t.Kind() {
	case reflect.Pointer:
		return s.value(t.Elem(), kinds, enum)
	case reflect.Slice:
		return object{"type": "array", "items": s.value(t.Elem(), kinds, enum)}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.value(t.Elem(), kinds, enum)}
	case reflect.Interface:
		return anyOf(kinds, enum)
	case reflect.Struct:
		if !isTable(t) {
			return object{"type": "string", "format": "date-time"}
		}
		title := s.titles[t]
		if _, made := s.defs[title]; !made {
			s.defs[title] = object{} // ends a table that holds itself
			s.defs[title] = s.table(t, title)
		}
		return object{"$ref": "#/$defs/" + title}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int64:
		return object{"type": "integer"}
	}
	return text(enum)
}

func text(enum []string) object {
	if len(enum) > 0 {
		// A variable may stand for any word.
		return object{"anyOf": []object{{"enum": enum}, {"type": "string", "pattern": `\$\{`}}}
	}
	return object{"type": "string"}
}

// anyOf is the schema of a field whose kinds tag lists what it takes.
func anyOf(kinds string, enum []string) object {
	var list []object
	text := text(enum)
	for _, k := range strings.FieldsFunc(kinds, func(c rune) bool { return c == ',' }) {
		switch k {
		case "manifest":
			list = append(list, object{"$ref": "#/$defs/part"})
		case "string":
			list = append(list, text)
		case "strings":
			list = append(list, object{"type": "array", "items": text})
		case "table":
			list = append(list, object{"type": "object", "additionalProperties": text})
		default:
			list = append(list, object{"type": k})
		}
	}
	switch len(list) {
	case 0:
		return object{}
	case 1:
		return list[0]
	}
	return object{"anyOf": list}
}
