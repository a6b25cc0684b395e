package e2e

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/winekit"
)

func itoa(n int) string { return strconv.Itoa(n) }

// One machine, the whole life of an update: installed, installed again, removed. Afterwards the machine is as it was.
func TestLifecycle(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	pkg := readerProject(t, f, "").build(t)
	m := readerMachine(t, f)
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)

	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
	t.Run("installed", func(t *testing.T) { checkInstalled(t, m, f.gdr, gdrExit) })
	t.Run("registered", func(t *testing.T) { checkRegistered(t, m) })
	t.Run("no traces of the extraction", func(t *testing.T) { checkNoExtraction(t, m, tree) })

	// White paper, "Analysis and Inventory": what is there in the same version is not updated. The backup of the first run
	// must survive the second.
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
	t.Run("installed again", func(t *testing.T) {
		checkInstalled(t, m, f.gdr, gdrExit)
		logged(t, m, `(?s)Starting AnalyzeComponents.*Starting AnalyzeComponents.*\\reader\.dll will not be changed: it is the same file`)
	})

	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 0)
	t.Run("files as before", func(t *testing.T) {
		same(t, m, tree.Without(isLog).Diff(m.SnapshotTree(t).Without(isLog)))
	})
	t.Run("registry as before", func(t *testing.T) {
		same(t, m, registry.Without(isNoise).Diff(m.SnapshotRegistry(t).Without(isNoise)))
	})
	t.Run("logs", func(t *testing.T) {
		for _, name := range []string{`C:\windows\KB123456.log`, `C:\windows\KB123456Uninst.log`} {
			if _, there := m.SnapshotTree(t, `C:\windows`)[m.WinPath(m.Path(name))]; !there {
				t.Errorf("no %s", name)
			}
		}
	})
}

// isLog names the traces that an update leaves by design (docs/installer.md, "Logs").
func isLog(name string) bool {
	return regexp.MustCompile(`(?i)^C:\\windows\\(KB\d+(Uninst)?|update|updspapi)\.log$`).MatchString(name)
}

// isNoise names what Wine changes by itself when a machine starts.
func isNoise(name string) bool {
	for _, part := range []string{`\software\microsoft\systemcertificates`, `\wintrust\trust providers`, // made by WinVerifyTrust
		`\control\class\{4d36e96`, // display and monitor, described anew when something loads the window system
	} {
		if strings.Contains(strings.ToLower(name), part) {
			return true
		}
	}
	return false
}

func same(t *testing.T, m *winekit.Prefix, diff []string) {
	t.Helper()
	if len(diff) > 0 {
		t.Errorf("%d differences:\n%s\n%s", len(diff), strings.Join(diff, "\n"), logs(m))
	}
}

func checkInstalled(t *testing.T, m *winekit.Prefix, want map[string][]byte, exit uint32) {
	t.Helper()
	holds(t, m, readerDLL, want["reader.dll"])
	holds(t, m, spellDLL, want["spell.dll"])
	holds(t, m, fixEXE, want["fix.exe"])
	holds(t, m, absentDLL, nil)
	exits(t, m, m.Run(t, fixEXE), exit)
	wantDump := `[HKLM\SOFTWARE\Contoso\Reader]
MacroLevel = dword 0x00000002
Untouched = multi_sz ["a" "b"]
[HKLM\SOFTWARE\Contoso\Reader\New]
[HKLM\SOFTWARE\Contoso\Reader\New\Deep]
Plugins = expand_sz "%ProgramFiles%\\Contoso Reader\\plugins"
`
	if got := m.RegDump(t, readerKey); got != wantDump {
		t.Errorf("registry:\n%swant:\n%s", got, wantDump)
	}
}

// The keys and values of white paper tables 1 to 4. Texts in slashes are patterns.
func checkRegistered(t *testing.T, m *winekit.Prefix) {
	const (
		updates   = `HKLM\SOFTWARE\Microsoft\Updates\Contoso Reader\SP2\KB123456`
		uninstall = `HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB123456`
		hotfix    = `HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Hotfix\KB123456`
		title     = `sz "Security Update for Contoso Reader (KB123456)"`
		command   = `/^sz ".*C:\\\\windows\\\\\$NtUninstallKB123456\$\\\\spuninst\\\\spuninst.exe.*"$/`
	)
	today := fmt.Sprintf(`/^sz "(%s|%s)"$/`, time.Now().Add(-time.Hour).Format("1/2/2006"), time.Now().Format("1/2/2006"))
	values(t, m, updates, map[string]string{
		"Description": title, "PackageName": title, "PackageVersion": `sz "1.2.3.4"`, "Publisher": `sz "Contoso"`,
		"ReleaseType": `sz "Security Update"`, "ARPLink": `sz "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\KB123456"`,
		"InstallerName": `sz "Update.exe"`, "InstallerVersion": `/^sz "\d+\.\d+\.\d+\.\d+"$/`, "InstalledBy": `/^sz ".+"$/`,
		"InstalledDate": today, "UninstallCommand": command,
	})
	values(t, m, uninstall, map[string]string{
		"DisplayName": title, "DisplayVersion": `sz "1.2.3.4"`, "Publisher": `sz "Contoso"`, "ReleaseType": `sz "Security Update"`,
		"HelpLink": `sz "https://contoso.example/kb/123456"`, "URLInfoAbout": `sz "https://contoso.example/"`, "UninstallString": command,
		"ParentKeyName": `sz "OperatingSystem"`, "ParentDisplayName": `sz "Contoso Reader - Software Updates"`,
		"RegistryLocation": `sz "HKLM\\SOFTWARE\\Microsoft\\Updates\\Contoso Reader\\SP2\\KB123456"`,
		"NoModify":         "dword 0x00000001", "NoRepair": "dword 0x00000001",
	})
	values(t, m, hotfix, map[string]string{
		"Installed": "dword 0x00000001", "Valid": "dword 0x00000001", "Comments": title, "Fix Description": title,
		"Installed By": `sz ""`, "Installed On": `sz ""`, // no longer used, the table says
		"Backup Dir": `/(?i)^sz "C:\\\\windows\\\\\$NtUninstallKB123456\$"$/`, "Service Pack": "dword 0x00000002",
	})
	checkFilelist(t, m, updates)
}

// checkFilelist checks white paper table 2: one numbered key a file that is on the machine.
func checkFilelist(t *testing.T, m *winekit.Prefix, updates string) {
	t.Helper()
	dump := m.RegDump(t, updates+`\Filelist`)
	for _, want := range []struct{ name, dir, version string }{
		{"reader.dll", readerDir, "1.0.0.100"}, {"spell.dll", readerDir + `\spell`, "1.0.0.101"}, {"fix.exe", readerDir + `\fixes`, "1.0.0.100"},
	} {
		entry := regexp.MustCompile(`(?is)\[[^\]]*\\Filelist\\\d+\]\n[^\[]*?BuildCheckSum = sz "[0-9a-f]+"[^\[]*BuildDate = sz "[^"]+2026"[^\[]*FileName = sz "` +
			regexp.QuoteMeta(want.name) + `"[^\[]*Location = sz "` + regexp.QuoteMeta(strings.ReplaceAll(want.dir, `\`, `\\`)) +
			`"[^\[]*Version = sz "` + regexp.QuoteMeta(want.version) + `"`)
		if !entry.MatchString(dump) {
			t.Errorf("no entry for %+v in\n%s", want, dump)
		}
	}
	if n := strings.Count(dump, "FileName"); n != 3 {
		t.Errorf("%d entries, want 3:\n%s", n, dump)
	}
}

// values compares values of a key. A text between slashes is a pattern.
func values(t *testing.T, m *winekit.Prefix, key string, want map[string]string) {
	t.Helper()
	for name, text := range want {
		got := m.RegText(t, key, name)
		pattern, is := strings.CutPrefix(text, "/")
		ok := got == text
		if is {
			ok = regexp.MustCompile(strings.TrimSuffix(pattern, "/")).MatchString(got)
		}
		if !ok {
			t.Errorf("%s, %s is %s, want %s", key, name, got, text)
		}
	}
	if t.Failed() {
		t.Log(m.RegDump(t, key))
	}
}

// checkNoExtraction looks for what the package unpacked: new directories in the root of the drive.
func checkNoExtraction(t *testing.T, m *winekit.Prefix, before winekit.Snapshot) {
	for name := range m.SnapshotTree(t) {
		if _, was := before[name]; !was && strings.Count(name, `\`) == 1 {
			t.Errorf("%s was left", name)
		}
	}
}

// A file of the machine that is newer than the package stays; the same version with other content is replaced (white
// paper, "Analysis and Inventory").
func TestNewerStays(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	m := readerMachine(t, f)
	newer := sample(t, true, 0, pefile.Version{1, 0, 1, 0}, "", "newer")
	other := sample(t, true, 0, pefile.Version{1, 0, 0, 101}, "", "same version, other content")
	put(t, m, readerDLL, newer)
	put(t, m, spellDLL, other)
	exits(t, m, m.Run(t, readerProject(t, f, "").build(t), "/quiet", "/norestart"), 0)
	holds(t, m, readerDLL, newer)
	holds(t, m, spellDLL, f.gdr["spell.dll"])
	logged(t, m, `\\reader\.dll will not be changed: .*newer|\\reader\.dll will not be changed: .*1\.0\.1\.0`)
	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 0)
	holds(t, m, readerDLL, newer)
	holds(t, m, spellDLL, other)
}

// logged fails the test unless the installation log has a match.
func logged(t *testing.T, m *winekit.Prefix, pattern string) {
	t.Helper()
	if text := logs(m); !regexp.MustCompile(pattern).MatchString(text) {
		t.Errorf("no %s in\n%s", pattern, text)
	}
}

// One file of the QFE branch on the machine moves the whole package there.
func TestQFEMachine(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	m := readerMachine(t, f)
	put(t, m, spellDLL, sample(t, true, 0, pefile.Version{1, 0, 0, 50}, "1.0.0.50 (srv03_sp1_qfe.251201-0000)", "an older hotfix"))
	exits(t, m, m.Run(t, readerProject(t, f, "").build(t), "/quiet", "/norestart"), 0)
	checkInstalled(t, m, f.qfe, qfeExit)
}

// A file in use is replaced at the restart: 3010, the old file until then, the new one after it.
func TestInUse(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	pkg := readerProject(t, f, "").build(t)
	m := readerMachine(t, f)
	const flags = `HKLM\SOFTWARE\Microsoft\Updates\UpdateExeVolatile`

	hold := m.HoldImage(t, readerDLL)
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 3010)
	holds(t, m, spellDLL, f.gdr["spell.dll"])
	if got := m.RegText(t, flags, "Flags"); got != "dword 0x00000002" {
		t.Errorf("restart flags are %q, want an installation pending (white paper table 5)", got)
	}
	hold.Release()
	m.Restart(t)
	checkInstalled(t, m, f.gdr, gdrExit)
	if got := m.RegText(t, flags, "Flags"); got != "" {
		t.Errorf("restart flags are %s after the restart", got)
	}

	hold = m.HoldImage(t, readerDLL)
	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 3010)
	hold.Release()
	m.Restart(t)
	holds(t, m, readerDLL, f.old["reader.dll"])
	holds(t, m, spellDLL, f.old["spell.dll"])
	holds(t, m, fixEXE, nil)
}

// A machine that the update is not for is refused and not touched: 1603, with /ER the extended code.
func TestWrongWindows(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	p := readerProject(t, f, "")
	p.write(t, "update.toml", []byte(strings.Replace(readerManifest, `min = "5.2"`, `min = "10.0"`, 1)))
	pkg := p.build(t)
	m := readerMachine(t, f)
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 1603)
	if r := m.Run(t, pkg, "/quiet", "/norestart", "/ER"); r.ExitCode < 0xF000 || r.ExitCode > 0xFFFF {
		t.Errorf("with /ER: exit code %d, want one of white paper table 24", r.ExitCode)
	}
	same(t, m, tree.Without(isLog).Diff(m.SnapshotTree(t).Without(isLog)))
	same(t, m, registry.Without(isNoise).Diff(m.SnapshotRegistry(t).Without(isNoise)))
}

// /extract unpacks and installs nothing.
func TestExtractSwitch(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	pkg := readerProject(t, f, "").build(t)
	m := readerMachine(t, f)
	exits(t, m, m.RunLine(t, pkg, `/quiet /extract:"C:\a b\out"`), 0)
	for name, want := range map[string][]byte{
		`sp1gdr\reader.dll`: f.gdr["reader.dll"], `sp1qfe\reader.dll`: f.qfe["reader.dll"], `sp1qfe\fix.exe`: f.qfe["fix.exe"],
		`update\eula.txt`: []byte("Contoso licence.\r\n"),
	} {
		holds(t, m, `C:\a b\out\`+name, want)
	}
	holds(t, m, readerDLL, f.old["reader.dll"])
}
