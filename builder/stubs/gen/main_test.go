package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/stubs"
	"github.com/kbforge/kbforge/internal/need"
)

// tiny is a compiler of two small programs in place of kbforge's own.
func tiny(t *testing.T) stubs.Compiler {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module example.com/tiny\n\ngo 1.26.0\n",
		"stub/main.go":           "package main\n\nfunc main() { println(\"runtime\") }\n",
		"stub/extractor/main.go": "package main\n\nfunc main() { println(\"extractor\") }\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c := stubs.Default()
	c.Module, c.Sources, c.Dir, c.CacheDir = "example.com/tiny", []string{"stub"}, dir, t.TempDir()
	return c
}

// TestEmbedded packs stubs, builds a program with the tag kbforge_embed over them (by an overlay: the source tree stays as it
// is), and has that program, with no Go toolchain in reach, hand them out.
func TestEmbedded(t *testing.T) {
	tool := need.Tool(t, "go")
	c, dir := tiny(t), t.TempDir()
	var said bytes.Buffer
	if err := generate(context.Background(), c, dir, false, &said); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(said.String(), " bytes\n"); n != 7 {
		t.Errorf("%d files are listed:\n%s", n, said.String())
	}
	if err := generate(context.Background(), c, dir, true, &said); err != nil {
		t.Errorf("checked just after: %v", err)
	}
	exe := filepath.Join(t.TempDir(), "show")
	cmd := exec.Command(tool, "build", "-trimpath", "-tags", "kbforge_embed", "-overlay", overlay(t, dir), "-o", exe, "./testdata/show")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, arch := range stubs.Arches() {
		want, err := c.Compile(context.Background(), stubs.Extractor, arch)
		if err != nil {
			t.Fatal(err)
		}
		show := exec.Command(exe, arch)
		show.Env, show.Dir = []string{"PATH="}, t.TempDir()
		out, err := show.CombinedOutput()
		if sum := fmt.Sprintf("\n%x\n", sha256.Sum256(want.Bytes)); err != nil ||
			!strings.HasPrefix(string(out), "part of this kbforge") || !strings.HasSuffix(string(out), sum) {
			t.Errorf("%s: %v\n%s", arch, err, out)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := generate(context.Background(), c, dir, true, &said); err == nil || !strings.Contains(err.Error(), "SHA256SUMS is not what") {
		t.Errorf("checked after a change: %v", err)
	}
}

// overlay writes a file for `go build -overlay` that puts the files of dir into builder/stubs/prebuilt.
func overlay(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	prebuilt, err := filepath.Abs(filepath.Join("..", "prebuilt"))
	if err != nil {
		t.Fatal(err)
	}
	replace := map[string]string{}
	for _, e := range entries {
		replace[filepath.Join(prebuilt, e.Name())] = filepath.Join(dir, e.Name())
	}
	b, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
