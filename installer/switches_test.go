package installer_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/status"
)

// /verbose: "creates the %windir%\CabBuild.log, which details the files to be copied" (white paper, table 15).
func TestVerboseWritesCabBuildLog(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	if m.has(`C:\WINDOWS\CabBuild.log`) {
		t.Fatal("CabBuild.log is made without /verbose")
	}
	mustRun(t)(m.remove("KB900001"))
	for range 2 { // each run begins it anew
		mustRun(t)(m.install(p.tree(t), "/verbose"))
		log := string(m.read(`C:\WINDOWS\CabBuild.log`))
		for _, want := range []string{"[CabBuild.log]\r\n", `Hotfix started with following command line: /quiet /verbose`, `INF: update\update_SP2GDR.inf, branch: SP2GDR`,
			`Copy: C:\WINDOWS\system32\a.dll`, `On this computer: 5.2.3790.100, `, `Source: SP2GDR\a.dll, section [System32.files], flags 0x0, 5.2.3790.200, `,
			`Keep: C:\WINDOWS\system32\absent.dll`, "Reason: it is not on this computer", "CabinetBuild complete: 2 of 3 files are copied"} {
			if strings.Count(log, want) != 1 {
				t.Errorf("%q is not once in\n%s", want, log)
			}
		}
		mustRun(t)(m.remove("KB900001"))
	}
}

// /d:path: where the backup of a service pack goes (white paper, table 15). Removal finds it there, and the logs have the
// names of table 20.
func TestBackupDirectory(t *testing.T) {
	p, files := standard(t)
	p.pack = true
	files[`C:\full\other.txt`] = []byte("mine")
	m := newMachine(t, files)
	before := m.snapshot()
	for _, tt := range []struct {
		dir  string
		code uint32
	}{{`C:\full`, 145}, {`C:\`, 161}, {`C:\WINDOWS`, 161}, {`relative`, 161}} {
		refused(t, m, request(t, m.h, p.tree(t), "/quiet", "/d:"+tt.dir), tt.code)
	}
	const dir = `C:\backup\sp`
	mustRun(t)(m.install(p.tree(t), "/d:"+dir))
	if !m.has(dir+`\a.dll`) || !m.has(dir+`\spuninst\spuninst.inf`) || m.has(`C:\WINDOWS\$NtServicePackUninstall$`) {
		t.Fatal("the backup is not where /d says")
	}
	mustRun(t)(m.install(p.tree(t))) // again, without /d: the originals stay where they are
	if m.has(`C:\WINDOWS\$NtServicePackUninstall$`) || !m.has(dir+`\a.dll`) {
		t.Error("a second backup was made")
	}
	rep, err := installer.Status(m.h)
	if err != nil || !rep.Intact() || rep.Updates[0].Dir != dir {
		t.Errorf("%+v, %v", rep, err)
	}
	o, err := cmdline.Parse(cmdline.Remove, []string{"/quiet"})
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t)(installer.Remove(context.Background(), installer.Request{Host: m.h, UninstallDir: dir, Options: o, Image: dir + `\spuninst\spuninst.exe`, Start: testNow}))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("removal left\n%s", d)
	}
	for _, log := range []string{`C:\WINDOWS\svcpack.log`, `C:\WINDOWS\spuninst.log`} {
		if !m.has(log) {
			t.Errorf("%s is not there", log)
		}
	}
	if log := string(m.read(`C:\WINDOWS\svcpack.log`)); !strings.Contains(log, "Service Pack started with following command line: ") {
		t.Errorf("svcpack.log:\n%s", log)
	}
}

// "Only available for Windows service pack installations."
func TestBackupDirectoryIsForServicePacks(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	refused(t, m, request(t, m.h, p.tree(t), "/quiet", `/d:C:\backup`), status.InvalidSwitches, "/d is for service packs only")
}

// A plan and no change: every switch of it, also the log and CabBuild.log.
func TestDryRunWritesNothing(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.files()
	res := mustRun(t)(m.install(p.tree(t), "/dryrun", "/verbose", `/log:C:\own.log`, `/json-log:C:\own.json`))
	if !res.DryRun || len(res.Plan.Steps) == 0 {
		t.Errorf("%+v", res)
	}
	if after := m.files(); !slices.Equal(before, after) {
		t.Errorf("files before\n%s\nafter\n%s", before, after)
	}
}

// files lists every file, logs included.
func (m *machine) files() []string {
	var list []string
	var walk func(string)
	walk = func(dir string) {
		entries, err := m.h.ReadDir(dir)
		if err != nil {
			m.t.Fatal(err)
		}
		for _, e := range entries {
			p := strings.TrimSuffix(dir, `\`) + `\` + e.Name
			list = append(list, p)
			if e.IsDir() {
				walk(p)
			}
		}
	}
	walk(`C:\`)
	return list
}
