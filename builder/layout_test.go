package builder

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// buildFile builds the package of a manifest.
func buildFile(t *testing.T, path string) (*Plan, string) {
	t.Helper()
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return buildPlan(t, planOf(t, m))
}

func buildPlan(t *testing.T, p *Plan) (*Plan, string) {
	t.Helper()
	res, err := Build(context.Background(), p, Options{OutDir: t.TempDir(), Stubs: sampleStubs})
	if err != nil {
		t.Fatal(err)
	}
	return p, res.Package
}

const (
	readerDir = `C:\Program Files\Contoso Reader\`
	readerKey = `SOFTWARE\Contoso\Reader`
)

// TestLayouts: each layout builds, other people's tools open it, it installs, and removal leaves the machine as it was.
func TestLayouts(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string // in the package
		check func(m testMachine)
	}{
		{"standard", []string{"spuninst.exe", "reader.dll", "update/update.inf", "update/update.exe"}, func(m testMachine) {
			m.fileIs(readerDir+"reader.dll", "5.1.0.200")
		}},
		{"multi-branch", []string{"RTMGDR/reader.dll", "RTMQFE/reader.dll", "update/updatebr.inf", "update/branches.inf", "update/update_rtmgdr.inf"}, func(m testMachine) {
			m.fileIs(readerDir+"reader.dll", "5.1.0.200")
			m.fileIs(`C:\Windows\$hf_mig$\KB123456\RTMQFE\reader.dll`, "5.1.0.201")
		}},
		{"dual-mode", []string{"xpsp1hfm.exe", "common/update.exe", "common/update.ver", "common/eula.txt", "SP1/update/update.inf", "SP1/update/update.ver",
			"SP1/update/KB123456.cat", "SP1/reader.dll", "SP2/update/update.inf", "SP2/reader.dll"}, func(m testMachine) {
			m.fileIs(readerDir+"reader.dll", "5.1.0.200")
			m.fileIs(`C:\Windows\$xpsp1hfm$\KB123456\sp2\reader.dll`, "5.1.1.200")
		}},
		{"service-pack", []string{"amd64/update/update.exe", "amd64/update/update.inf", "amd64/spuninst.exe", "amd64/reader.dll"}, func(m testMachine) {
			m.fileIs(readerDir+"reader.dll", "5.2.0.1000")
			m.fileIs(`C:\Windows\ServicePackFiles\amd64\reader.dll`, "5.2.0.1000")
		}},
		{"registry-only", []string{"spuninst.exe", "update/update.exe", "update/update.inf"}, func(m testMachine) {
			if got := m.text(readerKey+`\Security`, "BlockRemoteContent"); got != "1" {
				m.t.Errorf("BlockRemoteContent is %q", got)
			}
			if got := m.text(readerKey, "MacroLevel"); got != "" {
				m.t.Errorf("MacroLevel is %q; it is changed only where it is there", got)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			mf := starter(t, c.name)
			_, pkg := buildPlan(t, planOf(t, mf))
			out, err := exec.Command(need.Tool(t, "7zz", "7z"), "l", "-ba", "-slt", pkg).CombinedOutput()
			if err != nil {
				t.Fatalf("7z: %v\n%s", err, out)
			}
			for _, f := range c.files {
				if !strings.Contains(strings.ReplaceAll(string(out), `\`, "/"), "Path = "+f+"\n") {
					t.Errorf("7z does not list %s", f)
				}
			}
			if out, err := exec.Command(need.Tool(t, "7zz", "7z"), "t", pkg).CombinedOutput(); err != nil {
				t.Errorf("7z t: %v\n%s", err, out)
			}
			if v, err := Verify(context.Background(), pkg, VerifyOptions{At: testTime()}); err != nil || !v.OK() || v.KB != "KB123456" || slices.Contains(v.Notes, `there is no catalog`) {
				t.Errorf("verify: %+v, %v", v, err)
			}
			m := newTestMachine(t, "win10-x64")
			if installed := filepath.Join(mf.Dir, "installed", "reader.dll"); exists(installed) {
				m.put(readerDir+"reader.dll", installed)
			}
			before := m.snapshot()
			m.mustInstall(pkg)
			c.check(m)
			m.status("KB123456")
			m.mustInstall(pkg) // once more: nothing is lost
			c.check(m)
			m.mustRemove("KB123456")
			m.same(before)
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// fileIs compares the version of a file.
func (m testMachine) fileIs(path, version string) {
	m.t.Helper()
	b := m.read(path)
	info, err := pefile.Read(strings.NewReader(b), int64(len(b)))
	if err != nil || info.Version == nil || info.Version.File.String() != version {
		m.t.Errorf("%s: %+v, %v; want version %s", path, info, err, version)
	}
}

const levels = head + `layout = "dual-mode"
arch = "x86"
[[file]]
source = "{branch}/a.dll"
to = "system32"
when = "always"
[[file]]
source = { SP2 = "sp2/only.dll" }
to = "system32"
when = "always"
[[branch]]
name = "SP1"
[[branch]]
name = "sp2"
[[branch]]
name = "SP3"
`

func levelFiles() map[string]samplepe.Spec {
	files := map[string]samplepe.Spec{}
	for i, n := range []string{"sp1/a.dll", "sp2/a.dll", "sp2/only.dll", "sp3/a.dll"} {
		files[n] = samplepe.Spec{Arch: "x86", DLL: true, Version: pefile.Version{1, 0, 0, uint16(i + 1)}}
	}
	return files
}

// TestDualMode: the installed service pack decides which folder is installed, the updates for later ones are kept, and what is
// kept installs by itself after the service pack.
func TestDualMode(t *testing.T) {
	_, pkg := buildFile(t, writeFiles(t, levels, levelFiles()))
	const cache = `C:\WINDOWS\$xpsp1hfm$\KB1\`
	for _, c := range []struct {
		machine string
		version string // of a.dll
		key     string
		only    bool
		cached  []string
		missing []string
	}{
		{"winxp", "1.0.0.1", `SOFTWARE\Microsoft\Updates\P\SP1\KB1`, false, []string{"xpsp1hfm.exe", `common\update.exe`, `sp2\a.dll`, `sp3\update\update.inf`}, []string{"sp1"}},
		{"winxp-sp1", "1.0.0.2", `SOFTWARE\Microsoft\Updates\P\SP2\KB1`, true, []string{`common\update.ver`, `sp3\a.dll`}, []string{"sp1", "sp2"}},
		{"winxp-sp2", "1.0.0.4", `SOFTWARE\Microsoft\Updates\P\SP3\KB1`, false, nil, []string{"xpsp1hfm.exe"}},
	} {
		t.Run(c.machine, func(t *testing.T) {
			m := newTestMachine(t, c.machine)
			before := m.snapshot()
			m.mustInstall(pkg)
			m.fileIs(`C:\WINDOWS\system32\a.dll`, c.version)
			if m.text(c.key, "Description") == "" {
				t.Errorf("%s is not written", c.key)
			}
			if _, err := m.h.Stat(`C:\WINDOWS\system32\only.dll`); (err == nil) != c.only {
				t.Errorf("only.dll: %v, want it: %v", err, c.only)
			}
			for _, f := range c.cached {
				if _, err := m.h.Stat(cache + f); err != nil {
					t.Error(err)
				}
			}
			for _, f := range c.missing {
				if _, err := m.h.Stat(cache + f); err == nil {
					t.Errorf("%s is kept", f)
				}
			}
			log := m.read(`C:\WINDOWS\xpsp1hfm.log`)
			if strings.Contains(log, `Cached C:\WINDOWS\$xpsp1hfm$\KB1\`) != (c.cached != nil) || !strings.HasPrefix(log, "[xpsp1hfm.log]") {
				t.Errorf("xpsp1hfm.log:\n%s", log)
			}
			m.mustRemove("KB1")
			m.same(before)
		})
	}
	for machine, want := range map[string]uint32{"winxp-sp3": status.SPVersionGreater2, "win2000-sp4": status.SPVersionGreater2} {
		m := newTestMachine(t, machine)
		before := m.snapshot()
		if _, err := m.install(pkg); status.Code(err) != want {
			t.Errorf("%s: %v, want code %d", machine, err, want)
		}
		m.same(before)
	}
}

// TestDualModeLater: a package for later service packs only is refused before them, and a damaged common\ at once.
func TestDualModeLater(t *testing.T) {
	text := strings.Replace(levels, "[[branch]]\nname = \"SP1\"\n", "", 1)
	p, pkg := buildFile(t, writeFiles(t, text, levelFiles()))
	m := newTestMachine(t, "winxp")
	if _, err := m.install(pkg); status.Code(err) != status.SPVersionLesser {
		t.Errorf("a machine without service pack: %v", err)
	}
	tree, err := NewTree(context.Background(), p, Executables{Runtime: []byte("runtime"), Messages: []byte("messages")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	if err := tree.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	m = newTestMachine(t, "winxp-sp1")
	for _, change := range []struct {
		file, text string
		code       uint32
	}{{"common/spmsg.dll", "other", status.InvalidVerFile}, {"common/update.ver", "[SourceFileInfo]\r\nx\r\n", status.InvalidVerFile}, {"SP2/a.dll", "", status.InvalidVerFile}} {
		path := filepath.Join(dir, filepath.FromSlash(change.file))
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(change.text), 0o666); err != nil {
			t.Fatal(err)
		}
		before := m.snapshot()
		if err := m.installDir(dir); status.Code(err) != change.code {
			t.Errorf("%s changed: %v, want code %d", change.file, err, change.code)
		}
		m.same(before)
		if err := os.WriteFile(path, old, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.installDir(dir); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}

// TestServicePack: the entries of the updates that a pack contains go, and come back with its removal.
func TestServicePack(t *testing.T) {
	v := pefile.Version{1, 0, 0, 1}
	var packages []string
	for i, toml := range []string{
		"kb = 11\nkind = \"security-update\"\nservice-pack = 2\narch = \"x86\"\n",
		"kb = 12\narch = \"x86\"\n",
		"kb = 99\nkind = \"service-pack\"\nservice-pack = 2\ncontains = [11, \"KB12\"]\narch = \"x86\"\n",
	} {
		spec := samplepe.Spec{Arch: "x86", DLL: true, Version: v, Blob: []byte(fmt.Sprint(i))}
		spec.Version[3] += uint16(i)
		_, pkg := buildFile(t, writeFiles(t, "[package]\nproduct = \"P\"\npublisher = \"Q\"\n"+toml+`
[[file]]
source = "a.dll"
to = "system32"
when = "always"
[[registry]]
key = 'HKLM\SOFTWARE\P'
name = "Level"
value = `+fmt.Sprint(i+1), map[string]samplepe.Spec{"a.dll": spec}))
		packages = append(packages, pkg)
	}
	if want := "P-KB99-SP2-x86.exe"; filepath.Base(packages[2]) != want {
		t.Errorf("the package is %s, want %s", packages[2], want)
	}
	m := newTestMachine(t, "winxp-sp1")
	for _, pkg := range packages[:2] {
		m.mustInstall(pkg)
	}
	updated := m.snapshot()
	m.mustInstall(packages[2])
	for _, key := range []string{`Microsoft\Updates\P\SP2\KB11`, `Microsoft\Updates\P\KB12`, `Microsoft\Windows\CurrentVersion\Uninstall\KB11`,
		`Microsoft\Windows\CurrentVersion\Uninstall\KB12`, `Microsoft\Windows NT\CurrentVersion\Hotfix\KB11`} {
		if ok, _ := m.keyExists(`SOFTWARE\` + key); ok {
			t.Errorf("%s is still there", key)
		}
	}
	const key = `SOFTWARE\Microsoft\Updates\P\SP2\KB99`
	for name, want := range map[string]string{"Description": "P Service Pack 2", "ReleaseType": "Service Pack"} {
		if got := m.text(key, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if ok, _ := m.keyExists(key + `\Filelist`); ok {
		t.Error("a service pack has a file list")
	}
	if got := m.text(`SOFTWARE\Microsoft\Windows\CurrentVersion\Setup`, "ServicePackSourcePath"); got != `C:\WINDOWS\ServicePackFiles` {
		t.Errorf("ServicePackSourcePath is %q", got)
	}
	m.fileIs(`C:\WINDOWS\ServicePackFiles\i386\a.dll`, "1.0.0.3")
	if _, err := m.h.Stat(`C:\WINDOWS\$NtServicePackUninstall$\spuninst\spuninst.inf`); err != nil {
		t.Error(err)
	}
	if log := m.read(`C:\WINDOWS\svcpack.log`); !strings.Contains(log, "Service Pack started with following command line:") {
		t.Errorf("svcpack.log:\n%s", log)
	}
	m.mustRemove("KB99")
	m.same(updated)
	if log := m.read(`C:\WINDOWS\spuninst.log`); !strings.Contains(log, "KB99") {
		t.Errorf("spuninst.log:\n%s", log)
	}
	m.status("KB11")
	m.status("KB12")
}

const hierarchy = head + `layout = "multi-branch"
arch = "x86"
hierarchy-version = "2.0.0.1"
[[branch]]
name = "LTS"
display-name = "Long term"
default-for = [0, 2]
[[branch]]
name = "Beta"
hierarchy-only = true
[[branch]]
name = "Current"
[[branch]]
name = "PRIVATE"
[[file]]
source = "{branch}/a.dll"
to = "system32"
when = "always"
`

// TestHierarchy: branches of the author's own. The default follows the service pack, a file of a more cumulative branch on the
// machine moves the whole package there, known by its record or by its version text, and what is above is kept.
func TestHierarchy(t *testing.T) {
	spec := func(n uint16, text string) samplepe.Spec {
		return samplepe.Spec{Arch: "x86", DLL: true, Version: pefile.Version{1, 0, 0, n}, FileVersionText: text}
	}
	files := func(n uint16) map[string]samplepe.Spec {
		return map[string]samplepe.Spec{"lts/a.dll": spec(n, ""), "current/a.dll": spec(n+1, ""), "private/a.dll": spec(n+2, "")}
	}
	p, first := buildFile(t, writeFiles(t, hierarchy, files(10)))
	if p.Warnings != nil {
		t.Errorf("warnings: %v", p.Warnings)
	}
	_, second := buildFile(t, writeFiles(t, strings.Replace(hierarchy, "kb = 1", "kb = 2", 1), files(20)))
	beta := filepath.Join(filepath.Dir(writeFiles(t, head, map[string]samplepe.Spec{"a.dll": spec(5, "1.0.0.5 (beta.260102-0304)")})), "a.dll")
	const target = `C:\WINDOWS\system32\a.dll`
	for _, c := range []struct {
		name, machine, there string
		args                 []string
		branch, version      string
		kept                 string
	}{
		{"nothing there", "winxp", "", nil, "LTS", "1.0.0.10", `PRIVATE\a.dll`},
		{"a later service pack", "winxp-sp3", "", nil, "LTS", "1.0.0.10", `CURRENT\a.dll`},
		{"by the version text", "winxp-sp2", beta, nil, "CURRENT", "1.0.0.11", `PRIVATE\a.dll`},
		{"asked for", "winxp", "", []string{"/b:PRIVATE"}, "PRIVATE", "1.0.0.12", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newTestMachine(t, c.machine)
			if c.there != "" {
				m.put(target, c.there)
			}
			before := m.snapshot()
			if res := m.mustInstall(first, c.args...); res.Branch != c.branch {
				t.Errorf("branch %s, want %s", res.Branch, c.branch)
			}
			m.fileIs(target, c.version)
			if c.kept != "" {
				m.read(`C:\WINDOWS\$hf_mig$\KB1\` + c.kept)
			}
			if res := m.mustInstall(second); res.Branch != c.branch {
				t.Errorf("the next update chooses %s, want %s by the record of the first", res.Branch, c.branch)
			}
			m.mustRemove("KB2")
			m.fileIs(target, c.version)
			m.mustRemove("KB1")
			m.same(before)
		})
	}
}

// TestDualModeAfterPack: a service pack brings the kept update for its level along, and takes it away again when it is removed.
func TestDualModeAfterPack(t *testing.T) {
	_, update := buildFile(t, writeFiles(t, levels, levelFiles()))
	_, pack := buildFile(t, writeFiles(t, strings.Replace(head, "kb = 1", "kb = 9", 1)+`kind = "service-pack"
service-pack = 1
arch = "x86"
[target]
this-service-pack = 1
[[file]]
source = "a.dll"
to = "system32"
when = "always"
[[registry]]
key = 'HKLM\SYSTEM\CurrentControlSet\Control\Windows'
name = "CSDVersion"
value = 256
`, map[string]samplepe.Spec{"a.dll": {Arch: "x86", DLL: true, Version: pefile.Version{1, 0, 0, 1}, Blob: []byte("pack")}}))
	m := newTestMachine(t, "winxp")
	m.mustInstall(update)
	m.fileIs(`C:\WINDOWS\system32\a.dll`, "1.0.0.1")
	before := m.snapshot()
	m.mustInstall(pack)
	m.fileIs(`C:\WINDOWS\system32\a.dll`, "1.0.0.2") // SP2\a.dll of the update
	m.fileIs(`C:\WINDOWS\system32\only.dll`, "1.0.0.3")
	if m.text(`SOFTWARE\Microsoft\Updates\P\SP2\KB1`, "Description") == "" {
		t.Error("the update is not registered for the next service pack")
	}
	if log := m.read(`C:\WINDOWS\svcpack.log`); !strings.Contains(log, "KB1 was migrated") {
		t.Errorf("svcpack.log:\n%s", log)
	}
	m.mustRemove("KB9")
	m.same(before)
	m.mustRemove("KB1")
}
