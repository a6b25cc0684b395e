package manifest

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{{"*", "", true}, {"*.dll", "a.DLL", true}, {"*.dll", "a.dll.bak", false}, {"a?c*", "aÄcde", true}, {"?", "", false}, {"a*b*c", "axbybzc", true},
		{"a*b*c", "axbybz", false}, {"[a]*", "[a]x", true}, {"**x", "yx", true}} {
		if got := matches(c.pattern, c.name); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

// TestGlobs: a pattern stands for the files of the last directory, in every branch, without directories below.
func TestGlobs(t *testing.T) {
	const text = `[package]
kb = 1
product = "P"
publisher = "Q"
[[file]]
source = '{branch}\\*.dll'
to = "system32"
`
	toml := strings.ReplaceAll(text, `\\`, `\`)
	tree := fstest.MapFS{"rtmgdr/b.dll": {}, "rtmgdr/a.dll": {}, "rtmqfe/a.dll": {}, "rtmqfe/b.dll": {}, "rtmqfe/x.txt": {}, "rtmgdr/d.dll/e": {}}
	m, err := Parse("u", "", toml, tree)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range m.Files {
		got = append(got, f.Name, filepath.ToSlash(f.Sources["RTMQFE"]))
	}
	if s := strings.Join(got, " "); s != "a.dll rtmqfe/a.dll b.dll rtmqfe/b.dll" {
		t.Errorf("files %s", s)
	}
	delete(tree, "rtmqfe/b.dll")
	if _, err := Parse("u", "", toml, tree); err == nil || !strings.Contains(err.Error(), "rtmqfe/b.dll is not there") {
		t.Errorf("a file that one branch lacks: %v", err)
	}
}
