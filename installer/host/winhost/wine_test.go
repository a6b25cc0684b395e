//go:build !windows

package winhost

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/sign"
)

const thisPackage = "github.com/kbforge/kbforge/installer/host/winhost"

// run runs tests of this package's Windows test binary in the prefix and shows what it printed if they failed. A test that
// runs nothing is a failure.
func run(t *testing.T, p *winekit.Prefix, exe, pattern string, env ...string) {
	t.Helper()
	r := p.RunCmd(t, winekit.Cmd{Exe: exe, Args: []string{"-test.v", "-test.run", pattern}, Env: env, Timeout: 5 * time.Minute})
	if r.ExitCode != 0 || strings.Contains(r.Stdout, "no tests to run") || !strings.Contains(r.Stdout, "--- PASS") {
		t.Errorf("exit %d\n%s\n%s", r.ExitCode, r.Stdout, r.Stderr)
	}
	for _, line := range strings.Split(r.Stdout, "\n") {
		if strings.Contains(line, "SKIP") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

func TestSuiteUnderWine(t *testing.T) {
	p := winekit.New(t)
	exe := winekit.BuildWindowsTest(t, thisPackage, "amd64")
	t.Run("suite", func(t *testing.T) { run(t, p, exe, "^(TestSuite|TestNativeSystem32)$") })
	t.Run("restart", func(t *testing.T) {
		run(t, p, exe, "^TestBeforeRestart$", "KBFORGE_RESTART=1")
		p.Restart(t)
		run(t, p, exe, "^TestAfterRestart$", "KBFORGE_RESTART=1")
	})
}

func TestSuiteUnderWine32(t *testing.T) {
	p := winekit.New32(t)
	run(t, p, winekit.BuildWindowsTest(t, thisPackage, "386"), "^(TestSuite|TestNativeSystem32)$")
}

// WinVerifyTrust judges a catalog that holds, one whose signature was changed and one without, and nobody's catalog that
// was changed since it was read. (Wine looks neither at roots nor at the
// digest of the list; that is on the Windows checklist.)
func TestVerifyCatalogUnderWine(t *testing.T) {
	p := winekit.New(t)
	key, err := sign.DevelopmentKey(rand.Reader, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	c := &sign.Catalog{Date: time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)}
	if err := c.Add("a.txt", strings.NewReader("a"), 1); err != nil {
		t.Fatal(err)
	}
	unsigned, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := c.Sign(context.Background(), key, sign.Options{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(signed)
	changed[len(changed)-9] ^= 1 // in the signature, which ends the file
	dir := t.TempDir()
	var env []string
	for name, data := range map[string][]byte{"SIGNED": signed, "CHANGED": changed, "UNSIGNED": unsigned} {
		path := filepath.Join(dir, name+".cat")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		env = append(env, "KBFORGE_CAT_"+name+"="+p.WinPath(path))
	}
	run(t, p, winekit.BuildWindowsTest(t, thisPackage, "amd64"), "^TestVerifyCatalog$", env...)
}
