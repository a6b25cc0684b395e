package installer_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host/imagehost"
)

// White paper, Appendix D: what the log of an installation has, in its order, and the lines of the removal.
func TestLogOfAnInstallation(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	if _, err := m.h.HoldOpen(sys+"a.dll", imagehost.HoldMapped); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(p.tree(t), "/norestart", `/json-log:C:\twin.json`))
	ordered(t, string(m.read(`C:\WINDOWS\KB900001.log`)),
		`^\[KB900001\.log\]`, `^={80}`, `^2026/03/09 10:30:00\.000 \(local\)`, `^C:\\x\\update\\update\.exe \(version 7\.0\.0\.0\)`,
		`^Hotfix started with following command line: /quiet /norestart /json-log:`,
		`^Catalog update\\KB900001\.cat: \d+ members, not signed`, `^This package is a development package`, `^The extracted package is complete`,
		`^SetProductTypes: InfProductBuildType=BuildType\.IS`, `^SetAltOsLoaderPath: No section uses DirId 65701; done\.`,
		`^Windows 5\.2\.3790 service pack 2, x86, language 0x0409: update\\update_SP2GDR\.inf applies, branch SP2GDR`,
		`^Starting AnalyzeComponents`, `a\.dll will be changed: it has version 5\.2\.3790\.100, the package has version 5\.2\.3790\.200`,
		`absent\.dll will not be changed: it is not on this computer`, `^AnalyzeComponents: Hotpatching is disabled\.`, `^Downloading 0 files`, `^bPatchMode = FALSE`,
		`^Inventory complete: ReturnStatus=0, \d+ ticks`, `^CreateUninstall = 1,Directory = C:\\WINDOWS\\\$NtUninstallKB900001\$`,
		`^Allocation size of drive C: is 4096 bytes, free space = \d+ bytes`, `^Drive C: free \d+MB req: \d+MB w/uninstall: \d+MB\.`,
		`^Copied file:  C:\\WINDOWS\\system32\\new\.dll`, `^Copied file \(delayed\):  C:\\WINDOWS\\system32\\SET\w+\.tmp`,
		`^---- Old Information In The Registry ------`, `^Source:C:\\WINDOWS\\system32\\SET\w+\.tmp \(5\.2\.3790\.200\)`, `^Destination:C:\\WINDOWS\\system32\\a\.dll \(5\.2\.3790\.100\)`,
		`^---- New Information In The Registry ------`, `^IsRebootRequiredForFileQueue: At least one file operation was delayed; reboot is required\.`,
		`^IsRebootRequiredForFileQueue: c:\\windows\\system32\\a\.dll was delayed; reboot is required\.`,
		`^DoInstallation: A reboot is required to complete the installation of one or more files\.`,
		`^RebootNecessary = 1,WizardInput = 0 , DontReboot = 1, ForceRestart = 0`)
	wantSeverities(t, string(m.read(`C:\twin.json`)), "info", "warning")
	setup := string(m.read(`C:\WINDOWS\updspapi.log`))
	for _, want := range []string{"[2026/03/09 10:30:00]\r\n#I Executing \"C:\\\\x\\\\update\\\\update.exe\" with command line: /quiet", "#I INF update\\updatebr.inf was read: ", "#I INF update\\update_SP2GDR.inf was read: ",
		"#W Catalog update\\KB900001.cat: not signed"} {
		if !strings.Contains(setup, want) {
			t.Errorf("updspapi.log lacks %q:\n%s", want, setup)
		}
	}

	mustRun(t)(m.remove("KB900001", "/norestart"))
	ordered(t, string(m.read(`C:\WINDOWS\KB900001Uninst.log`)), `^\[KB900001Uninst\.log\]`, `^Spuninst\.exe was run with the following arguments:  /quiet /norestart`,
		`^Spuninst\.exe is being run from the following location: C:\\WINDOWS\\\$NtUninstallKB900001\$`, `---- PendingFileRenamOperations Before Uninstallation ------`,
		`---- PendingFileRenameOperations After Uninstallation ------`, `^DeRegistering the Uninstall Program -> KB900001, 0`, `^DontReboot = 1, ForceRestart = 0`)
}

// A run that fails says error where it is one, last of all the code, and nowhere else.
func TestLogOfAFailure(t *testing.T) {
	p, files := standard(t)
	p.extra = "[Prerequisite]\r\ncondition=SingleOp,Pre\r\n[Pre]\r\nGreaterOrEqualOp=CheckFileVer,System32.files,a.dll,>=,9.0.0.0\r\nDisplay_String=\"a.dll is too old\"\r\n"
	m := newMachine(t, files)
	if _, err := m.install(p.tree(t), `/json-log:C:\twin.json`); err == nil {
		t.Fatal("installed")
	}
	ordered(t, string(m.read(`C:\WINDOWS\KB900001.log`)), `^Prerequisite \[Pre\] failed: a\.dll is too old`, `^KB900001 installation did not complete\.`,
		`^Update\.exe extended error code = 0xf0f4`, `^Update\.exe return code was masked to 0x643 for MSI custom action compliance\.`)
	wantSeverities(t, string(m.read(`C:\twin.json`)), "info", "warning", "error")
}

// ordered finds a line for each pattern, each behind the one before. The time in front of a line is left out.
func ordered(t *testing.T, log string, patterns ...string) {
	t.Helper()
	lines := strings.Split(log, "\r\n")
	at := 0
	for _, p := range patterns {
		re := regexp.MustCompile(p)
		i := at
		for i < len(lines) && !re.MatchString(regexp.MustCompile(`^\d+\.\d{3}: `).ReplaceAllString(lines[i], "")) {
			i++
		}
		if i == len(lines) {
			t.Errorf("no line %s after %q in\n%s", p, lines[max(at-1, 0)], log)
			continue
		}
		at = i + 1
	}
}

// wantSeverities checks the JSON twin: one object a line, exactly these severities.
func wantSeverities(t *testing.T, twin string, want ...string) {
	t.Helper()
	seen := map[string]bool{}
	for _, l := range strings.Split(strings.TrimSpace(twin), "\n") {
		var line struct {
			MS       *int64
			Severity string
			Text     string
		}
		if err := json.Unmarshal([]byte(l), &line); err != nil || line.MS == nil || line.Text == "" {
			t.Errorf("%s: %v", l, err)
		}
		seen[line.Severity] = true
	}
	for _, w := range want {
		if !seen[w] {
			t.Errorf("no line is of severity %s", w)
		}
		delete(seen, w)
	}
	for s := range seen {
		t.Errorf("a line is of severity %s:\n%s", s, twin)
	}
}
