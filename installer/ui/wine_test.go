//go:build !windows

package ui_test

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

func TestWithoutDisplayUnderWine(t *testing.T) {
	p := winekit.New(t)
	exe := winekit.BuildWindowsTest(t, "github.com/kbforge/kbforge/installer/ui", "amd64")
	r := p.Run(t, exe, "-test.v", "-test.run", "TestNoDesktop")
	if r.ExitCode != 0 || !strings.Contains(r.Stdout, "--- PASS: TestNoDesktop") {
		t.Errorf("exit %d\n%s%s", r.ExitCode, r.Stdout, r.Stderr)
	}
}
