package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestBrokenManifests: kbforge check tells of each of the broken manifests exactly what its archive has, on standard error, and
// fails; nothing is written.
func TestBrokenManifests(t *testing.T) {
	paths, err := filepath.Glob("../../builder/manifest/testdata/broken/*.txtar")
	if err != nil || len(paths) < 100 {
		t.Fatalf("%d archives: %v", len(paths), err)
	}
	archives := map[string]*txtar.Archive{}
	for _, path := range paths {
		if archives[path], err = txtar.ParseFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range paths {
		t.Chdir(t.TempDir())
		files := archives[path].Files
		for _, f := range files[:len(files)-1] {
			if err := os.MkdirAll(filepath.Dir(f.Name), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.Name, f.Data, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		var stdout, stderr bytes.Buffer
		a := &app{stdout: &stdout, stderr: &stderr, env: func(string) (string, bool) { return "", false }, now: time.Now}
		code := run(context.Background(), a, []string{"check", "update.toml"})
		want := string(files[len(files)-1].Data)
		n := strings.Count(want, "\n")
		want += fmt.Sprintf("kbforge: %s; nothing was written\n", count(n, "fault"))
		if code != 1 || stdout.Len() > 0 || stderr.String() != want {
			t.Errorf("%s: exit code %d, %q\n%swant\n%s", filepath.Base(path), code, stdout.String(), stderr.String(), want)
		}
	}
}
