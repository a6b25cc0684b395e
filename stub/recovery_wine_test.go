package main

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

// The machine goes down in the middle of an installation, by the real program, and the package is lost. The service that the
// installation registered before its first change undoes it at the next start, and vanishes.
func TestRecoveryAtBootUnderWine(t *testing.T) {
	m := newWineMachine(t)
	m.write(t, widget, "old")
	root := m.extract(t, "new")
	m.write(t, root+`\update\update.inf`, strings.ReplaceAll(wineINF+`
[ProcessesToRun]
"%SystemRoot%\system32\cmd.exe /c echo here> C:\marker.txt& ping -n 600 127.0.0.1"
`, "\n", "\r\n"))
	files, registry := m.state(t)
	p := m.Start(t, winekit.Cmd{Exe: root + `\update\update.exe`, Args: []string{"/quiet", "/norestart"}})
	m.waitFor(t, "the program at the end of the installation", func() bool { return !m.missing(`C:\marker.txt`) })
	const service = `HKLM\SYSTEM\CurrentControlSet\Services\UpdateRecovery`
	if got := m.text(widget); got != "new" {
		t.Errorf("before the machine goes down the file is %q", got)
	}
	if got := m.RegText(t, service, "ImagePath"); !strings.Contains(got, "recover.exe") {
		t.Errorf("service %q", got)
	}
	p.Kill(t)
	m.write(t, root+`\update\update.exe`, "lost")
	m.Restart(t)
	m.waitFor(t, "the end of the recovery", func() bool { _, there := m.RegGet(t, service, "ImagePath"); return !there })
	if got := m.text(widget); got != "old" {
		t.Errorf("after the recovery the file is %q", got)
	}
	if log := m.text(`C:\windows\update.log`); !strings.Contains(log, "install of KB900007 was interrupted at step") {
		t.Errorf("log:\n%s", log)
	}
	m.Restart(t) // the service's own program goes now
	afterFiles, afterRegistry := m.state(t)
	for _, d := range append(files.Diff(afterFiles), registry.Diff(afterRegistry)...) {
		t.Errorf("differs: %s", d)
	}
}
