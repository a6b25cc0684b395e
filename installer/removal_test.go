package installer_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// no is a person who declines everything.
type no struct{ yes }

func (no) Ask(context.Context, ui.Question) ui.Answer { return ui.No }

// KB 329260: with the backup gone the entry stays, and a person may have it dropped.
func TestBackupDirectoryGone(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	deleteTree(t, m, `C:\WINDOWS\$NtUninstallKB900001$`)
	before := m.snapshot()
	if _, err := m.remove("KB900001"); status.Code(err) != status.NoUninstallAvailable {
		t.Errorf("unattended: %v, want 61560", err)
	}
	attended := func(u ui.UI) error {
		_, err := installer.Remove(t0(), installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900001$`, UI: u, Start: testNow})
		return err
	}
	if err := attended(no{}); status.Code(err) != status.UserCancelled {
		t.Errorf("declined: %v, want 61453", err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("a refused removal changed:\n%s", d)
	}
	if err := attended(yes{}); err != nil {
		t.Fatal(err)
	}
	if list, err := register.List(m.h); err != nil || len(list) != 0 {
		t.Errorf("still registered: %v, %v", list, err)
	}
	if !bytes.Equal(m.read(sys+"a.dll"), p.gdr["a.dll"]) {
		t.Error("the files must stay")
	}
}

func deleteTree(t *testing.T, m *machine, dir string) {
	t.Helper()
	list, err := m.h.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if e.IsDir() {
			deleteTree(t, m, dir+`\`+e.Name)
		} else if err := m.h.Remove(dir + `\` + e.Name); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.h.Remove(dir); err != nil {
		t.Fatal(err)
	}
}

// A backup that lacks files: all are named, nothing is changed; installing again makes the update whole, and its removal
// brings back what is left of the originals.
func TestPartialBackup(t *testing.T) {
	p, files := standard(t)
	p.gdr["b.dll"] = samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "b")
	p.qfe["b.dll"] = p.gdr["b.dll"]
	files[sys+"b.dll"] = samplepe1(t, "5.2.3790.100", "srv03_sp2_gdr", "old b")
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	for _, n := range []string{"a.dll", "b.dll"} {
		if err := m.h.Remove(`C:\WINDOWS\$NtUninstallKB900001$\` + n); err != nil {
			t.Fatal(err)
		}
	}
	before := m.snapshot()
	_, err := m.remove("KB900001")
	if status.Code(err) != status.NoUninstallAvailable || !strings.Contains(err.Error(), "a.dll, b.dll") {
		t.Errorf("%v, want 61560 naming both files", err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("a refused removal changed:\n%s", d)
	}
}

// White paper: "If a software update installation fails after files have started copying, the package installer will attempt to roll
// back". The log, the event and the code say so.
func TestFailureAfterCopyingRollsBack(t *testing.T) {
	p, files := standard(t)
	for name, tt := range map[string]struct {
		times int
		event string
		code  uint32
		text  []string
		same  bool
	}{
		"rolled back": {1, "4373", 112, []string{"Rolling back: ", "disk full (all changes were undone)", "Update.exe extended error code = 0x70"}, true},
		"not undone":  {-1, "4374", 112, []string{"Rolling back: ", "undoing it failed too and is tried again at the next start"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, files)
			before := m.snapshot()
			h := faulthost.New(m.h)
			begun := false
			h.Fail(func(c faulthost.Call) bool {
				begun = begun || c.Method == "SetValue" && strings.Contains(c.Object, "Widget")
				return begun && (c.Method == "SetValue" || c.Method == "Remove" || c.Method == "DeleteValue")
			}, faulthost.Before, host.ErrDiskFull, tt.times)
			err := installFrom("", p.tree(t))(h)
			if status.Code(err) != tt.code {
				t.Errorf("%v: code %d, want %d", err, status.Code(err), tt.code)
			}
			log := string(m.read(`C:\WINDOWS\KB900001.log`))
			for _, want := range tt.text {
				if !strings.Contains(log, want) {
					t.Errorf("the log lacks %q:\n%s", want, log)
				}
			}
			events, ferr := os.ReadFile(filepath.Join(m.dir, "eventlog.txt"))
			if ferr != nil || !strings.Contains(string(events), tt.event) {
				t.Errorf("no event %s: %s, %v", tt.event, events, ferr)
			}
			if !tt.same {
				if _, err := installer.Recover(m.h); err != nil {
					t.Error(err)
				}
			}
			if d := diffLines(before, m.snapshot()); d != "" {
				t.Errorf("the machine differs:\n%s", d)
			}
		})
	}
}

// Each row of white paper tables 1 to 4, as the table's name and what this installation must write; table 5 is
// TestRestartFlags.
func TestRegistryTables(t *testing.T) {
	p, files := standard(t)
	p.strings = `COMMENT="Fixes the widget"` + "\r\n" + `HELPLINK = http://support.example.com/?kbid=900001` + "\r\n" +
		`URLInfoAbout="http://example.com"` + "\r\n" + `Publishing_Group_Name="Widgets"` + "\r\n"
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	const updates, arp = `SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001`, `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900001`
	const hotfix, spun = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\KB900001`, `"C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.exe"`
	text := regplan.String
	for _, row := range []struct {
		table     int
		key, name string
		want      host.Value
	}{
		{1, updates, "PackageName", text("Security Update (KB900001)")}, {1, updates, "Description", text("Security Update (KB900001)")},
		{1, updates, "PackageVersion", text("20260309.093000")}, {1, updates, "Publisher", text("Contoso")},
		{1, updates, "PublishingGroup", text("Widgets")}, {1, updates, "ReleaseType", text("Security Update")},
		{1, updates, "ARPLink", text(`HKEY_LOCAL_MACHINE\` + arp)}, {1, updates, "InstalledBy", text(`CONTOSO\admin`)},
		{1, updates, "InstalledDate", text("3/9/2026")}, {1, updates, "InstallerName", text("Update.exe")},
		{1, updates, "InstallerVersion", text("7.0.0.0")}, {1, updates, "UninstallCommand", text(spun)},
		{2, updates + `\Filelist\1`, "FileName", text("a.dll")}, {2, updates + `\Filelist\1`, "Version", text("5.2.3790.200")},
		{2, updates + `\Filelist\1`, "BuildDate", text("Sun Jan  1 00:00:00 2006")}, {2, updates + `\Filelist\1`, "Location", text(`C:\WINDOWS\system32`)},
		{3, arp, "Comments", text("Fixes the widget")}, {3, arp, "DisplayName", text("Security Update (KB900001)")},
		{3, arp, "DisplayVersion", text("20260309.093000")}, {3, arp, "HelpLink", text("http://support.example.com/?kbid=900001")},
		{3, arp, "NoModify", regplan.DWORD(1)}, {3, arp, "NoRepair", regplan.DWORD(1)}, {3, arp, "ParentKeyName", text("OperatingSystem")},
		{3, arp, "ParentDisplayName", text("Windows Server 2003 - Software Updates")}, {3, arp, "Publisher", text("Contoso")},
		{3, arp, "RegistryLocation", text(`HKLM\` + updates)}, {3, arp, "ReleaseType", text("Security Update")},
		{3, arp, "UninstallString", text(spun)}, {3, arp, "URLInfoAbout", text("http://example.com")},
		{4, hotfix, "Backup Dir", text(`C:\WINDOWS\$NtUninstallKB900001$`)}, {4, hotfix, "Comments", text("Security Update (KB900001)")},
		{4, hotfix, "Fix Description", text("Security Update (KB900001)")}, {4, hotfix, "Installed By", text("")},
		{4, hotfix, "Installed On", text("")}, {4, hotfix, "Service Pack", regplan.DWORD(3)},
	} {
		got, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: row.key}, row.name)
		if err != nil || got.Type != row.want.Type || !bytes.Equal(got.Data, row.want.Data) {
			t.Errorf("table %d, %s: %v, %v; want %v", row.table, row.name, got, err, row.want)
		}
	}
	if v, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: updates + `\Filelist\1`}, "BuildCheckSum"); err != nil || len(v.Data) < 4 {
		t.Errorf("table 2, BuildCheckSum: %v, %v", v, err)
	}
	// The rows whose value depends on /nobackup: no Remove button, an empty command ("this entry will be blank").
	if _, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: arp}, "NoRemove"); err == nil {
		t.Error("table 3, NoRemove: set although there is a backup")
	}
}

// An update of a program is a child of the program's own entry in Add or Remove Programs.
func TestParentProduct(t *testing.T) {
	p, files := standard(t)
	p.strings = `PARENT_KEY_NAME="Contoso Widget"` + "\r\n"
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	wantValue(t, m, `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB900001`, "ParentKeyName", regplan.String("Contoso Widget"))
}

// spuninst.txt has a line for each file that removal would restore or delete, with the paths of this machine.
func TestRecoveryConsoleScript(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	got := string(m.read(`C:\WINDOWS\$NtUninstallKB900001$\spuninst\spuninst.txt`))
	for _, want := range []string{"copy C:\\WINDOWS\\$NtUninstallKB900001$\\a.dll C:\\WINDOWS\\system32\\a.dll\r\n", "del C:\\WINDOWS\\system32\\new.dll\r\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("spuninst.txt lacks %q:\n%s", want, got)
		}
	}
	// An update on top takes over what the first one would restore, in the script too.
	second := pkg{kb: "KB900002", gdr: map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.300", "srv03_sp2_gdr", "later")}}
	second.qfe = second.gdr
	mustRun(t)(m.install(second.tree(t)))
	if _, err := installer.Remove(t0(), installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900001$`, UI: yes{}, Start: testNow}); err != nil {
		t.Fatal(err)
	}
	line := copySource(string(m.read(`C:\WINDOWS\$NtUninstallKB900002$\spuninst\spuninst.txt`)), `C:\WINDOWS\system32\a.dll`)
	if line == "" || !bytes.Equal(m.read(line), files[sys+"a.dll"]) {
		t.Errorf("the script of the second update does not copy the original (%q)", line)
	}
	if _, err := m.h.Stat(`C:\WINDOWS\$NtUninstallKB900001$`); err == nil || !strings.Contains(err.Error(), fs.ErrNotExist.Error()) {
		t.Errorf("the first directory: %v", err)
	}
}

// copySource is the source of the script's copy to target.
func copySource(script, target string) string {
	for _, l := range strings.Split(script, "\r\n") {
		if f := strings.Fields(l); len(f) == 3 && f[0] == "copy" && strings.EqualFold(f[2], target) {
			return f[1]
		}
	}
	return ""
}
