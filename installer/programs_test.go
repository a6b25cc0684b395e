package installer_test

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
)

// world is what runs on a machine, apart from the host, so that it survives a kill of the installer.
type world struct {
	services map[string]host.ServiceState // folded name
	dlls     map[string]string            // folded path: which content is registered; empty: none
	exits    map[string]uint32            // exit code by a part of the command line; others end with 0
	refuses  map[string]error             // by method and object: "StartService wuauserv"
	answers  map[string]answer            // of functions of the package's DLL
	did      []string
}

type answer struct {
	number uint32
	text   string
}

func newWorld() *world {
	return &world{services: map[string]host.ServiceState{"wuauserv": host.ServiceRunning, "idle": host.ServiceStopped}, dlls: map[string]string{},
		exits: map[string]uint32{}, refuses: map[string]error{}, answers: map[string]answer{}}
}

// running is an image on which things run.
type running struct {
	host.Host
	w *world
}

func (r running) do(what string) error {
	if err := r.w.refuses[what]; err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	r.w.did = append(r.w.did, what)
	return nil
}

func (r running) ServiceState(name string) (host.ServiceState, error) {
	s, ok := r.w.services[strings.ToLower(name)]
	if !ok {
		return 0, fs.ErrNotExist
	}
	return s, nil
}

func (r running) set(what, name string, s host.ServiceState) error {
	if have, err := r.ServiceState(name); err != nil || have == s {
		return err
	}
	err := r.do(what + " " + name)
	if err == nil {
		r.w.services[strings.ToLower(name)] = s
	}
	return err
}

func (r running) StopService(name string, _ time.Duration) error {
	return r.set("StopService", name, host.ServiceStopped)
}

func (r running) StartService(name string, _ time.Duration) error {
	return r.set("StartService", name, host.ServiceRunning)
}

func (r running) RegisterDLL(path string, unregister bool, _ time.Duration) error {
	f, err := r.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	what := map[bool]string{false: "register ", true: "unregister "}[unregister]
	err = r.do(what + path)
	if err == nil {
		r.w.registered(path, content)
		if unregister {
			r.w.dlls[strings.ToLower(path)] = ""
		}
	}
	return err
}

func (r running) InstallDLL(path string, remove bool, argument string, _ time.Duration) error {
	if _, err := r.Stat(path); err != nil {
		return err
	}
	return r.do(fmt.Sprintf("DllInstall(%v, %q) %s", !remove, argument, path))
}

func (r running) CallDLL(path, function string, _ time.Duration) (uint32, string, error) {
	if err := r.do("call " + function + " of " + filepath.Base(path)); err != nil {
		return 0, "", err
	}
	a, ok := r.w.answers[function]
	if !ok {
		return 0, "", host.ErrNoEntryPoint
	}
	return a.number, a.text, nil
}

func (r running) RunProcess(line string, _ time.Duration) (uint32, error) {
	if err := r.do("run " + line); err != nil {
		return 0, err
	}
	for part, code := range r.w.exits {
		if strings.Contains(line, part) {
			return code, nil
		}
	}
	return 0, nil
}

func (w *world) registered(path string, content []byte) {
	w.dlls[strings.ToLower(path)] = fmt.Sprintf("%x", md5.Sum(content))
}

// clone is the same state in a world of its own.
func (w *world) clone() *world {
	n := newWorld()
	maps.Copy(n.services, w.services)
	maps.Copy(n.dlls, w.dlls)
	return n
}

func (w *world) state() string {
	dlls := map[string]string{}
	for p, content := range w.dlls {
		if content != "" {
			dlls[p] = content
		}
	}
	return fmt.Sprint(w.services, dlls)
}

const programSections = `
[ProductInstall.CopyFilesAlways]
RegisterDlls=Register.dlls
[Register.dlls]
11,,a.dll,1
11,,new.dll,1
[ServicesToStopAndStart]
WUAUserv
idle
nosuch
[ServicesToStopAndStart.Uninstall]
wuauserv
[ProductInstall.RenameDirectories]
SoftwareDistribution,SDTemp
[DestinationDirs]
ProductInstall.RenameDirectories=10
[ProcessesToRun]
"%SystemRoot%\system32\sfc.exe /scannow"
[ProcessesToRun.Professional]
"never.exe"
[ProcessesToRunBeforeInstall]
"""%11%\first.exe"" /q"
[ProcessesToRunAfterUninstall]
"%SystemRoot%\after.exe"
`

// programs is the standard package with all that runs, on a machine where it runs.
func programs(t *testing.T) (pkg, *machine, *world) {
	p, files := standard(t)
	p.extra = strings.ReplaceAll(programSections, "\n", "\r\n")
	files[`C:\WINDOWS\SoftwareDistribution\DataStore\a.edb`] = []byte("data")
	m := newMachine(t, files)
	w := newWorld()
	w.registered(sys+"a.dll", files[sys+"a.dll"])
	return p, m, w
}

func (w *world) install(t *testing.T, m *machine, p pkg) (installer.Result, error) {
	t.Helper()
	return installer.Install(context.Background(), installer.Request{Host: running{m.h, w}, Package: p.tree(t), Options: cmdline.Options{Quiet: true}, Version: "7.0.0.0", Start: testNow})
}

func (w *world) remove(m *machine, kb string) (installer.Result, error) {
	return installer.Remove(context.Background(), installer.Request{Host: running{m.h, w}, UninstallDir: `C:\WINDOWS\$NtUninstall` + kb + `$`,
		Options: cmdline.Options{Quiet: true}, Version: "7.0.0.0", Start: testNow})
}

func (w *world) took() []string {
	list := w.did
	w.did = nil
	return list
}

func TestProgramsOfInstallationAndRemoval(t *testing.T) {
	p, m, w := programs(t)
	before, state := m.snapshot(), w.state()
	res := mustRun(t)(w.install(t, m, p))
	want := []string{`run "C:\WINDOWS\system32\first.exe" /q`, "StopService WUAUserv", `register ` + sys + "a.dll", `register ` + sys + "new.dll",
		"StartService WUAUserv", `run C:\WINDOWS\system32\sfc.exe /scannow`}
	if got := w.took(); !slices.Equal(got, want) {
		t.Errorf("installation did\n%s\nwant\n%s\nplan %s", strings.Join(got, "\n"), strings.Join(want, "\n"), res.Plan)
	}
	if m.has(`C:\WINDOWS\SoftwareDistribution`) || !m.has(`C:\WINDOWS\SDTemp\DataStore\a.edb`) || res.RestartNeeded {
		t.Errorf("the directory is not renamed, or a restart is needed: %v", res.RestartNeeded)
	}
	mustRun(t)(w.install(t, m, p)) // again: removal still brings the first state back
	w.took()
	mustRun(t)(w.remove(m, p.kb))
	want = []string{"StopService wuauserv", `unregister ` + sys + "new.dll", `register ` + sys + "a.dll", "StartService wuauserv", `run C:\WINDOWS\after.exe`}
	if got := w.took(); !slices.Equal(got, want) {
		t.Errorf("removal did\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d := diffLines(before, m.snapshot()); d != "" || w.state() != state {
		t.Errorf("the machine differs after removal: %s, was %s\n%s", w.state(), state, d)
	}
}

// What fails decides whether everything is undone, services running again, or the run goes on.
func TestProgramsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(w *world)
		undone   bool
		restart  bool
		leftOver string // of the state
	}{
		"first program fails":          {spoil: func(w *world) { w.exits["first.exe"] = 1 }, undone: true},
		"service does not stop":        {spoil: func(w *world) { w.refuses["StopService WUAUserv"] = context.DeadlineExceeded }, undone: true},
		"registration fails":           {spoil: func(w *world) { w.refuses["register "+sys+"new.dll"] = errors.New("0x80004005") }, undone: true},
		"service does not start":       {spoil: func(w *world) { w.refuses["StartService WUAUserv"] = context.DeadlineExceeded }, restart: true},
		"last program fails":           {spoil: func(w *world) { w.exits["sfc.exe"] = 87 }},
		"last program is missing":      {spoil: func(w *world) { w.refuses[`run C:\WINDOWS\system32\sfc.exe /scannow`] = fs.ErrNotExist }},
		"last program asks to restart": {spoil: func(w *world) { w.exits["sfc.exe"] = 3010 }, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			p, m, w := programs(t)
			before, state := m.snapshot(), w.state()
			c.spoil(w)
			res, err := w.install(t, m, p)
			var rolled *journal.RolledBack
			if errors.As(err, &rolled) != c.undone || err != nil && !c.undone {
				t.Fatalf("got %v", err)
			}
			if c.undone && (diffLines(before, m.snapshot()) != "" || w.state() != state) {
				t.Errorf("not undone: %s, was %s\n%s", w.state(), state, diffLines(before, m.snapshot()))
			}
			if res.RestartNeeded != c.restart {
				t.Errorf("restart needed: %v", res.RestartNeeded)
			}
		})
	}
}

// On an image nothing runs; what would have, waits for the next start until the update goes.
func TestProgramsOnAnImage(t *testing.T) {
	p, m, _ := programs(t)
	before := m.snapshot()
	mustRun(t)(m.install(p.tree(t)))
	var got []string
	tasks, err := m.h.Deferred()
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		got = append(got, task.Text)
	}
	want := []string{`run-required "C:\WINDOWS\system32\first.exe" /q`, `register ` + sys + "a.dll", `register ` + sys + "new.dll", `run C:\WINDOWS\system32\sfc.exe /scannow`}
	if !slices.Equal(got, want) {
		t.Errorf("tasks\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	mustRun(t)(m.remove(p.kb))
	after, _, _ := strings.Cut(m.snapshot(), "\ntask ")
	if d := diffLines(before, after); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
	got = nil
	tasks, _ = m.h.Deferred()
	for _, task := range tasks {
		got = append(got, task.Text)
	}
	if want := []string{`register ` + sys + "a.dll", `run C:\WINDOWS\after.exe`}; !slices.Equal(got, want) {
		t.Errorf("tasks after removal %q, want %q", got, want)
	}
}

// DllInstall with its argument, alone and beside DllRegisterServer; rolled back and removed the other way round.
func TestDllInstall(t *testing.T) {
	p, m, w := programs(t)
	p.extra = crlf("\n[ProductInstall.CopyFilesAlways]\nRegisterDlls=R\n[R]\n11,,a.dll,2,,arg\n11,,new.dll,3,5,\"x, \"\"y\"\"\"\n")
	before := m.snapshot()
	mustRun(t)(w.install(t, m, p))
	want := []string{`DllInstall(true, "arg") ` + sys + "a.dll", "register " + sys + "new.dll", `DllInstall(true, "x, \"y\"") ` + sys + "new.dll"}
	if got := w.took(); !slices.Equal(got, want) {
		t.Errorf("installation did\n%s", strings.Join(got, "\n"))
	}
	mustRun(t)(w.install(t, m, p))
	w.took()
	mustRun(t)(w.remove(m, p.kb))
	want = []string{`DllInstall(false, "x, \"y\"") ` + sys + "new.dll", "unregister " + sys + "new.dll", `DllInstall(true, "arg") ` + sys + "a.dll"}
	if got := w.took(); !slices.Equal(got, want) {
		t.Errorf("removal did\n%s", strings.Join(got, "\n"))
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
	w.refuses[`DllInstall(true, "x, \"y\"") `+sys+"new.dll"] = errors.New("0x80004005")
	if _, err := w.install(t, m, p); err == nil || diffLines(before, m.snapshot()) != "" {
		t.Errorf("a DllInstall that fails: %v", err)
	}
	if got := w.took(); !slices.Contains(got, "unregister "+sys+"new.dll") {
		t.Errorf("rolling back did %q", got)
	}
}

// The repairs that the Knowledge Base describes by hand, as updates without a file: KB 943144 registers a DLL that lost its
// registration; KB 910336 renames a directory while its service is stopped; System File Checker runs at the end.
func TestRepairsOfKnowledgeBaseArticles(t *testing.T) {
	p := pkg{kb: "KB943144", extra: crlf(`
[ProductInstall.CopyFilesAlways]
RegisterDlls=Register.dlls
[Register.dlls]
11,,wups2.dll,1
[ServicesToStopAndStart]
wuauserv
[ProductInstall.RenameDirectories]
SoftwareDistribution,SDTemp
[DestinationDirs]
ProductInstall.RenameDirectories=10
[ProcessesToRun]
"sfc /scannow"
`)}
	m := newMachine(t, map[string][]byte{sys + "wups2.dll": samplepe1(t, "7.0.6000.381", "", "wups2"), `C:\WINDOWS\SoftwareDistribution\a.edb`: []byte("data")})
	w := newWorld()
	mustRun(t)(w.install(t, m, p))
	want := []string{"StopService wuauserv", "register " + sys + "wups2.dll", "StartService wuauserv", "run sfc /scannow"}
	if got := w.took(); !slices.Equal(got, want) || !m.has(`C:\WINDOWS\SDTemp\a.edb`) {
		t.Errorf("did %q, want %q", got, want)
	}
	if _, err := m.h.MkdirAll(`C:\WINDOWS\SoftwareDistribution`, 0); err != nil { // the service makes it anew
		t.Fatal(err)
	}
	mustRun(t)(w.remove(m, p.kb))
	if got := w.took(); len(got) > 0 || !m.has(`C:\WINDOWS\SDTemp\a.edb`) || !m.has(`C:\WINDOWS\SoftwareDistribution`) {
		t.Errorf("removal did %q; the DLL stays registered, both directories stay", got)
	}
}
