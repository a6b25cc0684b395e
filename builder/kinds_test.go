package builder

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// TestKinds: what kind of update it is shows in the file name, the version resource, the INF, the registry of the machine, the
// logs and the events, wherever someone may look for it.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind, extra               string
		file, title, release      string
		installation, log, backup string
		event                     string
	}{
		{"hotfix", "", "P-KB1-x86.exe", "Hotfix for P (KB1)", "Hotfix", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"security-update", "", "P-KB1-x86.exe", "Security Update for P (KB1)", "Security Update", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"critical-update", "revision = 2\n", "P-KB1-v2-x86.exe", "Critical Update for P (KB1)", "Critical Update", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"update", "", "P-KB1-x86.exe", "Update for P (KB1)", "Update", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"update-rollup", "language = \"ENU\"\n", "P-KB1-x86-ENU.exe", "Update Rollup for P (KB1)", "Update Rollup", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"feature-pack", "", "P-KB1-x86.exe", "Feature Pack for P (KB1)", "Feature Pack", "Hotfix", "KB1.log", "$NtUninstallKB1$", "4377"},
		{"service-pack", "service-pack = 3\n", "P-KB1-SP3-x86.exe", "P Service Pack 3", "Service Pack", "ServicePack", "svcpack.log", "$NtServicePackUninstall$", "4371"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			p, pkg := buildFile(t, writeFiles(t, head+"arch = \"x86\"\nversion = \"2.0.0.7\"\nkind = \""+c.kind+"\"\n"+c.extra+`
[[file]]
source = "a.dll"
to = "system32"
when = "always"
`, map[string]samplepe.Spec{"a.dll": {Arch: "x86", DLL: true, Version: pefile.Version{1, 0, 0, 1}}}))
			if got := filepath.Base(pkg); got != c.file {
				t.Errorf("the package is %s, want %s", got, c.file)
			}
			info, err := readImage(pkg)
			if err != nil || info.Version == nil {
				t.Fatal(info, err)
			}
			for name, want := range map[string]string{"Package Type": strings.ToLower(c.release), "KB Article Number": "1", "Package Version": "2.0.0.7", "FileVersion": "2.0.0.7"} {
				if got := info.Version.Lookup(name); got != want {
					t.Errorf("version resource: %s is %q, want %q", name, got, want)
				}
			}
			text, err := p.infText(p.Manifest.Branches[0])
			if err != nil {
				t.Fatal(err)
			}
			f, err := inf.Parse("update.inf", text)
			if err != nil {
				t.Fatal(err)
			}
			u, err := updateinf.Parse(f, updateinf.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if u.Config.InstallationType != c.installation || u.Config.InstallLogFileName != c.log || u.Config.UnInstallDirName != c.backup || u.Strings.Title() != c.title {
				t.Errorf("INF: %+v, %q", u.Config, u.Strings.Title())
			}
			m := newTestMachine(t, "winxp-sp2")
			before := m.snapshot()
			m.mustInstall(pkg)
			key := `SOFTWARE\Microsoft\Updates\P\KB1`
			if c.installation == "ServicePack" {
				key = `SOFTWARE\Microsoft\Updates\P\SP3\KB1`
			}
			const arp = `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB1`
			for _, want := range [][3]string{{key, "Description", c.title}, {key, "ReleaseType", c.release}, {key, "PackageVersion", "2.0.0.7"},
				{arp, "DisplayName", c.title}, {arp, "ReleaseType", c.release}, {arp, "DisplayVersion", "2.0.0.7"}, {arp, "RegistryLocation", `HKLM\` + key},
				{`SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\KB1`, "Backup Dir", `C:\WINDOWS\` + c.backup}} {
				if got := m.text(want[0], want[1]); got != want[2] {
					t.Errorf("%s of %s is %q, want %q", want[1], want[0], got, want[2])
				}
			}
			if log := m.read(`C:\WINDOWS\` + c.log); !strings.HasPrefix(log, "["+c.log+"]") {
				t.Errorf("log %q", log)
			}
			if e := m.events(); !strings.Contains(e, c.event) || !strings.Contains(e, c.title+" was installed") {
				t.Errorf("no event %s in %s", c.event, e)
			}
			m.mustRemove("KB1")
			m.same(before)
		})
	}
}
