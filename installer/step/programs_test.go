package step

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
)

// running is an image with a few things that run; it records what was asked of it.
type running struct {
	host.Host
	services map[string]host.ServiceState
	dlls     map[string]bool   // registered
	exits    map[string]uint32 // of command lines; others do not exist
	refuses  error             // what services and DLLs answer
	asked    []string
}

func (r *running) ask(format string, args ...any) error {
	r.asked = append(r.asked, fmt.Sprintf(format, args...))
	return r.refuses
}

func (r *running) set(name string, s host.ServiceState) error {
	if err := r.ask("%s %d", name, s); err != nil {
		return err
	}
	if _, ok := r.services[name]; !ok {
		return fs.ErrNotExist
	}
	r.services[name] = s
	return nil
}

func (r *running) StopService(name string, _ time.Duration) error {
	return r.set(name, host.ServiceStopped)
}
func (r *running) StartService(name string, _ time.Duration) error {
	return r.set(name, host.ServiceRunning)
}

func (r *running) RegisterDLL(path string, unregister bool, _ time.Duration) error {
	if err := r.ask("%s %v", path, !unregister); err != nil {
		return err
	}
	r.dlls[path] = !unregister
	return nil
}

func (r *running) InstallDLL(path string, remove bool, argument string, _ time.Duration) error {
	if err := r.ask("%s %s %v", path, argument, !remove); err != nil {
		return err
	}
	r.dlls[path] = !remove
	return nil
}

func (r *running) RunProcess(line string, _ time.Duration) (uint32, error) {
	r.asked = append(r.asked, line)
	if n, ok := r.exits[line]; ok {
		return n, nil
	}
	return 0, fmt.Errorf("run %s: %w", line, fs.ErrNotExist)
}

func newImage(t *testing.T) *imagehost.Host {
	t.Helper()
	m, _ := imagehost.Preset("win2003-sp2")
	h, err := imagehost.Options{NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func newRunning(t *testing.T) *running {
	return &running{Host: newImage(t), services: map[string]host.ServiceState{"wuauserv": host.ServiceRunning},
		dlls: map[string]bool{}, exits: map[string]uint32{"good": 0, "bad": 5, "restart": 3010}}
}

func (r *running) state() string {
	tasks, _ := r.Deferred()
	_, old := r.Stat(`C:\WINDOWS\Old`)
	_, now := r.Stat(`C:\WINDOWS\New`)
	return fmt.Sprint(r.services, r.dlls, tasks, old == nil, now == nil)
}

// The two properties of the package comment, for the steps about what runs: undoing gives the state before, after any
// number of Do and Undo, none included; doing twice is doing once.
func TestProgramStepsDoAndUndo(t *testing.T) {
	for _, s := range []Step{
		{Kind: StopService, Name: "wuauserv"},
		{Kind: RenameDir, Path: `C:\WINDOWS\Old`, To: `C:\WINDOWS\New`},
		{Kind: RegisterDLL, Path: `C:\new.dll`, Task: "t"},
		{Kind: RegisterDLL, Path: `C:\new.dll`, Task: "t", Install: true, Argument: "x"},
		{Kind: UnregisterDLL, Path: `C:\there.dll`},
		{Kind: UnregisterDLL, Path: `C:\there.dll`, Install: true},
		{Kind: RestoreDLL, Path: `C:\there.dll`},
		{Kind: CancelTask, Task: "waits", Command: "run x"},
	} {
		for _, seq := range []string{"u", "du", "ddu", "duu", "dudu"} {
			r := newRunning(t)
			r.dlls[`C:\there.dll`], r.dlls[`C:\new.dll`] = true, false
			if _, err := r.MkdirAll(`C:\WINDOWS\Old`, 0); err != nil {
				t.Fatal(err)
			}
			if err := r.Defer(host.Task{ID: "waits", Text: "run x"}); err != nil {
				t.Fatal(err)
			}
			before := r.state()
			for _, c := range seq {
				do := s.Do
				if c == 'u' {
					do = s.Undo
				}
				if _, err := do(Env{Host: r}); err != nil {
					t.Fatalf("%s, %s: %v", s, seq, err)
				}
				if c == 'd' && s.Kind != RestoreDLL && r.state() == before {
					t.Errorf("%s did nothing", s)
				}
			}
			if now := r.state(); now != before {
				t.Errorf("%s, %s: before %s, now %s", s, seq, before, now)
			}
		}
	}
}

func TestStartServiceStandsForTheStopBeforeIt(t *testing.T) {
	r := newRunning(t)
	r.services["wuauserv"] = host.ServiceStopped
	e := Env{Host: r}
	s := Step{Kind: StartService, Name: "wuauserv"}
	if out, err := s.Do(e); err != nil || out.Delayed || r.services["wuauserv"] != host.ServiceRunning {
		t.Errorf("%v, %v, %v", out, err, r.services)
	}
	if _, err := s.Undo(e); err != nil || r.services["wuauserv"] != host.ServiceStopped {
		t.Errorf("%v, %v", err, r.services)
	}
	r.refuses = context.DeadlineExceeded
	if out, err := s.Do(e); err != nil || !out.Delayed {
		t.Errorf("a service that does not start asks for a restart and fails nothing; got %v, %v", out, err)
	}
	if _, err := (Step{Kind: StopService, Name: "wuauserv"}).Do(e); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a service that does not stop: %v", err)
	}
}

func TestRegisterDLLRefused(t *testing.T) {
	r := newRunning(t)
	var log []string
	e := Env{Host: r, Logf: func(f string, a ...any) { log = append(log, fmt.Sprintf(f, a...)) }}
	r.refuses = host.ErrNoEntryPoint
	if _, err := (Step{Kind: RegisterDLL, Path: `C:\x.dll`, Task: "t", Required: true}).Do(e); !errors.Is(err, host.ErrNoEntryPoint) {
		t.Errorf("register: %v", err)
	}
	if _, err := (Step{Kind: RegisterDLL, Path: `C:\x.dll`, Task: "t"}).Do(e); err != nil || len(log) != 1 {
		t.Errorf("register what need not be: %v, log %q", err, log)
	}
	log = nil
	if _, err := (Step{Kind: UnregisterDLL, Path: `C:\x.dll`}).Do(e); err != nil || len(log) != 1 {
		t.Errorf("unregister: %v, log %q", err, log)
	}
	r.asked = nil
	if _, err := (Step{Kind: RegisterDLL, Path: `C:\x.dll`, Task: "t", Existed: true}).Undo(e); err != nil || len(r.asked) > 0 {
		t.Errorf("undoing the registration of a DLL that was there: %v, %q", err, r.asked)
	}
}

func TestRunProcess(t *testing.T) {
	for _, c := range []struct {
		line     string
		required bool
		fails    bool
		delayed  bool
	}{
		{"good", true, false, false}, {"bad", false, false, false}, {"bad", true, true, false}, {"none", false, false, false},
		{"none", true, true, false}, {"restart", true, false, true},
	} {
		r := newRunning(t)
		var log []string
		out, err := Step{Kind: RunProcess, Command: c.line, Required: c.required, Task: "t"}.Do(Env{Host: r,
			Logf: func(f string, a ...any) { log = append(log, fmt.Sprintf(f, a...)) }})
		if (err != nil) != c.fails || out.Delayed != c.delayed || !slices.Equal(r.asked, []string{c.line}) {
			t.Errorf("%+v: %+v, %v, ran %q", c, out, err, r.asked)
		}
		if c.line == "bad" && !strings.Contains(strings.Join(log, "\n"), "ended with 5") {
			t.Errorf("the exit code is not logged: %q", log)
		}
	}
}

// An image runs nothing: what would have run waits for its next start, and is taken back by undoing.
func TestImageKeepsTasks(t *testing.T) {
	h := newImage(t)
	e := Env{Host: h}
	steps := []Step{{Kind: RegisterDLL, Path: `C:\x.dll`, Task: "KB1/1"}, {Kind: RunProcess, Command: "a b", Task: "KB1/2"},
		{Kind: RunProcess, Command: "c", Required: true, Task: "KB1/3"}, {Kind: UnregisterDLL, Path: `C:\y.dll`}}
	for range 2 {
		for _, s := range steps {
			if _, err := s.Do(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []host.Task{{ID: "KB1/1", Text: `register C:\x.dll`}, {ID: "KB1/2", Text: "run a b"}, {ID: "KB1/3", Text: "run-required c"}}
	if got, err := h.Deferred(); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if _, err := steps[i].Undo(e); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := h.Deferred(); err != nil || len(got) > 0 {
		t.Errorf("%v, %v", got, err)
	}
}
