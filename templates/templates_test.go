package templates

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	for _, name := range Names() {
		dir := filepath.Join(t.TempDir(), "new")
		made, err := Write(name, dir)
		if err != nil || len(made) < 1 {
			t.Fatalf("Write(%s) made %v: %v", name, made, err)
		}
		toml := filepath.Join(dir, "update.toml")
		if err := os.WriteFile(toml, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, path := range made {
			if path != toml {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		made0 := made
		made, err = Write(name, dir)
		if !errors.Is(err, fs.ErrExist) || made != nil {
			t.Errorf("a second Write(%s) made %v: %v; want fs.ErrExist", name, made, err)
		}
		if b, _ := os.ReadFile(toml); string(b) != "mine" {
			t.Errorf("Write(%s) replaced a file", name)
		}
		for _, path := range made0 {
			if _, err := os.Stat(path); err == nil && path != toml {
				t.Errorf("Write(%s) wrote %s although it refused", name, path)
			}
		}
	}
	for _, name := range []string{"", "..", "no-such", "multi-branch/x"} {
		if _, err := Files(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("Files(%q): %v, want ErrUnknown", name, err)
		}
	}
}
