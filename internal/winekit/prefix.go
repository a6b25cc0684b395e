package winekit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// DefaultTimeout ends a program that a test started with no timeout of its own.
const DefaultTimeout = 2 * time.Minute

// Prefix is a Windows machine of its own: a file system with drive C: and a registry. It lives until the end of the test.
type Prefix struct {
	Dir string // the prefix; drive C: is Dir/drive_c

	in     wineInstall
	env    []string
	helper string // Windows path
	work   string // Linux folder for requests and results
	count  atomic.Int64
}

// New makes a 64-bit machine from the template and boots it; its programs are amd64 ones. Without Wine or the mingw
// compiler it skips the test, or fails it in CI; it skips in -short mode.
func New(t testing.TB) *Prefix {
	t.Helper()
	short(t)
	return newPrefix(t, findWine(t))
}

// New32 is New with a machine that runs 386 programs too (it has SysWOW64 and costs twice the disk space). Where
// get-wine32.sh could not make the Wine for it, the test is skipped, in CI as well: not every mirror has what it needs.
func New32(t testing.TB) *Prefix {
	t.Helper()
	short(t)
	return newPrefix(t, wine32(t))
}

// NewX86 is New32 with a machine of 32-bit Windows: 386 programs only, no SysWOW64.
func NewX86(t testing.TB) *Prefix {
	t.Helper()
	short(t)
	in := wine32(t)
	in.win32 = true
	in.loader = filepath.Join(filepath.Dir(in.loader), "wine")
	return newPrefix(t, in)
}

func wine32(t testing.TB) wineInstall {
	t.Helper()
	in, ok := findWine32(t)
	if !ok {
		t.Skip("SKIPPED, NOT TESTED HERE: no Wine for 32-bit programs; run internal/winekit/get-wine32.sh")
	}
	return in
}

func short(t testing.TB) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: no Wine")
	}
}

func newPrefix(t testing.TB, in wineInstall) *Prefix {
	t.Helper()
	src, err := template(t, in)
	if err != nil {
		t.Fatalf("winekit: %v", err)
	}
	work := t.TempDir()
	p := &Prefix{Dir: filepath.Join(work, "prefix"), in: in, work: work}
	if err := command(os.Environ(), "cp", "-a", "--reflink=auto", src, p.Dir); err != nil {
		t.Fatalf("winekit: copy the template: %v", err)
	}
	p.env = in.environ(p.Dir)
	p.helper = p.WinPath(BuildWindows(t, "github.com/kbforge/kbforge/internal/winekit/helper", in.goarch()))
	t.Cleanup(func() {
		stopServer(in, p.Dir)
		killAll(p.Dir)
	})
	p.boot(t)
	return p
}

// Has32 reports whether the machine runs 32-bit programs.
func (p *Prefix) Has32() bool { return p.in.has32 }

func (p *Prefix) boot(t testing.TB) {
	t.Helper()
	if err := command(p.env, p.in.server, "-p"); err != nil {
		t.Fatalf("winekit: start wineserver: %v", err)
	}
	// The first program of a machine boots it: services, pending renames, RunOnce.
	if err := command(p.env, p.in.loader, p.helper, "noop"); err != nil {
		t.Fatalf("winekit: boot: %v", err)
	}
}

// Restart restarts the machine: every process ends, pending renames are performed, RunOnce runs, volatile keys are gone.
func (p *Prefix) Restart(t testing.TB) {
	t.Helper()
	stopServer(p.in, p.Dir)
	p.boot(t)
}

// SetVersion makes the machine another Windows: winxp64, win2003, vista, win2008, win7, win2008r2, win8, win81, win10.
// The version numbers, service pack and product type are those of `winecfg -v`.
func (p *Prefix) SetVersion(t testing.TB, name string) {
	t.Helper()
	if err := command(p.env, p.in.loader, "winecfg", "-v", name); err != nil {
		t.Fatalf("winekit: set version %s: %v", name, err)
	}
}

// Path returns the Linux path of a Windows path on C: or Z:. Names are looked up without regard to case, as Wine does; what
// does not exist keeps the name it is given.
func (p *Prefix) Path(winPath string) string {
	drive, rest, ok := strings.Cut(winPath, ":")
	if !ok {
		panic(fmt.Sprintf("winekit: %q has no drive", winPath))
	}
	var dir string
	switch strings.ToLower(drive) {
	case "c":
		dir = filepath.Join(p.Dir, "drive_c")
	case "z":
		dir = "/"
	default:
		panic(fmt.Sprintf("winekit: %q: there are only C: and Z:", winPath))
	}
	for _, name := range strings.FieldsFunc(rest, func(r rune) bool { return r == '\\' || r == '/' }) {
		dir = filepath.Join(dir, lookup(dir, name))
	}
	return dir
}

func lookup(dir, name string) string {
	if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
		return name
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return name
	}
	for _, e := range entries {
		if strings.EqualFold(e.Name(), name) {
			return e.Name()
		}
	}
	return name
}

// WinPath returns the Windows path of an absolute Linux path: on C: if it is inside the machine, else on Z:.
func (p *Prefix) WinPath(linux string) string {
	drive, rel := "Z:", linux
	if r, ok := strings.CutPrefix(linux, filepath.Join(p.Dir, "drive_c")); ok && (r == "" || r[0] == '/') {
		drive, rel = "C:", r
	}
	if rel == "" {
		rel = "/"
	}
	return drive + strings.ReplaceAll(rel, "/", `\`)
}

// temp returns a fresh name in the folder of requests, as Linux and as Windows path.
func (p *Prefix) temp(suffix string) (linux, windows string) {
	linux = filepath.Join(p.work, fmt.Sprintf("%d%s", p.count.Add(1), suffix))
	return linux, p.WinPath(linux)
}
