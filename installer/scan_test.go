package installer_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/source"
)

const scanLog = `C:\WINDOWS\Logs\KBForge\CheckUpdates.log`

func (m *machine) scan(repair bool, tree *source.Tree) installer.Report {
	m.t.Helper()
	req := request(m.t, m.h, tree, "/quiet")
	rep, err := installer.Scan(context.Background(), req, repair)
	if err != nil {
		m.t.Fatal(err)
	}
	return rep
}

func problems(rep installer.Report) string {
	var list []string
	for _, u := range rep.Updates {
		list = append(list, u.Problems...)
	}
	return strings.Join(list, "\n")
}

// Each kind of damage is found, logged below %SystemRoot%\Logs, and put right from the package.
func TestScanFindsAndRepairs(t *testing.T) {
	arp := host.Key{Root: host.HKLM, Path: register.UninstallRoot + `\KB900001`}
	hotfix := host.Key{Root: host.HKLM, Path: register.HotfixRoot + `\KB900001`}
	const key = `SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001`
	remove := func(path string) func(*machine) error { return func(m *machine) error { return m.h.Remove(path) } }
	for _, tt := range []struct {
		name   string
		damage func(*machine) error
		want   string
		stays  bool // the originals of a backup cannot come back
	}{
		{"changed file", func(m *machine) error { m.write(sys+"a.dll", samplepe1(t, "5.2.3790.200", "", "virus")); return nil }, `a.dll is changed`, false},
		{"older file", func(m *machine) error {
			m.write(sys+"a.dll", samplepe1(t, "5.2.3790.100", "", "repair CD"))
			return nil
		}, `a.dll is older`, false},
		{"missing file", remove(sys + "new.dll"), `new.dll is missing`, false},
		{"missing file that is only replaced", remove(sys + "a.dll"), `a.dll is missing`, false},
		{"catalog gone", func(m *machine) error { return m.h.RemoveCatalog("KB900001.cat") }, "the catalog KB900001.cat is missing", false},
		{"catalog damaged", func(m *machine) error { m.write(m.h.CatalogPath("KB900001.cat"), []byte("x")); return nil }, "the catalog KB900001.cat is damaged", false},
		{"registration", func(m *machine) error { return m.h.DeleteValue(arp, "DisplayName") }, "the registry lacks DisplayName", false},
		{"hotfix key", func(m *machine) error { return m.h.DeleteValue(hotfix, "Installed") }, "the registry lacks Installed", false},
		{"description", func(m *machine) error { return m.h.DeleteValue(host.Key{Root: host.HKLM, Path: key}, "Description") }, "the registry lacks Description", false},
		{"removal program", remove(`C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.exe`), `spuninst.exe is missing`, false},
		{"backup", remove(`C:\WINDOWS\$NtUninstallKB900001$\a.dll`), `a.dll is missing: the update cannot be removed`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, files := standard(t)
			m := newMachine(t, files)
			mustRun(t)(m.install(p.tree(t)))
			if rep := m.scan(false, nil); !rep.Intact() || len(rep.Updates) != 1 {
				t.Fatalf("not intact after the installation: %s", problems(rep))
			}
			if err := tt.damage(m); err != nil {
				t.Fatal(err)
			}
			before := m.snapshot()
			rep := m.scan(false, nil)
			if !strings.Contains(problems(rep), tt.want) {
				t.Fatalf("%q is not found: %s", tt.want, problems(rep))
			}
			if d := diffLines(before, m.snapshot()); d != "" {
				t.Errorf("looking changed the machine:\n%s", d)
			}
			if log := string(m.read(scanLog)); !strings.Contains(log, tt.want) || !strings.HasPrefix(log, "[CheckUpdates.log]\r\n") || rep.LogPath != scanLog {
				t.Errorf("the log does not tell:\n%s", log)
			}
			rep = m.scan(true, p.tree(t))
			if rep.Intact() == tt.stays || len(rep.Repaired) == 0 != tt.stays && !tt.stays {
				t.Fatalf("after the repair: %s; repaired %q", problems(rep), rep.Repaired)
			}
			if !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) || !bytes.Equal(m.read(sys+"new.dll"), p.gdr["new.dll"]) {
				t.Error("the files are not the update's")
			}
			if tt.stays {
				return
			}
			mustRun(t)(m.remove("KB900001")) // and it can still be removed
			if got := m.read(sys + "a.dll"); !bytes.Equal(got, files[sys+"a.dll"]) {
				t.Error("removal does not restore the original")
			}
		})
	}
}

// Without the package a file comes back from the cache; what no copy has stays a finding.
func TestRepairFromTheMachine(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	m.write(`C:\WINDOWS\system32\dllcache\a.dll`, p.gdr["a.dll"])
	m.write(`C:\WINDOWS\system32\dllcache\new.dll`, []byte("another file of that name"))
	for _, f := range []string{"a.dll", "new.dll"} {
		m.write(sys+f, []byte("damaged"))
	}
	rep := m.scan(true, nil)
	if len(rep.Repaired) != 1 || !strings.Contains(rep.Repaired[0], `dllcache\a.dll`) || !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) {
		t.Errorf("repaired %q", rep.Repaired)
	}
	if got := problems(rep); strings.Contains(got, "a.dll is") || !strings.Contains(got, "new.dll is changed") || rep.Intact() {
		t.Errorf("problems: %s", got)
	}
	if log := string(m.read(scanLog)); !strings.Contains(log, `new.dll cannot be restored`) {
		t.Errorf("the log does not tell what stays:\n%s", log)
	}
}

// Two updates of one file: what the newer one recorded counts.
func TestRepairTakesTheNewestOwner(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	first := p.tree(t)
	mustRun(t)(m.install(first))
	q := p
	q.kb = "KB900002"
	newer := samplepe1(t, "5.2.3790.300", "srv03_sp2_gdr", "second")
	q.gdr = map[string][]byte{"a.dll": newer, "new.dll": p.gdr["new.dll"], "absent.dll": p.gdr["absent.dll"]}
	second := q.tree(t)
	mustRun(t)(m.install(second))
	m.write(sys+"a.dll", []byte("damaged"))
	m.scan(true, first)
	if got := m.read(sys + "a.dll"); bytes.Equal(got, p.gdr["a.dll"]) {
		t.Fatal("the older update's file came back")
	}
	if rep := m.scan(true, second); !rep.Intact() || !bytes.Equal(m.read(sys+"a.dll"), newer) {
		t.Errorf("%s", problems(rep))
	}
}

// The signature of an installed catalog is judged; a bad one is a finding.
func TestScanJudgesSignatures(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(signedTree(t, p, true, false)))
	for state, intact := range map[catalog.State]bool{catalog.Trusted: true, catalog.Untrusted: true, catalog.Bad: false} {
		req := request(t, m.h, nil, "/quiet")
		req.Verify = func(f catalog.File) (catalog.Trust, error) { return catalog.Trust{State: state, Reason: "so"}, nil }
		rep, err := installer.Scan(context.Background(), req, false)
		if err != nil || rep.Intact() != intact {
			t.Errorf("%v: intact %v, %v: %s", state, rep.Intact(), err, problems(rep))
		}
	}
}

// A repair that fails leaves each file as it was, whole or damaged, never half.
func TestRepairFailures(t *testing.T) {
	for n := 1; ; n++ {
		p, files := standard(t)
		m := newMachine(t, files)
		tree := p.tree(t)
		mustRun(t)(m.install(tree))
		m.write(sys+"a.dll", []byte("damaged"))
		f := faulthost.New(m.h)
		f.Fail(faulthost.Effect(n), faulthost.Before, host.ErrDiskFull, 1)
		_, err := installer.Scan(context.Background(), request(t, f, tree, "/quiet"), true)
		if got := m.read(sys + "a.dll"); !bytes.Equal(got, []byte("damaged")) && !bytes.Equal(got, p.gdr["a.dll"]) {
			t.Fatalf("effect %d: %q", n, got)
		}
		if n > f.Effects() {
			if err != nil || n < 8 {
				t.Fatalf("%d effects, %v", f.Effects(), err)
			}
			return
		}
		if rep := m.scan(true, tree); !rep.Intact() { // the next repair succeeds
			t.Fatalf("effect %d: %s", n, problems(rep))
		}
	}
}
