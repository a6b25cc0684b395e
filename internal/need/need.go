// Package need is how tests ask for tools of the machine: a missing one skips the test loudly, and fails it in CI.
package need

import (
	"os"
	"os/exec"
	"testing"
)

// Tool returns the path of the first of the named programs that is installed. Without any it skips the test, or fails it
// when the environment has CI=true.
func Tool(t testing.TB, names ...string) string {
	t.Helper()
	for _, n := range names {
		if p, err := exec.LookPath(n); err == nil {
			return p
		}
	}
	Missing(t, "none of %q is installed; ./test.sh installs them on Debian", names)
	return ""
}

// Missing skips the test loudly because something it needs is absent, or fails it when the environment has CI=true.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("NEEDED IN CI: "+format, args...)
	}
	t.Skipf("SKIPPED, NOT TESTED HERE: "+format, args...)
}
