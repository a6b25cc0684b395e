//go:build !windows

package winhost

import (
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
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
