package pefile_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/templates/samplepe"
)

func read(b []byte) (*pefile.Info, error) { return pefile.Read(bytes.NewReader(b), int64(len(b))) }

func TestReadKinds(t *testing.T) {
	ne := make([]byte, 128)
	copy(ne, "MZ")
	ne[60] = 64
	copy(ne[64:], "NE")
	mz := append([]byte("MZ"), make([]byte, 126)...)
	mz[60] = 70
	for name, c := range map[string]struct {
		data []byte
		want pefile.Kind
	}{
		"empty": {nil, pefile.KindOther}, "one byte": {[]byte("M"), pefile.KindOther}, "text": {[]byte("hello, world"), pefile.KindOther},
		"short MZ": {[]byte("MZ"), pefile.KindMZ}, "DOS": {mz, pefile.KindMZ}, "NE": {ne, pefile.KindNE},
		"PE": {sample(t, samplepe.Spec{Arch: "x86"}), pefile.KindPE},
	} {
		in, err := read(c.data)
		if err != nil || in.Kind != c.want || in.IsPE != (c.want == pefile.KindPE) {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
}

// TestReadTruncated: every prefix of an image is read or refused, and where its headers are whole, told cut short.
func TestReadTruncated(t *testing.T) {
	b := sample(t, samplepe.Spec{Arch: "x64", Version: pefile.Version{1}, DLL: true})
	for n := range len(b) {
		in, err := read(b[:n])
		if err != nil && !errors.Is(err, pefile.ErrMalformed) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if in != nil && in.IsPE && (err == nil) != (in.Version != nil) {
			t.Fatalf("%d bytes: version %v with error %v", n, in.Version, err)
		}
		if errors.Is(err, pefile.ErrVersion) && (in == nil || in.Machine != pefile.MachineX64) {
			t.Fatalf("%d bytes: the headers are lost with the version: %v", n, err)
		}
		if n > 0x400 {
			if _, err := pefile.ImageEnd(bytes.NewReader(b[:n]), int64(n)); !errors.Is(err, pefile.ErrMalformed) {
				t.Fatalf("%d bytes: ImageEnd says %v", n, err)
			}
		}
	}
}

func TestLookupOrder(t *testing.T) {
	table := func(lang uint16, value string) pefile.StringTable {
		return pefile.StringTable{Language: lang, Strings: []pefile.String{{Name: "Comments", Value: value}}}
	}
	for _, c := range []struct {
		tables []pefile.StringTable
		want   string
	}{
		{[]pefile.StringTable{table(0x407, "de"), table(0, "neutral"), table(0x409, "en")}, "en"},
		{[]pefile.StringTable{table(0x407, "de"), table(0, "neutral"), table(0x409, "")}, "neutral"},
		{[]pefile.StringTable{table(0x407, "de"), table(0x40c, "fr")}, "de"},
		{nil, ""},
	} {
		v := &pefile.VersionInfo{Tables: c.tables}
		if got := v.Lookup("COMMENTS"); got != c.want {
			t.Errorf("%v: %q, want %q", c.tables, got, c.want)
		}
	}
	if (*pefile.VersionInfo)(nil).Lookup("x") != "" {
		t.Error("a nil VersionInfo has strings")
	}
}

const versionScript = `
1 VERSIONINFO
FILEVERSION 5,1,2600,2180
PRODUCTVERSION 5,1,2600,2181
FILEFLAGSMASK 0x3f
FILEFLAGS 0x8
FILEOS 0x40004
FILETYPE 0x2
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040C04B0"
    BEGIN
      VALUE "FileDescription", "Mise à jour"
    END
    BLOCK "040904E4"
    BEGIN
      VALUE "FileDescription", "Update"
      VALUE "FileVersion", "5.1.2600.2180 (xpsp_sp2_rtm.040803-2158)"
      VALUE "Empty", ""
    END
    BLOCK "000004B0"
    BEGIN
      VALUE "Comments", "neutral"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x40C, 1200, 0x409, 1252, 0, 1200
  END
END
`

// TestReadCompiled reads DLLs of another tool chain: mingw's compiler, linker and windres.
func TestReadCompiled(t *testing.T) {
	for arch, prefix := range map[string]string{"x64": "x86_64-w64-mingw32-", "x86": "i686-w64-mingw32-"} {
		t.Run(arch, func(t *testing.T) {
			b := compile(t, prefix, versionScript)
			in, err := read(b)
			if err != nil {
				t.Fatal(err)
			}
			if pefile.Arch(in.Machine) != arch || !in.DLL || in.Is64 != (arch == "x64") || in.Signed {
				t.Errorf("%+v", in)
			}
			want := &pefile.VersionInfo{
				HasFixed: true, File: pefile.Version{5, 1, 2600, 2180}, Product: pefile.Version{5, 1, 2600, 2181},
				FlagsMask: 0x3f, Flags: 8, OS: 0x40004, Type: 2,
				Tables: []pefile.StringTable{
					{Language: 0x40c, CodePage: 1200, Strings: []pefile.String{{Name: "FileDescription", Value: "Mise à jour"}}},
					{Language: 0x409, CodePage: 1252, Strings: []pefile.String{
						{Name: "FileDescription", Value: "Update"},
						{Name: "FileVersion", Value: "5.1.2600.2180 (xpsp_sp2_rtm.040803-2158)"},
						{Name: "Empty"},
					}},
					{CodePage: 1200, Strings: []pefile.String{{Name: "Comments", Value: "neutral"}}},
				},
				Translations: []pefile.Translation{{Language: 0x40c, CodePage: 1200}, {Language: 0x409, CodePage: 1252}, {CodePage: 1200}},
			}
			if !reflect.DeepEqual(in.Version, want) {
				t.Errorf("got  %+v\nwant %+v", in.Version, want)
			}
			if got := pefile.Branch(in.Version.Lookup("FileVersion")); got != "SP2RTM" {
				t.Errorf("branch %q", got)
			}
			bound, ok := bind(t, b)
			if !ok {
				t.Fatal("the headers have no room for a bound import directory")
			}
			if got, want := crcOf(t, bound), crcOf(t, b); got != want || got != referenceCRC(bound) {
				t.Errorf("bound %08X, unbound %08X, reference %08X", got, want, referenceCRC(bound))
			}
		})
	}
}

// TestReadLanguages: of several version resources US English is taken, then neutral, then the first.
func TestReadLanguages(t *testing.T) {
	block := func(lang, major string) string {
		return "LANGUAGE " + lang + "\n1 VERSIONINFO FILEVERSION " + major + ",0,0,0\nBEGIN\nEND\n"
	}
	for _, c := range []struct {
		script string
		want   uint16
	}{
		{block("0x07, 1", "7") + block("0, 0", "1") + block("0x09, 1", "9"), 9},
		{block("0x07, 1", "7") + block("0, 0", "1") + block("0x0c, 1", "12"), 1},
		{block("0x0c, 1", "12") + block("0x07, 1", "7"), 7}, // directories are sorted by number
	} {
		in, err := read(compile(t, "x86_64-w64-mingw32-", c.script))
		if err != nil || in.Version == nil || in.Version.File[0] != c.want {
			t.Errorf("%s: %+v, %v", c.script, in, err)
		}
	}
}

// compile makes a DLL with imports and the resources of a script.
func compile(t *testing.T, prefix, script string) []byte {
	t.Helper()
	gcc, windres := need.Tool(t, prefix+"gcc"), need.Tool(t, prefix+"windres")
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	source := "#include <windows.h>\n__declspec(dllexport) int f(void) { return MessageBeep(0) + GetACP() + RegCloseKey(0); }\n"
	for name, text := range map[string]string{"a.c": source, "a.rc": script} {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, cmd := range [][]string{
		{windres, "--codepage=65001", "-i", in("a.rc"), "-O", "coff", "-o", in("res.o")},
		{gcc, "-shared", "-s", "-o", in("a.dll"), in("a.c"), in("res.o"), "-luser32", "-ladvapi32"},
	} {
		if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", cmd, err, out)
		}
	}
	b, err := os.ReadFile(in("a.dll"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWineDLLs compares what Read finds in Wine's few hundred PE files with wrestool, and the checksum with that of
// osslsigncode for some.
func TestWineDLLs(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all of Wine")
	}
	wrestool := need.Tool(t, "wrestool")
	files := wineFiles(t)
	withVersion := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		in, err := read(b)
		if err != nil || !in.IsPE {
			t.Errorf("%s: %+v, %v", file, in, err)
			continue
		}
		if got, want := crcOf(t, b), referenceCRC(b); got != want {
			t.Errorf("%s: CRC %08X, reference %08X", file, got, want)
		}
		if in.Version == nil {
			continue
		}
		withVersion++
		if withVersion%4 == 0 { // a process for each file takes its time
			compareWithWrestool(t, wrestool, file, in.Version)
		}
	}
	if len(files) < 200 || withVersion < 100 {
		t.Errorf("only %d files, %d with a version", len(files), withVersion)
	}
	t.Logf("%d files, %d with a version resource", len(files), withVersion)
}

func wineFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, dir := range []string{"/usr/lib/x86_64-linux-gnu/wine", "/usr/lib/wine", "/usr/lib64/wine", "/opt/wine-stable/lib64/wine"} {
		for _, ext := range []string{"dll", "exe", "sys", "drv", "ocx", "cpl"} {
			found, _ := filepath.Glob(filepath.Join(dir, "x86_64-windows", "*."+ext))
			files = append(files, found...)
		}
	}
	if len(files) == 0 {
		need.Missing(t, "Wine's DLLs are not in the usual folders; ./test.sh installs Wine")
	}
	return files
}

// compareWithWrestool has wrestool cut out one version resource (of the language Read chose, where it is there) and checks
// that the version and every string of ours are in it.
func compareWithWrestool(t *testing.T, wrestool, file string, v *pefile.VersionInfo) {
	t.Helper()
	args := []string{"-x", "--raw", "--type=16", "--name=1", file}
	if out, _ := exec.Command(wrestool, "-l", "--type=16", file).Output(); bytes.Contains(out, []byte("--language=1033")) {
		args = append(args, "--language=1033")
	}
	raw, err := exec.Command(wrestool, args...).Output()
	if err != nil || len(raw) == 0 {
		t.Errorf("%s: wrestool finds no version: %v", file, err)
		return
	}
	fixed := bytes.Index(raw, []byte{0xbd, 0x04, 0xef, 0xfe})
	if fixed < 0 {
		t.Errorf("%s: wrestool's resource has no fixed part", file)
		return
	}
	hi, lo := le.Uint32(raw[fixed+8:]), le.Uint32(raw[fixed+12:])
	if want := (pefile.Version{uint16(hi >> 16), uint16(hi), uint16(lo >> 16), uint16(lo)}); v.File != want {
		t.Errorf("%s: version %s, wrestool's resource has %s", file, v.File, want)
	}
	text := strings.ReplaceAll(string(raw), "\x00", "")
	if len(v.Tables) == 0 {
		t.Errorf("%s: no string table", file)
	}
	for _, table := range v.Tables {
		for _, s := range table.Strings {
			if isASCII(s.Value) && (!strings.Contains(text, s.Name) || !strings.Contains(text, s.Value)) {
				t.Errorf("%s: %q=%q is not in wrestool's resource", file, s.Name, s.Value)
			}
		}
	}
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 }) }

// TestChecksumAgainstOthers compares with the checksums that binutils' linker and osslsigncode write.
func TestChecksumAgainstOthers(t *testing.T) {
	ossl, openssl := need.Tool(t, "osslsigncode"), need.Tool(t, "openssl")
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	run := func(args ...string) {
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", in("k"), "-out", in("c"), "-days", "9", "-subj", "/CN=test")
	for i, size := range []int{0, 70_001, 300_000} {
		b := sample(t, samplepe.Spec{Arch: "x64", Size: size, Blob: []byte("checksum")})
		signed := in(fmt.Sprintf("signed%d", i))
		if err := os.WriteFile(in("in"), b, 0o644); err != nil {
			t.Fatal(err)
		}
		run(ossl, "sign", "-certs", in("c"), "-key", in("k"), "-in", in("in"), "-out", signed)
		after, err := os.ReadFile(signed)
		if err != nil {
			t.Fatal(err)
		}
		checkStoredChecksum(t, after)
		info, err := read(after)
		if err != nil || !info.Signed {
			t.Errorf("%+v, %v", info, err)
		}
		r, n := bytes.NewReader(after), int64(len(after))
		end, err := pefile.ImageEnd(r, n)
		off, length, err2 := pefile.Certificates(r, n)
		if err != nil || err2 != nil || end != int64(len(b)) || off != end || off+length != n {
			t.Errorf("image of %d bytes ends at %d, certificates at %d+%d of %d; %v, %v", len(b), end, off, length, n, err, err2)
		}
		if crcOf(t, after) == crcOf(t, b) {
			t.Error("the signature is not part of the CRC")
		}
	}
	checkStoredChecksum(t, compile(t, "x86_64-w64-mingw32-", versionScript))
	checkStoredChecksum(t, compile(t, "i686-w64-mingw32-", versionScript))
}

func checkStoredChecksum(t *testing.T, b []byte) {
	t.Helper()
	info, err := read(b)
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := pefile.ComputeChecksum(bytes.NewReader(b), int64(len(b))); err != nil || sum != info.Checksum || sum == 0 {
		t.Errorf("checksum 0x%x, the file has 0x%x, %v", sum, info.Checksum, err)
	}
}
