package main

import (
	"strings"
	"testing"
	"time"
)

// The service that runs what waits for the restart: registered by the installation, started by the restart, gone after it.
func TestProcessesAfterTheRestartUnderWine(t *testing.T) {
	m := newWineMachine(t)
	root := m.extract(t, "new")
	m.write(t, root+`\update\update.inf`, strings.ReplaceAll(wineINF+`
[ProcessesToRunAfterReboot]
"%SystemRoot%\system32\cmd.exe /c echo one> %SystemRoot%\kbonce.txt"
"%SystemRoot%\system32\cmd.exe /c exit 5"
[ProcessesToRunAfterUninstallReboot]
"%SystemRoot%\system32\cmd.exe /c echo two> %SystemRoot%\kbtwice.txt"
`, "\n", "\r\n"))
	const service = `HKLM\SYSTEM\CurrentControlSet\Services\spupdsvc`
	if r := m.Run(t, root+`\update\update.exe`, "/quiet", "/norestart"); r.ExitCode != 3010 {
		t.Fatalf("exit %d; log:\n%s", r.ExitCode, m.text(`C:\windows\KB900007.log`))
	}
	if got := m.RegText(t, service, "ImagePath"); !strings.Contains(got, "spupdsvc.exe") || m.missing(`C:\windows\system32\spupdsvc.inf`) {
		t.Fatalf("service %q", got)
	}
	m.Restart(t)
	m.waitFor(t, "the first file", func() bool { return strings.HasPrefix(m.text(`C:\windows\kbonce.txt`), "one") })
	m.waitFor(t, "the end of the service", func() bool { _, there := m.RegGet(t, service, "ImagePath"); return !there })
	log := m.text(`C:\windows\spupdsvc.log`)
	for _, want := range []string{"[spupdsvc.log]\r\n", `[RunProcess] called with C:\windows\system32\cmd.exe /c echo one`,
		`[IsPointsToExecutable] C:\windows\system32\cmd.exe exists in C:\windows\system32`, "Exitcode: 0x5\r\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if r := m.Run(t, spuninst, "/quiet", "/norestart"); r.ExitCode != 3010 {
		t.Fatalf("removal: exit %d; log:\n%s", r.ExitCode, m.text(`C:\windows\KB900007Uninst.log`))
	}
	m.settle(t)
	m.Restart(t)
	m.waitFor(t, "the second file", func() bool { return strings.HasPrefix(m.text(`C:\windows\kbtwice.txt`), "two") })
}

func (m wineMachine) waitFor(t *testing.T, what string, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !there(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 60 s no sign of %s; log:\n%s", what, m.text(`C:\windows\spupdsvc.log`))
		}
	}
}
