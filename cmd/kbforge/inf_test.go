package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/lint"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/templates"
)

// TestLintTemplates: lint has no error and no warning for the INFs of a package that is built of a starter template, and fmt
// would not change them.
func TestLintTemplates(t *testing.T) {
	for _, name := range templates.Names() {
		dir := t.TempDir()
		if _, err := templates.Write(name, dir); err != nil {
			t.Fatal(err)
		}
		all, err := manifest.LoadAll(filepath.Join(dir, manifestName))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			lintTree(t, name, dir, m)
		}
	}
}

// lintTree checks every INF of a package, and that inf fmt leaves it as it is.
func lintTree(t *testing.T, name, dir string, m *manifest.Manifest) {
	t.Helper()
	facts, err := builder.ReadFacts(m)
	if err != nil {
		t.Fatal(err)
	}
	p, err := builder.NewPlan(m, facts, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := builder.NewTree(context.Background(), p, builder.Executables{Runtime: []byte("r"), Messages: []byte("m")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "tree", m.Arch+m.Language.Code)
	if err := tree.Write(context.Background(), out); err != nil {
		t.Fatal(err)
	}
	count := 0
	err = filepath.WalkDir(out, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.EqualFold(filepath.Ext(path), ".inf") {
			return err
		}
		count++
		data, err := os.ReadFile(path)
		for _, f := range lint.Check(path, data, lint.Options{}) {
			if f.Severity > lint.Info {
				t.Errorf("%s: %s", name, f)
			}
		}
		if parsed, perr := inf.Parse(path, data); perr != nil || string(inf.Format(parsed)) != string(data) {
			t.Errorf("%s: inf fmt would change %s (%v) to\n%s", name, path, perr, inf.Format(parsed))
		}
		return err
	})
	if err != nil || count == 0 {
		t.Errorf("%s: %d INFs: %v", name, count, err)
	}
}

// TestLintDirIDs: lint knows every directory id that the installer resolves on some machine, and says of the others that
// it does not.
func TestLintDirIDs(t *testing.T) {
	resolved := map[int]bool{-1: true, 65535: true} // with a path, which this test has not
	for _, preset := range imagehost.Presets() {
		m, _ := imagehost.Preset(preset)
		h, err := imagehost.Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
		if err != nil {
			t.Fatal(err)
		}
		info, err := h.Info()
		if err != nil {
			t.Fatal(err)
		}
		r := dirid.New(h, info)
		r.Source = `C:\package`
		for _, ids := range [][2]int{{0, 300}, {16300, 16700}, {65500, 65900}} {
			for id := ids[0]; id < ids[1]; id++ {
				if _, err := r.Path(updateinf.Dir{ID: id}); err == nil {
					resolved[id] = true
				}
			}
		}
		h.Close()
	}
	known := lint.DirIDs()
	for id := range resolved {
		if !known[id] {
			t.Errorf("the installer resolves directory id %d, lint does not know it", id)
		}
	}
	for id, is := range known {
		if is && !resolved[id] {
			t.Errorf("lint says that the installer resolves directory id %d, which it does not", id)
		}
	}
}

// TestLintSKUs: every edition that lint knows applies to some machine.
func TestLintSKUs(t *testing.T) {
	const everySuite = 0xFFFF
	for _, sku := range append(lint.SKUs(), "toaster") {
		some := inventory.Applies(updateinf.CopyAlways, sku, host.Info{Product: host.Workstation, Suite: everySuite}) ||
			inventory.Applies(updateinf.CopyAlways, sku, host.Info{Product: host.Server, Suite: everySuite})
		if some == (sku == "toaster") {
			t.Errorf("%s applies to some machine: %v", sku, some)
		}
	}
}

// TestFormatINF: encoding and comments stay, rewriting goes through a link and keeps the mode, a second time changes nothing.
func TestFormatINF(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: links and modes as this test has them are not those of Windows")
	}
	japanese, _, err := func() (inf.CodePage, int, error) { l := infLanguage(0x411); return l.codePage() }()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cp        inf.CodePage
		old, want string
	}{
		"UTF-16LE": {inf.Windows1252(), "\xFF\xFE[\x00V\x00]\x00\n\x00 \x00;\x00\x11\x05\n\x00k\x00 \x00=\x00\x11\x05",
			"\xFF\xFE[\x00V\x00]\x00\r\x00\n\x00;\x00\x11\x05\r\x00\n\x00k\x00=\x00\x11\x05\r\x00\n\x00"},
		"932": {japanese, "[V]\n k = \x83\x5C ; \x95\x5C\nl = 1\n", "[V]\r\nk=\x83\x5C ; \x95\x5C\r\nl=1\r\n"}, // trail bytes that look like "\"
	} {
		dir := t.TempDir()
		file, link := filepath.Join(dir, "a.inf"), filepath.Join(dir, "link.inf")
		if err := os.WriteFile(file, []byte(c.old), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("a.inf", link); err != nil {
			t.Fatal(err)
		}
		_, formatted, err := formatINF(link, c.cp)
		if err != nil || string(formatted) != c.want {
			t.Fatalf("%s: %q, %v; want %q", name, formatted, err, c.want)
		}
		if err := replaceFile(link, formatted); err != nil {
			t.Fatal(err)
		}
		st, err := os.Lstat(file)
		if err != nil || st.Mode() != 0o640 {
			t.Errorf("%s: mode %v, %v", name, st.Mode(), err)
		}
		if target, err := os.Readlink(link); err != nil || target != "a.inf" {
			t.Errorf("%s: the link leads to %q, %v", name, target, err)
		}
		old, again, err := formatINF(file, c.cp)
		if err != nil || string(old) != c.want || string(again) != c.want {
			t.Errorf("%s: %q becomes %q, %v", name, old, again, err)
		}
	}
}
