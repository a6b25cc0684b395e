package manifest

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/BurntSushi/toml"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the tests find into testdata")

// memory is an archive's files as a file system.
func memory(a *txtar.Archive) fstest.MapFS {
	m := fstest.MapFS{}
	for _, f := range a.Files {
		m[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return m
}

// TestBroken: each archive holds a manifest with its payload and every diagnostic, in order.
func TestBroken(t *testing.T) {
	paths, _ := filepath.Glob("testdata/broken/*.txtar")
	if len(paths) < 20 {
		t.Fatalf("%d archives in testdata/broken", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse("update.toml", "", string(a.Files[0].Data), memory(a))
			var faults Faults
			if !errors.As(err, &faults) || m != nil {
				t.Fatalf("Parse returned %v, %v; want faults only", m, err)
			}
			want := &a.Files[len(a.Files)-1]
			if got := faults.Error() + "\n"; got != string(want.Data) {
				if *update {
					want.Data = []byte(got)
					if err := os.WriteFile(path, txtar.Format(a), 0o666); err != nil {
						t.Fatal(err)
					}
					return
				}
				t.Errorf("diagnostics\n%swant\n%s", got, want.Data)
			}
		})
	}
}

// TestPositions: every key of a decoded document has a place, and the place shows that key.
func TestPositions(t *testing.T) {
	text := "\ufeff# comment = \"no key\"\n" +
		"top = '''a\n[not.a.table]\nb = 1''''\r\n" +
		"\"é\".\"quoted.key\" = \"\"\"x \\\"\"\" \n [[no]]\"\"\"\"\n" +
		"[a.b]\nc.d = { e = [1, { f = 2 }], g = 'h' } # tail\n" +
		"list = [\n  \"one\", # [comment\n  [ 2, 3 ],\n]\n" +
		"[[file]]\nsource = { X = \"1\" }\n[file.extra]\nkey = 1\n[[file]]\nname = 2026-01-02T03:04:05Z\n[[file.sub]]\nz = 1\n"
	want := map[string]string{
		"top": "2:1", `é."quoted.key"`: "5:1", "a": "7:1", "a.b": "7:1", "a.b.c.d": "8:1", "a.b.c.d.e": "8:9", "a.b.c.d.e[0]": "8:14",
		"a.b.c.d.e[1].f": "8:19", "a.b.c.d.g": "8:29", "a.b.list": "9:1", "a.b.list[0]": "10:3", "a.b.list[1]": "11:3", "a.b.list[1][1]": "11:8",
		"file[0]": "13:1", "file[0].source.X": "14:12", "file[0].extra.key": "16:1", "file[1]": "17:1", "file[1].name": "18:1", "file[1].sub[0].z": "20:1",
	}
	if _, err := toml.Decode(text, &map[string]any{}); err != nil {
		t.Fatal(err)
	}
	got := scan(text)
	for path, place := range want {
		p := got.at(path)
		if s := itoa(p.Line) + ":" + itoa(p.Col); s != place {
			t.Errorf("%s is at %s, want %s", path, s, place)
		}
		if _, ok := got[path]; !ok {
			t.Errorf("%s has no place of its own", path)
		}
	}
	if p := got.at(`a.b.missing["x.y"]`); p.Line != 7 {
		t.Errorf("a missing key is at %v, want its table", p)
	}
}

// paths lists every key path of a decoded document.
func paths(prefix string, v any, add func(string)) {
	switch t := v.(type) {
	case map[string]any:
		for k, e := range t {
			add(join(prefix, k))
			paths(join(prefix, k), e, add)
		}
	case []map[string]any:
		for i, e := range t {
			paths(index(prefix, i), e, add)
		}
	case []any:
		for i, e := range t {
			add(index(prefix, i))
			paths(index(prefix, i), e, add)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.txtar")
	for _, path := range files {
		if a, err := txtar.ParseFile(path); err == nil {
			f.Add(string(a.Files[0].Data))
		}
	}
	f.Add("a.'b.c' = [[1,2],{x={y=\"\"\"z\"\"\"}}]\n[[t.u]]\n[t.u.v]\nk=1")
	tree := fstest.MapFS{"a.dll": {Data: []byte("x")}}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := Parse("f", "", text, tree)
		if (m == nil) == (err == nil) {
			t.Fatalf("Parse returned %v and %v", m, err)
		}
		var raw map[string]any
		if _, err := toml.Decode(text, &raw); err != nil {
			return
		}
		pos := scan(text)
		paths("", raw, func(p string) {
			if _, ok := pos[p]; !ok {
				t.Errorf("key %s has no position in %q", p, text)
			}
		})
	})
}

func TestGood(t *testing.T) {
	const small = `[package]
kb = 123456
product = "Contoso Reader"
publisher = "Contoso"

[[file]]
source = '{branch}\a.dll'
to = ["system32", "dllcache"]

[[registry]]
key = 'HKEY_LOCAL_MACHINE\SOFTWARE\Contoso\'
name = ""
value = 7
`
	m, err := Parse("dir/update.toml", "dir", small, fstest.MapFS{"rtmgdr/a.dll": {}, "rtmqfe/a.dll": {}})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, got, want any) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %#v, want %#v", what, got, want)
		}
	}
	check("kb", m.KB, "KB123456")
	check("title", m.Title, "Hotfix for Contoso Reader (KB123456)")
	check("name", m.Name, "ContosoReader")
	check("layout", m.Layout, MultiBranch)
	check("branches", len(m.Branches), 2)
	check("default", m.Branches[0].DefaultFor, []int{0})
	check("source", m.Files[0].Sources["RTMQFE"], filepath.Join("dir", "rtmqfe", "a.dll"))
	check("name of file", m.Files[0].Name, "a.dll")
	check("to", DirString(m.Files[0].To[1]), "dllcache")
	check("root", m.Registry[0].Root+"|"+m.Registry[0].Path, `HKLM|SOFTWARE\Contoso`)
	check("data", m.Registry[0].Data, []string{"0x00000007"})
	check("version", m.Version.String(), "1.0.0.0")
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		kind string
		in   any
		want string
	}{
		{"string", "", ""}, {"expand", "%SystemRoot%", "%SystemRoot%"}, {"multi", []any{"a", "b"}, "a|b"}, {"multi", []any{}, ""},
		{"dword", int64(4294967295), "0xFFFFFFFF"}, {"dword", "0x10", "0x00000010"},
		{"qword", "0xFFFFFFFFFFFFFFFE", "FE|FF|FF|FF|FF|FF|FF|FF"}, {"qword", int64(258), "02|01|00|00|00|00|00|00"},
		{"binary", "01 fF,00", "01|FF|00"}, {"binary", []any{int64(0), int64(255)}, "00|FF"}, {"none", nil, ""},
	} {
		got, err := encodeValue(c.kind, c.in)
		if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%s %v = %q, %v; want %q", c.kind, c.in, got, err, c.want)
		}
	}
}

func TestGates(t *testing.T) {
	for in, want := range map[string]string{"5.2": "5.2", "5.2.3790 SP1": "5.2.3790 SP1", "windows xp sp2": "5.1 SP2",
		"Windows 10": "10.0.10240", "Windows Server 2008 R2": "6.1", " 10.0.17763 ": "10.0.17763"} {
		g, err := ParseGate(in)
		if err != nil || g.String() != want {
			t.Errorf("ParseGate(%q) = %q, %v; want %q", in, g, err, want)
		}
	}
	for _, in := range []string{"", "5", "5.x", "5.2.1.1", "Windows", "5.2 SPx", "5.2 SP1 SP2", "-1.2"} {
		if g, err := ParseGate(in); err == nil {
			t.Errorf("ParseGate(%q) = %q, want an error", in, g)
		}
	}
}

func TestLanguageType(t *testing.T) {
	for in, want := range map[string]uint16{"en-US": 9, "DEU": 7, "0x0404": 0x404, "pt-BR": 0x416} {
		l, ok := LanguageByName(in)
		if !ok || l.LanguageType() != want {
			t.Errorf("%s: %v, LanguageType %#x, want %#x", in, ok, l.LanguageType(), want)
		}
	}
}
