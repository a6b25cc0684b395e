package builder

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/inf/updatever"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/templates"
)

// placeholders stand for the runtime where a test looks at the rest of the tree.
func placeholders() Executables {
	return Executables{Runtime: []byte("runtime"), Messages: []byte("messages")}
}

// TestGenerated: the text files of both layouts, read by eye and kept.
func TestGenerated(t *testing.T) {
	for _, template := range templates.Names() {
		for name, m := range starters(t, template) {
			p := planOf(t, m)
			files, err := p.generate()
			if err != nil {
				t.Fatal(err)
			}
			for path, data := range files {
				base := strings.TrimPrefix(strings.ReplaceAll(path, `\update\`, "_"), `update\`) // SP1\update\update.inf: SP1_update.inf
				golden(t, name+"/"+base, data)
			}
		}
	}
}

// TestTree: the tree is white paper table 10, every reader of ours takes it, and the catalog covers payload and INFs.
func TestTree(t *testing.T) {
	p := planOf(t, starter(t, "multi-branch"))
	tree, err := NewTree(context.Background(), p, placeholders(), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	if err := tree.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	var got []string
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			got = append(got, filepath.ToSlash(rel))
			if st, _ := d.Info(); !st.ModTime().Equal(p.BuildTime) {
				t.Errorf("%s has the time %v, want %v", rel, st.ModTime(), p.BuildTime)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"RTMGDR/reader.dll", "RTMGDR/readerfix.exe", "RTMQFE/reader.dll", "RTMQFE/readerfix.exe", "spmsg.dll", "spuninst.exe",
		"update/KB123456.cat", "update/branches.inf", "update/eula.txt", "update/update.exe", "update/update.ver",
		"update/update_rtmgdr.inf", "update/update_rtmqfe.inf", "update/updatebr.inf"}
	if !slices.Equal(got, want) {
		t.Errorf("tree %q, want %q", got, want)
	}
	read := func(name string) *inf.File {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, "update", name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := inf.Parse(name, b)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if _, err := branches.ParseChain(read("branches.inf")); err != nil {
		t.Error(err)
	}
	br, err := branches.ParseUpdateBR(read("updatebr.inf"))
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := br.Default(5, 2, 0); !ok || b != "RTMGDR" {
		t.Errorf("a machine without service pack starts with %q", b)
	}
	for _, setup := range append(br.SetupFiles("RTMGDR"), br.SetupFiles("RTMQFE")...) {
		if !slices.Contains(want, strings.ReplaceAll(setup, `\`, "/")) {
			t.Errorf("updatebr.inf names %s, which is not there", setup)
		}
	}
	for _, b := range []string{"rtmgdr", "rtmqfe"} {
		u, err := updateinf.Parse(read("update_"+b+".inf"), updateinf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(u.Files) != 2 || len(u.Sources) != 2 || u.Strings.KB() != "KB123456" || u.Strings.Title() != p.Manifest.Title {
			t.Errorf("update_%s.inf: %d groups, %q, %q", b, len(u.Files), u.Sources, u.Strings)
		}
	}
	ver, err := os.ReadFile(filepath.Join(dir, "update", "update.ver"))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := updatever.Parse(ver); err != nil || len(entries) != 4 {
		t.Errorf("update.ver has %d entries: %v", len(entries), err)
	}
	checkCatalog(t, dir, want)
}

// checkCatalog: payload, INFs and update.ver are members, nothing else is.
func checkCatalog(t *testing.T, dir string, files []string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "update", "KB123456.cat"))
	if err != nil {
		t.Fatal(err)
	}
	c, signature, err := sign.ParseCatalog(b)
	if err != nil || signature != nil {
		t.Fatalf("catalog: signature %v, %v", signature, err)
	}
	for _, name := range files {
		f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		st, _ := f.Stat()
		h, err := sign.HashFile(name, f, st.Size())
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(name)
		member := strings.HasPrefix(name, "RTM") || strings.HasSuffix(base, ".inf") || base == "update.ver"
		if c.Covers(h) != member {
			t.Errorf("%s in the catalog: %v, want %v", name, c.Covers(h), member)
		}
	}
}

func TestChangedPayload(t *testing.T) {
	p := planOf(t, starter(t, "standard"))
	tree, err := NewTree(context.Background(), p, placeholders(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range tree.Files {
		if f.Role != Payload {
			continue
		}
		b, err := os.ReadFile(f.open)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-1] ^= 1
		if err := os.WriteFile(f.open, b, 0o666); err != nil {
			t.Fatal(err)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if _, err := io.Copy(io.Discard, r); !errors.Is(err, ErrChanged) {
			t.Errorf("reading a changed %s: %v, want ErrChanged", f.Path, err)
		}
	}
}
