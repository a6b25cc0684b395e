package lint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// good is a package INF without a finding; the cases below change one thing.
const good = `[Version]
Signature="$Windows NT$"
LanguageType=%LangTypeValue%
NtBuildToUpdate=2600
MaxNtBuildToUpdate=3790
NtMajorVersionToUpdate=5
MaxNtMajorVersionToUpdate=5
NtMinorVersionToUpdate=1
MaxNtMinorVersionToUpdate=2
MinNtServicePackVersion=256
MaxNtServicePackVersion=512
CatalogFile=%SP_SHORT_TITLE%.cat
[ProductCatalogsToInstall]
%SP_SHORT_TITLE%.cat,update\%SP_SHORT_TITLE%.cat
[ProductInstall.CopyFilesAlways]
CopyFiles=System32.files
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Product.Add.Reg
DelReg=Product.Del.Reg
BitReg=Product.Bit.Reg
[Save.Reg.For.Uninstall]
HKLM,"SOFTWARE\Contoso"
[Product.Add.Reg]
HKLM,"SOFTWARE\Contoso","Level",0x00010001,1
HKLM,"SOFTWARE\Contoso","Path",0x00020000,"%11%\a;%SystemRoot%\b"
[Product.Del.Reg]
HKLM,"SOFTWARE\Contoso","Old"
[Product.Bit.Reg]
HKLM,"SOFTWARE\Contoso","Bits",1,0x08,2
[DestinationDirs]
System32.files=11
[System32.files]
a.dll,SP2QFE\a.dll
[SourceDisksNames]
1=%ServicePackSourceFiles%
[SourceDisksFiles]
SP2QFE\a.dll=1
[UninstallSections]
GlobalRegistryChanges,GlobalRegistryChanges.UnInstall
Add.Reg,Add.Reg.Uninstall
[GlobalRegistryChanges.UnInstall]
AddReg=Add.Reg
[Add.Reg.Uninstall]
[Strings]
LangTypeValue=9
SP_SHORT_TITLE="KB123456"
SP_TITLE="Title"
ServicePackSourceFiles="Source"
[Configuration]
InstallationType=Hotfix
InstallLogFileName=%SP_SHORT_TITLE%.log
`

func texts(findings []Finding) string {
	var b strings.Builder
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	return b.String()
}

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// with replaces text that must be there once.
func with(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(good, old) != 1 {
		t.Fatalf("%q stands %d times in the good INF", old, strings.Count(good, old))
	}
	return strings.Replace(good, old, new, 1)
}

func TestGood(t *testing.T) {
	if got := Check("update.inf", crlf(good), Options{}); len(got) != 0 {
		t.Errorf("findings in a good INF:\n%s", texts(got))
	}
}

// changes are one fault each: what is changed, and the only findings expected, without the file's name. A case that names
// no old text adds new at the end.
var changes = []struct{ old, new, want string }{
	{`"$Windows NT$"`, `"$Other$"`, `:2:1: error: Signature is "$Other$"; write Signature="$Windows NT$" [syntax]`},
	{"[Configuration]\n", "[Configuration\n", `:49:1: error: the section header "[Configuration" has no ]; write [name] [syntax]`},
	{"[Configuration]\n", "[Configuration] text\n", `:49:16: warning: text after the header of [Configuration] is ignored; start it with ; if it is a comment [odd-syntax]`},
	{"[Configuration]\nInstallationType=Hotfix\nInstallLogFileName=%SP_SHORT_TITLE%.log\n", "",
		`: warning: [Configuration] is missing; add it with InstallationType and the names of log and backup directory [no-configuration]`},
	{"=Hotfix", "=Hotfx", `:50:1: warning: InstallationType is "Hotfx"; write Hotfix or ServicePack [odd-value]`},
	{"InstallLogFileName=", "InstalLogFileName=", `:51:1: warning: InstalLogFileName is no key of [Configuration]; did you mean InstallLogFileName? [unknown-key]`},
	{"", "Colour=1\n", `:52:1: warning: Colour is no key of [Configuration]; take it out [unknown-key]`},
	{"", "InstallationType=Hotfix\n", `:52:1: warning: [Configuration]: InstallationType stands already on line 50, which counts; take one of the lines out [duplicate-key]`},
	{"", "just text\n", `:52:1: error: [Configuration] "just text" has no =; write key=value [refused]`},
	{"SP_SHORT_TITLE=\"KB123456\"\n", "SP_SHORT_TITLE=\"\"\n", `:44:1: error: [Strings] has no SP_SHORT_TITLE, which names log, catalog and backup directory; add SP_SHORT_TITLE="KB123456" [missing-strings]`},
	{`"Title"`, `"100%"` + "\nSpare=\"x\"", `:48:1: info: nothing uses the string Spare; take it out [unused-string]`},
	{`"Title"`, `"Title"` + "\nSP_TITLE=\"x\"", `:48:1: warning: [Strings]: SP_TITLE stands already on line 47, which counts; take one of the lines out [duplicate-key]`},
	{"", "[Strings.0407]\nLangTypeValue=7\nSP_TITLE=\"Titel\"\n[Strings.german]\n",
		`:55:1: warning: [Strings.german]: "german" is no language id; write four hexadecimal digits, such as [Strings.0407] [unknown-decoration]`},
	{`"SOFTWARE\Contoso","Old"`, `"SOFTWARE\%Product%","Old"` + "\n[Strings.0407]\nProduct=\"x\"", `:29:1: info: [Strings] has no Product; add it there for languages that have no section of their own [string-language]`},
	{`"Old"`, `"%Product%"`, `:27:1: info: %Product% is not in [Strings] and stays as it is; add the string, or write %% for a percent sign [undefined-string]`},
	{"NtBuildToUpdate=2600", "NtBuildToUpdate=26OO", `:4:1: error: NtBuildToUpdate in [Version]: "26OO" is no number; write it decimal or as 0x and hexadecimal digits [bad-number]`},
	{"LangTypeValue=9", "LangTypeValue=0x10409", `:3:1: error: LanguageType is 0x10409, which is no language id; write 0x0409, 9, or 0 for any language [bad-number]`},
	{"MaxNtBuildToUpdate=3790", "MaxNtBuildToUpdate=2195", `:5:1: error: NtBuildToUpdate is 2600 and MaxNtBuildToUpdate is 2195, so no computer fits; exchange the two, or leave one out [gates]`},
	{"MaxNtMinorVersionToUpdate=2", "MaxNtMinorVersionToUpdate=0", `:9:1: error: NtMinorVersionToUpdate is 1 and MaxNtMinorVersionToUpdate is 0, so no computer fits; exchange the two, or leave one out [gates]`},
	{"\nNtMajorVersionToUpdate=5", "", `:7:1: warning: NtMinorVersionToUpdate without NtMajorVersionToUpdate asks for nothing; add NtMajorVersionToUpdate [odd-value]`},
	{"MinNtServicePackVersion=256", "MinNtServicePackVersion=1", `:10:1: warning: MinNtServicePackVersion is 1, which is no service pack level times 256; write 256 for service pack 1 [odd-value]`},
	{"CopyFiles=System32.files", "CopyFiles=System32.files,System.files", `:16:1: error: CopyFiles names [System.files], which does not exist; did you mean [System32.files]? Else add the section or take the name out [missing-section]`},
	{"CopyFiles=System32.files", "CopyFiles=System32.files,Sys:tem.files", `:16:1: error: CopyFiles names [Sys:tem.files], which does not exist; add the section or take the name out [missing-section]`},
	{"CopyFiles=System32.files", "CopyFiles=System32.files,@b.dll", `:16:1: error: [DefaultDestDir] has no destination; add DefaultDestDir=11 or another directory id to [DestinationDirs] [no-destination]`},
	{"CopyFiles=System32.files", "CopyFile=System32.files", `:16:1: warning: CopyFile is no key of [ProductInstall.CopyFilesAlways]; did you mean CopyFiles? [unknown-key]
:32:1: warning: nothing copies the files of [System32.files]; name it in CopyFiles, DelFiles or RenFiles, or take it out [unused-files]
:37:1: warning: [SourceDisksFiles] lists SP2QFE\a.dll, which nothing copies; take it out, or name it in a CopyFiles section [unused-source]`},
	{"[ProductInstall.CopyFilesAlways]", "[ProductInstall.CopyFilesAlways.Toaster]",
		`:15:1: warning: [ProductInstall.CopyFilesAlways.Toaster]: "Toaster" is decoration for nothing this installer knows, so the section never applies; write one of professional, workstation, ip, server, is, advanced, enterprise, ia, datacenter, id, blade, ib, business [unknown-decoration]`},
	{"[SourceDisksFiles]", "[SourceDisksFiles.alpha]", `:36:1: warning: [SourceDisksFiles.alpha]: "alpha" is decoration for nothing this installer knows, so the section never applies; write one of x86, amd64, ia64, arm64 [unknown-decoration]`},
	{"System32.files=11\n", "", `:16:1: error: [System32.files] has no destination; add System32.files=11 or another directory id to [DestinationDirs] [no-destination]`},
	{"System32.files=11", "System32.files=11\nsystem32.FILES=10", `:32:1: warning: [DestinationDirs]: system32.FILES stands already on line 31, which counts; take one of the lines out [duplicate-key]`},
	{"System32.files=11", "System32.files=11x", `:31:1: error: [DestinationDirs] System32.files: "11x" is no number; write it decimal or as 0x and hexadecimal digits; write a directory id such as 11 [bad-number]`},
	{"System32.files=11", "System32.files=99", `:31:1: error: [DestinationDirs] System32.files: 99 is no directory id; write one such as 11, or set it in [DirectoryId.Include] [dirid-unknown]`},
	{"System32.files=11", "System32.files=13", `:31:1: warning: [DestinationDirs] System32.files: this installer does not know where directory id 13 is; use another, such as 11 [dirid-unresolved]`},
	{"System32.files=11", "System32.files=11\nCache.files=65619", `:32:1: warning: [DestinationDirs] has Cache.files, but there is no such section; add the section or take the name out [unused-destination]`},
	{`a.dll,SP2QFE\a.dll`, `a.dll,SP2QFE\a.dll,,0x80`, `:33:1: warning: flags 0x80: the bits 0x80 mean nothing; take them out [unknown-flag]`},
	{`a.dll,SP2QFE\a.dll`, `a.dll,SP2QFE\a.dll` + "\nA.DLL,SP2QFE\\a.dll", `:34:1: warning: [System32.files] has A.DLL already on line 33, which counts; take one of the lines out [duplicate-file]`},
	{`a.dll,SP2QFE\a.dll`, `a.dll,SP2QFE\a.dll` + "\nb.dll", `:34:1: warning: [SourceDisksFiles] does not list b.dll; add b.dll=1 [missing-source]`},
	{`SP2QFE\a.dll=1`, `SP2QFE\a.dll=2`, `:37:1: warning: [SourceDisksFiles] SP2QFE\a.dll is on disk "2", which [SourceDisksNames] does not list; write the disk as 1 and add 1=description to [SourceDisksNames] [unknown-disk]`},
	{`HKLM,"SOFTWARE\Contoso","Level"`, `HKXM,"SOFTWARE\Contoso","Level"`, `:24:1: error: "HKXM" is no registry root; write HKLM, HKCR, HKCU or HKU [registry-root]`},
	{`HKLM,"SOFTWARE\Contoso","Level"`, `HKR,"SOFTWARE\Contoso","Level"`, `:24:1: error: HKR means the key of a device, and an update installs none; write HKLM and the whole key [registry-root]`},
	{`0x00010001,1`, `0x00010001,one`, `:24:1: error: value "Level": "one" is no number; write it decimal or as 0x and hexadecimal digits [registry-data]`},
	{`0x00010001,1`, `0x00000001,zz`, `:24:1: error: value "Level": "zz" is no byte; write two hexadecimal digits a field [registry-data]`},
	{`0x00010001,1`, `REG_DWORD,1`, `:24:1: error: flags: "REG_DWORD" is no number; write it decimal or as 0x and hexadecimal digits [bad-number]`},
	{`0x00010001,1`, `0x00010101,1`, `:24:1: warning: flags 0x10101: the bits 0x100 mean nothing; take them out [unknown-flag]`},
	{`0x00010001,1`, `0x00010009,1`, `:24:1: warning: flags 0x10009 append to a value that is no list; append to REG_MULTI_SZ (0x00010008) or REG_EXPAND_SZ (0x00020008) [odd-value]`},
	{`%11%\a`, `%99%\a`, `:25:1: error: %99%: 99 is no directory id; write one such as 11, or set it in [DirectoryId.Include] [dirid-unknown]`},
	{`1,0x08,2`, `1,0x108,2`, `:29:1: error: mask "0x108", byte "2"; write a mask of 8 bits and a byte index [registry-data]`},
	{"Add.Reg,Add.Reg.Uninstall", "Add.Reg,Add.Reg.Uninstal",
		`:40:1: error: [UninstallSections] names [Add.Reg.Uninstal], which does not exist; add it, even if empty [missing-section]
:42:1: error: AddReg names [Add.Reg.Uninstal], which does not exist; did you mean [Add.Reg.Uninstall]? Else add the section or take the name out [missing-section]`},
	{"Add.Reg,Add.Reg.Uninstall", "Add.Reg,Add.Reg.Uninstall,More", `:40:1: error: [UninstallSections] "Add.Reg,Add.Reg.Uninstall,More": sections come in pairs; write name-in-spuninst.inf, section-of-this-file [refused]`},
	{"AddReg=Add.Reg\n", "AddReg=Add.Reg\nDelReg=Del.Reg\n", `:43:1: error: DelReg names [Del.Reg], which spuninst.inf will not have; add the pair Del.Reg,Del.Reg.Uninstall to [UninstallSections] [missing-section]`},
	{"", "[Prerequisites]\ncondition=x\n", `:52:1: warning: [Prerequisites] is no section of an update INF and nothing names it; did you mean [Prerequisite]? [unused-section]`},
	{"", "[Nonsense]\nx=y\n", `:52:1: warning: [Nonsense] is no section of an update INF and nothing names it; name it where it belongs, or take it out [unused-section]`},
	{"", "[Del.Reg.Uninstall]\nHKLM,x,y\n", `:52:1: warning: [Del.Reg.Uninstall] is not copied to spuninst.inf; name it in [UninstallSections] [unused-section]`},
	{"", "[Empty.one]\n", ""},
}

func TestChanges(t *testing.T) {
	for _, c := range changes {
		text := good + c.new
		if c.old != "" {
			text = with(t, c.old, c.new)
		}
		want := ""
		if c.want != "" {
			want = "update.inf" + strings.ReplaceAll(c.want, "\n", "\nupdate.inf") + "\n"
		}
		if got := texts(Check("update.inf", crlf(text), Options{})); got != want {
			t.Errorf("%q for %q:\n got %s\nwant %s", c.new, c.old, got, want)
		}
	}
}

// TestEveryRule: no rule of Checks is without a case that breaks it, and no finding is without a rule.
func TestEveryRule(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range changes {
		for _, line := range strings.Split(c.want, "\n") {
			if i := strings.LastIndex(line, " ["); i >= 0 {
				seen[strings.Trim(line[i:], " []")] = true
			}
		}
	}
	for _, c := range conditionCases {
		seen[c.check] = true
	}
	for _, c := range packageCases {
		seen[c.check] = true
	}
	last := ""
	for _, r := range Checks() {
		if r.ID <= last {
			t.Errorf("%s stands after %s; sort the rules", r.ID, last)
		}
		last = r.ID
		if !seen[r.ID] {
			t.Errorf("no test breaks the rule %s", r.ID)
		}
		delete(seen, r.ID)
	}
	delete(seen, "")
	for id := range seen {
		t.Errorf("%s is in no rule", id)
	}
}

// TestBuilt: the INFs that kbforge itself makes are without errors and warnings, but for what the installer is known to leave
// out. (cmd/kbforge holds fresh ones against it.)
func TestBuilt(t *testing.T) {
	files, err := filepath.Glob("../../builder/testdata/*/*.inf")
	if err != nil || len(files) < 5 {
		t.Fatalf("%q: %v", files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Check(name, data, Options{}) {
			if f.Severity > Info && f.Check != "unsupported" {
				t.Error(f)
			}
		}
	}
}

// TestDocumented: docs/inf.md has the table of Checks.
func TestDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/inf.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, r := range Checks() {
		want.WriteString("| `" + r.ID + "` | " + r.Severity.String() + " | " + r.What + " |\n")
	}
	if !strings.Contains(string(data), "|---|---|---|\n"+want.String()+"\n") {
		t.Errorf("the table of findings in docs/inf.md differs; it must be\n%s", want.String())
	}
}

func utf16le(s string) []byte {
	out := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}

func FuzzCheck(f *testing.F) {
	f.Add("update.inf", []byte(good), uint16(0))
	f.Add("update.inf", utf16le(good), uint16(0x407))
	for _, c := range changes {
		f.Add("update.inf", []byte(strings.Replace(good, c.old, c.new, 1)), uint16(0x409))
	}
	for _, c := range conditionCases {
		f.Add("update.inf", []byte(good+c.text), uint16(0))
	}
	for _, c := range packageCases {
		f.Add(c.name, []byte(c.text), uint16(0))
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, lang uint16) {
		got := Check(name, data, Options{Language: lang})
		first := texts(got)
		if again := texts(Check(name, data, Options{Language: lang})); again != first {
			t.Errorf("two runs differ:\n%s\n%s", first, again)
		}
		file, err := inf.Parse(name, data)
		if err == nil && KindOf(file) == UpdateINF {
			err = refusal(file, lang)
		}
		if err != nil && !strings.Contains(first, ": error: ") && len(got) < MaxFindings {
			t.Errorf("the installer refuses the file, lint finds no error: %v\n%s", err, first)
		}
	})
}

// refusal is what the typed reader says, or the registry data that it hands on.
func refusal(f *inf.File, lang uint16) error {
	u, err := updateinf.Parse(f, updateinf.Options{Language: lang})
	if err != nil {
		return err
	}
	for _, g := range u.Registry {
		for _, l := range g.Lines {
			if g.Kind == updateinf.AddReg && l.HasName && l.Flags&(updateinf.FlgAddRegDelVal|updateinf.FlgAddRegKeyOnly) == 0 {
				if _, _, err := l.Value(); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
