package updateinf

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

var update = flag.Bool("update", false, "write golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func load(t *testing.T, path string, o Options) *Update {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, path, data, o)
}

func parse(t *testing.T, name string, data []byte, o Options) *Update {
	t.Helper()
	f, err := inf.Parse(name, data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	u, err := Parse(f, o)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	clearPos(u)
	return u
}

// clearPos takes the positions out, which a printed file need not keep.
func clearPos(u *Update) {
	lines := func(ls []inf.Line) {
		for i := range ls {
			ls[i].Pos = inf.Pos{}
		}
	}
	for _, g := range u.groups() {
		for j := range g.Files {
			g.Files[j].Pos = inf.Pos{}
		}
	}
	for _, g := range u.registryGroups() {
		for j := range g.Lines {
			g.Lines[j].Pos = inf.Pos{}
		}
	}
	clearActions(u)
	for i := range u.Uninstall {
		lines(u.Uninstall[i].Lines)
	}
	for i := range u.Other {
		lines(u.Other[i].Lines)
	}
}

func clearActions(u *Update) {
	conditions := func(list []Condition) {
		for i := range list {
			list[i].Pos = inf.Pos{}
			for j := range list[i].Tests {
				list[i].Tests[j].Pos = inf.Pos{}
			}
		}
	}
	conditions(u.Prerequisites)
	conditions(u.PrerequisitesUninstall)
	for i := range u.Processes {
		u.Processes[i].Pos = inf.Pos{}
	}
	for i := range u.RegisterDLLs {
		u.RegisterDLLs[i].Pos = inf.Pos{}
	}
	for i := range u.RenameDirs {
		u.RenameDirs[i].Pos = inf.Pos{}
	}
	for i := range u.Conditional {
		u.Conditional[i].Pos = inf.Pos{}
	}
	for i := range u.RegisterInclude {
		u.RegisterInclude[i].Pos = inf.Pos{}
	}
	for i := range u.ExtendedConditional {
		u.ExtendedConditional[i].Pos = inf.Pos{}
		conditions(u.ExtendedConditional[i].Conditions)
	}
	for i := range u.Directives {
		u.Directives[i].Pos = inf.Pos{}
	}
	for i := range u.Shortcuts {
		u.Shortcuts[i].Pos = inf.Pos{}
	}
	for i := range u.ErrorReports {
		u.ErrorReports[i].Pos = inf.Pos{}
	}
	for i := range u.DirectoryIDs {
		u.DirectoryIDs[i].Pos = inf.Pos{}
	}
}

// TestBranch reads an INF with the peculiarities of real packages, holds the typed values and the printed form, and reads
// that again.
func TestBranch(t *testing.T) {
	u := load(t, filepath.Join("testdata", "branch.inf"), Options{Arch: "amd64"})
	text, err := json.MarshalIndent(u, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "branch.json", append(text, '\n'))
	out, err := u.Print()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "branch.printed.inf", out)
	again := parse(t, "printed", out, Options{Arch: "amd64"})
	if !reflect.DeepEqual(again, u) {
		a, _ := json.MarshalIndent(again, "", " ")
		t.Errorf("read back:\n%s", a)
	}
}

func faults(t *testing.T, body string) []string {
	t.Helper()
	f, err := inf.Parse("u.inf", []byte("[Version]\nSignature=\"$Windows NT$\"\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(f, Options{})
	var list *inf.ErrorList
	if !errors.As(err, &list) {
		t.Fatalf("error %v is no *inf.ErrorList", err)
	}
	return strings.Split(err.Error(), "\n")
}

func TestFaultsAreAllReported(t *testing.T) {
	got := faults(t, `NtBuildToUpdate=abc
NtMajorVersionToUpdate=6
MaxNtMajorVersionToUpdate=5
[ProductInstall.ReplaceFilesIfExist]
CopyFiles=Missing.files,Nowhere.files
oops
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=R
[Nowhere.files]
a.dll
[R]
HKXX,"k","n",0,"v"
HKLM,"k","n",0xZZ,"v"
[SourceDisksFiles]
plain
[UninstallSections]
One
[DeleteFilesInUninstallSections]
wrong,"file"
`)
	want := []string{
		"u.inf: [Version] the NtMajorVersionToUpdate range 6 to 5 is empty; exchange the two or leave one out",
		`u.inf:3:1: "NtBuildToUpdate=abc": "abc" is no number; write it decimal or as 0x and hexadecimal digits`,
		"u.inf:7:1: CopyFiles names [Missing.files], which does not exist; add the section or take the name out",
		"u.inf:7:1: [Nowhere.files] has no destination; add Nowhere.files=11 or another directory id to [DestinationDirs]",
		`u.inf:8:1: [ProductInstall.ReplaceFilesIfExist] "oops" has no =; write CopyFiles=section or the like`,
		`u.inf:14:1: "HKXX,k,n,0,v": "HKXX" is no registry root; write HKLM, HKCR, HKCU, HKU or HKR`,
		`u.inf:15:1: "HKLM,k,n,0xZZ,v": "0xZZ" is no number; write it decimal or as 0x and hexadecimal digits`,
		`u.inf:17:1: [SourceDisksFiles] "plain" names no disk; write file=1`,
		`u.inf:19:1: [UninstallSections] "One": sections come in pairs; write name-in-spuninst.inf, section-of-this-file`,
		`u.inf:21:1: [DeleteFilesInUninstallSections] "wrong,file": write SystemRoot\system32.delete.files,"file"`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
