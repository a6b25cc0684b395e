package updateinf

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

// TestPrintedIsReadBack prints random updates and reads them: nothing may be lost or changed.
func TestPrintedIsReadBack(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	for i := range 1500 {
		u := random(rnd)
		out, err := u.Print()
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		got := parse(t, "printed", out, Options{})
		if !reflect.DeepEqual(got, u) {
			a, _ := json.MarshalIndent(got, "", " ")
			b, _ := json.MarshalIndent(u, "", " ")
			t.Fatalf("%d: %s\nfrom\n%s", i, firstDifference(string(a), string(b)), out)
		}
		again, err := got.Print()
		if err != nil || string(again) != string(out) {
			t.Fatalf("%d: printed again %v\n%s\nwas\n%s", i, err, again, out)
		}
	}
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: read back %s, was %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines read back, %d before", len(a), len(b))
}

// gen makes values out of pieces that INF text has to take care of.
type gen struct{ *rand.Rand }

func (g gen) pick(list ...string) string { return list[g.Intn(len(list))] }

func (g gen) text() string {
	s := g.pick("a", "Ä", "x y", "KB900001", "Hotfix for Sample", "v")
	for range g.Intn(3) {
		s += g.pick(`\`, `"`, "%", ",", ";", "=", " ", "[", "]", "%SystemRoot%", "%11%", "%sp_short_title%", "%local%", "%%", "KB900001", `\Updates\X\SP3\`, "é", "日")
	}
	return s + g.pick("", "z")
}

func (g gen) list(max int) []string {
	var out []string
	for range g.Intn(max + 1) {
		out = append(out, g.text())
	}
	return out
}

func (g gen) number() *uint32 {
	if g.Intn(2) == 0 {
		return nil
	}
	n := uint32(g.Intn(3))
	return &n
}

func random(rnd *rand.Rand) *Update {
	g := gen{rnd}
	u := &Update{Strings: Strings{}}
	u.Version = Version{Signature: "$Windows NT$", LanguageType: uint16(g.Intn(2) * 0x409), MinBuild: g.number(), MaxServicePack: g.number(),
		NtServicePackVersion: g.number(), CatalogFile: g.pick("", "KB900001.cat", g.text()), RebootRequired: g.Intn(2) == 0}
	u.Config = Config{InstallationType: "Hotfix", InstallLogFileName: g.pick("KB900001.log", g.text()), UnInstallLogFileName: "KB900001Uninst.log",
		UnInstallDirName: "$NtUninstallKB900001$", NoPNPFiles: g.Intn(2) == 0, WaitTimeForServiceStop: g.number()}
	for i := range g.Intn(3) {
		u.Config.Unknown = append(u.Config.Unknown, KeyValue{fmt.Sprintf("%s%d", g.text(), i), g.text()})
		u.Version.Unknown = append(u.Version.Unknown, KeyValue{fmt.Sprintf("%s%d", g.text(), i), g.text()})
	}
	if g.Intn(4) > 0 {
		u.Strings = Strings{"sp_short_title": "KB900001", "sp_title": "Hotfix for Sample", "langtypevalue": g.pick("0x0", "0x409"),
			"service_pack_number": "3", "servicepacksourcefiles": "S", "local": g.text(), "other%": g.text(), "void": ""}
	}
	if g.Intn(3) == 0 {
		u.Localized = []LocalStrings{{0x0407, Strings{"local": g.text(), "nur": g.text()}}, {0x0C0C, Strings{"local": "v"}}}
	}
	for range g.Intn(3) {
		u.Catalogs = append(u.Catalogs, Catalog{g.text(), g.text()})
		u.Archive = append(u.Archive, g.text())
		u.Keep = append(u.Keep, g.text()+`\k`+strings.ReplaceAll(g.text(), `\`, ""))
		u.SaveReg = append(u.SaveReg, SavedKey{Root: "HKLM", Key: g.text()}, SavedKey{Root: "HKCR", Key: g.text(), Name: g.text(), HasName: true})
	}
	if g.Intn(2) == 0 {
		u.SaveReg = append(u.SaveReg, SavedKey{Root: "HKU", Key: g.text(), Section: "Extra.Save.Reg.For.Uninstall"})
	}
	g.files(u)
	g.registry(u)
	g.actions(u)
	for i := range g.Intn(3) {
		u.Uninstall = append(u.Uninstall, UninstallBlock{g.text(), fmt.Sprintf("Block%d", i), g.lines()})
		u.Other = append(u.Other, Section{fmt.Sprintf("Other %d%%", i), g.lines()})
	}
	return u
}

func (g gen) lines() []inf.Line {
	var out []inf.Line
	for range g.Intn(3) {
		l := inf.Line{Fields: append([]string{g.text()}, g.list(2)...)}
		if g.Intn(2) == 0 {
			l.Key, l.HasKey = g.text(), true
		}
		out = append(out, l)
	}
	return out
}

func (g gen) files(u *Update) {
	for i := range g.Intn(5) {
		w := whens()[g.Intn(len(whens()))]
		fg := FileGroup{When: w, Kind: FileKind(g.Intn(3)), Section: fmt.Sprintf("List%d.files", i), SKU: g.pick("", "Server")}
		if w == GlobalAppend || w == SKUFiles {
			fg.SKU = "Professional"
		}
		for j := range g.Intn(3) {
			f := FileLine{Name: g.text()}
			if fg.Kind != Rename {
				f.Flags = uint32(g.Intn(2) * 0x400)
			}
			if fg.Kind != Delete {
				f.Source = fmt.Sprintf(`SP3QFE\%d_%d.dll`, i, j)
			}
			if fg.Kind == Copy {
				u.Sources = append(u.Sources, f.Source)
			}
			fg.Files = append(fg.Files, f)
		}
		if fg.Files != nil {
			fg.Dir = Dir{ID: g.Intn(100) - 1, Sub: strings.Trim(g.text(), `\`)}
		}
		u.Files = append(u.Files, fg)
	}
	sort.SliceStable(u.Files, func(i, j int) bool {
		return before(u.Files[i].When, u.Files[i].SKU, u.Files[j].When, u.Files[j].SKU)
	})
}

func (g gen) registry(u *Update) {
	for i := range g.Intn(4) {
		rg := RegistryGroup{When: GlobalInstall, Kind: RegKind(g.Intn(3)), Section: fmt.Sprintf("Reg%d", i), SKU: g.pick("", "", "Server")}
		for range g.Intn(4) {
			l := RegLine{Root: "HKLM", Key: g.text()}
			switch {
			case rg.Kind == BitReg:
				l.Name, l.HasName, l.Flags, l.Data = g.text(), true, 1, []string{"0x08", "2"}
			case g.Intn(4) == 0:
				l.Flags = uint32(g.Intn(2)) * FlgAddRegKeyOnly
			case rg.Kind == DelReg:
				l.Name, l.HasName = g.text(), true
			default:
				l.Name, l.HasName = g.pick("", g.text()), true
				l.Flags = []uint32{0, 1, 0x00020000, 0x00010000, 0x00010001, 0x00024008}[g.Intn(6)]
				l.Data = append([]string{g.text()}, g.list(20)...)
			}
			rg.Lines = append(rg.Lines, l)
		}
		u.Registry = append(u.Registry, rg)
	}
	sort.SliceStable(u.Registry, func(i, j int) bool {
		return before(u.Registry[i].When, u.Registry[i].SKU, u.Registry[j].When, u.Registry[j].SKU)
	})
}

func TestPrintRefuses(t *testing.T) {
	group := func(section, dir string, names ...string) FileGroup {
		g := FileGroup{When: CopyAlways, Section: section, Dir: Dir{11, dir}}
		for _, n := range names {
			g.Files = append(g.Files, FileLine{Name: n, Source: n})
		}
		return g
	}
	tests := []struct {
		name, want string
		u          Update
	}{
		{"two lists of one name", "[a] would have two different contents", Update{Files: []FileGroup{group("A", "", "x"), group("a", "", "y")}}},
		{"two destinations", "two destinations, 11, and 11,sub", Update{Files: []FileGroup{group("A", "", "x"), group("A", "sub", "x")}}},
		{"line end", "line ends", Update{Archive: []string{"a\nb"}}},
		{"default value to delete", "INF would take it for the key", Update{Registry: []RegistryGroup{{When: GlobalInstall, Kind: DelReg, Section: "D",
			Lines: []RegLine{{Root: "HKLM", Key: "k", HasName: true}}}}}},
		{"no such section", "there is no [ProductInstall.Nowhere]", Update{Files: []FileGroup{{When: "Nowhere", Section: "A"}}}},
		{"keep without directory", "has no directory", Update{Keep: []string{"a.dll"}}},
		{"string name", "not in lower case", Update{Strings: Strings{"ABC": "x"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if out, err := tt.u.Print(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it\n%s", err, tt.want, out)
			}
		})
	}
}

// TestCopyFilesForms: a comma list, repeated keys and repeated sections say the same.
func TestCopyFilesForms(t *testing.T) {
	head := "[Version]\nSignature=\"$Windows NT$\"\n[DestinationDirs]\nDefaultDestDir=11\n[A]\na.dll\n[B]\nb.dll\n"
	want := parse(t, "u", []byte(head+"[ProductInstall.CopyFilesAlways]\nCopyFiles = A, B\n"), Options{})
	if len(want.Files) != 2 || want.Files[1].Files[0].Name != "b.dll" {
		t.Fatalf("groups %+v", want.Files)
	}
	for _, form := range []string{
		"[ProductInstall.CopyFilesAlways]\nCopyFiles=A\nCopyFiles=B\n",
		"[ProductInstall.CopyFilesAlways]\nCopyFiles=A\n[productinstall.copyfilesalways]\ncopyfiles=B,\n",
	} {
		if got := parse(t, "u", []byte(head+form), Options{}); !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %+v", form, got.Files)
		}
	}
}

// TestLookupAndLanguage: directory ids and localised strings reach the typed values.
func TestLookupAndLanguage(t *testing.T) {
	src := "[Version]\nSignature=\"$Windows NT$\"\nLanguageType=\n[ProductInstall.GlobalRegistryChanges.Install]\nAddReg=R\n[R]\n" +
		"HKLM,k,n,,\"%11%\\x %T%\"\n[Strings]\nT=title\n[Strings.0007]\nT=Titel\n"
	lookup := func(name string) (string, bool) { return `C:\W\system32`, name == "11" }
	u := parse(t, "u", []byte(src), Options{Language: 0x0407, Lookup: lookup})
	if got := u.Registry[0].Lines[0].Data[0]; got != `C:\W\system32\x Titel` || u.Strings.Get("t") != "Titel" || u.Version.LanguageType != 0 {
		t.Errorf("data %q, strings %v, language %d", got, u.Strings, u.Version.LanguageType)
	}
	if len(u.Localized) != 1 || u.Localized[0].Language != 7 {
		t.Errorf("localized %+v", u.Localized)
	}
}

func TestGaps(t *testing.T) {
	u := load(t, "testdata/branch.inf", Options{Arch: "amd64"})
	one := []inf.Line{{Fields: []string{"x"}}}
	u.Other = append(u.Other, Section{"DynamicStrings", one}, Section{"DynamicStrings.x", one}, Section{"BuildType.", one},
		Section{"BuildType.IP", one}, Section{"ProductInstall.Moon", one})
	u.Devices, u.DeviceClasses = []KeyValue{{"*PNP0103", "machine.inf"}}, []KeyValue{{"bluetooth", "{e0cbf06c}"}}
	u.Directives = append(u.Directives, Directive{When: GlobalInstall, Key: "LogConfig", Fields: []string{"x"}})
	u.Config.CustomizationDll, u.Config.AppFileInUseDetect, u.Config.WaitTimeForServiceStop = "c.dll", &[]uint32{3}[0], &[]uint32{5}[0]
	var got []string
	for _, g := range u.Gaps() {
		got = append(got, fmt.Sprint(g.What(), " ", g.Refused))
	}
	want := []string{"[DynamicStrings] false", "[BuildType.] false", "[BuildType.IP] false", "[ProductInstall.Moon] true",
		"LogConfig in [ProductInstall.GlobalRegistryChanges.Install] true",
		"[DevicesToUpgrade] true", "[DeviceClassList] false", "CustomizationDll in [Configuration] false",
		"ServiceFileInUseDetect in [Configuration] false", "AppFileInUseDetect in [Configuration] false"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q", got)
	}
	if s, ok := u.Section("conditional.FILES"); !ok || len(s.Lines) != 1 || s.Lines[0].Fields[0] != "cond.dll" {
		t.Errorf("section %+v", s)
	}
	f, err := inf.Parse("u", []byte("[Version]\nSignature=$chicago$\n[DestinationDirs]\nC.files=16422,Sample\n[C.files]\nc.dll,x\\c.dll\n"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := ParseFiles(f, Options{}, Copy, "c.FILES")
	if err != nil || g.Dir != (Dir{16422, "Sample"}) || g.Files[0].Source != `x\c.dll` {
		t.Errorf("group %+v, %v", g, err)
	}
	if _, err := ParseRegistry(f, Options{}, AddReg, "none"); err == nil {
		t.Error("a missing registry section is no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("[Version]\nSignature=$chicago$\n[ProductInstall.CopyFilesAlways]\nCopyFiles=A,@b\nx=y\n[A]\na,b,,4\n[DestinationDirs]\nA=11,x\nDefaultDestDir=10\n" +
		"[ProductInstall.GlobalRegistryChanges.Install]\nAddReg=R\nDelReg=R\n[R]\nHKLM,k,n,0x10001,1\n[UninstallSections]\nA,R\n[Strings]\na=%b%\n"))
	if actions, err := os.ReadFile("testdata/actions.inf"); err == nil {
		f.Add(actions)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := inf.Parse("f", data)
		if err != nil {
			return
		}
		u, err := Parse(file, Options{})
		if err != nil {
			return
		}
		out, err := u.Print()
		if err != nil {
			return
		}
		file, err = inf.Parse("printed", out)
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		if _, err := Parse(file, Options{}); err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
	})
}
