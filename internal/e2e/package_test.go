package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// signWithDevKey is the end of a manifest whose package is signed with a throw-away key.
const signWithDevKey = "\n[signing]\ndev = true\n"

// Other people's cabinet tools accept a package, unsigned and signed, and find the same files in it.
func TestOtherTools(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	sevenZip, cabextract := need.Tool(t, "7zz", "7z"), need.Tool(t, "cabextract")
	for name, extra := range map[string]string{"unsigned": "", "signed": signWithDevKey} {
		t.Run(name, func(t *testing.T) {
			pkg := readerProject(t, f, extra).build(t)
			tool(t, sevenZip, "t", pkg)
			if got := tool(t, sevenZip, "l", pkg); !strings.Contains(strings.ToLower(got), "update.exe") {
				t.Errorf("7z l does not list update.exe:\n%s", got)
			}
			tool(t, cabextract, "-t", pkg)
			dir := t.TempDir()
			tool(t, cabextract, "-q", "-d", dir, pkg)
			for branch, set := range map[string]map[string][]byte{"sp1gdr": f.gdr, "sp1qfe": f.qfe} {
				for file, want := range set {
					if got := findFold(t, dir, branch, file); !bytes.Equal(got, want) {
						t.Errorf("%s/%s differs (%d bytes)", branch, file, len(got))
					}
				}
			}
		})
	}
}

// findFold reads dir/branch/file without regard to case.
func findFold(t *testing.T, dir string, elem ...string) []byte {
	t.Helper()
	for _, e := range elem {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		found := ""
		for _, d := range entries {
			if strings.EqualFold(d.Name(), e) {
				found = d.Name()
			}
		}
		if found == "" {
			t.Fatalf("no %s in %s", e, dir)
		}
		dir = filepath.Join(dir, found)
	}
	b, err := os.ReadFile(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	said, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args, err, said)
	}
	return string(said)
}

// Building twice, in other directories and at another time of day, gives the same bytes.
func TestReproducible(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	a, b := readerProject(t, f, ""), readerProject(t, f, "")
	manifest := strings.Replace(readerManifest, "build-time = 2026-01-02T03:04:05Z\n", "", 1)
	var packages [][]byte
	for i, p := range []project{a, b} {
		p.write(t, "update.toml", []byte(manifest))
		if i == 1 { // other times on the payload
			tool(t, "find", p.dir, "-exec", "touch", "-d", "1999-12-31", "{}", "+")
		}
		out := t.TempDir()
		env := []string{"SOURCE_DATE_EPOCH=1767323045", fmt.Sprintf("TZ=Etc/GMT+%d", 3*i), fmt.Sprintf("GOMAXPROCS=%d", i+1)}
		stdout, stderr, err := kbforge(t, p.dir, env, "build", "update.toml", "-o", out)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		data, err := os.ReadFile(strings.TrimSpace(stdout))
		if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, data)
	}
	if !bytes.Equal(packages[0], packages[1]) {
		t.Errorf("two builds differ: %d and %d bytes", len(packages[0]), len(packages[1]))
	}
}
