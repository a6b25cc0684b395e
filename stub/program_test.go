package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// desktop answers every dialog alike and records it.
type desktop struct {
	answer ui.Answer
	asked  []ui.Question
	told   []string
}

func (d *desktop) Choose(_ context.Context, q ui.Question) ui.Answer {
	d.asked = append(d.asked, q)
	return d.answer
}
func (d *desktop) Tell(_ string, _ ui.Kind, text string) { d.told = append(d.told, text) }

// machine is a host that only restarts.
type machine struct {
	host.Host
	err    error
	forced []bool
}

func (m *machine) Restart(force bool) error {
	m.forced = append(m.forced, force)
	return m.err
}

type fixture struct {
	*program
	desktop *desktop
	machine *machine
	console *bytes.Buffer
	sfx     []string
}

func newFixture(console bool, args ...string) *fixture {
	f := &fixture{desktop: &desktop{answer: ui.Unanswered}, machine: &machine{}, console: &bytes.Buffer{}}
	f.program = &program{
		image: `C:\0123\update\update.exe`, version: "7.0.0.0", args: args,
		newHost: func() (host.Host, error) { return f.machine, nil }, host: f.machine, desktop: f.desktop,
		askSFX: func(root string, force bool) error {
			f.sfx = append(f.sfx, fmt.Sprintf("%s %v", root, force))
			return nil
		},
		openPackage: func(dir string) (*source.Tree, error) { return nil, fmt.Errorf("open %s: %w", dir, fs.ErrNotExist) },
	}
	if console {
		f.program.console = f.console
	}
	return f
}

func TestChooseRestart(t *testing.T) {
	for _, c := range []struct {
		line   string
		needed bool
		want   restartChoice
	}{
		{"", false, restartChoice{}},
		{"", true, restartChoice{how: restartAsk}},
		{"/passive", true, restartChoice{how: restartCount, after: 30 * time.Second}},
		{"/quiet", true, restartChoice{how: restartNow}},
		{"/quiet", false, restartChoice{}},
		{"/quiet /norestart", true, restartChoice{}},
		{"/passive /norestart", true, restartChoice{}},
		{"/quiet /warnrestart", true, restartChoice{how: restartCount, after: 30 * time.Second}},
		{"/quiet /warnrestart:90", true, restartChoice{how: restartCount, after: 90 * time.Second}},
		{"/quiet /warnrestart:0", true, restartChoice{how: restartNow}},
		{"/passive /warnrestart:5", true, restartChoice{how: restartCount, after: 5 * time.Second}},
		{"/warnrestart:5", true, restartChoice{how: restartAsk}}, // ignored in attended mode
		{"/quiet /promptrestart", true, restartChoice{how: restartAsk}},
		{"/quiet /promptrestart", false, restartChoice{}},
		{"/forcerestart", false, restartChoice{how: restartNow, force: true}},
		{"/quiet /forcerestart", true, restartChoice{how: restartNow, force: true}},
		{"/quiet /forceappsclose", true, restartChoice{how: restartNow, force: true}},
		{"/forceappsclose", true, restartChoice{how: restartAsk, force: true}},
		{"/quiet /forcerestart /dryrun", true, restartChoice{force: true}},
	} {
		opts, err := cmdline.Parse(cmdline.Install, strings.Fields(c.line))
		if err != nil {
			t.Fatal(err)
		}
		if got := chooseRestart(opts, c.needed); got != c.want {
			t.Errorf("%q, needed %v: %+v, want %+v", c.line, c.needed, got, c.want)
		}
	}
}

func TestEnd(t *testing.T) {
	done := installer.Result{KB: "KB1", Title: "Update (KB1)", RestartNeeded: true}
	for _, c := range []struct {
		name     string
		line     string
		res      installer.Result
		err      error
		answer   ui.Answer
		restart  error
		sfx      string
		code     uint32
		restarts []bool
		asked    int
		asksSFX  []string
		told     string
	}{
		{name: "quiet, nothing needed", line: "/quiet", res: installer.Result{KB: "KB1"}, code: 0},
		{name: "quiet restarts", line: "/quiet", res: done, code: 0, restarts: []bool{false}},
		{name: "norestart", line: "/quiet /norestart", res: done, code: 3010},
		{name: "restart fails", line: "/quiet", res: done, restart: errors.New("no"), code: 3010, restarts: []bool{false}},
		{name: "asked, yes", res: done, answer: ui.Yes, code: 0, restarts: []bool{false}, asked: 1},
		{name: "asked, no", res: done, answer: ui.No, code: 3010, asked: 1},
		{name: "asked, nobody there", res: done, code: 3010, asked: 1},
		{name: "countdown nobody sees", line: "/passive", res: done, code: 3010, asked: 1},
		{name: "force", line: "/quiet /forcerestart", res: installer.Result{KB: "KB1"}, code: 0, restarts: []bool{true}},
		{name: "extractor restarts", line: "/quiet", res: done, sfx: `c:\0123`, code: 3010, asksSFX: []string{`c:\0123 false`}},
		{name: "extractor of a folder above", line: "/quiet", res: done, sfx: `C:\`, code: 3010, asksSFX: []string{`C:\ false`}},
		{name: "extractor forces", line: "/quiet /forcerestart", res: done, sfx: `C:\0123`, code: 3010, asksSFX: []string{`C:\0123 true`}},
		{name: "another directory's extractor", line: "/quiet", res: done, sfx: `C:\other`, code: 0, restarts: []bool{false}},
		{name: "failure", line: "/quiet", res: done, err: status.New(status.NoBranchAvailable), code: 1603},
		{name: "extended failure", line: "/quiet /ER /forcerestart", res: done, err: status.New(status.NoBranchAvailable), code: 61677},
		{name: "attended failure", res: installer.Result{Title: "T", LogPath: `C:\l`}, err: status.New(status.NoBranchAvailable), code: 1603,
			told: "T: Required installation branch was not found in INF file\n\nThe log is C:\\l"},
		{name: "attended success", res: installer.Result{Title: "T"}, code: 0, told: "T was installed."},
		{name: "dry run", line: "/dryrun /forcerestart", res: installer.Result{Title: "T", DryRun: true, RestartNeeded: true}, code: 0, asked: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(false, strings.Fields(c.line)...)
			f.desktop.answer, f.machine.err, f.sfxRoot = c.answer, c.restart, c.sfx
			opts, err := cmdline.Parse(cmdline.Install, f.args)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.end(context.Background(), opts, c.res, c.err, "installed"); got != c.code {
				t.Errorf("code %d, want %d", got, c.code)
			}
			if !reflect.DeepEqual(f.machine.forced, c.restarts) || len(f.desktop.asked) != c.asked || !reflect.DeepEqual(f.sfx, c.asksSFX) {
				t.Errorf("restarts %v, questions %v, extractor %q", f.machine.forced, f.desktop.asked, f.sfx)
			}
			if got := strings.Join(f.desktop.told, "|"); got != c.told {
				t.Errorf("told %q, want %q", got, c.told)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	f := newFixture(true, "/?")
	if code := f.install(context.Background()); code != 0 || f.console.String() != "Switches of update.exe\n\n"+cmdline.Usage(cmdline.Install) || f.desktop.asked != nil {
		t.Errorf("console: code %d, %d dialogs, %q", code, len(f.desktop.asked), f.console)
	}
	f = newFixture(false, "/help")
	if code := f.install(context.Background()); code != 0 || len(f.desktop.asked) != 1 || f.desktop.asked[0].Details != cmdline.Usage(cmdline.Install) {
		t.Errorf("dialog: code %d, %+v", code, f.desktop.asked)
	}
	f = newFixture(false, "/help", "/quiet", "/ER")
	if code := f.install(context.Background()); code != 61686 || f.desktop.asked != nil || f.desktop.told != nil {
		t.Errorf("quiet: code %d, %+v", code, f.desktop)
	}
	f = newFixture(true, "/help")
	if _, code, over := f.removalOptions(); !over || code != 0 || !strings.HasSuffix(f.console.String(), cmdline.Usage(cmdline.Remove)) {
		t.Errorf("removal: code %d, %v, %q", code, over, f.console)
	}
}

func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		args []string
		code uint32
		told string
	}{
		{[]string{"/quiet", "/bogus"}, 1603, ""},
		{[]string{"/quiet", "/bogus", "/ER"}, 61686, ""},
		{[]string{"/bogus"}, 1603, `unknown switch "/bogus"`},
		{[]string{"/ER"}, 61447, "update.inf"}, // there is no package
	} {
		f := newFixture(false, c.args...)
		if code := f.install(context.Background()); code != c.code {
			t.Errorf("%q: code %d, want %d", c.args, code, c.code)
		}
		if told := strings.Join(f.desktop.told, "|"); !strings.Contains(told, c.told) || (c.told == "") != (told == "") {
			t.Errorf("%q: told %q, want %q", c.args, told, c.told)
		}
	}
	f := newFixture(false, "/ER", "/nobackup")
	if _, code, over := f.removalOptions(); !over || code != 61686 {
		t.Errorf("removal with /nobackup: code %d, over %v", code, over)
	}
}

func TestPanicIsAFailure(t *testing.T) {
	f := newFixture(true, "/quiet", "/ER")
	run := func() (code uint32) {
		defer f.caught(&code)
		panic("odd")
	}
	if code := run(); code != 61552 || !strings.Contains(f.console.String(), "TestPanicIsAFailure") {
		t.Errorf("code %d, console %q", code, f.console)
	}
	f.args = nil
	if code := run(); code != 1603 || !reflect.DeepEqual(f.desktop.told, []string{"An error in updating your system has occurred: internal error: odd"}) {
		t.Errorf("attended: code %d, told %q", code, f.desktop.told)
	}
}

func TestUIFollowsTheSwitches(t *testing.T) {
	f := newFixture(false)
	for line, want := range map[string]string{"": "ui.Attended", "/passive": "ui.Passive", "/quiet": "ui.Quiet"} {
		opts, err := cmdline.Parse(cmdline.Install, strings.Fields(line))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T", f.ui(opts)); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for image, want := range map[string]personality{
		`C:\x\update\update.exe`:                            installs,
		`C:\WINDOWS\$NtUninstallKB1$\spuninst\SPUNINST.EXE`: removes,
		`C:\WINDOWS\system32\SpUpdSvc.exe`:                  afterwards,
		`C:\WINDOWS\$UpdateJournal$\Recover.exe`:            recovers,
		`C:\x\spuninst.exe.exe`:                             installs,
		`update`:                                            installs,
	} {
		if got := personalityOf(image); got != want {
			t.Errorf("%s: %d, want %d", image, got, want)
		}
	}
	for image, want := range map[string]string{`C:\x\update\update.exe`: `C:\x`, `C:\x\i386\update\update.exe`: `C:\x\i386`,
		`C:\x\common\update.exe`: `C:\x`, `C:\x\XPSP1HFM.EXE`: `C:\x`} {
		if got := packageRoot(image); got != want {
			t.Errorf("%s: the package is in %q, want %q", image, got, want)
		}
	}
	if got := uninstallDir(`C:\WINDOWS\$NtUninstallKB1$\spuninst\spuninst.exe`); got != `C:\WINDOWS\$NtUninstallKB1$` {
		t.Errorf("backup directory %q", got)
	}
	for line, want := range map[string]string{
		`"C:\a b\spuninst.exe" /q`: `C:\a b\spuninst.exe`,
		`C:\a b\SPUNINST.EXE /q`:   `C:\a b\SPUNINST.EXE`,
		`"C:\unclosed`:             `C:\unclosed`,
		`x y`:                      `x`,
		``:                         ``,
	} {
		if got := firstWord(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := withoutUninstall([]string{"/quiet", "-Y", "/uninstall", "/log:x"}); !reflect.DeepEqual(got, []string{"/quiet", "/log:x"}) {
		t.Errorf("got %q", got)
	}
}
