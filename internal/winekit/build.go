package winekit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BuildWindows cross-compiles a main package, named by its import path, for GOARCH arch and returns the path of the
// executable, which is the test's own copy. flags go to `go build` before the package. Nothing is linked again while the
// sources stay the same.
func BuildWindows(t testing.TB, pkg, arch string, flags ...string) string {
	t.Helper()
	return build(t, []string{"build"}, pkg, arch, flags)
}

// BuildWindowsTest is BuildWindows for the test binary of a package.
func BuildWindowsTest(t testing.TB, pkg, arch string, flags ...string) string {
	t.Helper()
	return build(t, []string{"test", "-c"}, pkg, arch, flags)
}

func build(t testing.TB, verb []string, pkg, arch string, flags []string) string {
	t.Helper()
	out, err := cachedBuild(verb, pkg, arch, flags, t.TempDir())
	if err != nil {
		t.Fatalf("winekit: build %s for windows/%s: %v", pkg, arch, err)
	}
	return out
}

func cachedBuild(verb []string, pkg, arch string, flags []string, to string) (string, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s\n%q\n%s\n%s\n%q", mod, verb, pkg, arch, flags))
	dir, err := cacheDir("build", hex.EncodeToString(key[:8]))
	if err != nil {
		return "", err
	}
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return "", err
	}
	defer unlock()
	name := filepath.Base(pkg)
	if verb[0] == "test" {
		name += ".test"
	}
	exe := filepath.Join(dir, name+".exe")
	args := append([]string{}, verb...)
	args = append(args, "-trimpath", "-o", exe)
	args = append(append(args, flags...), pkg)
	cmd := exec.Command("go", args...)
	cmd.Dir = filepath.Dir(strings.TrimSpace(string(mod)))
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH="+arch, "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	own := filepath.Join(to, name+".exe")
	return own, copyFile(exe, own)
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}
