package builder

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates"
	"github.com/kbforge/kbforge/templates/samplepe"
)

var update = flag.Bool("update", false, "write what the tests find into testdata")

// golden compares got with testdata/<name>.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

// starter loads a template that makes one package from a new directory.
func starter(t *testing.T, name string) *manifest.Manifest {
	t.Helper()
	list := starters(t, name)
	if len(list) != 1 {
		t.Fatalf("template %s makes %d packages", name, len(list))
	}
	return list[name]
}

// starters loads the packages of a template, by the directory of their goldens.
func starters(t *testing.T, name string) map[string]*manifest.Manifest {
	t.Helper()
	dir := t.TempDir()
	if _, err := templates.Write(name, dir); err != nil {
		t.Fatal(err)
	}
	list, err := manifest.LoadAll(filepath.Join(dir, "update.toml"))
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]*manifest.Manifest{}
	for _, m := range list {
		at := name
		if len(list) > 1 {
			at += "/" + m.Arch + "-" + m.Language.Code
		}
		named[at] = m
	}
	return named
}

func planOf(t *testing.T, m *manifest.Manifest) *Plan {
	t.Helper()
	facts, err := ReadFacts(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPlan(m, facts, time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlan(t *testing.T) {
	for _, template := range templates.Names() {
		for name, m := range starters(t, template) {
			p := planOf(t, m)
			if len(p.Warnings) > 0 {
				t.Errorf("template %s warns: %v", name, p.Warnings)
			}
			var text, js bytes.Buffer
			if err := p.WriteText(&text); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"/plan.txt", text.Bytes())
			if err := p.WriteJSON(&js); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"/plan.json", js.Bytes())
		}
	}
}

// writeFiles writes a manifest and its payload into a new directory and returns the path of the manifest.
func writeFiles(t *testing.T, toml string, payload map[string]samplepe.Spec) string {
	t.Helper()
	dir := t.TempDir()
	for name, spec := range payload {
		b, err := samplepe.Build(spec)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "update.toml")
	if err := os.WriteFile(path, []byte(toml), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

const head = "[package]\nkb = 1\nproduct = \"P\"\npublisher = \"Q\"\n"

func TestWarnings(t *testing.T) {
	old, fresh := pefile.Version{1, 0, 0, 1}, pefile.Version{1, 0, 0, 2}
	path := writeFiles(t, head+`
[[file]]
source = "{branch}/a.dll"
to = "system32"
[[file]]
source = "x86.dll"
to = ["system32-x86", "system32"]
[[file]]
source = "x86.dll"
name = "right.dll"
to = ["system32-x86"]
[[file]]
source = "none.dll"
to = "system32"
`, map[string]samplepe.Spec{
		"rtmgdr/a.dll": {Arch: "x64", DLL: true, Version: fresh, FileVersionText: "1.0.0.2 (srv03_qfe.260102-0304)"},
		"rtmqfe/a.dll": {Arch: "x64", DLL: true, Version: old},
		"x86.dll":      {Arch: "x86", DLL: true, Version: old},
		"none.dll":     {Arch: "x64", DLL: true, NoVersion: true},
	})
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, m)
	got := strings.ReplaceAll(p.Warnings.Error(), path, "update.toml")
	want := `update.toml:7:1: rtmgdr/a.dll says in its version text that it was built in branch RTMQFE, not RTMGDR
update.toml:7:1: rtmqfe/a.dll has version 1.0.0.1, which is not newer than 1.0.0.2 of branch RTMGDR
update.toml:10:1: x86.dll is built for x86; system32 of this package is for x64
update.toml:17:1: none.dll has no version resource; the installer compares its content only`
	if got != want {
		t.Errorf("warnings\n%s\nwant\n%s", got, want)
	}
}

// TestPaths: files of one name for different places do not meet in the package, and none takes the place of the package's own.
func TestPaths(t *testing.T) {
	v := pefile.Version{1, 0, 0, 1}
	path := writeFiles(t, head+`
[[file]]
source = "one/a.dll"
to = "system32"
[[file]]
source = "two/a.dll"
to = 'program-files\P'
[[file]]
source = "three/a.dll"
to = 'program-files/p'
name = "A.dll"
[[file]]
source = "one/a.dll"
to = "windows"
[[file]]
source = "one/a.dll"
name = "SPMSG.dll"
to = "windows"
`, map[string]samplepe.Spec{"one/a.dll": {Arch: "x64", Version: v}, "two/a.dll": {Arch: "x64", Version: v, Blob: []byte("2")}, "three/a.dll": {Arch: "x64", Version: v, Blob: []byte("3")}})
	if _, err := manifest.Load(path); err == nil || !strings.Contains(err.Error(), "a place holds one file") {
		t.Fatalf("two files in one place: %v", err)
	}
	text, _ := os.ReadFile(path)
	text = bytes.ReplaceAll(text, []byte("program-files/p"), []byte("{16422}/P.files"))
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range planOf(t, m).Files {
		got = append(got, f.Versions[0].Path)
	}
	want := `a.dll ProgramFilesP\a.dll ProgramFilesPFiles\A.dll a.dll Windows\SPMSG.dll`
	if strings.Join(got, " ") != want {
		t.Errorf("paths %q, want %q", got, want)
	}
}

func TestBuildTime(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	for _, c := range []struct {
		text string
		set  bool
		want string
	}{{"", false, "2026-01-02T02:04:05Z"}, {"", true, "2026-01-02T02:04:05Z"}, {"1000000000", true, "2001-09-09T01:46:40Z"}, {"soon", true, ""}, {"-1", true, ""}, {"1.5", true, ""}} {
		got, err := BuildTime(func(string) (string, bool) { return c.text, c.set }, now)
		if (err != nil) != (c.want == "") || err == nil && got.Format(time.RFC3339) != c.want {
			t.Errorf("SOURCE_DATE_EPOCH=%q: %v, %v; want %q", c.text, got, err, c.want)
		}
	}
}
