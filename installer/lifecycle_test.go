package installer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
)

const sys = `C:\WINDOWS\system32\`

// standard is a package with one file that replaces, one that is always copied, and registry lines.
func standard(t *testing.T) (pkg, map[string][]byte) {
	old := samplepe1(t, "5.2.3790.100", "srv03_sp2_gdr", "old")
	p := pkg{kb: "KB900001", always: map[string]bool{"new.dll": true},
		gdr:    map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "gdr"), "new.dll": samplepe1(t, "1.0.0.0", "", "new"), "absent.dll": samplepe1(t, "1.0.0.0", "", "absent")},
		qfe:    map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.201", "srv03_sp2_qfe", "qfe"), "new.dll": samplepe1(t, "1.0.0.1", "", "new qfe"), "absent.dll": samplepe1(t, "1.0.0.1", "", "absent")},
		addReg: `HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,7` + "\r\n" + `HKLM,"SOFTWARE\Contoso\Widget","Path",0x00020000,"%11%\a.dll;%SystemRoot%"`,
		delReg: `HKLM,"SOFTWARE\Contoso\Old","Gone"`,
	}
	return p, map[string][]byte{sys + "a.dll": old}
}

func TestInstallAndRemoveRestoresTheMachine(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	gone := host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\Old`}
	if _, err := m.h.CreateKey(gone, false); err != nil {
		t.Fatal(err)
	}
	if err := m.h.SetValue(gone, "Gone", host.Value{Type: host.RegMultiSZ, Data: []byte{1, 0, 0, 0, 0, 0}}); err != nil {
		t.Fatal(err)
	}
	before := m.snapshot()
	res := mustRun(t)(m.install(p.tree(t)))
	if res.Branch != "SP2GDR" || res.RestartNeeded {
		t.Errorf("branch %s, restart %v; want SP2GDR without restart", res.Branch, res.RestartNeeded)
	}
	if got := m.read(sys + "a.dll"); !bytes.Equal(got, p.gdr["a.dll"]) {
		t.Error("a.dll is not the GDR file")
	}
	if !m.has(sys+"new.dll") || m.has(sys+"absent.dll") {
		t.Error("new.dll must be there and absent.dll must not")
	}
	wantValue(t, m, `SOFTWARE\Contoso\Widget`, "Path", regplan.ExpandString(`C:\WINDOWS\system32\a.dll;%SystemRoot%`))
	if _, err := m.h.GetValue(gone, "Gone"); err == nil {
		t.Error("the value Gone is still there")
	}
	mustRun(t)(m.remove("KB900001"))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}

func wantValue(t *testing.T, m *machine, key, name string, want host.Value) {
	t.Helper()
	got, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: key}, name)
	if err != nil || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
		t.Errorf("%s\\%s = %v, %v; want %v", key, name, got, err, want)
	}
}

// White paper tables 1 to 4.
func TestRegistration(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	const key = `SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001`
	for name, want := range map[string]string{"Description": "Security Update (KB900001)", "PackageVersion": "20260309.093000", "Publisher": "Contoso",
		"ReleaseType": "Security Update", "InstallerName": "Update.exe", "InstallerVersion": "7.0.0.0", "InstalledBy": `CONTOSO\admin`, "InstalledDate": "3/9/2026",
		"ARPLink":          `HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900001`,
		"UninstallCommand": `"C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.exe"`} {
		wantValue(t, m, key, name, regplan.String(want))
	}
	const arp = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900001`
	wantValue(t, m, arp, "DisplayName", regplan.String("Security Update (KB900001)"))
	wantValue(t, m, arp, "ParentKeyName", regplan.String("OperatingSystem"))
	wantValue(t, m, arp, "RegistryLocation", regplan.String(`HKLM\`+key))
	wantValue(t, m, arp, "NoModify", regplan.DWORD(1))
	wantValue(t, m, arp, "DisplayIcon", regplan.ExpandString(`C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.exe`))
	wantValue(t, m, `SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\KB900001`, "Installed", regplan.DWORD(1))
	wantValue(t, m, key+`\Filelist\0`, "FileName", regplan.String("new.dll"))
	wantValue(t, m, key+`\Filelist\1`, "FileName", regplan.String("a.dll"))
	wantValue(t, m, key+`\Filelist\1`, "Version", regplan.String("5.2.3790.200"))
	wantValue(t, m, key+`\Filelist\1`, "Location", regplan.String(`C:\WINDOWS\system32`))
	wantValue(t, m, key+`\Filelist\1`, "BuildDate", regplan.String("Sun Jan  1 00:00:00 2006"))
	wantValue(t, m, key+`\Filelist\1`, "Branch", regplan.String("SP2GDR"))
}

func TestStatusAfterInstallIsIntact(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	rep, err := installer.Status(m.h)
	if err != nil || len(rep.Updates) != 1 || !rep.Intact() || !rep.Updates[0].Removable {
		t.Fatalf("%+v, %v", rep, err)
	}
	m.write(sys+"a.dll", []byte("damaged"))
	rep, _ = installer.Status(m.h)
	if rep.Intact() || rep.Updates[0].Files[1].State != installer.FileChanged {
		t.Errorf("damage was not seen: %+v", rep)
	}
}

// White paper, "Analysis and Inventory": same or newer stays, equal version with another hash is replaced.
func TestInventoryRules(t *testing.T) {
	p, _ := standard(t)
	for name, tt := range map[string]struct {
		old     []byte
		replace bool
	}{
		"older":                    {samplepe1(t, "5.2.3790.100", "", "x"), true},
		"newer":                    {samplepe1(t, "5.2.3790.300", "", "x"), false},
		"same version, other hash": {samplepe1(t, "5.2.3790.200", "", "x"), true},
		"same file":                {p.gdr["a.dll"], false},
		"no version":               {[]byte("text"), true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string][]byte{sys + "a.dll": tt.old})
			mustRun(t)(m.install(p.tree(t)))
			if got := bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]); got != (tt.replace || bytes.Equal(tt.old, p.gdr["a.dll"])) {
				t.Errorf("replaced: %v, want %v", got, tt.replace)
			}
			if m.has(`C:\WINDOWS\$NtUninstallKB900001$\a.dll`) != tt.replace {
				t.Error("a backup exists exactly if the file was replaced")
			}
		})
	}
}

func TestQFEFileMovesTheWholePackage(t *testing.T) {
	p, files := standard(t)
	files[sys+"a.dll"] = samplepe1(t, "5.2.3790.150", "srv03_sp2_qfe", "old")
	m := newMachine(t, files)
	res := mustRun(t)(m.install(p.tree(t)))
	if res.Branch != "SP2QFE" || !bytes.Equal(m.read(sys+"a.dll"), p.qfe["a.dll"]) || !bytes.Equal(m.read(sys+"new.dll"), p.qfe["new.dll"]) {
		t.Errorf("branch %s; the whole package must come from SP2QFE", res.Branch)
	}
	if !strings.Contains(string(m.read(`C:\WINDOWS\KB900001.log`)), "AnalyzeForBranching: g_bRepeatInventory set to TRUE because target file c:\\windows\\system32\\a.dll has branch sp2qfe which is greater than branch for sp2gdr") {
		t.Error("the log does not say why")
	}
}

func TestForcedBranch(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	if res := mustRun(t)(m.install(p.tree(t), "/b:SP2QFE")); res.Branch != "SP2QFE" {
		t.Errorf("branch %s", res.Branch)
	}
	m2 := newMachine(t, map[string][]byte{sys + "a.dll": samplepe1(t, "5.2.3790.150", "srv03_sp2_qfe", "old")})
	_, err := m2.install(p.tree(t), "/b:SP2GDR")
	if status.Code(err) != status.IncomparableBranches {
		t.Errorf("moving down: %v, want code 61681", err)
	}
}

func TestMigrationCacheHoldsTheHigherBranch(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	for _, n := range []string{"spuninst.exe", `update\update.exe`, `update\update_SP2QFE.inf`, `SP2QFE\a.dll`} {
		if !m.has(`C:\WINDOWS\$hf_mig$\KB900001\` + n) {
			t.Errorf("%s is not cached", n)
		}
	}
}

func TestFileInUseWaitsForTheRestart(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	release, err := m.h.HoldOpen(sys+"a.dll", imagehost.HoldMapped)
	if err != nil {
		t.Fatal(err)
	}
	res := mustRun(t)(m.install(p.tree(t)))
	if !res.RestartNeeded || !bytes.Equal(m.read(sys+"a.dll"), files[sys+"a.dll"]) {
		t.Fatalf("restart %v; the file must still be the old one", res.RestartNeeded)
	}
	wantValue(t, m, `SOFTWARE\Microsoft\Updates\UpdateExeVolatile`, "Flags", regplan.DWORD(2))
	release()
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) {
		t.Error("after the restart the new file must be in place")
	}
	mustRun(t)(m.remove("KB900001"))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}

func TestRemovalBeforeTheRestartTakesThePendingFileBack(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	release, err := m.h.HoldOpen(sys+"a.dll", imagehost.HoldMapped)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(p.tree(t)))
	mustRun(t)(m.remove("KB900001"))
	release()
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}

func TestReinstallKeepsTheOriginals(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	mustRun(t)(m.install(p.tree(t)))
	m.write(sys+"a.dll", samplepe1(t, "5.2.3790.120", "", "somebody's"))
	mustRun(t)(m.install(p.tree(t)))
	if !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) {
		t.Error("reinstalling must replace the older file")
	}
	mustRun(t)(m.remove("KB900001"))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}

func TestNoBackup(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t), "/nobackup"))
	if m.has(`C:\WINDOWS\$NtUninstallKB900001$`) {
		t.Error("there must be no backup directory")
	}
	wantValue(t, m, `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900001`, "NoRemove", regplan.DWORD(1))
	wantValue(t, m, `SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001`, "UninstallCommand", regplan.String(""))
	if m.has(`C:\WINDOWS\$UpdateJournal$`) {
		t.Error("the journal must be gone")
	}
}

func TestRemovalOutOfOrderIsRefused(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	second := p
	second.kb = "KB900002"
	second.gdr = map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.300", "srv03_sp2_gdr", "later")}
	second.qfe = map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.301", "srv03_sp2_qfe", "later")}
	mustRun(t)(m.install(second.tree(t)))
	_, err := m.remove("KB900001")
	if status.Code(err) != status.UninstallOutOfOrder || !strings.Contains(err.Error(), "KB900002") {
		t.Fatalf("%v, want 62480 naming KB900002", err)
	}
	mustRun(t)(m.remove("KB900002"))
	if !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) {
		t.Error("removing the second brings back the first")
	}
	mustRun(t)(m.remove("KB900001"))
}

func TestDryRunChangesNothing(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	res := mustRun(t)(m.install(p.tree(t), "/dryrun"))
	if !res.DryRun || !strings.Contains(res.Plan.String(), `put-file C:\WINDOWS\system32\a.dll`) {
		t.Errorf("plan:\n%s", res.Plan)
	}
	if d := diffLines(before, m.snapshot()); d != "" || m.has(`C:\WINDOWS\KB900001.log`) {
		t.Errorf("a dry run changed:\n%s", d)
	}
}

// The white paper wants the reverse order of installation; who goes on nevertheless gets the newest version of what remains,
// for files, values and deletions (design: ownership).
func TestRemovingFromTheMiddle(t *testing.T) {
	dll := func(v, text string) []byte { return samplepe1(t, v, "srv03_sp2_gdr", text) }
	m := newMachine(t, map[string][]byte{sys + "a.dll": dll("5.2.3790.100", "old"), sys + "gone.dll": dll("5.2.3790.100", "gone")})
	before := m.snapshot()
	value := `HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,`
	packages := map[string]pkg{
		"KB900001": {gdr: map[string][]byte{"a.dll": dll("5.2.3790.200", "1")}, addReg: value + "1",
			extra: "[ProductInstall.CopyFilesAlways]\r\nDelFiles=Gone.files\r\n[DestinationDirs]\r\nGone.files=11\r\n[Gone.files]\r\ngone.dll\r\n"},
		"KB900002": {gdr: map[string][]byte{"a.dll": dll("5.2.3790.400", "2")}, addReg: value + "2"},
		"KB900003": {gdr: map[string][]byte{"a.dll": dll("5.2.3790.300", "3")}, delReg: `HKLM,"SOFTWARE\Contoso\Widget","Level"`},
	}
	for _, kb := range []string{"KB900001", "KB900002", "KB900003"} {
		p := packages[kb]
		p.kb, p.qfe = kb, p.gdr
		packages[kb] = p
		mustRun(t)(m.install(p.tree(t)))
	}
	removeAnyhow := func(kb string) {
		t.Helper()
		_, err := installer.Remove(t0(), installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstall` + kb + `$`, UI: yes{}, Start: testNow})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.remove("KB900001"); status.Code(err) != status.UninstallOutOfOrder || !strings.Contains(err.Error(), "KB900002, KB900003") {
		t.Fatalf("%v, want 62480 naming both", err)
	}
	removeAnyhow("KB900002") // the newest file, from the middle: the newest of what remains is that of KB900003
	if !bytes.Equal(m.read(sys+"a.dll"), packages["KB900003"].gdr["a.dll"]) || m.has(sys+"gone.dll") {
		t.Error("a.dll must be that of KB900003, and gone.dll stay deleted")
	}
	removeAnyhow("KB900001") // the oldest: nothing changes but what it alone did
	if !bytes.Equal(m.read(sys+"a.dll"), packages["KB900003"].gdr["a.dll"]) || !m.has(sys+"gone.dll") {
		t.Error("a.dll must still be that of KB900003, and gone.dll be back")
	}
	removeAnyhow("KB900003")
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}

// A newer version that no registered update brought is not ours to take away.
func TestRemovalLeavesAForeignNewerFile(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	foreign := samplepe1(t, "5.2.3790.999", "", "somebody's")
	m.write(sys+"a.dll", foreign)
	mustRun(t)(m.remove("KB900001"))
	if !bytes.Equal(m.read(sys+"a.dll"), foreign) {
		t.Error("the newer file was replaced")
	}
	if !strings.Contains(string(m.read(`C:\WINDOWS\KB900001Uninst.log`)), "stays: it has version 5.2.3790.999, this update brought 5.2.3790.200") {
		t.Error("the log does not say so")
	}
}
