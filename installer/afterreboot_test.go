package installer_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/register"
)

const laterSections = `
[ProcessesToRunAfterReboot]
"%11%\once.exe /a ""b c"""
"%SystemRoot%\two.exe"
[ProcessesToRunAfterReboot.Professional]
"never.exe"
[ProcessestoRun.AfterReboot.Server]
"server.exe"
[ProcessesToRunAfterUninstallReboot]
"%SystemRoot%\gone.exe"
[ProcessesToRunAfterUninstallReboot.Professional]
"never.exe"
`

func later(t *testing.T) (pkg, *machine, *world) {
	p, files := standard(t)
	p.extra = crlf(laterSections)
	return p, newMachine(t, files), newWorld()
}

func (w *world) boot(t *testing.T, m *machine) (log string, err error) {
	t.Helper()
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err = installer.RunAfterReboot(context.Background(), installer.Request{Host: running{m.h, w}, Image: sys + "spupdsvc.exe", Version: "7.0.0.0", LogTee: &b})
	return b.String(), err
}

func serviceImage(m *machine) string {
	v, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: host.ServicesKey + `\spupdsvc`}, "ImagePath")
	if err != nil {
		return ""
	}
	s, _ := v.Text()
	return s
}

func pending(t *testing.T, m *machine) (list []string) {
	t.Helper()
	tasks, err := installer.PendingAfterReboot(m.h)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range tasks {
		list = append(list, k.KB+" "+string(k.Phase)+" "+k.Command)
	}
	return list
}

// An update registers the service and its list; the restart runs the list once, in order and logs it; removal has its own.
func TestProcessesAfterTheRestart(t *testing.T) {
	p, m, w := later(t)
	before := m.snapshot()
	res := mustRun(t)(w.install(t, m, p))
	if !res.RestartNeeded || serviceImage(m) != `%SystemRoot%\system32\spupdsvc.exe` || string(m.read(sys+"spupdsvc.exe")) != "removal program" {
		t.Errorf("restart %v, service %q", res.RestartNeeded, serviceImage(m))
	}
	if v, err := m.h.GetValue(register.RestartKey(), "Flags"); err != nil || v.Data[0] != byte(register.FlagInstallPending) {
		t.Errorf("flag %v, %v", v, err)
	}
	want := []string{p.kb + ` install C:\WINDOWS\system32\once.exe /a "b c"`, p.kb + ` install %SystemRoot%\two.exe`, p.kb + ` install server.exe`}
	if got := pending(t, m); !slices.Equal(got, want) {
		t.Errorf("waiting\n%s", strings.Join(got, "\n"))
	}
	mustRun(t)(w.install(t, m, p)) // again: nothing is listed twice
	if got := pending(t, m); !slices.Equal(got, want) {
		t.Errorf("after a reinstallation\n%s", strings.Join(got, "\n"))
	}
	w.took()
	w.exits["two.exe"] = 5
	log, err := w.boot(t, m)
	if got := w.took(); err != nil || !slices.Equal(got, []string{`run C:\WINDOWS\system32\once.exe /a "b c"`, `run C:\WINDOWS\two.exe`, "run server.exe"}) {
		t.Errorf("%v, ran %q", err, got)
	}
	for _, line := range []string{`[RunProcess] called with C:\WINDOWS\system32\once.exe /a "b c"`, `[IsPointsToExecutable] C:\WINDOWS\system32\once.exe does not exist`,
		`[RunProcess] Process spawned returned error. Process: C:\WINDOWS\two.exe, Exitcode: 0x5`, "[PerformInfInstructions] Done. Return code: 0"} {
		if !strings.Contains(log, line) {
			t.Errorf("the log lacks %q:\n%s", line, log)
		}
	}
	if !strings.Contains(string(m.read(`C:\WINDOWS\spupdsvc.log`)), "[spupdsvc.log]") {
		t.Error("no log file")
	}
	if len(pending(t, m)) > 0 || serviceImage(m) != "" || m.has(sys+"spupdsvc.inf") {
		t.Error("list or service are left")
	}
	if _, err := w.boot(t, m); err != nil || len(w.took()) > 0 {
		t.Errorf("a second start runs something: %v", err)
	}
	res = mustRun(t)(w.remove(m, p.kb))
	if got := pending(t, m); !res.RestartNeeded || !slices.Equal(got, []string{p.kb + ` remove %SystemRoot%\gone.exe`}) || serviceImage(m) == "" {
		t.Errorf("after removal %q, restart %v", got, res.RestartNeeded)
	}
	w.took()
	if _, err := w.boot(t, m); err != nil || !slices.Equal(w.took(), []string{`run C:\WINDOWS\gone.exe`}) {
		t.Errorf("%v", err)
	}
	if d := diffLines(before, m.snapshot()); strings.Count(d, "\n+") > 1 || !strings.Contains(d, "spupdsvc.exe") {
		t.Errorf("more than spupdsvc.exe is left:\n%s", d)
	}
}

// Removal before the restart takes back what has not run yet, and only that of its own update.
func TestRemovalBeforeTheRestart(t *testing.T) {
	p, m, w := later(t)
	p.extra = strings.ReplaceAll(crlf(laterSections), "[ProcessesToRunAfterUninstallReboot]", "[Unused]")
	before := m.snapshot()
	mustRun(t)(w.install(t, m, p))
	q := pkg{kb: "KB900002", extra: crlf("\n[ProcessesToRunAfterReboot]\n\"other.exe\"\n")}
	mustRun(t)(w.install(t, m, q))
	if got := pending(t, m); len(got) != 4 || got[3] != "KB900002 install other.exe" {
		t.Errorf("both: %q", got)
	}
	mustRun(t)(w.remove(m, p.kb))
	if got := pending(t, m); len(got) != 1 || serviceImage(m) == "" || !m.has(sys+"spupdsvc.exe") {
		t.Errorf("the other: %q", got)
	}
	mustRun(t)(w.remove(m, q.kb))
	if d := diffLines(before, m.snapshot()); strings.Contains(strings.ToLower(d), "spupdsvc") {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}

// A program that hangs or is missing harms none of the others; one that asks for a restart leaves the flag.
func TestProcessesAfterTheRestartThatFail(t *testing.T) {
	p, m, w := later(t)
	mustRun(t)(w.install(t, m, p))
	w.took()
	w.refuses[`run C:\WINDOWS\system32\once.exe /a "b c"`] = context.DeadlineExceeded
	w.refuses[`run C:\WINDOWS\two.exe`] = errors.New("no such program")
	w.exits["server.exe"] = 3010
	log, err := w.boot(t, m)
	if err != nil || !slices.Equal(w.took(), []string{"run server.exe"}) || len(pending(t, m)) > 0 {
		t.Errorf("%v\n%s", err, log)
	}
	if !strings.Contains(log, "did not end in 1h0m0s") || !strings.Contains(log, "CreateProcess failed") {
		t.Errorf("log\n%s", log)
	}
	if v, err := m.h.GetValue(register.RestartKey(), "Flags"); err != nil || v.Data[0] != byte(register.FlagInstallPending) {
		t.Errorf("flag %v, %v", v, err)
	}
}

// An image runs nothing: the list waits for the machine.
func TestProcessesAfterTheRestartOnAnImage(t *testing.T) {
	p, m, _ := later(t)
	mustRun(t)(m.install(p.tree(t)))
	err := installer.RunAfterReboot(context.Background(), installer.Request{Host: m.h, Options: cmdline.Options{}})
	if got := pending(t, m); !errors.Is(err, host.ErrUnsupported) || len(got) != 3 || serviceImage(m) == "" {
		t.Errorf("%v, %q", err, got)
	}
}

// A program that ends with 3010 sets the flag of table 5, though it runs behind everything else.
func TestFlagForAProgramThatAsksForTheRestart(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf("\n[ProcessesToRun]\n\"wants.exe\"\n[ProcessesToRunAfterUninstall]\n\"wants.exe\"\n")
	m, w := newMachine(t, files), newWorld()
	w.exits["wants.exe"] = 3010
	mustRun(t)(w.install(t, m, p))
	if v, err := m.h.GetValue(register.RestartKey(), "Flags"); err != nil || v.Data[0] != byte(register.FlagInstallPending) {
		t.Errorf("flag %v, %v", v, err)
	}
	res := mustRun(t)(w.remove(m, p.kb))
	if v, err := m.h.GetValue(register.RestartKey(), "Flags"); err != nil || v.Data[0]&byte(register.FlagRemovalPending) == 0 || !res.RestartNeeded {
		t.Errorf("flag after removal %v, %v", v, err)
	}
}
