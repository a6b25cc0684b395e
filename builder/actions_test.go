package builder

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// TestActions holds the plan and the INF of a manifest with everything besides plain files and registry, and reads the INF
// back as the installer does.
func TestActions(t *testing.T) {
	text, err := os.ReadFile("testdata/actions/update.toml")
	if err != nil {
		t.Fatal(err)
	}
	spec := func(n uint16) samplepe.Spec {
		return samplepe.Spec{Arch: "x64", DLL: true, Version: pefile.Version{1, 0, 0, n}}
	}
	path := writeFiles(t, string(text), map[string]samplepe.Spec{"a.dll": spec(1), "c.dll": spec(2), "spcustom.dll": spec(3), "extra.cat": spec(4)})
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, m)
	var plan bytes.Buffer
	if err := p.WriteText(&plan); err != nil {
		t.Fatal(err)
	}
	golden(t, "actions/plan.txt", plan.Bytes())
	if len(p.Warnings) > 0 {
		t.Errorf("warnings %s", p.Warnings)
	}
	want := p.updateINF(m.Branches[0])
	out, err := want.Print()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := p.infText(m.Branches[0])
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "actions/update.inf", whole)
	f, err := inf.Parse("update.inf", out)
	if err != nil {
		t.Fatal(err)
	}
	got, err := updateinf.Parse(f, updateinf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := got.Print()
	if err != nil || !slices.Equal(sortedLines(again), sortedLines(out)) {
		t.Errorf("read and printed again: %v\n%s", err, again)
	}
	if len(got.Other) > 0 || len(got.Directives) > 0 {
		t.Errorf("without typed form: %v, %v", got.Other, got.Directives)
	}
	for i, w := range want.Processes {
		found := false
		for _, g := range got.Processes {
			g.Pos = inf.Pos{}
			found = found || g == w
		}
		if !found {
			t.Errorf("process %d, %q, is not in the INF", i, w.Command)
		}
	}
	if a, b := countActions(got), countActions(want); a != b {
		t.Errorf("actions read back\n%s\nwritten\n%s", a, b)
	}
}

// TestRawINF: the sections of the author reach the typed view, whatever characters the INF has, and faults are told where
// they are.
func TestRawINF(t *testing.T) {
	plan := func(raw string) (*Plan, error) {
		path := writeFiles(t, head+"title = 'Ж'\n[raw]\ninf = '''\n"+raw+"'''\n", nil)
		m, err := manifest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(m, nil, time.Unix(1e9, 0))
		if err != nil {
			err = errors.New(strings.ReplaceAll(err.Error(), path, "update.toml"))
		}
		return p, err
	}
	p, err := plan("[ProcessesToRun]\n\"Ж.exe\"\n")
	if err != nil {
		t.Fatal(err)
	}
	text, err := p.infText(p.Manifest.Branches[0])
	if err != nil {
		t.Fatal(err)
	}
	f, err := inf.Parse("u", text)
	if err != nil {
		t.Fatal(err)
	}
	u, err := updateinf.Parse(f, updateinf.Options{})
	if err != nil || len(u.Processes) != 1 || u.Processes[0].Command != "Ж.exe" || u.Strings.Title() != "Ж" {
		t.Errorf("%v, %v, %q", err, u.Processes, u.Strings.Title())
	}
	_, err = plan("[ServicesToStopAndStart]\na=b\n[ProductInstall.CopyFilesAlways]\nCopyFiles=Nowhere\n")
	want := "update.toml:9:1: raw.inf: [ServicesToStopAndStart] \"a=b\": write one name a line, without =\n" +
		"update.toml:11:1: raw.inf: CopyFiles names [Nowhere], which does not exist; add the section or take the name out"
	if err == nil || err.Error() != want {
		t.Errorf("faults\n%v\nwant\n%s", err, want)
	}
}

// sortedLines: the printer keeps the order of the typed values, and reading sorts those by section.
func sortedLines(text []byte) []string {
	lines := strings.Split(string(text), "\n")
	slices.Sort(lines)
	return lines
}

// countActions is how much of each kind an INF has.
func countActions(u *updateinf.Update) string {
	counts := map[string]int{"prerequisites": len(u.Prerequisites), "processes": len(u.Processes), "stop": len(u.StopServices),
		"stop on removal": len(u.StopServicesUninstall), "dlls": len(u.RegisterDLLs), "files": len(u.Files), "conditional": len(u.Conditional),
		"register": len(u.RegisterInclude), "extended": len(u.ExtendedConditional), "directories": len(u.RenameDirs), "dirs": len(u.Dirs),
		"excluded": len(u.OEMExclusions.Drivers) + len(u.OEMExclusions.DeviceIDs) + len(u.OEMExclusions.Providers)}
	b, _ := json.Marshal(counts)
	return string(b)
}

// What the installer does not carry out is a warning at the table it comes from.
func TestGapsAreTold(t *testing.T) {
	path := writeFiles(t, `[package]
kb = 1
product = "P"
publisher = "Q"
[[device-class]]
name = "bluetooth"
guid = "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}"
[[device]]
id = '*PNP0103'
inf = "machine.inf"
[raw]
inf = '''
[DynamicStrings]
x
'''
`, nil)
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(planOf(t, m).Warnings.Error(), path, "update.toml")
	for _, want := range []string{"update.toml:6:1: the installer of kbforge leaves something out: [DeviceClassList]", "update.toml:9:1: the installer of kbforge refuses this package: [DevicesToUpgrade]",
		"update.toml:12:1: the installer of kbforge leaves something out: [DynamicStrings]"} {
		if !strings.Contains(got, want) {
			t.Errorf("the warnings lack %q:\n%s", want, got)
		}
	}
}
