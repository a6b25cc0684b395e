package hosttest

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

func isInvalid(err error) bool { return errors.Is(err, host.ErrInvalidPath) }

func fileCases() []testCase {
	return []testCase{
		{"Stat", func(e *env) {
			path := e.write("File", "12345")
			i := e.stat(path)
			e.equal("name", i.Name, "File")
			e.equal("attributes", i.Attr, host.AttrArchive)
			if i.Size != 5 || i.IsDir() || i.ModTime.IsZero() {
				e.Errorf("got %+v", i)
			}
			d := e.stat(e.dir)
			if !d.IsDir() || d.Size != 0 || !strings.HasSuffix(e.dir, `\`+d.Name) {
				e.Errorf("directory: %+v", d)
			}
			if root := e.stat(e.dir[:3]); !root.IsDir() {
				e.Errorf("root of the drive: %+v", root)
			}
		}},
		{"Stat of what is missing", func(e *env) {
			e.missing(e.p("none"))
			e.missing(e.p(`none\below`))
			e.write("file", "")
			e.missing(e.p(`file\below`))
		}},
		{"ReadDir sorts by upper-cased name", func(e *env) {
			for _, n := range []string{"b", "A", "_", "Z", "a.b", "ä", "10", "9"} {
				e.write(n, n)
			}
			e.mkdir("C")
			// '_' is after the capitals and before the small letters: it shows which case the order is made in.
			e.equal("names", e.names(e.dir), []string{"10", "9", "A", "a.b", "b", "C", "Z", "_", "ä"})
		}},
		{"ReadDir tells what Stat tells", func(e *env) {
			e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("abc"), host.FileMeta{ModTime: stamp(), Attr: host.AttrHidden | host.AttrSystem}))
			e.mkdir("d")
			list, err := e.h.ReadDir(e.dir)
			e.ok(err)
			for _, i := range list {
				s := e.stat(e.p(i.Name))
				if s.Name != i.Name || s.Size != i.Size || s.Attr != i.Attr || !s.ModTime.Equal(i.ModTime) {
					e.Errorf("ReadDir %+v, Stat %+v", i, s)
				}
			}
		}},
		{"ReadDir of other things", func(e *env) {
			e.equal("empty directory", e.names(e.mkdir("empty")), []string(nil))
			_, err := e.h.ReadDir(e.p("none"))
			e.is(err, fs.ErrNotExist, "none")
			_, err = e.h.ReadDir(e.write("file", ""))
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				e.Errorf("a file: %v", err)
			}
		}},
		{"Open", func(e *env) {
			f, err := e.h.Open(e.write("f", "0123456789"))
			e.ok(err)
			if f.Size() != 10 {
				e.Errorf("Size %d", f.Size())
			}
			b := make([]byte, 3)
			if _, err := f.ReadAt(b, 4); err != nil || string(b) != "456" {
				e.Errorf("ReadAt: %q, %v", b, err)
			}
			if n, err := f.ReadAt(b, 8); n != 2 || err != io.EOF {
				e.Errorf("ReadAt over the end: %d, %v", n, err)
			}
			if all, err := io.ReadAll(f); err != nil || string(all) != "0123456789" {
				e.Errorf("ReadAt has moved the file: %q, %v", all, err)
			}
			e.ok(f.Close())
		}},
		{"Open of other things", func(e *env) {
			_, err := e.h.Open(e.p("none"))
			e.is(err, fs.ErrNotExist, "none")
			_, err = e.h.Open(e.p(`none\f`))
			e.is(err, fs.ErrNotExist, "f")
			_, err = e.h.Open(e.mkdir("d"))
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				e.Errorf("a directory: %v", err)
			}
		}},
		{"Open shares", func(e *env) {
			path := e.write("f", "one")
			f, err := e.h.Open(path)
			e.ok(err)
			defer f.Close()
			e.holds(path, "one")
			e.ok(e.h.AppendFile(path, []byte("+"), false))
			e.ok(e.h.Rename(path, e.p("g"), false))
			b := make([]byte, 3)
			if _, err := f.ReadAt(b, 0); err != nil || string(b) != "one" {
				e.Errorf("after the rename: %q, %v", b, err)
			}
			e.ok(e.h.Remove(e.p("g")))
		}},
		{"MkdirAll", func(e *env) {
			made, err := e.h.MkdirAll(e.p(`a\B\c`), host.AttrHidden|host.AttrReparse)
			e.ok(err)
			e.equal("made", made, []string{e.p("a"), e.p(`a\B`), e.p(`a\B\c`)})
			e.equal("attributes", []host.Attr{e.stat(e.p("a")).Attr, e.stat(e.p(`a\b`)).Attr, e.stat(e.p(`a\b\c`)).Attr},
				[]host.Attr{host.AttrDirectory, host.AttrDirectory, host.AttrDirectory | host.AttrHidden})
			made, err = e.h.MkdirAll(e.p(`A\b\D`), 0)
			e.ok(err)
			e.equal("made", made, []string{e.p(`a\B\D`)})
			made, err = e.h.MkdirAll(e.p(`a\b`), host.AttrSystem)
			e.ok(err)
			e.equal("made", made, []string(nil))
			e.equal("attributes of what was there", e.stat(e.p(`a\b`)).Attr, host.AttrDirectory)
			made, err = e.h.MkdirAll(e.dir[:3], 0)
			e.ok(err)
			e.equal("made", made, []string(nil))
		}},
		{"MkdirAll with a file in the way", func(e *env) {
			e.write("f", "x")
			e.unchanged(func() {
				_, err := e.h.MkdirAll(e.p("f"), 0)
				e.is(err, fs.ErrExist, "f")
				_, err = e.h.MkdirAll(e.p(`f\d`), 0)
				e.is(err, fs.ErrExist, "f")
			})
		}},
		{"a drive that is not there", func(e *env) {
			drives, err := e.h.Drives()
			e.ok(err)
			used := "ABZ"
			for _, d := range drives {
				used += d.Root[:1]
			}
			for _, letter := range "QRSTUVWXY" {
				if !strings.ContainsRune(used, letter) {
					path := string(letter) + `:\f`
					e.missing(path)
					e.is(e.h.WriteFile(path, strings.NewReader(""), host.FileMeta{}), fs.ErrNotExist, path)
					return
				}
			}
		}},
	}
}
