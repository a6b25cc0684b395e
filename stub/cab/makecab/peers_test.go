package makecab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// peers are the programs that must extract what we write, byte for byte.
var peers = []struct {
	name  string
	tools []string
	args  func(cab, dir string) []string
}{
	{"7z", []string{"7zz", "7z"}, func(cab, dir string) []string { return []string{"x", "-y", "-o" + dir, cab} }},
	{"7z test", []string{"7zz", "7z"}, func(cab, _ string) []string { return []string{"t", cab} }},
	{"cabextract", []string{"cabextract"}, func(cab, dir string) []string { return []string{"-d", dir, cab} }},
	{"cabextract test", []string{"cabextract"}, func(cab, _ string) []string { return []string{"-t", cab} }},
	{"gcab", []string{"gcab"}, func(cab, dir string) []string { return []string{"-x", "-C", dir, cab} }},
}

func TestPeersExtract(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			tool := need.Tool(t, p.tools...)
			for _, m := range allMethods {
				for _, size := range []int64{0, 100_000} { // one folder, and many
					path, _ := write(t, inputs(tree()), Options{Method: m, FolderSize: size})
					dir := t.TempDir()
					cmd := exec.Command(tool, p.args(path, dir)...)
					cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
					out, err := cmd.CombinedOutput()
					if err != nil || strings.Contains(strings.ToLower(string(out)), "warning") {
						t.Errorf("%s, folders of %d: %v\n%s", m, size, err, out)
						continue
					}
					if !strings.HasSuffix(p.name, "test") {
						compare(t, m.String(), diskTree(t, dir), tree())
					}
				}
			}
		})
	}
}

// A cabinet of empty files alone has a folder without blocks.
func TestPeersEmptyFiles(t *testing.T) {
	files := map[string][]byte{"a": {}, `b\c`: {}}
	path, _ := write(t, inputs(files), Options{})
	for _, p := range peers {
		dir := t.TempDir()
		out, err := exec.Command(need.Tool(t, p.tools...), p.args(path, dir)...).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", p.name, err, out)
		} else if !strings.HasSuffix(p.name, "test") {
			compare(t, p.name, diskTree(t, dir), files)
		}
	}
}

func TestReadPeers(t *testing.T) {
	gcab := need.Tool(t, "gcab")
	src := t.TempDir()
	var names []string
	for n, b := range tree() {
		p := filepath.Join(src, filepath.FromSlash(strings.ReplaceAll(n, `\`, "/")))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.ReplaceAll(n, `\`, "/"))
	}
	for _, zip := range []bool{true, false} {
		path := filepath.Join(t.TempDir(), "g.cab")
		args := []string{"-c", path}
		if zip {
			args = append([]string{"-z"}, args...)
		}
		cmd := exec.Command(gcab, append(args, names...)...)
		cmd.Dir = src
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("gcab: %v\n%s", err, out)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(b)
		if err != nil {
			t.Fatalf("gcab, zip %v: %v", zip, err)
		}
		compare(t, "gcab", got, tree())
	}
}
