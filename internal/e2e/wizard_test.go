package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/internal/winekit"
)

// Ids of the wizard's controls (installer/ui/wizard/pages.go).
const (
	idNext, idCancel, idBack                = 1, 2, 3
	idLicence, idAccept, idRefuse, idAction = 110, 111, 112, 130
	idBar, idResult, idLater                = 131, 140, 141
	idCountdown, idQuestion                 = 102, 100
	idFolder, idSpace                       = 122, 124
)

func control(w winekit.Window, id int) (c winekit.Window, ok bool) {
	for _, c := range w.Controls {
		if c.ID == id && !(c.Class == "#32770") {
			return c, true
		}
	}
	return c, false
}

// has is a dialog with a control that can be used, and which has the focus if focus is true.
func has(id int, focus bool) func(winekit.Window) bool {
	return func(w winekit.Window) bool {
		c, ok := control(w, id)
		return ok && c.Enabled && (c.Focus || !focus)
	}
}

// finishes is the completion page.
func finishes(w winekit.Window) bool {
	_, cancel := control(w, idCancel)
	return has(idNext, false)(w) && !cancel
}

// answers is a dialog over the wizard with this question in it.
func answers(words string) func(winekit.Window) bool {
	return func(w winekit.Window) bool {
		c, ok := control(w, idQuestion)
		return ok && strings.Contains(c.Text, words)
	}
}

// slowReader is the hotfix with a DLL that, asked to register itself, waits for C:\go.txt, and a second one: between them the
// files and the registry are changed and nothing is committed.
func slowReader(t *testing.T, f readerFiles) string {
	t.Helper()
	p := readerProject(t, f, `
[[file]]
source = "wait.dll"
to = 'program-files\Contoso Reader'
when = "always"

[[file]]
source = "wait2.dll"
to = 'program-files\Contoso Reader'
when = "always"

[[register-dll]]
file = 'program-files\Contoso Reader\wait.dll'

[[register-dll]]
file = 'program-files\Contoso Reader\wait2.dll'
`)
	gcc := need.Tool(t, "x86_64-w64-mingw32-gcc")
	source := filepath.Join(t.TempDir(), "wait.c")
	const code = `#include <windows.h>
__declspec(dllexport) HRESULT WINAPI DllRegisterServer(void) {
	CloseHandle(CreateFileA("C:\\waiting.txt", GENERIC_WRITE, 0, 0, CREATE_ALWAYS, 0, 0));
	while (GetFileAttributesA("C:\\go.txt") == INVALID_FILE_ATTRIBUTES) Sleep(20);
	return 0;
}
__declspec(dllexport) HRESULT WINAPI DllUnregisterServer(void) { return 0; }
`
	if err := os.WriteFile(source, []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"wait.dll", "wait2.dll"} {
		out := filepath.Join(p.dir, name)
		if said, err := exec.Command(gcc, "-shared", "-s", "-o", out, source).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	return p.build(t)
}

// waits returns once the slow package is in the middle of its work.
func waits(t *testing.T, m *winekit.Prefix) {
	t.Helper()
	const limit = time.Minute
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(m.Path(`C:\waiting.txt`)); err == nil {
			return
		}
	}
	t.Fatalf("the installation did not come to the middle in %v\n%s", limit, logs(m))
}

// screenMachine is readerMachine with a screen.
func screenMachine(t *testing.T, f readerFiles, locale string) (*winekit.Prefix, *winekit.Screen) {
	t.Helper()
	m, s := winekit.NewWithScreen(t, locale)
	readerState(t, m, f)
	return m, s
}

// The whole way by keys alone, in two languages: back and forth, the licence refused and accepted, progress, completion; then
// the removal. Each page looks as it was approved.
func TestWizard(t *testing.T) {
	for lang, locale := range map[string]string{"en": "", "fr": "fr_FR"} {
		t.Run(lang, func(t *testing.T) {
			f := newReaderFiles(t)
			m, s := screenMachine(t, f, locale)
			run := m.Start(t, winekit.Cmd{Exe: slowReader(t, f)})

			looksLike(t, s, s.Wait(t, "welcome", has(idNext, true)), lang+"-welcome")
			s.Key(t, "Return")
			w := s.Wait(t, "licence", has(idLicence, true))
			if has(idNext, false)(w) {
				t.Error("Next can be pressed though the licence is not accepted")
			}
			looksLike(t, s, w, lang+"-licence")
			s.Key(t, back[lang])
			s.Wait(t, "welcome again", func(w winekit.Window) bool { _, ok := control(w, idLicence); return !ok && has(idNext, true)(w) })
			s.Key(t, "Return")
			s.Wait(t, "licence again", has(idLicence, true))
			s.Key(t, "Return") // must not accept, nor go on
			s.Key(t, "alt+a")  // I accept; in French too
			s.Wait(t, "licence accepted", func(w winekit.Window) bool {
				c, _ := control(w, idAccept)
				return c.Checked && has(idNext, false)(w)
			})
			s.Key(t, "Return")

			waits(t, m)
			w = s.Wait(t, "progress", has(idBar, false))
			if bar, _ := control(w, idBar); bar.Position <= 200 || bar.Position >= 1000 {
				t.Errorf("the bar is at %d of 1000", bar.Position)
			}
			looksLike(t, s, w, lang+"-progress")
			put(t, m, `C:\go.txt`, nil)
			looksLike(t, s, s.Wait(t, "completion", finishes), lang+"-done")
			s.Key(t, "Return")
			exits(t, m, run.Wait(t), 0)
			checkInstalled(t, m, f.gdr, gdrExit)

			run = m.Start(t, winekit.Cmd{Exe: `C:\windows\$NtUninstallKB123456$\spuninst\spuninst.exe`})
			looksLike(t, s, s.Wait(t, "welcome of the removal", has(idNext, true)), lang+"-remove")
			s.Key(t, "Return")
			looksLike(t, s, s.Wait(t, "completion of the removal", finishes), lang+"-removed")
			s.Key(t, "Return")
			exits(t, m, run.Wait(t), 0)
			holds(t, m, readerDLL, f.old["reader.dll"])
			holds(t, m, fixEXE, nil)
		})
	}
}

var back = map[string]string{"en": "alt+b", "fr": "alt+p"}

// Cancel in the middle asks, and then takes everything back; a second No first changes nothing.
func TestWizardCancelled(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)
	run := m.Start(t, winekit.Cmd{Exe: slowReader(t, f), Args: []string{"/ER"}})
	s.Wait(t, "welcome", has(idNext, true))
	s.Key(t, "Return")
	s.Wait(t, "licence", has(idLicence, true))
	s.Key(t, "alt+a")
	s.Wait(t, "licence accepted", has(idNext, false))
	s.Key(t, "Return")
	waits(t, m)
	holds(t, m, readerDLL, f.gdr["reader.dll"]) // really in the middle
	s.Wait(t, "progress", has(idCancel, true))

	s.Key(t, "Escape")
	looksLike(t, s, s.Wait(t, "question", answers("undone")), "en-cancel")
	s.Key(t, "Return") // No is the default
	s.Wait(t, "progress again", has(idCancel, true))
	s.Key(t, "Escape")
	s.Wait(t, "question again", answers("undone"))
	s.Key(t, "alt+y")
	s.Wait(t, "cancelling", func(w winekit.Window) bool {
		c, ok := control(w, idCancel)
		action, _ := control(w, idAction)
		return ok && !c.Enabled && action.Text == "Undoing the changes"
	})
	put(t, m, `C:\go.txt`, nil)
	looksLike(t, s, s.Wait(t, "failure", finishes), "en-failed")
	s.Key(t, "Return")
	exits(t, m, run.Wait(t), 61453) // STATUS_USER_CANCELLED
	leftovers := func(name string) bool {
		return isLog(name) || strings.HasSuffix(name, `\go.txt`) || strings.HasSuffix(name, `\waiting.txt`)
	}
	same(t, m, tree.Without(leftovers).Diff(m.SnapshotTree(t).Without(leftovers)))
	same(t, m, registry.Without(winekit.IsDisplay).Diff(m.SnapshotRegistry(t).Without(winekit.IsDisplay)))
}

// Cancel on the first page ends at once; closing the window is the same.
func TestWizardLeft(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	tree := m.SnapshotTree(t)
	pkg := readerProject(t, f, "").build(t)
	for _, keys := range [][]string{{"Escape"}, {"Return", "Escape"}} {
		run := m.Start(t, winekit.Cmd{Exe: pkg})
		s.Wait(t, "welcome", has(idNext, true))
		if len(keys) == 2 {
			s.Key(t, keys[0])
			s.Wait(t, "licence", has(idLicence, true))
		}
		s.Key(t, keys[len(keys)-1])
		exits(t, m, run.Wait(t), 1603)
	}
	same(t, m, tree.Without(isLog).Diff(m.SnapshotTree(t).Without(isLog)))
}

// A restart is offered on the last page, and the person may refuse it there: 3010.
func TestWizardRestart(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	hold := m.HoldImage(t, readerDLL)
	defer hold.Release()
	run := m.Start(t, winekit.Cmd{Exe: readerProject(t, f, "").build(t)})
	s.Wait(t, "welcome", has(idNext, true))
	s.Key(t, "Return")
	s.Wait(t, "licence", has(idLicence, true))
	s.Key(t, "alt+a")
	s.Wait(t, "licence accepted", has(idNext, false))
	s.Key(t, "Return")
	w := s.Wait(t, "completion", finishes)
	looksLike(t, s, w, "en-restart")
	s.Key(t, "alt+d")
	s.Wait(t, "no restart", func(w winekit.Window) bool { c, _ := control(w, idLater); return c.Checked })
	s.Key(t, "Return")
	exits(t, m, run.Wait(t), 3010)
}

// /passive shows what happens and asks nothing but the countdown, which can be refused or left alone.
func TestPassiveWindow(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	hold := m.HoldImage(t, readerDLL)
	defer hold.Release()
	pkg := slowReader(t, f)
	run := m.Start(t, winekit.Cmd{Exe: pkg, Args: []string{"/passive"}})
	waits(t, m)
	w := s.Wait(t, "progress", has(idBar, false))
	for _, c := range w.Controls {
		if c.Class == "Button" {
			t.Errorf("there is a button %q", c.Text)
		}
	}
	looksLike(t, s, w, "en-passive")
	put(t, m, `C:\go.txt`, nil)
	w = s.Wait(t, "countdown", has(idCountdown, false))
	c, _ := control(w, idCountdown)
	if !strings.Contains(c.Text, " seconds") || !(strings.Contains(c.Text, "in 30 ") || strings.Contains(c.Text, "in 2")) {
		t.Errorf("the countdown says %q", c.Text)
	}
	s.Key(t, "alt+l")
	exits(t, m, run.Wait(t), 3010)

	// Left alone, the computer restarts (Wine only says that it does), and nothing is left to do for the caller.
	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 0)
	run = m.Start(t, winekit.Cmd{Exe: pkg, Args: []string{"/passive", "/warnrestart:2"}})
	s.Wait(t, "second countdown", has(idCountdown, false))
	exits(t, m, run.Wait(t), 0)
}

// /quiet shows nothing at all.
func TestQuietWindow(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	run := m.Start(t, winekit.Cmd{Exe: slowReader(t, f), Args: []string{"/quiet", "/norestart"}})
	waits(t, m)
	if list := s.Windows(t); len(list) > 0 {
		t.Errorf("there are windows: %+v", list)
	}
	put(t, m, `C:\go.txt`, nil)
	r := run.Wait(t)
	exits(t, m, r, 0)
	if strings.TrimSpace(r.Stdout) != "" {
		t.Errorf("it said %q", r.Stdout)
	}
	if list := s.Windows(t); len(list) > 0 {
		t.Errorf("there are windows: %+v", list)
	}
}
