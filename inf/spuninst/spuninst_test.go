package spuninst

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand"
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

func readBack(t *testing.T, r *Removal) *Removal {
	t.Helper()
	out, err := r.Print()
	if err != nil {
		t.Fatal(err)
	}
	f, err := inf.Parse("spuninst.inf", out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(f.Warnings) > 0 {
		t.Errorf("warnings: %v\n%s", &f.Warnings, out)
	}
	got, err := Parse(f)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	clearPos(got)
	return got
}

func clearPos(r *Removal) {
	for _, s := range r.Sections {
		for i := range s.Lines {
			s.Lines[i].Pos = inf.Pos{}
		}
	}
}

func check(t *testing.T, r *Removal) {
	t.Helper()
	if got := readBack(t, r); !reflect.DeepEqual(got, r) {
		a, _ := json.MarshalIndent(got, "", " ")
		b, _ := json.MarshalIndent(r, "", " ")
		out, _ := r.Print()
		t.Fatalf("got %s\nwant %s\nfrom\n%s", a, b, out)
	}
}

func sample() *Removal {
	long := strings.Repeat(`d\`, 200)
	return &Removal{
		KB: "KB900001", Title: "Hotfix 100% done", InstallationType: "Hotfix", UnInstallLogFileName: "KB900001Uninst.log",
		UnInstallDirName: "$NtUninstallKB900001$", EventLogKeyName: "NtServicePack", EventLogDllName: "spmsg.dll",
		UpdatesKey: `SOFTWARE\Microsoft\Updates\Windows Server 2003\SP3\KB900001`,
		Restore: []RestoreFile{
			{`SystemRoot\system32\ntdll.dll`, "ntdll.dll", "5.2.3790.3959"},
			{`SystemRoot\system32\a;b,c.dll`, "a%b.dll", ""},
			{`ProgramFiles\Sample [1]\x.exe`, "x.exe", ""},
			{`SystemRoot\system32\kernel32.dll`, "kernel32.dll", ""},
			{`C:\odd]name\x.dll`, "x.dll.000", ""},
			{`C:\` + long + `x.dll`, "y", "1.0.0.0"},
		},
		Delete:       []DeleteFile{{`SystemRoot\system32\drivers\newfilt.sys`}, {`SystemDrive\new.txt`}, {`D:\Ünï\ß.dll`}},
		Ranks:        []FileRank{{`SystemRoot\system32\ntdll.dll`, 7}, {`C:\odd]name\x, 5% .dll`, 4294967295}},
		RemoveDirs:   []string{`SystemRoot\Sample\Deep`, `SystemRoot\Sample`},
		DeleteValues: []RegValueRef{{"HKLM", `SOFTWARE\Sample`, `say "hi", 50%`, false}, {"HKLM", `SOFTWARE\S`, "", true}, {"HKCU", "a", "line\nbreak", true}},
		DeleteKeys:   []RegKeyRef{{"HKLM", `SOFTWARE\Sample\Deep`, true}, {"HKLM", `SOFTWARE\tab` + "\t", false}},
		RestoreKeys:  []RegKeyRef{{"HKLM", `SOFTWARE\Gone`, true}},
		RestoreValues: []RegRestore{
			{"HKLM", `SOFTWARE\Sample\`, "Path", false, 2, utf16z(`%SystemRoot%\x;%11%`)},
			{"HKLM", `SOFTWARE\Sample`, "", false, 1, utf16z("")},
			{"HKLM", `SOFTWARE\Sample`, "NoNul", false, 1, utf16le("abc")},
			{"HKLM", `SOFTWARE\Sample`, "Lines", true, 1, utf16z("a\r\nb")},
			{"HKLM", `SOFTWARE\Sample`, "Ünïcode", false, 1, utf16z("größer \U0001F600")},
			{"HKLM", `SOFTWARE\Sample`, "Lone", false, 1, []byte{0x00, 0xD8, 0, 0}},
			{"HKLM", `SOFTWARE\Sample`, "None", false, 1, nil},
			{"HKLM", `SOFTWARE\Sample`, "List", false, 7, append(append(utf16z("a"), utf16z(`b "c"`)...), 0, 0)},
			{"HKLM", `SOFTWARE\Sample`, "EmptyList", false, 7, []byte{0, 0}},
			{"HKLM", `SOFTWARE\Sample`, "BadList", false, 7, utf16z("a")},
			{"HKLM", `SOFTWARE\Sample`, "DW", false, 4, []byte{0x78, 0x56, 0x34, 0x12}},
			{"HKLM", `SOFTWARE\Sample`, "DW3", false, 4, []byte{1, 2, 3}},
			{"HKLM", `SOFTWARE\Sample`, "QW", false, 11, []byte{1, 2, 3, 4, 5, 6, 7, 8}},
			{"HKLM", `SOFTWARE\Sample`, "QW2", false, 11, []byte{1, 2}},
			{"HKLM", `SOFTWARE\Sample`, "Bin", false, 3, bytes.Repeat([]byte{0, 0xFF, 0x1A}, 40)},
			{"HKLM", `SOFTWARE\Sample`, "NoneType", false, 0, []byte{9}},
			{"HKLM", `SOFTWARE\Sample`, "BE", false, 5, []byte{0, 0, 0, 1}},
			{"HKLM", `SOFTWARE\Sample`, "Odd", false, 0xFFFF0012, []byte{1}},
			{"HKLM", "a\x01b", "c\nd", true, 4, []byte{1, 0, 0, 0}},
		},
		CatalogsDelete:  []string{"KB900001.cat"},
		CatalogsRestore: []CatalogRestore{{"old.cat", "old.cat"}},
		StopServices:    []string{"wuauserv", "MSSQL$A"},
		UnregisterDLLs:  []string{`SystemRoot\system32\new.dll`}, RegisterDLLs: []string{`SystemRoot\system32\wups2.dll`},
		RenameDirs: []RenameDir{{`SystemRoot\SDTemp`, `SystemRoot\SoftwareDistribution`}},
		Processes:  []string{`"%ProgramFiles%\a b\c.exe" /p:"100%", x;y`, "sfc /scannow"},
		Sections: []Section{
			{"GlobalRegistryChanges", []inf.Line{{Key: "AddReg", HasKey: true, Fields: []string{"Add.Reg"}}}},
			{"Add.Reg", []inf.Line{{Fields: []string{"HKLM", `SOFTWARE\Sample`, "P", "0x00020000", `%SystemRoot%\x`}}, {Fields: []string{"HKLM", "k", "n", "0", "%SP_SHORT_TITLE%"}}}},
			{"ProcessesToRun", []inf.Line{{Fields: []string{`"%SystemRoot%\run.exe" /q`}}}},
			{"Empty", nil},
		},
		Strings: []KeyValue{{"SP_SHORT_TITLE", "KB900001"}, {"SP_TITLE", "Hotfix 100% done"}, {"QUOTED", `a "b"; c`}, {"Void", ""}},
	}
}

func utf16z(s string) []byte { return append(utf16le(s), 0, 0) }

func TestRoundTrip(t *testing.T) {
	r := sample()
	check(t, r)
	out, err := r.Print()
	if err != nil {
		t.Fatal(err)
	}
	// The golden is the plain text; the file itself is UTF-16LE because of the names.
	f, err := inf.Parse("spuninst.inf", out)
	if err != nil || f.Encoding != inf.UTF16LE {
		t.Fatalf("encoding %v, error %v", f.Encoding, err)
	}
	text, _ := fromUTF16(out[2:])
	golden(t, "spuninst.inf.txt", []byte(text))
}

// TestLong holds names and data beyond what a field can have.
func TestLong(t *testing.T) {
	check(t, &Removal{RestoreValues: []RegRestore{
		{"HKLM", `SOFTWARE\Sample`, "Long", false, 1, utf16z(strings.Repeat("x%", 3000))},
		{"HKLM", strings.Repeat("k", 20000), strings.Repeat("n%", 9000), false, 3, nil},
	}})
}

// TestRandom prints and reads removals with random names and data.
func TestRandom(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	letters := []rune("ab\\\"%;,=[] \t\r\n\x00\x1a'ä€\U0001F600.0x")
	text := func(bad string) string {
		var s []rune
		for range 1 + rnd.Intn(8) {
			if c := letters[rnd.Intn(len(letters))]; !strings.ContainsRune(bad, c) {
				s = append(s, c)
			}
		}
		return "n" + string(s)
	}
	for range 2000 {
		r := &Removal{KB: text("\r\n\x00\x1a"), Strings: []KeyValue{{"a", text("\r\n\x00\x1a")}, {"b", ""}}}
		for range rnd.Intn(4) {
			data := make([]byte, rnd.Intn(12))
			rnd.Read(data)
			if rnd.Intn(2) == 0 {
				data = utf16z(text(""))
			}
			r.RestoreValues = append(r.RestoreValues, RegRestore{"HKLM", text(""), text(""), rnd.Intn(2) == 0, uint32(rnd.Intn(13)), orNil(data)})
			r.DeleteValues = append(r.DeleteValues, RegValueRef{"HKCU", text(""), text(""), rnd.Intn(2) == 0})
			r.DeleteKeys = append(r.DeleteKeys, RegKeyRef{"HKU", text(""), rnd.Intn(2) == 0})
			r.Restore = append(r.Restore, RestoreFile{text("\r\n\x00\x1a"), text("\r\n\x00\x1a"), ""})
			r.Delete = append(r.Delete, DeleteFile{text("\r\n\x00\x1a")})
			r.Sections = append(r.Sections, Section{"S" + string(rune('a'+rnd.Intn(3))), []inf.Line{{Fields: []string{text("\r\n\x00\x1a"), text("\r\n\x00\x1a")}}}})
		}
		check(t, r)
	}
}

func TestPrintRefuses(t *testing.T) {
	tests := []struct {
		name string
		r    Removal
		want string
	}{
		{"file name with a line end", Removal{Delete: []DeleteFile{{"C:\\a\nb"}}}, "line ends"},
		{"unknown root", Removal{DeleteKeys: []RegKeyRef{{Root: "HKXX", Key: "k"}}}, `"HKXX" is no registry root`},
		{"reserved section", Removal{Sections: []Section{{Name: "reg.restore"}}}, "rename it in [UninstallSections]"},
		{"reserved file section", Removal{Sections: []Section{{Name: "x.delete.files"}}}, "rename it"},
		{"empty line", Removal{Sections: []Section{{Name: "x", Lines: []inf.Line{{}}}}}, "without text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.r.Print(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	src := "[Version]\nSignature=\"$Windows NT$\"\n[SystemRoot.restore.files]\nonly\n[Reg.Restore]\nHKXX,k,n,0,v\nHKLM,k,n,0x10001,1,2\n" +
		"[Reg.Restore.Raw]\nHKLM,0,1,9,ab\nHKLM,0,1,0,k,0,n,zz\n[Catalogs.Restore]\na.cat\n"
	f, err := inf.Parse("s.inf", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse(f)
	want := []string{"s.inf:4:1: ", "s.inf:6:1: ", "s.inf:7:1: ", "s.inf:9:1: ", "s.inf:10:1: ", "s.inf:12:1: "}
	got := strings.Split(err.Error(), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d faults, want %d:\n%v", len(got), len(want), err)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("fault %q, want prefix %q", got[i], want[i])
		}
	}
}

func TestPortable(t *testing.T) {
	roots := Roots{SystemRoot: `C:\WINDOWS`, SystemDrive: `C:`, ProgramFiles: `C:\Program Files`, ProgramFilesX86: `C:\Program Files (x86)\`}
	tests := []struct{ path, portable string }{
		{`C:\WINDOWS\system32\a.dll`, `SystemRoot\system32\a.dll`},
		{`C:\WINDOWS2\a.dll`, `SystemDrive\WINDOWS2\a.dll`},
		{`C:\WINDOWS`, `SystemRoot`},
		{`C:\Program Files\S\a.exe`, `ProgramFiles\S\a.exe`},
		{`C:\Program Files (x86)\S\a.exe`, `ProgramFiles(x86)\S\a.exe`},
		{`C:\boot.ini`, `SystemDrive\boot.ini`},
		{`D:\x`, `D:\x`},
		{`\\server\share\x`, `\\server\share\x`},
	}
	for _, tt := range tests {
		if got := Portable(tt.path, roots); got != tt.portable {
			t.Errorf("Portable(%q) = %q, want %q", tt.path, got, tt.portable)
		}
		if got, err := Resolve(tt.portable, roots); err != nil || got != tt.path {
			t.Errorf("Resolve(%q) = %q, %v, want %q", tt.portable, got, err, tt.path)
		}
	}
	if got := Portable(`c:\windows\X`, roots); got != `SystemRoot\X` {
		t.Errorf("case: %q", got)
	}
	for _, bad := range []string{"", "x", `Nowhere\x`, `SystemRoot\..\x`, `C:\a\..\b`, `ProgramFiles\..`, `ProgramFiles(x86)\a`} {
		if got, err := Resolve(bad, Roots{SystemRoot: `C:\W`, ProgramFiles: `C:\P`}); err == nil {
			t.Errorf("Resolve(%q) = %q, want an error", bad, got)
		}
	}
}

func TestText(t *testing.T) {
	r := &Removal{UnInstallDirName: "$NtUninstallKB1$",
		Restore: []RestoreFile{{`SystemRoot\system32\a.dll`, "a.dll", ""}, {`ProgramFiles\S\b.exe`, "b.exe", ""}, {`SystemRoot\ü.dll`, "u", ""}, {`Nowhere\x`, "x", ""}},
		Delete:  []DeleteFile{{`SystemRoot\system32\n.sys`}}}
	want := "copy C:\\WINDOWS\\$NtUninstallKB1$\\a.dll C:\\WINDOWS\\system32\\a.dll\r\n" +
		"copy C:\\WINDOWS\\$NtUninstallKB1$\\b.exe \"C:\\Program Files\\S\\b.exe\"\r\n" +
		"del C:\\WINDOWS\\system32\\n.sys\r\n"
	if got := string(r.Text(Roots{SystemRoot: `C:\WINDOWS`, ProgramFiles: `C:\Program Files`})); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	out, err := sample().Print()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out)
	f.Add([]byte("[Version]\nSignature=$chicago$\n[x.restore.files]\na,b\n[Reg.Restore]\nHKLM,k,,0x10001,5\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := inf.Parse("f", data)
		if err != nil {
			return
		}
		r, err := Parse(file)
		if err != nil {
			return
		}
		out, err := r.Print()
		if err != nil {
			return
		}
		file, err = inf.Parse("printed", out)
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		again, err := Parse(file)
		if err != nil {
			t.Fatalf("%v\n%q", err, out)
		}
		clearPos(r)
		clearPos(again)
		if a, _ := json.Marshal(r); true {
			if b, _ := json.Marshal(again); !bytes.Equal(a, b) {
				t.Fatalf("read back\n%s\nwas\n%s", b, a)
			}
		}
	})
}
