//go:build !windows

package codepage

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

// TestWindows runs the tests of this package against the Windows side, under Wine.
func TestWindows(t *testing.T) {
	prefix := winekit.New(t)
	exe := winekit.BuildWindowsTest(t, "github.com/kbforge/kbforge/inf/codepage", "amd64")
	r := prefix.Run(t, exe, "-test.v")
	if r.ExitCode != 0 || !strings.Contains(r.Stdout, "--- PASS: TestFiles") {
		t.Errorf("exit code %d\n%s%s", r.ExitCode, r.Stdout, r.Stderr)
	}
}
