package builder

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// warned plans a manifest whose payload is written already and returns its warnings.
func warned(t *testing.T, path string) string {
	t.Helper()
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(planOf(t, m).Warnings.Error(), path, "update.toml")
}

// TestWarnDebug: a version resource with VS_FF_DEBUG.
func TestWarnDebug(t *testing.T) {
	path := writeFiles(t, head+"[[file]]\nsource = \"a.dll\"\nto = \"system32\"\n", map[string]samplepe.Spec{"a.dll": {Arch: "x64", DLL: true, Version: pefile.Version{1}}})
	file := filepath.Join(filepath.Dir(path), "a.dll")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte{0xBD, 0x04, 0xEF, 0xFE}) // VS_FIXEDFILEINFO
	if at < 0 {
		t.Fatal("no version resource")
	}
	data[at+24], data[at+28] = 0x3F, flagDebug // dwFileFlagsMask, dwFileFlags
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := warned(t, path), "update.toml:6:1: a.dll is marked as a debug build (VS_FF_DEBUG)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestWarnUnsigned: an executable without a signature in a package that is signed for release, unless the build signs it.
func TestWarnUnsigned(t *testing.T) {
	payload := map[string]samplepe.Spec{"a.dll": {Arch: "x64", DLL: true, Version: pefile.Version{1}}, "release.pfx": {Arch: "x64", Version: pefile.Version{1}}}
	const file = "[[file]]\nsource = \"a.dll\"\nto = \"system32\"\n[signing]\n"
	want := `update.toml:6:1: a.dll is not signed, while the package is; sign it first, or write payload = "unsigned" in [signing]`
	for signing, want := range map[string]string{"pfx = \"release.pfx\"\n": want, "pfx = \"release.pfx\"\npayload = \"unsigned\"\n": "", "dev = true\n": "", "": ""} {
		if got := warned(t, writeFiles(t, head+file+signing, payload)); got != want {
			t.Errorf("%q: %s, want %s", signing, got, want)
		}
	}
}

// TestWarnUnused: variables and strings that nothing uses; those of an included file are for several manifests.
func TestWarnUnused(t *testing.T) {
	path := writeFiles(t, "include = [\"shared.toml\"]\n"+head+`[variables]
used = "Level"
unused = "x"
[[registry]]
key = 'HKLM\SOFTWARE\Contoso'
name = "${used}"
value = 1
[raw]
inf = '''
[Strings]
Spare = "x"
Name = "y"
[DynamicStrings]
a = %Name%, %Nome%
'''
`, nil)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "shared.toml"), []byte("[variables]\nother = \"x\"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := `update.toml:8:1: nothing uses the variable ${unused}; take it out
update.toml:16:1: raw.inf: nothing uses the string Spare; take it out [unused-string]
update.toml:19:1: raw.inf: %Nome% is not in [Strings] and stays as it is; add the string, or write %% for a percent sign [undefined-string]`
	got := warned(t, path)
	lines := strings.Split(got, "\n")
	var kept []string
	for _, l := range lines {
		if !strings.Contains(l, "leaves something out") {
			kept = append(kept, l)
		}
	}
	if got := strings.Join(kept, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestRawLint: the author's lines are checked as kbforge inf lint checks them, and each finding has the line of the manifest.
func TestRawLint(t *testing.T) {
	path := writeFiles(t, head+`[[registry]]
key = 'HKLM\SOFTWARE\Contoso'
[raw]
inf = '''[ProductInstall.CopyFilesAlways.Toaster]
AddReg=More.reg
[More.reg]
HKLM,"SOFTWARE\Contoso","Level",0x00010101,1
[ProductInstal.CopyFilesAlways]
[Nonsense]
x=y
'''
`, nil)
	got := warned(t, path)
	for _, want := range []string{
		"update.toml:8:10: raw.inf: [ProductInstall.CopyFilesAlways.Toaster]: \"Toaster\" is decoration for nothing",
		"update.toml:11:1: raw.inf: flags 0x10101: the bits 0x100 mean nothing; take them out [unknown-flag]",
		"update.toml:13:1: raw.inf: [Nonsense] is no section of an update INF and nothing names it",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %s", got, want)
		}
	}
	path = writeFiles(t, head+"[raw]\ninf = '''\n[Product.Add.Reg]\nHKR,\"a\",\"b\",0x10001,x\n[DestinationDirs]\nNew.files=99\n'''\n", nil)
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = NewPlan(m, nil, m.BuildTime.AddDate(2000, 0, 0)); err == nil {
		t.Fatal("no faults")
	}
	errors := strings.ReplaceAll(err.Error(), path, "update.toml")
	for _, want := range []string{"update.toml:8:1: raw.inf: ", "update.toml:10:1: raw.inf: [DestinationDirs] New.files: 99 is no directory id"} {
		if !strings.Contains(errors, want) {
			t.Errorf("%s\nlacks %s", errors, want)
		}
	}
}
