package hosttest

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

func writeCases() []testCase {
	return []testCase{
		{"content", func(e *env) {
			big := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
			for _, c := range []string{"", "x", string(big), "short again"} {
				e.holds(e.write("f", c), c)
			}
			e.equal("names", e.names(e.dir), []string{"f"})
		}},
		{"time and attributes", func(e *env) {
			all := host.AttrReadOnly | host.AttrHidden | host.AttrSystem | host.AttrArchive
			for _, c := range []struct{ give, want host.Attr }{
				{0, host.AttrArchive}, {all, all}, {host.AttrReadOnly, host.AttrReadOnly}, {host.AttrSystem, host.AttrSystem},
				{host.AttrHidden | host.AttrDirectory | host.AttrReparse, host.AttrHidden},
				{host.AttrDirectory, host.AttrArchive}, {host.AttrArchive, host.AttrArchive},
			} {
				e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("x"), host.FileMeta{ModTime: stamp(), Attr: c.give}))
				e.hasAttr(e.p("f"), c.want)
				if i := e.stat(e.p("f")); !i.ModTime.Equal(stamp()) {
					e.Errorf("time %v, want %v", i.ModTime, stamp())
				}
			}
		}},
		{"zero time is now", func(e *env) {
			e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("x"), host.FileMeta{ModTime: stamp()}))
			e.write("f", "y")
			now := e.h.Now()
			if age := now.Sub(e.stat(e.p("f")).ModTime); age < -2*time.Second || age > time.Minute {
				e.Errorf("written %v before now", age)
			}
		}},
		{"read-only, hidden and system targets are replaced", func(e *env) {
			for _, a := range []host.Attr{host.AttrReadOnly, host.AttrHidden, host.AttrSystem, host.AttrReadOnly | host.AttrHidden | host.AttrSystem} {
				e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("old"), host.FileMeta{Attr: a}))
				e.write("f", "new")
				e.holds(e.p("f"), "new")
				e.hasAttr(e.p("f"), host.AttrArchive)
				from := e.write("from", "copy")
				e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("old"), host.FileMeta{Attr: a}))
				e.ok(e.h.CopyFile(from, e.p("f")))
				e.holds(e.p("f"), "copy")
			}
		}},
		{"a source that breaks leaves the old file and no other", func(e *env) {
			e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("old"), host.FileMeta{ModTime: stamp(), Attr: host.AttrReadOnly}))
			e.unchanged(func() {
				for _, name := range []string{"f", "new"} {
					for _, n := range []int{0, 10, 1 << 20} {
						err := e.h.WriteFile(e.p(name), &brokenReader{n}, host.FileMeta{})
						e.is(err, sourceError{}, name)
					}
				}
			})
		}},
		{"the parent must exist", func(e *env) {
			e.write("f", "x")
			e.unchanged(func() {
				e.is(e.h.WriteFile(e.p(`none\f`), strings.NewReader("x"), host.FileMeta{}), fs.ErrNotExist, "f")
				e.is(e.h.WriteFile(e.p(`f\g`), strings.NewReader("x"), host.FileMeta{}), fs.ErrNotExist, "g")
				e.is(e.h.AppendFile(e.p(`none\f`), []byte("x"), false), fs.ErrNotExist, "f")
				e.is(e.h.CopyFile(e.p("f"), e.p(`none\f`)), fs.ErrNotExist, "f")
				e.is(e.h.Rename(e.p("f"), e.p(`none\f`), true), fs.ErrNotExist, "f")
			})
		}},
		{"a directory is not replaced by a file", func(e *env) {
			e.mkdir("d")
			from := e.write("f", "x")
			e.unchanged(func() {
				e.is(e.h.WriteFile(e.p("d"), strings.NewReader("x"), host.FileMeta{}), fs.ErrExist, "d")
				e.is(e.h.CopyFile(from, e.p("d")), fs.ErrExist, "d")
				e.is(e.h.Rename(from, e.p("d"), true), fs.ErrExist, "d")
				e.is(e.h.AppendFile(e.p("d"), []byte("x"), false), fs.ErrExist, "d")
			})
		}},
		{"AppendFile", func(e *env) {
			path := e.p("log")
			e.ok(e.h.AppendFile(path, []byte("one\r\n"), false))
			e.equal("attributes", e.stat(path).Attr, host.AttrArchive)
			e.ok(e.h.SetMeta(path, host.FileMeta{Attr: host.AttrHidden}))
			e.ok(e.h.AppendFile(path, []byte("two\r\n"), true))
			e.ok(e.h.AppendFile(path, nil, true))
			e.holds(path, "one\r\ntwo\r\n")
			if i := e.stat(path); i.Attr&host.AttrHidden == 0 || i.Size != 10 {
				e.Errorf("got %+v", i)
			}
		}},
		{"CopyFile", func(e *env) {
			a := host.AttrReadOnly | host.AttrSystem
			e.ok(e.h.WriteFile(e.p("from"), strings.NewReader("content"), host.FileMeta{ModTime: stamp(), Attr: a}))
			e.write("to", "something longer than content")
			for _, name := range []string{"new", "to"} {
				e.ok(e.h.CopyFile(e.p("from"), e.p(name)))
				e.holds(e.p(name), "content")
				e.hasAttr(e.p(name), a)
				if i := e.stat(e.p(name)); !i.ModTime.Equal(stamp()) {
					e.Errorf("%s: %+v", name, i)
				}
			}
			e.ok(e.h.SetMeta(e.p("from"), host.FileMeta{}))
			e.ok(e.h.AppendFile(e.p("from"), []byte(" changed"), false))
			e.holds(e.p("new"), "content")
			e.ok(e.h.CopyFile(e.p("from"), e.p("from")))
			e.holds(e.p("from"), "content changed")
		}},
		{"CopyFile of other things", func(e *env) {
			e.write("f", "x")
			d := e.mkdir("d")
			e.unchanged(func() {
				e.is(e.h.CopyFile(e.p("none"), e.p("f")), fs.ErrNotExist, "none")
				if err := e.h.CopyFile(d, e.p("g")); err == nil || errors.Is(err, fs.ErrNotExist) {
					e.Errorf("a directory: %v", err)
				}
			})
		}},
	}
}
