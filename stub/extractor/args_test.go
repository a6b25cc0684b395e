package main

import (
	"reflect"
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	for line, want := range map[string]string{
		`pkg.exe`:  "",
		`pkg.exe `: "",
		`"C:\a b\pkg.exe" /quiet  /log:"c:\x y" `: `/quiet  /log:"c:\x y" `,
		`C:\a" b"\pkg.exe` + "\t/q":               "/q",
		`"C:\pkg.exe"`:                            "",
		`"C:\pkg.exe`:                             "",
		`pkg.exe "/x:C:\a b"`:                     `"/x:C:\a b"`,
		``:                                        "",
	} {
		if got := tail(line); got != want {
			t.Errorf("tail(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for line, want := range map[string][]string{
		``:                                  nil,
		`  /q   /n`:                         {"/q", "/n"},
		`/log:"C:\Program Files\a.log" /q`:  {`/log:C:\Program Files\a.log`, "/q"},
		`"/x:C:\a b\\" /q`:                  {`/x:C:\a b\`, "/q"},
		`/x:"C:\a b\" /q`:                   {`/x:C:\a b" /q`},
		`/d:C:\a\b\`:                        {`/d:C:\a\b\`},
		`a\\\"b`:                            {`a\"b`},
		`"a""b"`:                            {`a"b`},
		"/a\t/b":                            {"/a", "/b"},
		`""`:                                {""},
		`/log:"` + strings.Repeat("x", 300): {`/log:` + strings.Repeat("x", 300)},
	} {
		if got := split(line); !reflect.DeepEqual(got, want) {
			t.Errorf("split(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for line, want := range map[string]request{
		``:                      {},
		`/quiet /norestart /ER`: {quiet: true, er: true},
		`/X:C:\Update`:          {extract: true, path: `C:\Update`},
		`-EXTRACT:C:\Update -Q`: {extract: true, path: `C:\Update`, quiet: true},
		`/extract /passive`:     {extract: true, passive: true},
		`/u /x:c:\a`:            {extract: true, path: `c:\a`, passive: true},
		`/x /q /z /n /o /log:c:\x /warnrestart:5`: {extract: true, quiet: true},
		`/x:a /x:b`:                   {extract: true, path: "b"},
		`/?`:                          {help: true},
		`/help /extract:c:\x`:         {help: true, path: `c:\x`},
		`/some-future-switch rubbish`: {}, // the installer's to judge
		`/extractor`:                  {},
	} {
		if got := parse(split(line)); got != want {
			t.Errorf("parse(%q) = %+v, want %+v", line, got, want)
		}
	}
	for line, want := range map[string]string{
		`/x:`:                               "a path must follow",
		`/x:"C:\a\" /quiet`:                 "a backslash before",
		`/x:c:\` + strings.Repeat("a", 300): "fewer than 256",
		`/x /nonsense`:                      "unknown switch /nonsense",
		`/x C:\dir`:                         `"C:\dir" is not a switch`,
		`/x:c:\a /integrate:c:\b`:           "cannot be used together",
	} {
		if got := parse(split(line)); !got.extract || !strings.Contains(got.fault, want) {
			t.Errorf("parse(%q) = %+v, want the fault %q", line, got, want)
		}
	}
}

func TestRanked(t *testing.T) {
	got := ranked([]drive{{`C:\`, 10, true}, {`D:\`, 30, true}, {`E:\`, 99, false}, {`F:\`, 30, true}, {`G:\`, 0, true}})
	var order string
	for _, d := range got {
		order += d.root[:1]
	}
	if order != "DFCGE" {
		t.Errorf("order %s, want DFCGE", order)
	}
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]string{
		`C:\a\b`: `C:\`, `d:`: `d:\`, `\\server\share\a\b`: `\\server\share\`, `\\server\share`: `\\server\share\`,
	} {
		if got := rootOf(path); got != want {
			t.Errorf("rootOf(%q) = %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]string{
		`C:\a`: `\\?\C:\a`, `\\server\share\a`: `\\?\UNC\server\share\a`, `\\?\C:\a`: `\\?\C:\a`,
	} {
		if got := extended(path); got != want {
			t.Errorf("extended(%q) = %q, want %q", path, got, want)
		}
	}
	if got := hexName([16]byte{0x17, 0xe1, 15: 0x2d}); got != "17e1000000000000000000000000002d" {
		t.Errorf("hexName: %s", got)
	}
}

func TestStartup(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{[]string{"spuninst.exe", `Update\UPDATE.exe`, "xpsp1hfm.exe"}, `Update\UPDATE.exe`},
		{[]string{"XPSP1HFM.EXE", `sp1\update\update.exe`}, "XPSP1HFM.EXE"},
		{[]string{`amd64\spuninst.exe`, `amd64\update\update.exe`}, `amd64\update\update.exe`},
		{[]string{"update.exe"}, ""},
	} {
		got, ok := startup(c.names)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("startup(%q) = %q", c.names, got)
		}
	}
}

func TestExitCode(t *testing.T) {
	f := &failure{code: 5}
	if f.exitCode(false) != 1603 || f.exitCode(true) != 5 {
		t.Error("1603 without /ER, the code itself with it")
	}
}
