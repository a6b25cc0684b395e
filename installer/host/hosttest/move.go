package hosttest

import (
	"io/fs"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

func moveCases() []testCase {
	return []testCase{
		{"Rename of a file", func(e *env) {
			e.ok(e.h.WriteFile(e.p("from"), strings.NewReader("x"), host.FileMeta{ModTime: stamp(), Attr: host.AttrReadOnly | host.AttrHidden}))
			before := e.stat(e.p("from"))
			e.mkdir("d")
			e.ok(e.h.Rename(e.p("from"), e.p(`d\To`), false))
			e.missing(e.p("from"))
			e.holds(e.p(`d\to`), "x")
			after := e.stat(e.p(`d\to`))
			e.equal("name", after.Name, "To")
			if after.Attr != before.Attr || !after.ModTime.Equal(before.ModTime) {
				e.Errorf("before %+v, after %+v", before, after)
			}
		}},
		{"Rename of a directory", func(e *env) {
			e.mkdir(`a\b`)
			e.ok(e.h.WriteFile(e.p(`a\b\f`), strings.NewReader("x"), host.FileMeta{Attr: host.AttrSystem}))
			e.ok(e.h.Rename(e.p("A"), e.p("Z"), false))
			e.missing(e.p("a"))
			e.missing(e.p(`a\b\f`))
			e.holds(e.p(`z\b\f`), "x")
			e.hasAttr(e.p(`z\b\f`), host.AttrSystem)
			e.write(`z\b\g`, "y")
			e.equal("names", e.names(e.p(`z\b`)), []string{"f", "g"})
			// What is made anew under the old name has nothing of the old.
			e.mkdir(`a\b`)
			e.equal("attributes", e.stat(e.write(`a\b\f`, "z")).Attr, host.AttrArchive)
		}},
		{"Rename over an existing file", func(e *env) {
			e.write("from", "new")
			e.ok(e.h.WriteFile(e.p("TO"), strings.NewReader("old"), host.FileMeta{Attr: host.AttrHidden}))
			e.unchanged(func() { e.is(e.h.Rename(e.p("from"), e.p("to"), false), fs.ErrExist, "to") })
			e.ok(e.h.Rename(e.p("from"), e.p("to"), true))
			e.missing(e.p("from"))
			e.holds(e.p("to"), "new")
			e.hasNames(e.dir, "to")
			e.equal("attributes", e.stat(e.p("to")).Attr, host.AttrArchive)
		}},
		{"Rename over a read-only file", func(e *env) {
			e.ok(e.h.WriteFile(e.p("to"), strings.NewReader("old"), host.FileMeta{Attr: host.AttrReadOnly}))
			e.ok(e.h.Rename(e.write("from", "new"), e.p("to"), true))
			e.holds(e.p("to"), "new")
		}},
		{"Rename changes the case", func(e *env) {
			for _, replace := range []bool{false, true} {
				e.write("name", "x")
				e.ok(e.h.Rename(e.p("name"), e.p("NAME"), replace))
				e.hasNames(e.dir, "NAME")
				e.holds(e.p("name"), "x")
				e.ok(e.h.Remove(e.p("name")))
			}
			e.mkdir("d")
			e.ok(e.h.Rename(e.p("d"), e.p("D"), false))
			e.hasNames(e.dir, "D")
		}},
		{"Rename that cannot be", func(e *env) {
			e.write("f", "x")
			e.mkdir(`d\e`)
			e.mkdir("empty")
			e.unchanged(func() {
				e.is(e.h.Rename(e.p("none"), e.p("g"), true), fs.ErrNotExist, "none")
				e.is(e.h.Rename(e.p("d"), e.p("f"), true), fs.ErrExist, "f")
				e.is(e.h.Rename(e.p("d"), e.p("empty"), true), fs.ErrExist, "empty")
				e.is(e.h.Rename(e.p("d"), e.p("empty"), false), fs.ErrExist, "empty")
				e.is(e.h.Rename(e.p("d"), e.p(`d\e\g`), false), host.ErrInvalidPath, "g")
			})
		}},
		{"Remove", func(e *env) {
			e.ok(e.h.Remove(e.write("f", "x")))
			e.missing(e.p("f"))
			e.ok(e.h.WriteFile(e.p("r"), strings.NewReader("x"), host.FileMeta{Attr: host.AttrReadOnly | host.AttrSystem}))
			e.ok(e.h.Remove(e.p("R")))
			_, err := e.h.MkdirAll(e.p("d"), host.AttrReadOnly)
			e.ok(err)
			e.ok(e.h.Remove(e.p("d")))
			e.equal("names", e.names(e.dir), []string(nil))
			e.equal("attributes of a new file", e.stat(e.write("r", "")).Attr, host.AttrArchive)
		}},
		{"Remove that cannot be", func(e *env) {
			e.mkdir("d")
			e.write(`d\f`, "x")
			e.unchanged(func() {
				e.is(e.h.Remove(e.p("d")), host.ErrNotEmpty, "d")
				e.is(e.h.Remove(e.p("none")), fs.ErrNotExist, "none")
				e.is(e.h.Remove(e.p(`none\f`)), fs.ErrNotExist, "f")
				e.is(e.h.Remove(e.p(`d\f\g`)), fs.ErrNotExist, "g")
			})
		}},
		{"SetMeta", func(e *env) {
			path := e.write("f", "x")
			e.ok(e.h.SetMeta(path, host.FileMeta{ModTime: stamp(), Attr: host.AttrReadOnly | host.AttrDirectory}))
			i := e.stat(path)
			e.hasAttr(path, host.AttrReadOnly)
			if !i.ModTime.Equal(stamp()) {
				e.Errorf("time %v", i.ModTime)
			}
			later := stamp().Add(90 * time.Minute)
			e.ok(e.h.SetMeta(path, host.FileMeta{ModTime: later, Attr: host.AttrReadOnly}))
			if i := e.stat(path); !i.ModTime.Equal(later) {
				e.Errorf("time of a read-only file %v", i.ModTime)
			}
			e.ok(e.h.SetMeta(path, host.FileMeta{}))
			if i := e.stat(path); !i.ModTime.Equal(later) || i.Attr != host.AttrArchive {
				e.Errorf("zero FileMeta: %+v", i)
			}
			e.is(e.h.SetMeta(e.p("none"), host.FileMeta{}), fs.ErrNotExist, "none")
		}},
		{"SetMeta of a directory", func(e *env) {
			d := e.mkdir("d")
			e.ok(e.h.SetMeta(d, host.FileMeta{ModTime: stamp(), Attr: host.AttrHidden | host.AttrReadOnly}))
			i := e.stat(d)
			e.hasAttr(d, host.AttrDirectory|host.AttrHidden|host.AttrReadOnly)
			if !i.ModTime.Equal(stamp()) {
				e.Errorf("time %v", i.ModTime)
			}
			e.write(`d\f`, "a read-only directory takes files")
			e.ok(e.h.SetMeta(d, host.FileMeta{}))
			e.equal("attributes", e.stat(d).Attr, host.AttrDirectory)
		}},
	}
}

func inUseCases() []testCase {
	return []testCase{
		{"held open", func(e *env) {
			if e.f.Hold == nil {
				e.Skip("this factory cannot hold a file open")
			}
			path, other := e.write("f", "old"), e.write("other", "new")
			e.mkdir("d")
			e.ok(e.h.Rename(path, e.p(`d\f`), false))
			path = e.p(`d\f`)
			before := e.snapshot()
			release := e.f.Hold(e.T, e.h, path)
			e.is(e.h.WriteFile(path, strings.NewReader("new"), host.FileMeta{}), host.ErrInUse, "f")
			e.is(e.h.AppendFile(path, []byte("new"), false), host.ErrInUse, "f")
			e.is(e.h.CopyFile(other, path), host.ErrInUse, "f")
			e.is(e.h.CopyFile(path, other), host.ErrInUse, "f")
			e.is(e.h.Rename(other, path, true), host.ErrInUse, "f")
			e.is(e.h.Rename(path, e.p("g"), false), host.ErrInUse, "f")
			e.is(e.h.Remove(path), host.ErrInUse, "f")
			_, err := e.h.Open(path)
			e.is(err, host.ErrInUse, "f")
			release()
			if after := e.snapshot(); after != before {
				e.Errorf("before\n%safter\n%s", before, after)
			}
			e.holds(path, "old")
			e.holds(other, "new")
			e.ok(e.h.WriteFile(path, strings.NewReader("newer"), host.FileMeta{}))
			e.holds(path, "newer")
		}},
		{"a running program", func(e *env) {
			if e.f.Map == nil {
				e.Skip("this factory cannot run a program")
			}
			content := "program"
			if e.f.MapWith != nil {
				content = string(e.f.MapWith(e.T))
			}
			path, other := e.write("f.exe", content), e.write("other", "new")
			release := e.f.Map(e.T, e.h, path)
			defer release()
			e.unchanged(func() {
				e.is(e.h.WriteFile(path, strings.NewReader("new"), host.FileMeta{}), host.ErrInUse, "f.exe")
				e.is(e.h.CopyFile(other, path), host.ErrInUse, "f.exe")
				e.is(e.h.Rename(other, path, true), host.ErrInUse, "f.exe")
				e.is(e.h.Remove(path), host.ErrInUse, "f.exe")
			})
			e.ok(e.h.CopyFile(path, e.p("backup")))
			e.ok(e.h.Rename(path, e.p("aside"), false))
			e.ok(e.h.Rename(other, path, false))
			e.holds(path, "new")
			e.is(e.h.Remove(e.p("aside")), host.ErrInUse, "aside")
			release()
			e.ok(e.h.Remove(e.p("aside")))
		}},
	}
}

func linkCases() []testCase {
	return []testCase{
		{"shown, not followed", func(e *env) {
			if e.f.Link == nil {
				e.Skip("this factory cannot make links")
			}
			e.mkdir("real")
			e.write(`real\f`, "x")
			e.f.Link(e.T, e.h, e.p("link"), e.p("real"))
			if i := e.stat(e.p("link")); i.Attr&host.AttrReparse == 0 || i.Size != 0 {
				e.Errorf("got %+v", i)
			}
			e.unchanged(func() {
				_, err := e.h.Stat(e.p(`link\f`))
				e.is(err, host.ErrInvalidPath, "link")
				_, err = e.h.Open(e.p(`link\f`))
				e.is(err, host.ErrInvalidPath, "link")
				_, err = e.h.ReadDir(e.p("link"))
				e.is(err, host.ErrInvalidPath, "link")
				_, err = e.h.MkdirAll(e.p(`link\d`), 0)
				e.is(err, host.ErrInvalidPath, "link")
				e.is(e.h.WriteFile(e.p(`link\f`), strings.NewReader("y"), host.FileMeta{}), host.ErrInvalidPath, "link")
				e.is(e.h.Remove(e.p(`link\f`)), host.ErrInvalidPath, "link")
				_, err = e.h.Open(e.p("link"))
				e.is(err, host.ErrInvalidPath, "link")
				e.is(e.h.WriteFile(e.p("link"), strings.NewReader("y"), host.FileMeta{}), host.ErrInvalidPath, "link")
				e.is(e.h.AppendFile(e.p("link"), []byte("y"), false), host.ErrInvalidPath, "link")
				e.is(e.h.CopyFile(e.p("link"), e.p("copy")), host.ErrInvalidPath, "link")
				e.is(e.h.CopyFile(e.p(`real\f`), e.p("link")), host.ErrInvalidPath, "link")
				e.is(e.h.SetMeta(e.p("link"), host.FileMeta{}), host.ErrInvalidPath, "link")
			})
			e.ok(e.h.Rename(e.p("link"), e.p("moved"), false))
			e.ok(e.h.Remove(e.p("moved")))
			e.holds(e.p(`real\f`), "x")
		}},
	}
}
