package hosttest

import (
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// badPaths must be refused by every method. %s stands for the test's directory.
func badPaths() []string {
	return []string{
		``, `file`, `\file`, `.\file`, `C:`, `C:file`, `C:/file`, `%s/file`, `\\server\share\file`, `\\?\%s\file`,
		`\\.\C:\file`, `%s\.`, `%s\..`, `%s\..\file`, `%s\.\file`, `%s\a\..\b`, `%s\file:stream`, `%s\file::$DATA`, `%s\`,
		`%s\\file`, `%s\NUL`, `%s\con`, `%s\Aux.txt`, `%s\com1`, `%s\LPT9.a.b`, `%s\nul .txt`, `%s\CONIN$`, `%s\COM¹`, `%s\nul\file`,
		`%s\a*`, `%s\a?`, `%s\a<`, `%s\a>`, `%s\a|`, `%s\a"`, "%s\\a\x01", "%s\\a\x00b", `%s\file.`, `%s\file `, `%s\dir.\file`,
		"%s\\a\xff", `%s\` + strings.Repeat("n", 256), `1:\file`, `CC:\file`,
	}
}

func pathCases() []testCase {
	return []testCase{
		{"refused everywhere", refusedEverywhere},
		{"no device but in the name", func(e *env) {
			for _, name := range []string{"nulls", "com10", "a.nul", "com", "lpt", "console", "aux1"} {
				e.holds(e.write(name, name), name)
			}
		}},
		{"without regard to case", func(e *env) {
			e.mkdir("Straße")
			path := e.write(`Straße\Ärger.DLL`, "one")
			for _, other := range []string{`STRAßE\ärger.dll`, `straße\ÄRGER.Dll`} {
				e.holds(e.p(other), "one")
				e.equal("name", e.stat(e.p(other)).Name, "Ärger.DLL")
			}
			e.holds(strings.ToLower(path[:2])+path[2:], "one")
		}},
		{"letters that only look alike stay apart", func(e *env) {
			// U+212A KELVIN SIGN and U+0131 DOTLESS I fold into ASCII in Unicode, not in NTFS.
			e.write("k", "k")
			e.missing(e.p("\u212a"))
			e.write("i", "i")
			e.missing(e.p("\u0131"))
		}},
		{"the case of an existing name is kept", func(e *env) {
			e.mkdir("Dir")
			e.write(`Dir\File.TXT`, "1")
			e.write(`DIR\FILE.txt`, "2")
			e.ok(e.h.AppendFile(e.p(`dir\file.TXT`), []byte("3"), false))
			made, err := e.h.MkdirAll(e.p("DIR"), 0)
			e.ok(err)
			e.equal("made", made, []string(nil))
			e.equal("names", e.names(e.dir), []string{"Dir"})
			e.equal("names", e.names(e.p("dir")), []string{"File.TXT"})
			e.holds(e.p(`dir\file.txt`), "23")
			from := e.write("other", "4")
			e.ok(e.h.CopyFile(from, e.p(`dir\FILE.TXT`)))
			e.equal("names", e.names(e.p("dir")), []string{"File.TXT"})
		}},
		{"long names and long paths", func(e *env) {
			name := strings.Repeat("n", host.MaxNameUnits)
			e.holds(e.write(name, "x"), "x")
			deep := strings.Repeat(`\directory-of-a-long-path`, 15)[1:]
			e.mkdir(deep)
			e.holds(e.write(deep+`\file`, "y"), "y")
			e.equal("names", e.names(e.p(deep)), []string{"file"})
			e.ok(e.h.Rename(e.p(deep+`\file`), e.p(deep+`\other`), false))
			e.ok(e.h.CopyFile(e.p(deep+`\other`), e.p(deep+`\file`)))
			e.ok(e.h.Remove(e.p(deep + `\other`)))
		}},
	}
}

func refusedEverywhere(e *env) {
	good := e.write("good", "x")
	type call struct {
		name string
		do   func(path string) error
	}
	calls := []call{
		{"Stat", func(p string) error { _, err := e.h.Stat(p); return err }},
		{"ReadDir", func(p string) error { _, err := e.h.ReadDir(p); return err }},
		{"Open", func(p string) error { _, err := e.h.Open(p); return err }},
		{"MkdirAll", func(p string) error { _, err := e.h.MkdirAll(p, 0); return err }},
		{"WriteFile", func(p string) error { return e.h.WriteFile(p, strings.NewReader("x"), host.FileMeta{}) }},
		{"AppendFile", func(p string) error { return e.h.AppendFile(p, []byte("x"), false) }},
		{"CopyFile from", func(p string) error { return e.h.CopyFile(p, e.p("new")) }},
		{"CopyFile to", func(p string) error { return e.h.CopyFile(good, p) }},
		{"Rename from", func(p string) error { return e.h.Rename(p, e.p("new"), true) }},
		{"Rename to", func(p string) error { return e.h.Rename(good, p, true) }},
		{"Remove", func(p string) error { return e.h.Remove(p) }},
		{"SetMeta", func(p string) error { return e.h.SetMeta(p, host.FileMeta{}) }},
	}
	e.unchanged(func() {
		for _, path := range badPaths() {
			path = strings.ReplaceAll(path, "%s", e.dir)
			for _, c := range calls {
				if err := c.do(path); !isInvalid(err) {
					e.Errorf("%s %q: got %v, want ErrInvalidPath", c.name, path, err)
				}
			}
		}
	})
}
