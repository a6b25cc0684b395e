package main

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/lint"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/templates"
)

// TestLintTemplates: lint has no error and no warning for the INFs of a package that is built of a starter template.
func TestLintTemplates(t *testing.T) {
	for _, name := range templates.Names() {
		dir := t.TempDir()
		if _, err := templates.Write(name, dir); err != nil {
			t.Fatal(err)
		}
		m, err := manifest.Load(filepath.Join(dir, manifestName))
		if err != nil {
			t.Fatal(err)
		}
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
		out := filepath.Join(dir, "tree")
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
			return err
		})
		if err != nil || count == 0 {
			t.Errorf("%s: %d INFs: %v", name, count, err)
		}
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
