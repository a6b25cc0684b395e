package lint

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

const signed = "[Version]\nSignature=\"$Windows NT$\"\n"

// conditionCases are added to the good INF; want is a part of the only message that the check gives. Empty check: silence.
var conditionCases = []struct{ text, check, want string }{
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nEqualOp=CheckReg,HKLM,\"SYSTEM\\Setup\",SetupType,0x10001,==,1\nDisplay_String=\"no\"\n", "", ""},
	{"[Prerequisite]\ncondition=OrOp,P\n[P]\nNotPresentOp=CheckFileVer,System32.files,a.dll\nLessOrEqualOp=CheckFileVer,System32.files ,a.dll, <=, 1.9.9999.0\n", "", ""},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nEqualOp=CheckCustom,,spcustom.dll,OnACPower,,\"==\", 1\n", "", ""},
	{"[Prerequisite]\ncondition=BothOp,P\n[P]\nNotPresentOp=CheckFileVer,System32.files,a.dll\n", "condition", ":53:1: error: \"condition=BothOp,P\" is no condition; write"},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nPresentOp=CheckFileVer,System32.files,a.dll\nPresentOp=CheckFileVer,System32.files,b.dll\n", "condition", ":53:1: error: SingleOp, but [P] has 2 tests"},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nAlmostOp=CheckFileVer,System32.files,a.dll\n", "condition", ":55:1: error: [P]: \"AlmostOp="},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nEqualOp=CheckMoon,full\n", "condition", ":55:1: error: [P]: \"CheckMoon\" is no kind of test"},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nEqualOp=CheckFileVer,System32.files,a.dll,~,1.0\n", "condition", ":55:1: error: [P]: \"~\" is no operator"},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nEqualOp=CheckFileVer,System32.files,a.dll,>=,1.0\n", "condition-name", ":55:1: warning: [P]: EqualOp, but the operator field says \">=\""},
	{"[Prerequisite]\ncondition=SingleOp,P\n", "missing-section", ":53:1: error: condition names [P], which does not exist"},
	{"[Prerequisite]\ncondition=SingleOp,P\n[P]\nPresentOp=CheckFileVer,Nowhere.files,a.dll\n", "no-destination", ":55:1: error: CheckFileVer looks in the directory of [Nowhere.files]"},
	{"[ProductInstall.Conditional]\nFileCondition=C\n[C]\nInstallFromSection=C.Files\nOperation=CustomFunction,spcustom.dll,IsIt\nCopyFlags=SP_COPY_NEWER_OR_SAME | SP_COPY_REPLACEONLY\n[C.Files]\nCopyFiles=System32.files\n", "", ""},
	{"[ProductInstall.Conditional]\nFileCondition=C\n[C]\nInstallFromSection=C.Files\nOperation=Ask,me\n[C.Files]\nCopyFiles=System32.files\n", "condition", ":56:1: error: \"Operation=Ask,me\" is no operation"},
	{"[ProductInstall.Conditional]\nFileCondition=C\n[C]\nInstallFromSection=C.Files\nOperation=CustomFunction,spcustom.dll,IsIt\nCopyFlags=SP_COPY_SIDEWAYS\n[C.Files]\nCopyFiles=System32.files\n", "copy-flag-name", ":57:1: error: CopyFlags: \"SP_COPY_SIDEWAYS\" is no flag"},
	{"[ProductInstall.Conditional]\nFileCondition=C\n[C]\nInstallFromSection=Gone\nOperation=CustomFunction,spcustom.dll,IsIt\n", "missing-section", ":55:1: error: InstallFromSection names [Gone]"},
	{"[Register.Include]\nRegCondition=C\n[C]\nInstallFromSection=C.Reg\nOperation=CheckInstall,a.dll,a.dll\nTargetFromSection=System32.files\n[C.Reg]\nAddReg=Product.Add.Reg\n", "", ""},
	{"[ProductInstall.ExtendedConditional]\nConditionInstall=X\n[X]\ncondition=AndOp,X.Op\nConditionalOperations=X.Do\n[X.Op]\nGreaterOrEqualOp=CheckFileVer,System32.files,a.dll,>=,7.0.0.0\n[X.Do]\nFileOperation=X.Install\n[X.Install]\nCopyFiles=System32.files\n", "", ""},
	{"[ServicesToStopAndStart]\na=b\n", "refused", ":53:1: error: [ServicesToStopAndStart] \"a=b\""},
	{"[Strings.0407]\nbluetooth\n", "line-form", ":53:1: warning: [Strings.0407]: \"bluetooth\" has no ="},
	{"[DeviceClassList]\nbluetooth\n", "refused", ":53:1: error: [DeviceClassList] \"bluetooth\": write name=value"},
	{"[DevicesToUpgrade]\n*PNP0103=machine.inf\n", "unsupported", ":52:1: warning: [DevicesToUpgrade]: no device driver is installed, and the package is refused"},
	{"[ProductInstall.ReplaceFilesIfExist]\nProfileItems=Links\n[Links]\nName=x\n", "refused", ":53:1: error: [Links] needs Name=shortcut"},
}

func TestConditions(t *testing.T) {
	for _, c := range conditionCases {
		got := texts(without(Check("update.inf", crlf(good+c.text), Options{}), c.check == "unsupported"))
		switch {
		case c.check == "" && got != "":
			t.Errorf("%q: findings\n%s", c.text, got)
		case c.check != "" && !(strings.HasPrefix(got, "update.inf"+c.want) && strings.Contains(got, " ["+c.check+"]\n")):
			t.Errorf("%q:\n got %s\nwant %s … [%s]", c.text, got, c.want, c.check)
		}
	}
}

// without takes the findings out that depend on how far the typed reader is.
func without(list []Finding, keep bool) []Finding {
	var out []Finding
	for _, f := range list {
		if keep || f.Check != "unsupported" {
			out = append(out, f)
		}
	}
	return out
}

// packageCases are whole files of the other kinds.
var packageCases = []struct{ name, text, check, want string }{
	{"branches.inf", signed + "FileVersion=1.0.0.0\n[FileBranchInfo]\nA=\"%A_NAME%\",B\nB=\"B\",B\n[Strings]\nA_NAME=\"A\"\n", "", ""},
	{"x.inf", signed + "[FileBranchInfo]\nA=\"A\",C\nB=\"B\",B\n", "refused", ":4:1: error: branch A: its next branch C is not listed"},
	{"branches.inf", signed, "refused", ": error: [FileBranchInfo] is missing or empty"},
	{"branches.inf", signed + "[FileBranchInfo]\nB=\"B\",B\n[Extra]\n", "unused-section", ":5:1: warning: [Extra] is no section of branches.inf"},
	{"branches.inf", signed + "Catalog=x\n[FileBranchInfo]\nB=\"B\",B\n", "unknown-key", ":3:1: warning: Catalog is no key of [Version]"},
	{"updatebr.inf", signed + "[DefaultBranchesServicePacks]\n2=A\n[DefaultBranchesServicePacks.WinNt52]\n0=A\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n[SetupFiles.Common]\nspuninst.exe\n[SetupFiles.A]\nx\n", "", ""},
	{"y.inf", signed + "[DefaultBranchesServicePacks]\n2=A\n1=B\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n", "default-branch", ":5:1: warning: branch B has no INF"},
	{"updatebr.inf", signed + "[DefaultBranchesServicePacks]\nx=A\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n", "refused", ":4:1: error: [DefaultBranchesServicePacks] \"x=A\""},
	{"updatebr.inf", signed + "[DefaultBranchesServicePacks.Win98]\n2=A\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n", "unknown-decoration", ":3:1: warning: [DefaultBranchesServicePacks.Win98]"},
	{"updatebr.inf", signed + "[DefaultBranchesServicePacks]\n2=A\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n[SetupFiles.Q]\nx\n", "unused-section", ":7:1: warning: [SetupFiles.Q] is for a branch that has no INF"},
	{"updatebr.inf", signed + "[DefaultBranchesServicePacks]\n2=A\n2=A\n[SourceInfsBranches]\nA=\"update\\update_a.inf\"\n", "duplicate-key", ":5:1: warning: [DefaultBranchesServicePacks]: 2 stands already on line 4"},
	{"spuninst.inf", signed + "[Reg.Delete.Values]\nHKLM,\"a\",\"b\"\n[GlobalRegistryChanges]\nAddReg=Add.Reg\n[Add.Reg]\nHKLM,\"a\",\"b\",0,\"c\"\n[Mine]\nx\n", "", ""},
	{"spuninst.inf", signed + "[Reg.Delete.Values]\nHKXX,\"a\",\"b\"\n", "refused", ":4:1: error: \"HKXX,a,b\": \"HKXX\" is no registry root"},
	{"z.inf", signed + "[Reg.Delete.Values]\n[GlobalRegistryChanges]\nAddReg=Add.Reg\n", "missing-section", ":5:1: error: AddReg names [Add.Reg], which does not exist"},
	{"spuninst.inf", signed + "[GlobalRegistryChanges]\nAddReg=Add.Reg\n[Add.Reg]\nHKLM,\"a\",\"b\",0x10001,\"c\"\n", "registry-data", ":6:1: error: value \"b\": \"c\" is no number"},
	{"branches.inf", "no section\n" + signed + "[FileBranchInfo]\nB=\"B\",B\n", "syntax", ":1:1: error: text before the first [section]"},
}

func TestOtherFiles(t *testing.T) {
	for _, c := range packageCases {
		got := texts(Check(c.name, crlf(c.text), Options{}))
		switch {
		case c.check == "" && got != "":
			t.Errorf("%s: %q: findings\n%s", c.name, c.text, got)
		case c.check != "" && !(strings.HasPrefix(got, c.name+c.want) && strings.Contains(got, " ["+c.check+"]\n")):
			t.Errorf("%s: %q:\n got %s\nwant %s … [%s]", c.name, c.text, got, c.want, c.check)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       Kind
	}{
		{`C:\x\Branches.inf`, "[A]\n", BranchesINF}, {"updatebr.inf", "[A]\n", UpdateBrINF}, {"dir/spuninst.inf", "[A]\n", SpuninstINF},
		{"update_sp2qfe.inf", "[FileBranchInfo]\n", UpdateINF}, {"a.inf", "[FileBranchInfo]\n", BranchesINF},
		{"a.inf", "[DefaultBranchesServicePacks.WinNt51]\n", UpdateBrINF}, {"a.inf", "[SystemRoot.restore.files]\n", SpuninstINF},
		{"a.inf", "[ProductInstall.CopyFilesAlways]\n[Reg.Restore]\n", UpdateINF}, {"a.inf", "", UpdateINF},
	} {
		f, err := inf.ParseLax(c.name, []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		if got := KindOf(f); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.name, c.text, got, c.want)
		}
	}
}

// TestLanguage: the strings of a language count, and so does its code page's text.
func TestLanguage(t *testing.T) {
	text := strings.Replace(good, "[Configuration]", "[Strings.0407]\nLangTypeValue=deutsch\n[Configuration]", 1)
	if got := Check("update.inf", crlf(text), Options{}); len(got) != 0 {
		t.Errorf("without a language:\n%s", texts(got))
	}
	got := texts(Check("update.inf", crlf(text), Options{Language: 0x407}))
	if !strings.HasPrefix(got, `update.inf:3:1: error: LanguageType in [Version]: "deutsch" is no number`) {
		t.Errorf("German:\n%s", got)
	}
}

func TestSeverity(t *testing.T) {
	for s := Info; s <= Error; s++ {
		if got, err := ParseSeverity(s.String()); err != nil || got != s {
			t.Errorf("%v: %v, %v", s, got, err)
		}
	}
	if _, err := ParseSeverity("fatal"); err == nil {
		t.Error("fatal is taken for a severity")
	}
}

func TestNearest(t *testing.T) {
	list := []string{"Prerequisite", "Strings", "Version"}
	for name, want := range map[string]string{"prerequisites": "Prerequisite", " Strings": "Strings", "Versoin": "", "Vrsion": "Version", "Else": "",
		"strings": ""} {
		if got := nearest(name, list); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
