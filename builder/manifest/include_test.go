package manifest

import (
	"reflect"
	"testing"
	"testing/fstest"
)

// TestInclude: lists of tables go on, single keys of the manifest win, the first file wins over the second, and variables of
// either count in both.
func TestInclude(t *testing.T) {
	tree := fstest.MapFS{
		"shared/one.toml": {Data: []byte("[package]\npublisher = \"One ${who}\"\nproduct = \"lost\"\n[arp]\nhelp-link = \"http://${host}/\"\n" +
			"[[registry]]\nkey = 'HKLM\\SOFTWARE\\One'\nname = \"n\"\nvalue = [\"${who}\", \"$${who}\", \"$$${who}\"]\n[variables]\nhost = \"lost\"\nwho = \"us\"\n")},
		"two.toml": {Data: []byte("[arp]\nhelp-link = \"lost\"\ninfo-link = \"two\"\n[services]\nstop = [\"${host}\"]\n")},
	}
	m, err := Parse("u.toml", "", `include = ["shared\\one.toml", "./two.toml"]
[package]
kb = 1
product = "P"
[variables]
host = "example.com"
[[registry]]
key = 'HKLM\SOFTWARE\${host}'
`, tree)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{m.Publisher, m.Product, m.ARP.HelpLink, m.ARP.InfoLink, m.StopServices, m.Registry[0].Path, m.Registry[1].Path, m.Registry[1].Data}
	want := []any{"One us", "P", "http://example.com/", "two", []string{"example.com"}, `SOFTWARE\example.com`, `SOFTWARE\One`, []string{"us", "${who}", "$${who}"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if f := m.Warn("registry[1].value", "x"); f.String() != "shared/one.toml:9:1: x" {
		t.Errorf("place of an included key: %s", f)
	}
	if f := m.Warn("registry[0].value", "x"); f.String() != "u.toml:7:1: x" {
		t.Errorf("place of an own key: %s", f)
	}
}
