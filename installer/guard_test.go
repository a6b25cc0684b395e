package installer_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/source"
)

const runtimeImage = `C:\extracted\update\update.exe`

func installFrom(image string, tree *source.Tree) func(host.Host) error {
	return func(h host.Host) error {
		_, err := installer.Install(t0(), installer.Request{Host: h, Package: tree, Options: cmdline.Options{Quiet: true}, Image: image, Version: "7.0.0.0", Start: testNow})
		return err
	}
}

// armedRuns are a removal from the middle of three updates and an installation below newer ones, with the program on the
// machine, so that the next start would recover.
func armedRuns(t *testing.T) []crashRun {
	dll := func(v, text string) []byte { return samplepe1(t, v, "srv03_sp2_gdr", text) }
	one := func(kb, version, level string) pkg {
		f := map[string][]byte{"a.dll": dll(version, kb)}
		return pkg{kb: kb, gdr: f, qfe: f, addReg: `HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,` + level}
	}
	m := newMachine(t, map[string][]byte{sys + "a.dll": dll("5.2.3790.100", "old"), runtimeImage: []byte("the program")})
	mustRun(t)(m.install(one("KB900001", "5.2.3790.200", "1").tree(t)))
	mustRun(t)(m.install(one("KB900002", "5.2.3790.400", "2").tree(t)))
	record := func(name string, run func(host.Host) error) crashRun {
		c := crashRun{name: name, image: filepath.Join(t.TempDir(), "kept"), before: m.snapshot(), run: run}
		if err := m.h.Close(); err != nil {
			t.Fatal(err)
		}
		copyTree(t, m.dir, c.image)
		var err error
		if m.h, err = options().Open(m.dir); err != nil {
			t.Fatal(err)
		}
		if err := run(m.h); err != nil {
			t.Fatal(err)
		}
		c.after = m.snapshot()
		return c
	}
	install := record("install below a newer update, with recovery at boot", installFrom(runtimeImage, one("KB900003", "5.2.3790.300", "3").tree(t)))
	remove := record("remove from the middle, with recovery at boot", func(h host.Host) error {
		_, err := installer.Remove(t0(), installer.Request{Host: h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900002$`, Image: runtimeImage, UI: yes{}, Start: testNow})
		return err
	})
	return []crashRun{install, remove}
}

// The power goes in the middle of an installation, and the package is gone with it. The next start of the machine finds a
// service that settles it.
func TestRecoveryAtBoot(t *testing.T) {
	p, files := standard(t)
	files[runtimeImage] = []byte("the program")
	m := newMachine(t, files)
	before := m.snapshot()
	h := faulthost.New(m.h)
	cut := false
	h.CutPower(func(c faulthost.Call) bool {
		cut = cut || c.Method == "WriteFile" && strings.HasSuffix(c.Object, `system32\a.dll`)
		return cut
	}, faulthost.After)
	if err := installFrom(runtimeImage, p.tree(t))(h); err == nil || !h.Dead() {
		t.Fatal("the power was not cut")
	}
	m = m.reboot()
	const service = `SYSTEM\CurrentControlSet\Services\UpdateRecovery`
	if v, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: service}, "ImagePath"); err != nil {
		t.Errorf("no service: %v", err)
	} else if text, _ := v.Text(); text != `"%SystemRoot%\$UpdateJournal$\recover.exe"` {
		t.Errorf("the service is %q", text)
	}
	if string(m.read(`C:\WINDOWS\$UpdateJournal$\recover.exe`)) != "the program" {
		t.Error("the program is not there")
	}
	if err := installer.RecoverAtBoot(t0(), installer.Request{Host: m.h, Start: testNow}); err != nil {
		t.Fatal(err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
	if log := string(m.read(`C:\WINDOWS\update.log`)); !strings.Contains(log, "install of KB900001 was interrupted at step") {
		t.Errorf("log:\n%s", log)
	}
}

// The service's own program is in use while it cleans up: it goes at the next start, and nothing else of it stays.
func TestRecoveryProgramInUse(t *testing.T) {
	p, files := standard(t)
	files[runtimeImage] = []byte("the program")
	m := newMachine(t, files)
	before := m.snapshot()
	h := faulthost.New(m.h)
	h.CutPower(func(c faulthost.Call) bool {
		return strings.HasSuffix(c.Object, `system32\a.dll`) && c.Method == "WriteFile"
	}, faulthost.After)
	_ = installFrom(runtimeImage, p.tree(t))(h)
	m = m.reboot()
	if _, err := m.h.HoldOpen(`C:\WINDOWS\$UpdateJournal$\recover.exe`, imagehost.HoldMapped); err != nil {
		t.Fatal(err)
	}
	if err := installer.RecoverAtBoot(t0(), installer.Request{Host: m.h, Start: testNow}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}
