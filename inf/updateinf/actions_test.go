package updateinf

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

// TestActions reads the examples of WP appendix B and the forms of real packages, holds the typed values and the printed
// form, and reads that again.
func TestActions(t *testing.T) {
	u := load(t, filepath.Join("testdata", "actions.inf"), Options{})
	text, err := json.MarshalIndent(u, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "actions.json", append(text, '\n'))
	out, err := u.Print()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "actions.printed.inf", out)
	if again := parse(t, "printed", out, Options{}); !reflect.DeepEqual(again, u) {
		a, _ := json.MarshalIndent(again, "", " ")
		t.Errorf("read back:\n%s", firstDifference(string(a), string(text)))
	}
	if len(u.Other) != 1 || len(u.Directives) != 1 {
		t.Errorf("without a typed form: %v %v", u.Other, u.Directives)
	}
	if d, ok := u.SectionDir("SAMPLE.files"); !ok || d.ID != 12 {
		t.Errorf("directory of the tested file: %v %v", d, ok)
	}
}

func TestActionFaults(t *testing.T) {
	got := faults(t, `[Prerequisite]
condition=NoOp,Tests
condition=SingleOp,Nowhere
condition=SingleOp,Tests
other=1
[Tests]
SameOp=CheckReg,HKLM,k
EqualOp=CheckDisk,1
EqualOp=CheckReg,HKXX,"",n,zz,~,1
EqualOp=CheckFileVer,No.files,x.dll,==,1.x
NotPresentOp=CheckReg,HKLM,k,n,0,,5
EqualOp=CheckCustom,,x.dll
EqualOp=VersionCheck,==,5.1,more
GreaterOp=VersionCheck
[ProductInstall.Conditional]
FileCondition=F,Lost
RegCondition=F
[F]
Operation=Ask,user
CopyFlags=SP_COPY_NEWER|SP_COPY_SOMETIMES
Odd=1
InstallFromSection=I
[I]
AddReg=R
[Register.Include]
RegCondition=Empty
[Empty]
[ProductInstall.ExtendedConditional]
ConditionInstall=Empty
[DirectoryId.Include]
AddDirId=Empty
[ProductInstall.CopyFilesAlways]
RegisterDlls=Reg.Dlls
[Reg.Dlls]
11,,x.dll
11,,x.dll,4
x,,x.dll,1
[ProductInstall.RenameDirectories]
a,b\c
[DestinationDirs]
ProductInstall.RenameDirectories=10
[ServicesToStopAndStart]
a=b
`)
	golden(t, "actions.faults.txt", []byte(strings.Join(got, "\n")+"\n"))
}

func TestCopyFlags(t *testing.T) {
	f, err := inf.Parse("u", []byte("[Version]\nSignature=$chicago$\n[DirectoryId.Include]\nAddDirId=D\n[D]\nDirId=65800\nCustomFunction=a,b\nCopyFlags=X\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(f, Options{}); !errors.Is(err, ErrCopyFlag) {
		t.Errorf("error %v", err)
	}
	for _, c := range copyFlags() {
		bits, bad := parseCopyFlags(" sp_copy_" + strings.ToLower(c.name) + "| SP_COPY_NOSKIP ")
		if bits != c.bit|SPCopyNoSkip || bad != "" {
			t.Errorf("%s: %#x %q", c.name, bits, bad)
		}
		s, rest := formatCopyFlags(bits | 1<<30)
		if again, bad := parseCopyFlags(s); again != bits || bad != "" || rest != 1<<30 {
			t.Errorf("%q: %#x %q %#x", s, again, bad, rest)
		}
	}
}

// actions fills the fields of actions.go for the property test.
func (g gen) actions(u *Update) {
	u.Prerequisites, u.PrerequisitesUninstall = g.conditions("Pre"), g.conditions("PreUn")
	for _, w := range processWhens() {
		for range g.Intn(3) {
			u.Processes = append(u.Processes, Process{When: w, Command: g.text()})
		}
		if g.Intn(2) == 0 {
			u.Processes = append(u.Processes, Process{When: w, SKU: "Server", Command: g.text()})
		}
	}
	for range g.Intn(3) {
		u.StopServices = append(u.StopServices, g.text())
		u.StopServicesUninstall = append(u.StopServicesUninstall, g.text())
		u.OEMExclusions.Drivers = append(u.OEMExclusions.Drivers, OEMDriver{g.text(), g.pick("", "1")})
		u.OEMExclusions.DeviceIDs = append(u.OEMExclusions.DeviceIDs, g.text())
		u.OEMExclusions.Providers = append(u.OEMExclusions.Providers, g.text())
		u.Devices = append(u.Devices, KeyValue{g.pick("*PNP0103", `PCI\VEN_1022&DEV_7451`), g.pick("machine.inf", "a b.inf")})
		u.DeviceClasses = append(u.DeviceClasses, KeyValue{g.pick("bluetooth", "net"), "{e0cbf06c-cd8b-4647-bb8a-263b43f0f974}"})
		u.RenameDirs = append(u.RenameDirs, RenameDir{Dir: Dir{ID: 10 + g.Intn(2)}, From: g.plain(), To: g.plain()})
		section, unregister := fmt.Sprintf("Dlls%d", len(u.RegisterDLLs)), g.Intn(2) == 0
		for range 1 + g.Intn(2) {
			u.RegisterDLLs = append(u.RegisterDLLs, RegisterDLL{When: GlobalInstall, Section: section, Dir: Dir{11, g.plain()}, File: g.text(),
				Flags: uint32(1 + g.Intn(3)), Timeout: uint32(59 + g.Intn(3)), Argument: g.pick("", g.text()), Unregister: unregister})
		}
	}
	for i := range g.Intn(3) {
		version := uint32(g.Intn(1 << 18))
		e := ErrorReport{Mode: fmt.Sprintf("M%d", i), Invoke: g.Intn(2) == 0, Version: &version, EventType: "UpdateCancel", Intro: g.text(), DetailsBody: g.text()}
		if g.Intn(2) == 0 {
			e.Unknown = append(e.Unknown, KeyValue{"Main_Plea", g.text()})
		}
		u.ErrorReports = append(u.ErrorReports, e)
		link := Shortcut{When: GlobalReinstall, Section: fmt.Sprintf("Link%d", i), Name: g.plain(), Attributes: uint32(g.Intn(2)), Target: DirFile{Dir{11, g.pick("", "x")}, g.plain()},
			SubDir: g.pick("", `a\b`), IconIndex: uint32(g.Intn(2)), InfoTip: g.pick("", g.text())}
		if g.Intn(2) == 0 {
			link.WorkingDir, link.Icon = &Dir{16422, g.pick("", "y")}, DirFile{Dir{10, ""}, g.plain()}
		}
		u.Shortcuts = append(u.Shortcuts, link)
		name := fmt.Sprintf("C%d", i)
		u.Conditional = append(u.Conditional, ConditionalFiles{g.conditional(name), g.groups(name)})
		u.RegisterInclude = append(u.RegisterInclude, ConditionalRegistry{g.conditional("R" + name), g.regGroups("R" + name)})
		conditions := append(g.conditions("E"+name), g.condition("E"+name))
		u.ExtendedConditional = append(u.ExtendedConditional, ExtendedConditional{Name: "E" + name, Conditions: conditions,
			Files: g.groups("E" + name), Registry: g.regGroups("E" + name)})
		u.DirectoryIDs = append(u.DirectoryIDs, DirectoryID{Name: "D" + name, ID: 65800 + i, CustomDLL: g.text(), CustomFunc: g.text(),
			InstallFrom: "DI" + name, CopyFlags: SPCopyNoSkip * uint32(g.Intn(2)), Files: g.groups("D" + name)})
	}
}

// plain is a text without backslashes.
func (g gen) plain() string { return g.pick("a", "Ä", "x y", "日") + g.pick("", "%", " b", ";") }

func (g gen) conditions(name string) []Condition {
	var list []Condition
	for i := range g.Intn(3) {
		list = append(list, g.condition(fmt.Sprintf("%s.%d", name, i)))
	}
	return list
}

func (g gen) condition(name string) Condition {
	c := Condition{Combiner: SingleOp, Section: name + ".Test", Display: g.pick("", g.text()), Tests: []Test{g.test()}}
	if g.Intn(2) == 0 {
		c.Combiner, c.Tests = OrOp, append(c.Tests, g.test())
	}
	return c
}

func (g gen) test() Test {
	t := Test{Name: testNames()[g.Intn(6)], Op: g.pick("==", "!=", "<", "<=", ">", ">="), Data: "1.2"}
	switch g.Intn(3) {
	case 0:
		t.Kind, t.Args, t.Data = CheckReg, []string{"HKLM", g.text(), g.pick("", g.text()), g.pick("", "0x10001")}, g.text()
		if g.Intn(2) == 0 {
			t.Name, t.Op, t.Data = g.pick("PresentOp", "NotPresentOp"), "", ""
		}
	case 1:
		t.Kind, t.Args = CheckCustom, []string{"", g.text(), g.text(), ""}
	default:
		t.Kind = VersionCheck
	}
	return t
}

func (g gen) conditional(name string) Conditional {
	c := Conditional{Name: name, InstallFrom: name + ".Install", CopyFlags: SPCopyForceNewer | uint32(g.Intn(4))}
	if g.Intn(2) == 0 {
		c.Operation.CustomDLL, c.Operation.CustomFunc = g.text(), g.text()
	} else {
		c.Operation.CheckInstall = [2]string{g.text(), g.text()}
	}
	return c
}

func (g gen) groups(name string) []FileGroup {
	var list []FileGroup
	for i := range g.Intn(3) {
		list = append(list, FileGroup{Kind: Delete, Section: fmt.Sprintf("%s%d.files", name, i), Dir: Dir{11, "x"}, Files: []FileLine{{Name: g.text()}}})
	}
	return list
}

func (g gen) regGroups(name string) []RegistryGroup {
	var list []RegistryGroup
	for i := range g.Intn(3) {
		list = append(list, RegistryGroup{Kind: DelReg, Section: fmt.Sprintf("%s%d.reg", name, i), Lines: []RegLine{{Root: "HKLM", Key: g.text()}}})
	}
	return list
}
