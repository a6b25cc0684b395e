package installer_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/source"
)

// crashRun is an installation or a removal that is broken at every effect in turn.
type crashRun struct {
	name   string
	image  string // directory of the machine before the run
	before string // snapshot before, after
	after  string
	// lenient leaves what runs, and what waits to run, out of the comparison.
	lenient bool
	world   *world // what runs before the run; nil: the machine is an image
	run     func(h host.Host) error
}

// open makes a machine like the one before the run.
func (c crashRun) open(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, dir: filepath.Join(t.TempDir(), "image")}
	copyTree(t, c.image, m.dir)
	var err error
	if m.h, err = options().Open(m.dir); err != nil {
		t.Fatal(err)
	}
	if c.world != nil {
		m.w = c.world.clone()
	}
	return m
}

// copyTree copies a directory with the times of its files.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(from, p)
		dst := filepath.Join(to, rel)
		if d.IsDir() {
			return os.MkdirAll(dst, 0o755)
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(p)
		if err == nil {
			err = os.WriteFile(dst, data, st.Mode())
		}
		if err == nil {
			err = os.Chtimes(dst, st.ModTime(), st.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatalf("copy the image: %v", err)
	}
}

func installOn(tree *source.Tree, o cmdline.Options) func(host.Host) error {
	return func(h host.Host) error {
		_, err := installer.Install(t0(), installer.Request{Host: h, Package: tree, Options: o, Version: "7.0.0.0", Start: testNow})
		return err
	}
}

func removeOn(kb string) func(host.Host) error {
	return func(h host.Host) error {
		_, err := installer.Remove(t0(), installer.Request{Host: h, UninstallDir: `C:\WINDOWS\$NtUninstall` + kb + `$`,
			Options: cmdline.Options{Quiet: true}, Version: "7.0.0.0", Start: testNow})
		return err
	}
}

// crashRuns prepares the runs: a package that replaces one file, adds one, changes the registry; its removal; its
// installation while the file is in use.
func crashRuns(t *testing.T) []crashRun {
	p := pkg{kb: "KB900001", always: map[string]bool{"new.dll": true},
		gdr:    map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "gdr"), "new.dll": samplepe1(t, "1.0.0.0", "", "new")},
		qfe:    map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.201", "srv03_sp2_qfe", "qfe"), "new.dll": samplepe1(t, "1.0.0.1", "", "new qfe")},
		addReg: `HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,7`, delReg: `HKLM,"SYSTEM\Setup","SystemSetupInProgress"`}
	tree := p.tree(t)
	m := newMachine(t, map[string][]byte{sys + "a.dll": samplepe1(t, "5.2.3790.100", "srv03_sp2_gdr", "old")})
	keep := func(name string) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := m.h.Close(); err != nil {
			t.Fatal(err)
		}
		copyTree(t, m.dir, dir)
		var err error
		if m.h, err = options().Open(m.dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	quiet := cmdline.Options{Quiet: true}
	install := crashRun{name: "install", image: keep("clean"), before: m.snapshot(), run: installOn(tree, quiet)}
	mustRun(t)(m.install(tree))
	install.after = m.snapshot()
	remove := crashRun{name: "remove", image: keep("installed"), before: install.after, run: removeOn("KB900001")}
	mustRun(t)(m.remove("KB900001"))
	remove.after = m.snapshot()
	noBackup := crashRun{name: "install without backup", image: install.image, before: install.before, run: installOn(tree, cmdline.Options{Quiet: true, NoBackup: true})}
	mustRun(t)(m.install(tree, "/nobackup"))
	noBackup.after = m.snapshot()
	runs := []crashRun{install, remove, noBackup}
	runs = append(runs, armedRuns(t)...)
	for _, offline := range []bool{true, false} {
		runs = append(runs, programRuns(t, offline)...)
	}
	return runs
}

// programRuns install and remove a package with services, DLLs, programs and a directory to rename, on an image, where they
// become tasks, or where they run.
func programRuns(t *testing.T, offline bool) []crashRun {
	p, m, w := programs(t)
	p.extra += crlf(laterSections)
	what := " with programs on an image"
	if !offline {
		what, m.w = " with programs", w
	}
	tree := p.tree(t)
	record := func(name string, run func(host.Host) error) crashRun {
		c := crashRun{name: name + what, image: filepath.Join(t.TempDir(), "kept"), before: m.snapshot(), run: run}
		if m.w != nil {
			c.world = m.w.clone()
		}
		if err := m.h.Close(); err != nil {
			t.Fatal(err)
		}
		copyTree(t, m.dir, c.image)
		var err error
		if m.h, err = options().Open(m.dir); err != nil {
			t.Fatal(err)
		}
		if err := run(m.host()); err != nil {
			t.Fatal(err)
		}
		c.after = m.snapshot()
		return c
	}
	return []crashRun{record("install", installOn(tree, cmdline.Options{Quiet: true})), record("remove", removeOn(p.kb))}
}

// effects counts the calls of a run that change the machine.
func (c crashRun) effects(t *testing.T) int {
	m := c.open(t)
	defer m.h.Close()
	h := faulthost.New(m.host())
	if err := c.run(h); err != nil {
		t.Fatal(err)
	}
	return h.Effects()
}

// settled checks that the machine is as before or as after, and nothing between.
func (c crashRun) settled(t *testing.T, m *machine, what string) {
	t.Helper()
	now := m.snapshot()
	if c.lenient {
		now = withoutPrograms(now)
	}
	if now == c.before || now == c.after {
		return
	}
	t.Errorf("%s: neither as before nor done.\nagainst before:\n%s\n\nagainst after:\n%s", what, diffLines(c.before, now), diffLines(c.after, now))
}

// The power goes at every effect of a run, before it, in the middle of it and after it. The next start brings the machine
// to one of two states.
func TestPowerCutAtEveryEffect(t *testing.T) {
	for _, c := range crashRuns(t) {
		t.Run(c.name, func(t *testing.T) {
			n, tried := c.effects(t), 0
			defer func() { t.Logf("%d points tried, of %d effects at 3 places", tried, n) }()
			for _, at := range []faulthost.Place{faulthost.Before, faulthost.Half, faulthost.After} {
				for i := 1 + int(at); i <= n; i += stride() {
					m := c.open(t)
					h := faulthost.New(m.host())
					h.CutPower(faulthost.Effect(i), at)
					err := c.run(h)
					if err == nil && !h.Dead() {
						t.Fatalf("effect %d: the power was not cut", i)
					}
					what := fmt.Sprintf("effect %d of %d, place %v (%v)", i, n, at, lastCall(h))
					m = m.reboot()
					if _, err := installer.Recover(m.host()); err != nil {
						t.Errorf("%s: recover: %v", what, err)
					}
					c.settled(t, m, what)
					tried++
					m.h.Close()
					os.RemoveAll(m.dir)
				}
			}
		})
	}
}

func lastCall(h *faulthost.Host) any {
	calls := h.Calls()
	if len(calls) == 0 {
		return "no call"
	}
	return calls[len(calls)-1]
}

// reboot opens the image anew after a process was killed.
func (m *machine) reboot() *machine {
	m.t.Helper()
	m.h.Abandon()
	h, err := options().Open(m.dir)
	if err != nil {
		m.t.Fatal(err)
	}
	return &machine{t: m.t, dir: m.dir, h: h, w: m.w}
}

// Every effect fails once, in several ways. The run then ends with its changes undone, or goes on because the failure did
// not matter; where it says that undoing failed, the next start finishes it.
func TestEveryEffectFailing(t *testing.T) {
	faults := []error{host.ErrDiskFull, fs.ErrPermission, host.ErrInUse, errors.New("input/output error")}
	for _, c := range crashRuns(t) {
		t.Run(c.name, func(t *testing.T) {
			n, tried := c.effects(t), 0
			defer func() { t.Logf("%d points tried, of %d effects and %d errors", tried, n, len(faults)) }()
			// A sample takes one of the errors at each point, -every-effect all of them.
			all := stride() == 1
			for k := 0; k < n*len(faults); k++ {
				i, fault := 1+k/len(faults), faults[k%len(faults)]
				if !all && ((i-1)%stride() != 0 || (i-1)/stride()%len(faults) != k%len(faults)) {
					continue
				}
				m := c.open(t)
				h := faulthost.New(m.host())
				tried++
				h.Fail(faulthost.Effect(i), faulthost.Before, fault, 1)
				err := c.run(h)
				what := fmt.Sprintf("effect %d of %d failing with %v (run said: %v)", i, n, fault, err)
				if _, err := installer.Recover(m.host()); err != nil {
					t.Errorf("%s: recover: %v", what, err)
				}
				if !errors.Is(fault, host.ErrInUse) { // a file in use is not a failure: it waits for the restart
					c.without(mayRefuse(h, i)).settled(t, m, what)
				}
				m.h.Close()
				os.RemoveAll(m.dir)
			}
		})
	}
}

// mayRefuse tells whether an effect was about something that runs and that may refuse without failing the run: it is then
// not in the state it should be in.
func mayRefuse(h *faulthost.Host, effect int) bool {
	for _, c := range h.Calls() {
		if c.Effect == effect {
			return c.Method == "StartService" || c.Method == "RegisterDLL" || c.Method == "RunProcess"
		}
	}
	return false
}

// without is the run compared without what runs, if lenient.
func (c crashRun) without(lenient bool) crashRun {
	if lenient {
		c.lenient, c.before, c.after = true, withoutPrograms(c.before), withoutPrograms(c.after)
	}
	return c
}

// withoutPrograms drops the tasks and the state of a world from a snapshot, and the flag that a service which did not start
// asks for a restart with.
func withoutPrograms(snapshot string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(snapshot, "\n"), func(l string) bool {
		return strings.HasPrefix(l, "task ") || strings.HasPrefix(l, "map[") || strings.Contains(l, "UpdateExeVolatile") ||
			l == `[HKLM\SOFTWARE\Microsoft\Updates]`
	}), "\n")
}

var everyEffect = flag.Bool("every-effect", false, "break at every effect, not at a sample of them (takes minutes)")

// stride thins the matrices: all of it takes minutes, which ./test.sh spends and a developer's go test does not.
func stride() int {
	switch {
	case *everyEffect:
		return 1
	case testing.Short():
		return 37
	}
	return 13
}

func t0() context.Context { return context.Background() }
