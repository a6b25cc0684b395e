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

// wineInstall is a Wine in use.
type wineInstall struct {
	loader  string // runs Windows programs
	server  string // wineserver
	version string // what `wine --version` says
	has32   bool   // it runs 32-bit programs
	win32   bool   // its machines are 32-bit ones
	libs    string // for LD_LIBRARY_PATH; may be empty

	display         string // of an X server; empty: none
	locale, locpath string // the user's language, and where the C library finds it; empty: English
}

// goarch is the processor of the machines, in Go's terms.
func (in wineInstall) goarch() string {
	if in.win32 {
		return "386"
	}
	return "amd64"
}

// Debian keeps its real loaders here; /usr/bin/wine is a script that complains about a missing wine32.
const debianWine = "/usr/lib/wine"

// findWine returns the machine's 64-bit Wine.
func findWine(t testing.TB) wineInstall {
	t.Helper()
	in := wineInstall{loader: need.Tool(t, "wine64", "wine"), server: need.Tool(t, "wineserver")}
	if p := filepath.Join(debianWine, "wine64"); fileExists(p) {
		in.loader = p
	}
	in.version = versionOf(t, in.loader)
	return in
}

// wine32Version is what get-wine32.sh calls "made".
const wine32Version = "3"

// findWine32 returns the Wine that get-wine32.sh made, if there is one of the machine's version.
func findWine32(t testing.TB) (in wineInstall, ok bool) {
	t.Helper()
	dir, err := cacheDir("wine32")
	if err != nil {
		return in, false
	}
	want := findWine(t).version
	roots, _ := filepath.Glob(filepath.Join(dir, "*."+wine32Version, "usr", "lib", "wine"))
	for _, bin := range roots {
		in = wineInstall{loader: filepath.Join(bin, "wine64"), server: filepath.Join(bin, "wineserver64"), has32: true,
			libs: filepath.Join(bin, "..", "i386-linux-gnu")}
		if strings.Contains(bin, "making.") || !fileExists(in.loader) {
			continue
		}
		if in.version = versionOf(t, in.loader); in.version == want {
			return in, true
		}
	}
	return in, false
}

func versionOf(t testing.TB, loader string) string {
	t.Helper()
	out, err := exec.Command(loader, "--version").Output()
	if err != nil {
		need.Missing(t, "%s --version: %v", loader, err)
	}
	return strings.TrimSpace(string(out))
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// environ is the environment of every process of a prefix: the test's own without a display, language and
// settings of Wine.
func (in wineInstall) environ(prefix string) []string {
	var env []string
	for _, e := range os.Environ() {
		name, _, _ := strings.Cut(e, "=")
		if name == "DISPLAY" || name == "WAYLAND_DISPLAY" || name == "LANG" || strings.HasPrefix(name, "WINE") || strings.HasPrefix(name, "LC_") {
			continue
		}
		env = append(env, e)
	}
	debug := os.Getenv("KBFORGE_WINEDEBUG") // to look at a puzzling failure
	if debug == "" {
		debug = "-all"
	}
	env = append(env,
		"LC_ALL="+first(in.locale, "C.UTF-8"), // in the plain C locale Wine cannot make files whose names are not ASCII
		"WINEPREFIX="+prefix,
		"WINEDEBUG="+debug,
		"WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=")
	if in.win32 {
		env = append(env, "WINEARCH=win32")
	}
	if in.display != "" {
		env = append(env, "DISPLAY="+in.display)
	}
	if in.locpath != "" {
		env = append(env, "LOCPATH="+in.locpath)
	}
	if in.libs != "" {
		env = append(env, "LD_LIBRARY_PATH="+in.libs)
	}
	return env
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
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
