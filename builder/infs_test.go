package builder

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// TestINFKeepsText: what an author writes reaches the installer as it was, whatever characters INF gives a meaning to.
func TestINFKeepsText(t *testing.T) {
	path := writeFiles(t, `[package]
kb = 123456
product = 'Reader; "Pro" 100%'
publisher = 'Müller, Söhne & Co = Ж'
title = '%SystemRoot% ; "quoted", 50% %% off'
kind = "service-pack"
service-pack = 2
language = "pt-BR"
name = "Reader"

[target]
min = "Windows XP SP2"
max = "5.2.3790 SP2"
this-service-pack = 3

[install]
restart = true
oem-check = true

[[file]]
source = "a;b,c=d.dll"
to = ['windows\Sub Dir, x', "dllcache"]
when = "always"
flags = ["no-version-check", "force-in-use"]

[[registry]]
key = 'HKLM\SOFTWARE\A;B, "C"\%x%'
name = '%1 = "*"; x'
value = '"%SystemRoot%\system32\x.exe" "%1" %* ; end\'

[[registry]]
key = 'HKLM\SOFTWARE\A'
name = ""
value = ['a,b', '"c"', 'd;', ' e ']

[[registry]]
key = 'HKLM\SOFTWARE\A'
name = "title"
value = '%SP_TITLE% stays'

[[registry]]
key = 'HKCU\Software\A'
name = "q"
type = "qword"
value = "0xFFFFFFFFFFFFFFFF"
view = "32"

[[registry]]
key = 'HKLM\SOFTWARE\A'
name = "empty"
type = "binary"
value = ""

[[registry]]
key = 'HKLM\SOFTWARE\Only Key'

[[registry]]
key = 'HKLM\SOFTWARE\Gone\Key'
action = "delete"
`, map[string]samplepe.Spec{"a;b,c=d.dll": {Arch: "x64", DLL: true, Version: pefile.Version{1, 2, 3, 4}}})
	m, err := manifest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, m)
	want := p.updateINF(m.Branches[0])
	text, err := want.Print()
	if err != nil {
		t.Fatal(err)
	}
	f, err := inf.Parse("update.inf", text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := updateinf.Parse(f, updateinf.Options{})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	same := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %q\nwant %q", what, got, want)
		}
	}
	same("strings", got.Strings, want.Strings)
	same("version", got.Version, want.Version)
	same("configuration", got.Config, want.Config)
	same("saved keys", got.SaveReg, want.SaveReg)
	same("sources", got.Sources, want.Sources)
	same("files", clearFiles(got.Files), clearFiles(want.Files))
	for i, g := range got.Registry {
		for j, l := range g.Lines {
			w := want.Registry[i].Lines[j]
			l.Pos, w.Pos = inf.Pos{}, inf.Pos{}
			typ, data, err := l.Value()
			wtyp, wdata, werr := w.Value()
			if typ != wtyp || string(data) != string(wdata) || err != nil || werr != nil {
				t.Errorf("line %d: value %d %q %v, want %d %q %v", j, typ, data, err, wtyp, wdata, werr)
			}
			l.Data, w.Data = nil, nil
			same("registry line", l, w)
		}
	}
	if len(got.Registry) != len(want.Registry) {
		t.Errorf("%d registry groups, want %d", len(got.Registry), len(want.Registry))
	}
	if t.Failed() {
		t.Log(strings.ToValidUTF8(string(text), "?"))
	}
}

func clearFiles(groups []updateinf.FileGroup) []updateinf.FileGroup {
	out := make([]updateinf.FileGroup, len(groups))
	for i, g := range groups {
		lines := make([]updateinf.FileLine, len(g.Files))
		for j, l := range g.Files {
			l.Pos = inf.Pos{}
			lines[j] = l
		}
		g.Files = lines
		out[i] = g
	}
	return out
}
