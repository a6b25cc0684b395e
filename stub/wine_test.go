package main

import (
	"crypto/md5"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
)

// wineMachine is a Windows with the runtime, built as packages carry it.
type wineMachine struct {
	*winekit.Prefix
	runtime []byte
}

func newWineMachine(t *testing.T) wineMachine {
	t.Helper()
	p := winekit.New(t)
	exe := winekit.BuildWindows(t, "github.com/kbforge/kbforge/stub", "amd64", "-ldflags", "-s -w -H windowsgui")
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	return wineMachine{p, b}
}

const wineINF = `[Version]
Signature="$Windows NT$"
LanguageType=0
[ProductInstall.CopyFilesAlways]
CopyFiles=System32.files
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Product.Add.Reg
[DestinationDirs]
System32.files=11
[System32.files]
kbwidget.txt
[SourceDisksNames]
1=Source
[SourceDisksFiles]
kbwidget.txt=1
[Product.Add.Reg]
HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,7
[Configuration]
InstallationType=Hotfix
UpdateRegKey=SOFTWARE\Microsoft\Updates\Contoso
[Strings]
SP_SHORT_TITLE="KB900007"
SP_TITLE="Update for Widget (KB900007)"
SERVICE_PACK_NUMBER=1
BUILDTIMESTAMP="20260309.093000"
`

// extract lays a package out as the extractor does and returns its directory on the machine.
func (m wineMachine) extract(t *testing.T, payload string) string {
	t.Helper()
	const root = `C:\0a1b2c`
	files := map[string]string{
		`update\update.exe`: string(m.runtime), `spuninst.exe`: string(m.runtime), `update\eula.txt`: "Be nice.",
		`update\update.inf`: strings.ReplaceAll(wineINF, "\n", "\r\n"), `kbwidget.txt`: payload,
		`update\update.ver`: fmt.Sprintf("[SourceFileInfo]\r\nkbwidget.txt=%X,,%d,,\r\n", md5.Sum([]byte(payload)), len(payload)),
	}
	for name, text := range files {
		m.write(t, root+`\`+name, text)
	}
	return root
}

func (m wineMachine) write(t *testing.T, path, text string) {
	t.Helper()
	linux := m.Path(path)
	err := os.MkdirAll(filepath.Dir(linux), 0o755)
	if err == nil {
		err = os.WriteFile(linux, []byte(text), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (m wineMachine) text(path string) string {
	b, err := os.ReadFile(m.Path(path))
	if err != nil {
		return ""
	}
	return string(b)
}

func (m wineMachine) missing(path string) bool {
	_, err := os.Lstat(m.Path(path))
	return os.IsNotExist(err)
}

const (
	widget   = `C:\windows\system32\kbwidget.txt`
	backup   = `C:\windows\$NtUninstallKB900007$`
	spuninst = backup + `\spuninst\spuninst.exe`
)

// state is what an installation may change: the Windows directory without its logs, and the registry.
func (m wineMachine) state(t *testing.T) (files, registry winekit.Snapshot) {
	t.Helper()
	files = m.SnapshotTree(t, `C:\windows`).Without(func(name string) bool {
		return strings.HasSuffix(strings.ToLower(name), ".log")
	})
	return files, m.SnapshotRegistry(t).Without(winekit.IsDisplay)
}

func TestInstallAndRemoveUnderWine(t *testing.T) {
	m := newWineMachine(t)
	root := m.extract(t, "new")
	update := root + `\update\update.exe`
	files, registry := m.state(t)

	r := m.Run(t, update, "/quiet", "/norestart", "/ER")
	if r.ExitCode != 0 || r.Stdout+r.Stderr != "" {
		t.Fatalf("installation: exit %d, said %q; log:\n%s", r.ExitCode, r.Stdout+r.Stderr, m.text(`C:\windows\KB900007.log`))
	}
	if m.text(widget) != "new" || m.missing(spuninst) {
		t.Errorf("file %q, spuninst.exe missing: %v", m.text(widget), m.missing(spuninst))
	}
	log := m.text(`C:\windows\KB900007.log`)
	for _, want := range []string{"[KB900007.log]\r\n", `: C:\0a1b2c\update\update.exe (version 7.0.0.0)`,
		"Hotfix started with following command line: /quiet /norestart /ER\r\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	got, _ := m.RegGet(t, `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900007`, "UninstallString")
	if want := winekit.SZ(`"` + spuninst + `"`); !reflect.DeepEqual(got, want) {
		t.Errorf("UninstallString %s, want %s", winekit.FormatValue(got), winekit.FormatValue(want))
	}

	r = m.Run(t, update, "/l")
	if !strings.Contains(r.Stdout, "KB900007") {
		t.Errorf("/l said %q", r.Stdout)
	}

	r = m.Run(t, spuninst, "/passive", "/norestart")
	if r.ExitCode != 0 || !strings.Contains(r.Stdout, "Update for Widget (KB900007) was removed.") {
		t.Errorf("removal: exit %d, said %q; log:\n%s", r.ExitCode, r.Stdout, m.text(`C:\windows\KB900007Uninst.log`))
	}
	if log := m.text(`C:\windows\KB900007Uninst.log`); !strings.Contains(log, "Spuninst.exe was run with the following arguments:  /passive /norestart\r\n") ||
		!strings.Contains(log, "Spuninst.exe is being run from the following location: "+backup+"\r\n") || !strings.Contains(log, ": "+spuninst+" (version 7.0.0.0)\r\n") {
		t.Errorf("removal log:\n%s", log)
	}
	m.settle(t)
	filesAfter, registryAfter := m.state(t)
	if d := append(files.Diff(filesAfter), registry.Diff(registryAfter)...); len(d) > 0 {
		t.Errorf("the machine differs after the removal:\n%s", strings.Join(d, "\n"))
	}
}

// settle waits until the copy of spuninst.exe has cleaned up behind itself.
func (m wineMachine) settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		left, err := filepath.Glob(filepath.Join(m.Path(`C:\windows`), "kb*.exe"))
		if err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 && m.missing(backup) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after 20 s there are still %v, backup gone: %v", left, m.missing(backup))
		}
	}
}

// A replaced file in use waits for the restart: 3010, and the extractor is asked where there is one.
func TestFileInUseUnderWine(t *testing.T) {
	m := newWineMachine(t)
	m.write(t, widget, "old")
	root := m.extract(t, "new")
	hold := m.HoldOpen(t, widget)
	r := m.RunCmd(t, winekit.Cmd{Exe: root + `\update\update.exe`, Args: []string{"/quiet"}, Env: []string{sfxVariable + "=" + root}})
	if r.ExitCode != 3010 || m.text(root+`\restart`) != "restart" {
		t.Fatalf("exit %d, request to the extractor %q; log:\n%s", r.ExitCode, m.text(root+`\restart`), m.text(`C:\windows\KB900007.log`))
	}
	if m.text(widget) != "old" {
		t.Error("a file in use was replaced")
	}
	hold.Release()
	m.Restart(t)
	if m.text(widget) != "new" {
		t.Errorf("after the restart: %q", m.text(widget))
	}
	if r := m.Run(t, root+`\update\update.exe`, "/quiet", "/uninstall", "/norestart"); r.ExitCode != 0 {
		t.Errorf("update.exe /uninstall: exit %d", r.ExitCode)
	}
	m.settle(t)
	if m.text(widget) != "old" {
		t.Errorf("after the removal: %q", m.text(widget))
	}
}

func TestRefusalsUnderWine(t *testing.T) {
	m := newWineMachine(t)
	root := m.extract(t, "new")
	m.write(t, spuninst, string(m.runtime))
	files, _ := m.state(t)
	update := root + `\update\update.exe`
	for _, c := range []struct {
		exe  string
		line string
		code uint32
		says string
	}{
		{update, "/help", 0, "/overwriteoem"},
		{spuninst, "-?", 0, "/forcerestart"},
		{update, "/quiet /bogus", 1603, ""},
		{update, "/quiet /bogus /ER", 61686, ""},
		{update, "/passive /ER /norestart /forcerestart", 61686, "/norestart and /forcerestart cannot be used together"},
		{spuninst, "/passive /ER /nobackup", 61686, "/nobackup applies to installation only"},
		{update, "/quiet /ER /uninstall", 61560, ""},
		{update, "/ER", 61453, ""},          // nobody is there to accept the licence
		{spuninst, "/quiet /ER", 61560, ""}, // there is no spuninst.inf
		{spuninst, "/quiet", 1603, ""},
		{update, "/passive /dryrun", 0, "can be installed. Nothing was changed."},
	} {
		r := m.RunLine(t, c.exe, c.line)
		if r.ExitCode != c.code || !strings.Contains(r.Stdout, c.says) || strings.Contains(c.line, "/quiet") && r.Stdout != "" {
			t.Errorf("%s %s: exit %d, want %d; said %q, want %q", c.exe, c.line, r.ExitCode, c.code, r.Stdout, c.says)
		}
	}
	after, _ := m.state(t)
	if d := files.Diff(after); len(d) > 0 {
		sort.Strings(d)
		t.Errorf("a refused run changed files:\n%s", strings.Join(d, "\n"))
	}
}
