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
		if err != nil || len(made) < 4 {
			t.Fatalf("Write(%s) made %v: %v", name, made, err)
		}
		toml := filepath.Join(dir, "update.toml")
		if err := os.WriteFile(toml, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "eula.txt")); err != nil {
			t.Fatal(err)
		}
		made, err = Write(name, dir)
		if !errors.Is(err, fs.ErrExist) || made != nil {
			t.Errorf("a second Write(%s) made %v: %v; want fs.ErrExist", name, made, err)
		}
		if b, _ := os.ReadFile(toml); string(b) != "mine" {
			t.Errorf("Write(%s) replaced a file", name)
		}
		if _, err := os.Stat(filepath.Join(dir, "eula.txt")); err == nil {
			t.Errorf("Write(%s) wrote eula.txt although it refused", name)
		}
	}
	for _, name := range []string{"", "..", "no-such", "multi-branch/x"} {
		if _, err := Files(name); !errors.Is(err, ErrUnknown) {
			t.Errorf("Files(%q): %v, want ErrUnknown", name, err)
		}
	}
}
