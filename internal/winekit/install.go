package winekit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// wineInstall is the Wine in use.
type wineInstall struct {
	loader  string // runs Windows programs
	server  string // wineserver
	version string // what `wine --version` says
	has32   bool   // it runs 32-bit programs
}

// Debian keeps its real loaders here; /usr/bin/wine is a script that complains about a missing wine32.
const debianWine = "/usr/lib/wine"

func findWine(t testing.TB) wineInstall {
	t.Helper()
	in := wineInstall{loader: need.Tool(t, "wine64", "wine"), server: need.Tool(t, "wineserver")}
	if p := filepath.Join(debianWine, "wine64"); fileExists(p) {
		in.loader = p
	}
	// With wine32 present, Debian's 32-bit loader serves both kinds.
	in.has32 = fileExists(filepath.Join(debianWine, "wine")) && fileExists("/usr/lib/i386-linux-gnu/wine/i386-windows/ntdll.dll")
	out, err := exec.Command(in.loader, "--version").Output()
	if err != nil {
		need.Missing(t, "%s --version: %v", in.loader, err)
	}
	in.version = strings.TrimSpace(string(out))
	return in
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// environ is the environment of every process of a prefix: the test's own without a display and without Wine's settings.
func environ(prefix string) []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name == "DISPLAY" || name == "WAYLAND_DISPLAY" || strings.HasPrefix(name, "WINE") {
			continue
		}
		env = append(env, e)
	}
	debug := os.Getenv("KBFORGE_WINEDEBUG") // to look at a puzzling failure
	if debug == "" {
		debug = "-all"
	}
	return append(env,
		"WINEPREFIX="+prefix,
		"WINEDEBUG="+debug,
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=")
}

// cacheDir is where what is made once per machine is kept.
func cacheDir(elem ...string) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep the Wine template: %w", err)
	}
	dir := filepath.Join(append([]string{base, "kbforge"}, elem...)...)
	return dir, os.MkdirAll(dir, 0o755)
}
