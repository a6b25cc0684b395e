package importer

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/templates"
)

var update = flag.Bool("update", false, "write what the tests find into testdata")

// build writes the tree of a manifest into a new directory.
func build(t testing.TB, path string) string {
	t.Helper()
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return buildOne(t, m)
}

func buildOne(t testing.TB, m *manifest.Manifest) string {
	t.Helper()
	facts, err := builder.ReadFacts(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := builder.NewPlan(m, facts, time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := builder.NewTree(context.Background(), p, builder.Executables{Runtime: []byte("runtime"), Messages: []byte("messages")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	if err := tree.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// importTo imports into a new directory and returns that and the manifest without its first line, which names the original.
func importTo(t testing.TB, from string) (res *Result, dir, text string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "imported")
	res, err := Import(context.Background(), from, dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, Name))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = strings.Cut(string(data), "\n")
	return res, dir, text
}

// TestTemplates: every template, built, imported, built again and imported again: equal INFs, the same manifest.
func TestTemplates(t *testing.T) {
	for _, name := range templates.Names() {
		dir := t.TempDir()
		if _, err := templates.Write(name, dir); err != nil {
			t.Fatal(err)
		}
		manifests, _ := filepath.Glob(filepath.Join(dir, "*.toml"))
		for _, path := range manifests {
			list, err := manifest.LoadAll(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range list {
				checkTwice(t, name+", "+filepath.Base(path)+" "+m.Arch+m.Language.Code, m)
			}
		}
	}
}

// checkTwice imports what a manifest makes, and what the import makes.
func checkTwice(t *testing.T, name string, m *manifest.Manifest) {
	t.Helper()
	res, imported, text := importTo(t, buildOne(t, m))
	if !res.Equal || len(res.Notes) > 0 {
		t.Errorf("%s: equal %t, notes %q", name, res.Equal, res.Notes)
	}
	if strings.Contains(text, "[raw]") {
		t.Errorf("%s: what has a key stands in raw text:\n%s", name, text)
	}
	again, _, text2 := importTo(t, build(t, filepath.Join(imported, Name)))
	if !again.Equal || text2 != text {
		t.Errorf("%s: imported again, equal %t:\n%s\nthe first time:\n%s", name, again.Equal, text2, text)
	}
}

// TestForeign: packages in the style of real ones. Each archive holds the package, then the manifest and the notes that come out.
func TestForeign(t *testing.T) {
	paths, _ := filepath.Glob("testdata/*.txtar")
	if len(paths) < 2 {
		t.Fatal("no archives")
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := a.Files
		for len(files) > 0 && strings.HasPrefix(files[len(files)-1].Name, "want/") {
			files = files[:len(files)-1]
		}
		dir := t.TempDir()
		writeTree(t, dir, files)
		res, imported, text := importTo(t, dir)
		notes := strings.Join(res.Notes, "\n") + "\n"
		got := append(files[:len(files):len(files)], txtar.File{Name: "want/update.toml", Data: []byte(text)}, txtar.File{Name: "want/notes", Data: []byte(notes)})
		if *update {
			if err := os.WriteFile(path, txtar.Format(&txtar.Archive{Comment: a.Comment, Files: got}), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want := string(txtar.Format(&txtar.Archive{Files: a.Files})); want != string(txtar.Format(&txtar.Archive{Files: got})) {
			t.Errorf("%s: manifest\n%s\nnotes\n%s", path, text, notes)
		}
		for _, n := range res.Notes {
			if strings.Contains(n, "does not say") || strings.Contains(n, "your hand") {
				t.Errorf("%s: %s", path, n)
			}
		}
		// What the build of the import says, a second import finds again.
		if again, _, _ := importTo(t, build(t, filepath.Join(imported, Name))); !again.Equal {
			t.Errorf("%s: the second import differs: %q", path, again.Notes)
		}
	}
}

func writeTree(t testing.TB, dir string, files []txtar.File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		data := f.Data
		if strings.HasSuffix(path, ".inf") {
			data = []byte(strings.ReplaceAll(string(data), "\n", "\r\n"))
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRefused: what is no package, and what is no good one, leaves nothing behind.
func TestRefused(t *testing.T) {
	for name, files := range map[string][]txtar.File{
		"no package":            {{Name: "readme.txt", Data: []byte("x")}},
		"no INF text":           {{Name: "update/update.inf", Data: []byte("[unclosed\nx")}},
		"a missing INF":         {{Name: "update/updatebr.inf", Data: []byte("[DefaultBranchesServicePacks]\n0=A\n[SourceInfsBranches]\nA=update\\a.inf\n")}},
		"a path that leads out": {{Name: "update/updatebr.inf", Data: []byte("[DefaultBranchesServicePacks]\n0=A\n[SourceInfsBranches]\nA=..\\..\\a.inf\n")}},
	} {
		dir, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
		writeTree(t, dir, files)
		if res, err := Import(context.Background(), dir, to); err == nil || res != nil {
			t.Errorf("%s: %v, %v", name, res, err)
		}
		if _, err := os.Stat(to); err == nil {
			t.Errorf("%s: the directory was made", name)
		}
	}
	full := t.TempDir()
	writeTree(t, full, []txtar.File{{Name: "mine", Data: []byte("x")}})
	package_ := t.TempDir()
	writeTree(t, package_, []txtar.File{{Name: "update/update.inf", Data: []byte("[Version]\nSignature=\"$Windows NT$\"\n[Strings]\nSP_SHORT_TITLE=KB1\n[Configuration]\nInstallationType=Hotfix\n")}})
	if _, err := Import(context.Background(), package_, full); err == nil {
		t.Error("a directory that is not empty is taken")
	}
	if _, err := Import(context.Background(), filepath.Join(full, "mine"), filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a file of one byte is a package")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	big := t.TempDir()
	writeTree(t, big, []txtar.File{{Name: "update/update.inf", Data: []byte("[Version]\nSignature=\"$Windows NT$\"\n[Strings]\nSP_SHORT_TITLE=KB1\n")}, {Name: "extra.dat", Data: []byte("x")}})
	to := filepath.Join(t.TempDir(), "to")
	if _, err := Import(ctx, big, to); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := os.Stat(to); err == nil {
		t.Error("cancelled: the directory is left")
	}
}

// TestEveryKey: the manifests by which the builder shows its keys come back from their packages without raw sections.
func TestEveryKey(t *testing.T) {
	for _, name := range []string{"actions", "gates"} {
		text, err := os.ReadFile("../testdata/" + name + "/update.toml")
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		path := filepath.Join(dir, Name)
		writeTree(t, dir, []txtar.File{{Name: Name, Data: text}})
		missing := regexp.MustCompile(`: (\S+) is not there;`)
		for range 50 { // write what it asks for
			_, err = manifest.Load(path)
			if err == nil || !missing.MatchString(err.Error()) {
				break
			}
			for _, m := range missing.FindAllStringSubmatch(err.Error(), -1) {
				writeTree(t, dir, []txtar.File{{Name: m[1], Data: []byte("content of " + m[1])}})
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		res, imported, back := importTo(t, build(t, path))
		if !res.Equal {
			t.Errorf("%s: %q\n%s", name, res.Notes, back)
		}
		_, raw, _ := strings.Cut(back, "\n[raw]\n")
		for _, section := range regexp.MustCompile(`(?m)^\[(.*)\]$`).FindAllStringSubmatch(raw, -1) {
			if section[1] == "Configuration" { // keys without one in the manifest
				continue
			}
			t.Errorf("%s: what has a key stands in raw text:\n%s", name, back)
		}
		if again, _, _ := importTo(t, build(t, filepath.Join(imported, Name))); !again.Equal {
			t.Errorf("%s, again: %q", name, again.Notes)
		}
		if *update {
			t.Log(back)
		}
	}
}
