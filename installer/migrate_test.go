package installer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/register"
)

// twoBranches is a package with the same files on both branches; versions end in 0 on GDR and in 1 on QFE.
func twoBranches(t *testing.T, kb string, files map[string]string) pkg {
	p := pkg{kb: kb, gdr: map[string][]byte{}, qfe: map[string][]byte{}}
	for name, version := range files {
		p.gdr[name] = samplepe1(t, version+"0", "srv03_sp2_gdr", kb+name)
		p.qfe[name] = samplepe1(t, version+"1", "srv03_sp2_qfe", kb+name)
	}
	return p
}

func migrationMachine(t *testing.T) *machine {
	files := map[string][]byte{}
	for _, n := range []string{"a.dll", "b.dll", "c.dll", "d.dll"} {
		files[sys+n] = samplepe1(t, "5.2.3790.100", "srv03_sp2_gdr", "old "+n)
	}
	return newMachine(t, files)
}

func branchesOf(t *testing.T, m *machine) map[string]string {
	t.Helper()
	list, err := register.List(m.h)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, u := range list {
		for _, f := range u.Files {
			found[u.KB+" "+f.Name] = f.Branch
		}
	}
	return found
}

func wantFile(t *testing.T, m *machine, name string, want []byte) {
	t.Helper()
	if got := m.read(sys + name); !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes of something else", name, len(got))
	}
}

// White paper, "Branching": "If a hotfix for one of those files is installed later, the package installer will migrate the
// previously updated files to the QFE versions"; whole packages, and those that share files with them in turn.
func TestHotfixMigratesEarlierUpdates(t *testing.T) {
	m := migrationMachine(t)
	before := m.snapshot()
	first := twoBranches(t, "KB900001", map[string]string{"a.dll": "5.2.3790.20", "b.dll": "5.2.3790.20"})
	third := twoBranches(t, "KB900003", map[string]string{"b.dll": "5.2.3790.25", "c.dll": "5.2.3790.25"})
	alone := twoBranches(t, "KB900004", map[string]string{"d.dll": "5.2.3790.25"})
	for _, p := range []pkg{first, third, alone} {
		mustRun(t)(m.install(p.tree(t)))
	}
	hotfix := twoBranches(t, "KB900002", map[string]string{"a.dll": "5.2.3790.30"})
	mustRun(t)(m.install(hotfix.tree(t), "/b:SP2QFE"))
	wantFile(t, m, "a.dll", hotfix.qfe["a.dll"])
	wantFile(t, m, "b.dll", third.qfe["b.dll"])
	wantFile(t, m, "c.dll", third.qfe["c.dll"])
	wantFile(t, m, "d.dll", alone.gdr["d.dll"])
	got := branchesOf(t, m)
	for name, want := range map[string]string{"KB900001 b.dll": "", "KB900003 b.dll": "SP2QFE", "KB900003 c.dll": "SP2QFE", "KB900004 d.dll": "SP2GDR", "KB900002 a.dll": "SP2QFE"} {
		if got[name] != want {
			t.Errorf("%s is registered from %q, want %q", name, got[name], want)
		}
	}
	if _, err := m.h.Values(host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Updates\Migration`}); err == nil {
		t.Error("migrations are still written down")
	}
	if log := string(m.read(`C:\WINDOWS\KB900002.log`)); !strings.Contains(log, "KB900001 is migrated to SP2QFE, because this package brings its files from SP2QFE") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	if rep, err := installer.Status(m.h); err != nil || !rep.Intact() {
		t.Errorf("%+v, %v", rep, err)
	}
	// The hotfix goes; the others stay on QFE, which is sticky (KB 824994).
	anyhow := func(kb string) {
		t.Helper()
		if _, err := installer.Remove(t0(), installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstall` + kb + `$`, UI: yes{}, Start: testNow}); err != nil {
			t.Fatal(err)
		}
	}
	anyhow("KB900002")
	wantFile(t, m, "a.dll", first.qfe["a.dll"])
	for _, kb := range []string{"KB900001", "KB900003", "KB900004"} {
		anyhow(kb)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}

// A power cut anywhere in a migration: the next start of any package goes on with it.
func TestMigrationIsContinued(t *testing.T) {
	first := twoBranches(t, "KB900001", map[string]string{"a.dll": "5.2.3790.20", "b.dll": "5.2.3790.20"}).tree(t)
	hotfix := twoBranches(t, "KB900002", map[string]string{"a.dll": "5.2.3790.30"}).tree(t)
	other := twoBranches(t, "KB900005", map[string]string{"d.dll": "5.2.3790.25"}).tree(t)
	base := migrationMachine(t)
	mustRun(t)(base.install(first))
	image := crashRun{image: t.TempDir() + "/kept", run: installOn(hotfix, cmdline.Options{Quiet: true, Branch: "SP2QFE"})}
	if err := base.h.Close(); err != nil {
		t.Fatal(err)
	}
	copyTree(t, base.dir, image.image)
	m := image.open(t)
	count := faulthost.New(m.host())
	if err := image.run(count); err != nil {
		t.Fatal(err)
	}
	n, tried := count.Effects(), 0
	for i := 1; i <= n; i += 2*stride() + 1 {
		m := image.open(t)
		h := faulthost.New(m.host())
		h.CutPower(faulthost.Effect(i), faulthost.After)
		_ = image.run(h)
		m = m.reboot()
		mustRun(t)(m.install(other))
		got := branchesOf(t, m)
		if want := map[bool]string{true: "SP2QFE", false: "SP2GDR"}[got["KB900002 a.dll"] != ""]; got["KB900001 b.dll"] != want {
			t.Errorf("effect %d of %d: KB900001 is on %q, the hotfix on %q", i, n, got["KB900001 b.dll"], got["KB900002 a.dll"])
		}
		m.h.Close()
		tried++
	}
	t.Logf("%d of %d effects", tried, n)
}

// pack makes a package a service pack 3.
func pack(p pkg) pkg {
	p.edit = func(files map[string][]byte) {
		for n, b := range files {
			if strings.HasPrefix(n, `update\update_`) {
				s := strings.ReplaceAll(string(b), "InstallationType=Hotfix", "InstallationType=ServicePack")
				s = strings.ReplaceAll(s, "MaxNtServicePackVersion=512", "MaxNtServicePackVersion=512\r\nThisServicePackVersion=768")
				files[n] = []byte(strings.ReplaceAll(s, "UnInstallDirName=$NtUninstall%SP_SHORT_TITLE%$", "UnInstallDirName=$NtServicePackUninstall$"))
			}
		}
	}
	return p
}

// forPack3 adds a branch for service pack 3 to a package.
func forPack3(p pkg, later map[string][]byte) pkg {
	p.edit = func(files map[string][]byte) {
		chain := strings.ReplaceAll(branchesText, "SP2QFE=\"SP2QFE\",SP2QFE\r\n", "SP2QFE=\"SP2QFE\",SP3GDR\r\nSP3GDR=\"SP3GDR\",SP3GDR\r\n")
		files[`update\branches.inf`] = []byte(strings.Replace(chain, "5.2.1.7", "5.2.1.8", 1))
		br := string(files[`update\updatebr.inf`])
		br = strings.Replace(br, "2=SP2GDR\r\n", "2=SP2GDR\r\n3=SP3GDR\r\n", 1)
		br = strings.Replace(br, "[SetupFiles.Common]", "SP3GDR=\"update\\update_SP3GDR.inf\"\r\n[SetupFiles.SP3GDR]\r\nupdate\\update_SP3GDR.inf\r\n[SetupFiles.Common]", 1)
		files[`update\updatebr.inf`] = []byte(br)
		text := strings.ReplaceAll(p.updateINF("SP3GDR", later), "ServicePackVersion=512", "ServicePackVersion=768")
		files[`update\update_sp3gdr.inf`] = []byte(strings.Replace(text, "SERVICE_PACK_NUMBER=3", "SERVICE_PACK_NUMBER=4", 1))
		for n, b := range later {
			files[`SP3GDR\`+n] = b
		}
	}
	return p
}

// White paper, "Branching": after a service pack the cached update for its level is installed; removing the pack brings the
// update for the previous level back.
func TestServicePackMigratesAndReverses(t *testing.T) {
	m := migrationMachine(t)
	update := twoBranches(t, "KB900001", map[string]string{"a.dll": "5.2.3790.20", "b.dll": "5.2.3790.20"})
	later := map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.410", "srv03_sp3_gdr", "later a"), "b.dll": samplepe1(t, "5.2.3790.410", "srv03_sp3_gdr", "later b")}
	update = forPack3(update, later)
	contained := twoBranches(t, "KB900007", map[string]string{"c.dll": "5.2.3790.20"})
	mustRun(t)(m.install(update.tree(t)))
	mustRun(t)(m.install(contained.tree(t)))
	before := m.snapshot()
	sp := twoBranches(t, "KB935835", map[string]string{"a.dll": "5.2.3790.40", "b.dll": "5.2.3790.40", "c.dll": "5.2.3790.40"})
	sp.addReg = `HKLM,"SOFTWARE\Microsoft\Windows NT\CurrentVersion","CSDVersion",0,"Service Pack 3"` + "\r\n" +
		`HKLM,"SYSTEM\CurrentControlSet\Control\Windows","CSDVersion",0x00010001,0x300`
	sp.delReg = `HKLM,"SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900007"` + "\r\n" +
		`HKLM,"SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001"`
	sp = pack(sp)
	mustRun(t)(m.install(sp.tree(t)))
	wantFile(t, m, "a.dll", later["a.dll"])
	wantFile(t, m, "b.dll", later["b.dll"])
	wantFile(t, m, "c.dll", sp.gdr["c.dll"])
	if got := branchesOf(t, m); got["KB900001 a.dll"] != "SP3GDR" || got["KB900007 c.dll"] != "" {
		t.Errorf("registered: %v", got)
	}
	if !m.has(`C:\WINDOWS\$NtUninstallKB900001_SP3$\spuninst\spuninst.inf`) || !m.has(`C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.inf`) {
		t.Error("both levels need their backups")
	}
	if _, err := installer.Remove(t0(), installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtServicePackUninstall$`,
		Options: cmdline.Options{Quiet: true}, Start: testNow}); err != nil {
		t.Fatal(err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs from before the service pack:\n%s", d)
	}
	mustRun(t)(m.remove("KB900001"))
	wantFile(t, m, "a.dll", samplepe1(t, "5.2.3790.100", "srv03_sp2_gdr", "old a.dll"))
}

// A cache that was damaged is not installed; the hotfix is, and the log says what did not happen.
func TestDamagedCacheStays(t *testing.T) {
	m := migrationMachine(t)
	first := twoBranches(t, "KB900001", map[string]string{"a.dll": "5.2.3790.20", "b.dll": "5.2.3790.20"})
	mustRun(t)(m.install(first.tree(t)))
	m.write(`C:\WINDOWS\$hf_mig$\KB900001\SP2QFE\b.dll`, []byte("damaged"))
	hotfix := twoBranches(t, "KB900002", map[string]string{"a.dll": "5.2.3790.30"})
	mustRun(t)(m.install(hotfix.tree(t), "/b:SP2QFE"))
	wantFile(t, m, "a.dll", hotfix.qfe["a.dll"])
	wantFile(t, m, "b.dll", first.gdr["b.dll"])
	if log := string(m.read(`C:\WINDOWS\KB900002.log`)); !strings.Contains(log, "KB900001 was not migrated: ") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	if _, err := m.h.Values(host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Updates\Migration`}); err == nil {
		t.Error("the migration is still written down")
	}
}
