package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// binDir holds the kbforge that the tests run.
var binDir string

func TestMain(m *testing.M) {
	var err error
	if binDir, err = os.MkdirTemp("", "kbforge-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(binDir)
	os.Exit(code)
}

var builtCLI = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(binDir, "kbforge")
	said, err := exec.Command("go", "build", "-o", exe, "github.com/kbforge/kbforge/cmd/kbforge").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build kbforge: %w\n%s", err, said)
	}
	return exe, nil
})

// kbforge runs the author's command line in dir and returns what it prints to standard output. env is added.
func kbforge(t *testing.T, dir string, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	exe, err := builtCLI()
	if err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	cmd := exec.Command(exe, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, append(os.Environ(), env...), &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}

// project is a directory with an update.toml and its payload.
type project struct{ dir string }

// newProject writes the files of a project. Paths are relative, with slashes.
func newProject(t *testing.T, manifest string, files map[string][]byte) project {
	t.Helper()
	p := project{t.TempDir()}
	p.write(t, "update.toml", []byte(manifest))
	for name, data := range files {
		p.write(t, name, data)
	}
	return p
}

func (p project) write(t *testing.T, name string, data []byte) {
	t.Helper()
	path := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// build builds the project and returns the path of the package.
func (p project) build(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	stdout, stderr, err := kbforge(t, p.dir, nil, "build", "update.toml", "-o", out)
	if err != nil {
		t.Fatalf("kbforge build: %v\n%s", err, stderr)
	}
	path := strings.TrimSuffix(stdout, "\n")
	if strings.Contains(path, "\n") || !strings.HasPrefix(path, out) {
		t.Fatalf("kbforge build must print the path of the package and nothing else; it printed %q", stdout)
	}
	return path
}

// sample writes a PE file of the given version. text is its FileVersion string, "" for the plain version; blob makes
// contents differ.
func sample(t *testing.T, dll bool, exit uint32, version pefile.Version, text, blob string) []byte {
	t.Helper()
	b, err := samplepe.Build(samplepe.Spec{Arch: "x64", DLL: dll, ExitCode: exit, Version: version, FileVersionText: text,
		Blob: []byte(blob), LinkTime: uint32(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Unix())})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// put writes a file of the machine.
func put(t *testing.T, m *winekit.Prefix, winPath string, data []byte) {
	t.Helper()
	path := m.Path(winPath)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// holds fails the test unless a file of the machine has exactly this content; nil means that there must be none.
func holds(t *testing.T, m *winekit.Prefix, winPath string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(m.Path(winPath))
	switch {
	case want == nil && err == nil:
		t.Errorf("%s is there", winPath)
	case want != nil && err != nil:
		t.Errorf("%s: %v", winPath, err)
	case !bytes.Equal(got, want):
		t.Errorf("%s has %d bytes that are not those expected (%d)", winPath, len(got), len(want))
	}
}

// exits fails the test unless a program ended with this code, and shows the logs of the machine if it did not.
func exits(t *testing.T, m *winekit.Prefix, r winekit.Result, want uint32) {
	t.Helper()
	if r.ExitCode != want {
		t.Fatalf("exit code %d (%#x), want %d\nstdout: %s\nstderr: %s\n%s", r.ExitCode, r.ExitCode, want, r.Stdout, r.Stderr, logs(m))
	}
}

// logs returns the logs below %windir%.
func logs(m *winekit.Prefix) string {
	var b strings.Builder
	names, _ := filepath.Glob(filepath.Join(m.Path(`C:\windows`), "*.log"))
	for _, n := range names {
		text, _ := os.ReadFile(n)
		fmt.Fprintf(&b, "--- %s\n%s", filepath.Base(n), text)
	}
	return b.String()
}

// spuninst removes an update as Add or Remove Programs does, and waits until the program has cleared up behind itself: its
// copy below %windir% deletes the backup directory and vanishes after the end of the original.
func spuninst(t *testing.T, m *winekit.Prefix, kb string, switches ...string) winekit.Result {
	t.Helper()
	dir := `C:\windows\$NtUninstall` + kb + `$`
	r := m.Run(t, dir+`\spuninst\spuninst.exe`, switches...)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		copies, _ := filepath.Glob(filepath.Join(m.Path(`C:\windows`), "kb[0-9a-f]*.exe"))
		if _, err := os.Stat(m.Path(dir)); os.IsNotExist(err) && len(copies) == 0 {
			break
		}
	}
	return r
}
