package installer_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
)

const customSections = `
[Prerequisite]
condition=SingleOp,Power
[Power]
EqualOp=CheckCustom,,common\spcustom.dll,OnACPower,,"==",1
Display_String="Connect the computer to power."
[ProductInstall.Conditional]
FileCondition=W
[W]
InstallFromSection=W.Files
Operation=CustomFunction,common\spcustom.dll,IsWMUpgradeable
[W.Files]
CopyFiles=W.Copy
[W.Copy]
w.txt,common\w.txt
[Register.Include]
RegCondition=V
[V]
InstallFromSection=V.Reg
Operation=CustomFunction,common\spcustom.dll,IsWMUpgradeable
[V.Reg]
AddReg=V.Add.Reg
[V.Add.Reg]
HKLM,"SOFTWARE\Custom","Level",0x00010001,7
[DirectoryId.Include]
AddDirId=RISAdm.DirId
[RISAdm.DirId]
DirId=65625
CustomFunction=common\spcustom.dll,GetRISAdminPathName
InstallFromSection=RIS.Files
CopyFlags=SP_COPY_FORCE_NEWER
[RIS.Files]
CopyFiles=RIS.Copy
[RIS.Copy]
ris.txt,common\ris.txt
[DestinationDirs]
W.Copy=11
RIS.Copy=65625,Images
`

func custom(t *testing.T) (pkg, *machine, *world) {
	p, files := standard(t)
	p.extra = crlf(customSections)
	p.common = map[string][]byte{"spcustom.dll": []byte("functions"), "w.txt": []byte("w"), "ris.txt": []byte("ris")}
	w := newWorld()
	w.answers = map[string]answer{"OnACPower": {1, ""}, "IsWMUpgradeable": {1, ""}, "GetRISAdminPathName": {1, `C:\RemoteInstall\Admin`}}
	return p, newMachine(t, files), w
}

// Functions of the package's own DLL decide about prerequisites, files, registry and a directory; each is asked once.
func TestCustomFunctions(t *testing.T) {
	p, m, w := custom(t)
	before := m.snapshot()
	mustRun(t)(w.install(t, m, p))
	want := []string{"call GetRISAdminPathName of spcustom.dll", "call IsWMUpgradeable of spcustom.dll", "call OnACPower of spcustom.dll"}
	if got := w.took(); !slices.Equal(got, want) {
		t.Errorf("asked %q", got)
	}
	if !m.has(sys+"w.txt") || !m.has(`C:\RemoteInstall\Admin\Images\ris.txt`) || !strings.Contains(m.snapshot(), `SOFTWARE\Custom "Level"`) {
		t.Error("files or registry value are missing")
	}
	mustRun(t)(w.remove(m, p.kb))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
	w.answers["IsWMUpgradeable"], w.answers["GetRISAdminPathName"] = answer{0, ""}, answer{0, ""}
	mustRun(t)(w.install(t, m, p))
	if m.has(sys+"w.txt") || m.has(`C:\RemoteInstall`) || strings.Contains(m.snapshot(), `SOFTWARE\Custom`) {
		t.Error("what the functions refuse is installed")
	}
}

func TestCustomFunctionsThatRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(p *pkg, w *world)
		code  uint32
		says  string
	}{
		"prerequisite": {func(_ *pkg, w *world) { w.answers["OnACPower"] = answer{} }, status.PrerequisiteFailed, "Connect the computer to power."},
		"no function":  {func(_ *pkg, w *world) { delete(w.answers, "IsWMUpgradeable") }, 0, "no such entry point"},
		"no directory": {func(_ *pkg, w *world) { w.answers["GetRISAdminPathName"] = answer{1, "Images"} }, status.InvalidDirIDPath, "no absolute path"},
		"time-out": {func(_ *pkg, w *world) {
			w.refuses["call GetRISAdminPathName of spcustom.dll"] = context.DeadlineExceeded
		}, status.UnableToSetDirID, "RISAdm.DirId"},
		"not recorded": {func(p *pkg, _ *world) { p.extra = strings.ReplaceAll(p.extra, `common\spcustom.dll`, "spmsg.dll") }, 0, "not recorded in update.ver"},
		"not there":    {func(p *pkg, _ *world) { p.extra = strings.ReplaceAll(p.extra, `common\spcustom.dll`, "gone.dll") }, 0, "gone.dll is not in the package"},
	} {
		t.Run(name, func(t *testing.T) {
			p, m, w := custom(t)
			c.spoil(&p, w)
			before := m.snapshot()
			_, err := w.install(t, m, p)
			if err == nil || c.code != 0 && status.Code(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %d: %v", status.Code(err), err)
			}
			if d := diffLines(before, m.snapshot()); d != "" {
				t.Errorf("the machine changed:\n%s", d)
			}
		})
	}
}

// An image cannot ask; it is told the answers or refuses.
func TestCustomFunctionsOnAnImage(t *testing.T) {
	p, m, _ := custom(t)
	if _, err := m.install(p.tree(t)); !errors.Is(err, installer.ErrNoAnswer) || !errors.Is(err, host.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
	answers := map[string]installer.Answer{}
	for _, s := range []string{`common\spcustom.dll,OnACPower=1`, `COMMON\SPCUSTOM.DLL,iswmupgradeable=0x1`, `common\spcustom.dll,GetRISAdminPathName=1,C:\RIS`} {
		key, a, err := installer.ParseAnswer(s)
		if err != nil {
			t.Fatal(err)
		}
		answers[key] = a
	}
	_, err := installer.Install(context.Background(), installer.Request{Host: m.h, Package: p.tree(t), Options: cmdline.Options{Quiet: true}, Start: testNow, Answers: answers})
	if err != nil || !m.has(`C:\RIS\Images\ris.txt`) || !m.has(sys+"w.txt") {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"", "x", "x=1", "x,y", "x,y=z", ",y=1", "x,=1"} {
		if _, _, err := installer.ParseAnswer(bad); err == nil {
			t.Errorf("%q is an answer", bad)
		}
	}
}

// [PreRequisite.Uninstall] is kept with the backup and asked before removal.
func TestPrerequisitesOfRemoval(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf(`
[PreRequisite.Uninstall]
condition=AndOp,C
[C]
EqualOp=CheckReg,HKLM,"SOFTWARE\Lock",Held,0x10001,==,0
PresentOp=CheckFileVer,Where.files,a.dll
Display_String="Release the 100% lock; it is held."
[DestinationDirs]
Where.files=11
`)
	m := newMachine(t, files)
	before := m.snapshot()
	k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Lock`}
	mustRun(t)(m.install(p.tree(t)))
	installed := m.snapshot()
	_, err := m.remove(p.kb)
	if status.Code(err) != status.PrerequisiteFailed || !strings.Contains(err.Error(), "Release the 100% lock; it is held.") {
		t.Errorf("got %v", err)
	}
	if d := diffLines(installed, m.snapshot()); d != "" {
		t.Errorf("the machine changed:\n%s", d)
	}
	if _, err := m.h.CreateKey(k, false); err != nil {
		t.Fatal(err)
	}
	if err := m.h.SetValue(k, "Held", host.Value{Type: host.RegDWORD, Data: make([]byte, 4)}); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.remove(p.kb))
	if err := m.h.DeleteKey(k); err != nil {
		t.Fatal(err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}

// [ArchiveCatalogFilesOnly] keeps a catalog that the package does not install, and removal brings it back.
func TestArchivedCatalog(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf("\n[ArchiveCatalogFilesOnly]\n%SP_SHORT_TITLE%.cat\ncomctl.cat\nnone.cat\n")
	m := newMachine(t, files)
	catalog := m.h.CatalogPath("comctl.cat")
	m.write(catalog, []byte("before"))
	before := m.snapshot()
	mustRun(t)(m.install(p.tree(t)))
	m.write(catalog, []byte("by a program of the update"))
	mustRun(t)(m.install(p.tree(t))) // again: the first one counts
	mustRun(t)(m.remove(p.kb))
	if got := string(m.read(catalog)); got != "before" {
		t.Errorf("the catalog is %q", got)
	}
	if d := diffLines(before, m.snapshot()); strings.Contains(d, "none.cat") || strings.Contains(d, p.kb) {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
}
