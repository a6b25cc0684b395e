package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
)

var update = flag.Bool("update", false, "write the tables of docs/installer.md")

func TestDocsAgreeWithTheCode(t *testing.T) {
	path := filepath.Join("..", "docs", "installer.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := string(b)
	for name, table := range map[string]string{
		"switches": switchTable(), "conflicts": conflictTable(), "standard": codeTable(status.Standard()),
		"extended": codeTable(status.Extended()), "win32": codeTable(status.Win32()), "setupapi": setupTable(),
		"registry": registryTable(t),
	} {
		begin := "<!-- table: " + name + " -->\n"
		head, rest, ok := strings.Cut(doc, begin)
		old, tail, ok2 := strings.Cut(rest, "<!-- end -->")
		if !ok || !ok2 {
			t.Errorf("%s has no markers for table %s", path, name)
			continue
		}
		if old != table {
			doc = head + begin + table + "<!-- end -->" + tail
			if !*update {
				t.Errorf("table %s is not what the code says; run go test ./stub -update\n%s", name, difference(old, table))
			}
		}
	}
	if *update && doc != string(b) {
		if err := os.WriteFile(path, []byte(doc), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// difference lists the lines that only one of two tables has.
func difference(old, table string) string {
	var b strings.Builder
	for _, side := range []struct{ sign, a, b string }{{"-", old, table}, {"+", table, old}} {
		for _, line := range strings.Split(side.a, "\n") {
			if !strings.Contains("\n"+side.b, "\n"+line+"\n") {
				fmt.Fprintf(&b, "%s%s\n", side.sign, line)
			}
		}
	}
	return b.String()
}

func switchTable() string {
	var b strings.Builder
	b.WriteString("| switch | older names | package | update.exe | spuninst.exe | since | effect | source |\n|---|---|---|---|---|---|---|---|\n")
	mark := func(s cmdline.Switch, m cmdline.Mode) string {
		if s.Modes&m != 0 {
			return "yes"
		}
		return ""
	}
	for _, s := range cmdline.Switches() {
		var old []string
		for _, o := range s.Old {
			old = append(old, "`/"+o+"`")
		}
		fmt.Fprintf(&b, "| `/%s%s` | %s | %s | %s | %s | %s | %s | %s |\n", s.Name, s.Argument, strings.Join(old, ", "),
			mark(s, cmdline.Wrapper), mark(s, cmdline.Install), mark(s, cmdline.Remove), s.Since, s.Help, s.Source)
	}
	return b.String()
}

func conflictTable() string {
	var b strings.Builder
	b.WriteString("| switch | excludes |\n|---|---|\n| `/help` | every other (D) |\n")
	for _, s := range cmdline.Switches() {
		var list []string
		for _, c := range cmdline.Conflicts() {
			kind := "O"
			if c.Documented {
				kind = "D"
			}
			switch s.Name {
			case c.A:
				list = append(list, "`/"+c.B+"` ("+kind+")")
			case c.B:
				list = append(list, "`/"+c.A+"` ("+kind+")")
			}
		}
		if len(list) > 0 {
			sort.Strings(list)
			fmt.Fprintf(&b, "| `/%s` | %s |\n", s.Name, strings.Join(list, ", "))
		}
	}
	return b.String()
}

func codeTable(entries []status.Entry) string {
	var b strings.Builder
	b.WriteString("| code | hex | name | message |\n|---|---|---|---|\n")
	for _, e := range entries {
		star := ""
		if e.Ours && e.Code > 60000 {
			star = " *"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s%s |\n", e.Code, status.Hex(e.Code), e.Name, strings.ReplaceAll(e.Message, "|", `\|`), star)
	}
	return b.String()
}

func setupTable() string {
	var b strings.Builder
	b.WriteString("| code | name |\n|---|---|\n")
	for _, e := range status.SetupAPI() {
		fmt.Fprintf(&b, "| %s | %s |\n", status.Hex(e.Code), e.Name)
	}
	return b.String()
}

// registryTable lists the values that register plans for an update with everything set, with and without a backup.
func registryTable(t *testing.T) string {
	t.Helper()
	machine, ok := imagehost.Preset("winxp-sp3")
	if !ok {
		t.Fatal("no preset winxp-sp3")
	}
	h, err := imagehost.Create(filepath.Join(t.TempDir(), "image"), machine)
	if err != nil {
		t.Fatal(err)
	}
	u := register.Update{KB: "KB######", Title: "T", ProductKey: `SOFTWARE\Microsoft\Updates\<product>`, ServicePack: 9, HasServicePack: true,
		PackageVersion: "1", Publisher: "P", Group: "G", ReleaseType: "R", Comments: "C", HelpLink: "H", InfoLink: "I", ParentKey: "K",
		ParentName: "N", InstallerVer: "7", InstalledBy: "B", Installed: time.Unix(1, 0), Sequence: 1, UninstallDir: "U", UninstallLine: "L",
		Files: []register.File{{Name: "f", Dir: "d", Version: "1", Built: time.Unix(1, 0), Checksum: 1, Branch: "b", MD5: "m"}}}
	values := map[string]map[string]string{}
	for _, line := range []string{"L", ""} {
		u.UninstallLine = line
		o := regplan.New(h)
		if err := u.Plan(o); err != nil {
			t.Fatal(err)
		}
		if err := u.PlanFiles(o); err != nil {
			t.Fatal(err)
		}
		for _, s := range o.Steps() {
			if s.Kind != step.SetValue {
				continue
			}
			key := strings.NewReplacer(`\SP9\`, `\SPn\`, `Filelist\0`, `Filelist\<n>`).Replace(`HKLM\` + s.Key.Path)
			if values[key] == nil {
				values[key] = map[string]string{}
			}
			values[key][s.Name] = map[uint32]string{host.RegSZ: "REG_SZ", host.RegExpandSZ: "REG_EXPAND_SZ", host.RegDWORD: "REG_DWORD"}[s.Value.Type]
		}
	}
	var b strings.Builder
	b.WriteString("| key | REG_SZ | REG_EXPAND_SZ | REG_DWORD |\n|---|---|---|---|\n")
	for _, key := range sorted(values) {
		lists := map[string][]string{}
		for _, name := range sorted(values[key]) {
			lists[values[key][name]] = append(lists[values[key][name]], "`"+name+"`")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", key, strings.Join(lists["REG_SZ"], ", "), strings.Join(lists["REG_EXPAND_SZ"], ", "), strings.Join(lists["REG_DWORD"], ", "))
	}
	return b.String()
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
