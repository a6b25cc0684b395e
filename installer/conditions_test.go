package installer_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
)

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

func mustAll(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// conditionMachine has what the tests of conditions look at.
func conditionMachine(t *testing.T, files map[string][]byte) *machine {
	m := newMachine(t, files)
	k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\App`}
	k32 := host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\App`, View: host.View32}
	_, err1 := m.h.CreateKey(k, false)
	mustAll(t, err1, m.h.SetValue(k, "N", regplan.DWORD(16)), m.h.SetValue(k, "S", regplan.String("Abc")), m.h.SetValue(k, "V", regplan.String("5.10")),
		m.h.SetValue(k, "L", host.MultiValue([]string{"one", "two"})), m.h.SetValue(k, "B", host.Value{Type: host.RegBinary, Data: []byte{1}}),
		m.h.SetValue(k32, "", regplan.String("default")))
	return m
}

const appKey = `HKLM,"SOFTWARE\Contoso\App"`

// Every operator and kind of test of [Prerequisite], each alone in a SingleOp.
func TestPrerequisites(t *testing.T) {
	p, files := standard(t)
	m := conditionMachine(t, files) // a.dll has 5.2.3790.100, Windows is 5.2.3790 SP2
	for line, want := range map[string]bool{
		`EqualOp=CheckReg,` + appKey + `,N,0x10001,==,16`:                 true,
		`EqualOp=CheckReg,` + appKey + `,N,0x10001,==,0x10`:               true,
		`EqualOp=CheckReg,` + appKey + `,N,0x10001,==,17`:                 false,
		`NotEqualOp=CheckReg,` + appKey + `,N,0x10001,!=,17`:              true,
		`LessOp=CheckReg,` + appKey + `,N,0x10001,<,17`:                   true,
		`LessOp=CheckReg,` + appKey + `,N,0x10001,<,16`:                   false,
		`LessOrEqualOp=CheckReg,` + appKey + `,N,0x10001,<=,16`:           true,
		`GreaterOp=CheckReg,` + appKey + `,N,0x10001,>,16`:                false,
		`GreaterOrEqualOp=CheckReg,` + appKey + `,N,0x10001,>=,16`:        true,
		`EqualOp=CheckReg,` + appKey + `,S,,==,aBC`:                       true,
		`GreaterOp=CheckReg,` + appKey + `,V,,>,5.9`:                      true,
		`EqualOp=CheckReg,` + appKey + `,L,,==,two`:                       true,
		`EqualOp=CheckReg,` + appKey + `,,0x4000,==,default`:              true,
		`PresentOp=CheckReg,` + appKey + `,N,`:                            true,
		`NotPresentOp=CheckReg,` + appKey + `,N,`:                         false,
		`NotPresentOp=CheckReg,` + appKey + `,Gone,`:                      true,
		`PresentOp=CheckReg,` + appKey + `,,`:                             true,
		`PresentOp=CheckReg,HKLM,"SOFTWARE\Contoso\None",,`:               false,
		`EqualOp=CheckReg,` + appKey + `,Gone,,==,x`:                      false,
		`LessOp=CheckReg,` + appKey + `,Gone,,<,9`:                        false,
		`NotEqualOp=CheckReg,` + appKey + `,Gone,,!=,x`:                   true,
		`PresentOp=CheckFileVer,System32.files,a.dll`:                     true,
		`NotPresentOp=CheckFileVer,System32.files,wdf01000.sys`:           true,
		`LessOrEqualOp=CheckFileVer,System32.files,a.dll,<=,5.2.3790.100`: true,
		`LessOp=CheckFileVer,System32.files,a.dll,<,5.2.3790.100`:         false,
		`GreaterOrEqualOp=CheckFileVer,System32.files,a.dll,>=,5.2`:       true,
		`LessOp=CheckFileVer,System32.files,none.dll,<,9`:                 false,
		`EqualOp=VersionCheck,==,5.2.3790.2`:                              true,
		`EqualOp=VersionCheck,==,5.2`:                                     true,
		`GreaterOrEqualOp=VersionCheck,>=,5.2.3790.3`:                     false,
		`LessOp=VersionCheck,<,6`:                                         true,
	} {
		q := p
		q.extra = crlf("\n[Prerequisite]\ncondition=SingleOp,C\n[C]\n" + line + "\nDisplay_String=%Msg%\n")
		q.strings = "Msg=\"Please update, the app.\"\r\n"
		_, err := m.install(q.tree(t), "/dryrun")
		switch {
		case want && err != nil:
			t.Errorf("%s: %v", line, err)
		case !want && (status.Code(err) != status.PrerequisiteFailed || !strings.Contains(err.Error(), "Please update, the app.")):
			t.Errorf("%s: got %v, want %d with the text", line, err, status.PrerequisiteFailed)
		}
	}
}

func TestPrerequisitesTogether(t *testing.T) {
	p, files := standard(t)
	m := conditionMachine(t, files)
	yes, no := "EqualOp=VersionCheck,==,5.2\n", "EqualOp=VersionCheck,==,6.0\n"
	for name, c := range map[string]struct {
		text string
		want []string // texts of the failure; nil: none
	}{
		"or":         {"condition=OrOp,A\n[A]\n" + no + yes, nil},
		"or of none": {"condition=OrOp,A\n[A]\n" + no + no + "Display_String=A\n", []string{"A"}},
		"and":        {"condition=AndOp,A\n[A]\n" + yes + yes, nil},
		"and fails":  {"condition=AndOp,A\n[A]\n" + yes + no, []string{"[A]"}},
		"two, both told": {"condition=SingleOp,A\ncondition=SingleOp,B\ncondition=SingleOp,C\n[A]\n" + no + "Display_String=first\n[B]\n" + yes + "[C]\n" + no +
			"Display_String=second\n", []string{"first", "second"}},
	} {
		q := p
		q.extra = crlf("\n[Prerequisite]\n" + c.text)
		before := m.snapshot()
		_, err := m.install(q.tree(t))
		if c.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else {
				mustRun(t)(m.remove(p.kb))
			}
			continue
		}
		log := string(m.read(`C:\WINDOWS\KB900001.log`))
		for _, text := range c.want {
			if status.Code(err) != status.PrerequisiteFailed || !strings.Contains(err.Error(), text) || !strings.Contains(log, text) {
				t.Errorf("%s: %v; log lacks it: %v", name, err, !strings.Contains(log, text))
			}
		}
		if d := diffLines(before, m.snapshot()); d != "" {
			t.Errorf("%s: the machine changed:\n%s", name, d)
		}
	}
}

const conditionalSections = `
[ProductInstall.Conditional]
FileCondition=With.A
[With.A]
InstallFromSection=With.A.Install
Operation=CheckInstall,a.dll,a.dll
TargetFromSection=System32.files
CopyFlags=SP_COPY_NEWER_OR_SAME
[With.A.Install]
CopyFiles=Conditional.files
[Conditional.files]
cond.dll,common\cond.dll
[Register.Include]
RegCondition=With.A.Reg
[With.A.Reg]
InstallFromSection=With.A.Reg.Install
Operation=CheckInstall,a.dll,a.dll
[With.A.Reg.Install]
AddReg=With.A.Add
[With.A.Add]
HKLM,"SOFTWARE\Contoso\Conditional","A",0x10001,1
[ProductInstall.ExtendedConditional]
ConditionInstall=Ext
[Ext]
condition=OrOp,Ext.Op
ConditionalOperations=Ext.Ops
[Ext.Op]
EqualOp=CheckReg,HKLM,"SOFTWARE\Contoso\App",N,0x10001,==,16
[Ext.Ops]
FileOperation=Ext.Files
RegistryOperation=Ext.Reg
[Ext.Files]
CopyFiles=Ext.list
[Ext.list]
ext.dll,common\ext.dll
[Ext.Reg]
AddReg=Ext.Add
[Ext.Add]
HKLM,"SOFTWARE\Contoso\Conditional","Ext",0x10001,1
[SourceDisksFiles]
common\cond.dll=1
common\ext.dll=1
[DestinationDirs]
Conditional.files=11
Ext.list=11
`

func TestConditionalGroups(t *testing.T) {
	for name, c := range map[string]struct{ a, ext bool }{"both": {true, true}, "neither": {false, false}, "a": {true, false}, "ext": {false, true}} {
		t.Run(name, func(t *testing.T) {
			p, files := standard(t)
			p.extra = crlf(conditionalSections)
			p.common = map[string][]byte{"cond.dll": samplepe1(t, "1.0.0.0", "", "cond"), "ext.dll": samplepe1(t, "1.0.0.0", "", "ext")}
			if !c.a { // then a.dll is newer and skipped
				files[sys+"a.dll"] = samplepe1(t, "9.0.0.0", "", "newer")
			}
			m := newMachine(t, files)
			if c.ext {
				m = conditionMachine(t, files)
			}
			before := m.snapshot()
			mustRun(t)(m.install(p.tree(t)))
			value := func(n string) bool {
				_, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: `SOFTWARE\Contoso\Conditional`}, n)
				return err == nil
			}
			if m.has(sys+"cond.dll") != c.a || value("A") != c.a || m.has(sys+"ext.dll") != c.ext || value("Ext") != c.ext {
				t.Errorf("files %v %v, values %v %v", m.has(sys+"cond.dll"), m.has(sys+"ext.dll"), value("A"), value("Ext"))
			}
			mustRun(t)(m.remove(p.kb))
			if d := diffLines(before, m.snapshot()); d != "" {
				t.Errorf("the machine differs after removal:\n%s", d)
			}
		})
	}
}

// A file of a condition must be in the package even if the condition does not hold.
func TestConditionalFileMissingFromThePackage(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf(conditionalSections)
	m := newMachine(t, files)
	if _, err := m.install(p.tree(t)); err == nil || !strings.Contains(err.Error(), "ext.dll") {
		t.Errorf("got %v", err)
	}
}

// What the engine does not do is refused by name before anything changes.
func TestRefuses(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	for text, want := range map[string]string{
		"[DevicesToUpgrade]\n*PNP0103=machine.inf\n": "[DevicesToUpgrade]",
		"[LinkItems.Create]\nx\n":                    "[LinkItems.Create]",
	} {
		q := p
		q.extra = crlf("\n" + text)
		_, err := m.install(q.tree(t))
		if !errors.Is(err, host.ErrUnsupported) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("the machine changed:\n%s", d)
	}
}
