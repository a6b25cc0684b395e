package hosttest

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

func durableCases() []testCase {
	return []testCase{
		{"after a new start of the process", func(e *env) {
			if e.f.Reopen == nil {
				e.Skip("this factory cannot reopen")
			}
			k := e.fillForLater()
			e.ok(e.h.FlushRegistry())
			before := e.snapshot()
			e.h = e.f.Reopen(e.T, e.h)
			if after := e.snapshot(); after != before {
				e.Errorf("before\n%safter\n%s", before, after)
			}
			e.checkOdd(e.h, k)
			if !e.exists(e.k("vol")) {
				e.Error("a volatile key went with the process")
			}
		}},
		{"after a restart of the machine", func(e *env) {
			if e.f.Restart == nil {
				e.Skip("this factory cannot restart; see BeforeRestart")
			}
			e.beforeRestart()
			e.h = e.f.Restart(e.T, e.h)
			e.afterRestart()
		}},
	}
}

// BeforeRestart does what a restart of the machine has to keep, to drop and to carry out. AfterRestart, in a process
// after the restart, checks it. They are for hosts whose factory cannot restart within one process.
func BeforeRestart(t *testing.T, f Factory) {
	f.setDefaults()
	e := &env{T: t, f: f, h: f.New(t), dir: f.Dir, key: keyPath}
	e.setUp()
	e.beforeRestart()
}

// AfterRestart checks what BeforeRestart did, and takes away what it made.
func AfterRestart(t *testing.T, f Factory) {
	f.setDefaults()
	e := &env{T: t, f: f, h: f.New(t), dir: f.Dir, key: keyPath}
	t.Cleanup(e.clean)
	e.afterRestart()
}

func sessionManager() host.Key {
	return host.Key{Root: host.HKLM, Path: `SYSTEM\CurrentControlSet\Control\Session Manager`}
}

func (e *env) beforeRestart() {
	e.fillForLater()
	nt := func(name string) string { return `\??\` + e.p(name) }
	for _, n := range []string{"new", "old", "first", "second", "gone", "keep", "kept"} {
		e.write(n, n)
	}
	e.ok(e.h.SetValue(sessionManager(), "PendingFileRenameOperations", host.MultiValue([]string{
		nt("new"), "!" + nt("old"), // replaced
		nt("gone"), "", // deleted
		nt("none"), "", // skipped
		nt("keep"), nt("kept"), // skipped: the target is there
		nt("first"), nt("moved"),
		nt("second"), "!" + nt("moved"), // the later one wins
	})))
	e.ok(e.h.FlushRegistry())
}

func (e *env) afterRestart() {
	e.checkOdd(e.h, e.k("odd"))
	if e.exists(e.k("vol")) {
		e.Error("a volatile key survived the restart")
	}
	if !e.exists(e.k(`stable\deep`)) || e.exists(e.k("deleted")) {
		e.Error("a stable key did not survive, or a deleted one did")
	}
	e.equal("names", e.names(e.dir), []string{"d", "f", "keep", "kept", "moved", "old"})
	e.holds(e.p("f"), "x")
	e.holds(e.p("old"), "new")
	e.holds(e.p("moved"), "second")
	e.holds(e.p("kept"), "kept")
	_, err := e.h.GetValue(sessionManager(), "PendingFileRenameOperations")
	e.is(err, fs.ErrNotExist, "PendingFileRenameOperations")
}

// fillForLater writes a file, odd values, a stable and a volatile key, and gives the key with the values.
func (e *env) fillForLater() host.Key {
	e.ok(e.h.WriteFile(e.p("f"), strings.NewReader("x"), host.FileMeta{ModTime: stamp(), Attr: host.AttrHidden | host.AttrReadOnly}))
	_, err := e.h.MkdirAll(e.p("d"), host.AttrSystem)
	e.ok(err)
	k := e.create("odd")
	for _, v := range oddValues() {
		e.ok(e.h.SetValue(k, v.Name, v.Value))
	}
	e.create(`stable\deep`)
	e.create(`deleted`)
	e.ok(e.h.DeleteKey(e.k("deleted")))
	_, err = e.h.CreateKey(e.k(`vol\sub`), true)
	e.ok(err)
	return k
}

func machineCases() []testCase {
	return []testCase{
		{"Info", func(e *env) {
			i, err := e.h.Info()
			e.ok(err)
			if i.Major == 0 || i.Build == 0 || i.Product < host.Workstation || i.Product > host.Server || i.Language == 0 ||
				i.Processors < 1 || i.ComputerName == "" || i.ProductName == "" || !strings.Contains(i.User, `\`) {
				e.Errorf("got %+v", i)
			}
			for _, dir := range []string{i.WindowsDir, i.SystemDir, i.SystemDirX86, i.TempDir, i.SystemDrive + `\`, i.BootDrive + `\`} {
				if !e.stat(dir).IsDir() {
					e.Errorf("%s is no directory", dir)
				}
			}
			e.equal("SystemDir", host.Fold(i.SystemDir), host.Fold(i.WindowsDir+`\system32`))
			if (i.Arch == host.X86) != (host.Fold(i.SystemDir) == host.Fold(i.SystemDirX86)) {
				e.Errorf("%s: %s, %s", i.Arch, i.SystemDir, i.SystemDirX86)
			}
			again, err := e.h.Info()
			e.ok(err)
			e.equal("the second time", again, i)
		}},
		{"Folder", func(e *env) {
			i, err := e.h.Info()
			e.ok(err)
			for csidl, want := range map[int]string{36: i.WindowsDir, 37: i.SystemDir, 41: i.SystemDirX86} {
				dir, err := e.h.Folder(csidl)
				e.ok(err)
				e.equal("folder", host.Fold(dir), host.Fold(want))
			}
			for _, csidl := range []int{38, 43, 35, 20, 26} {
				dir, err := e.h.Folder(csidl)
				e.ok(err)
				if _, _, err := host.SplitPath(dir); err != nil {
					e.Error(err)
				}
			}
			for _, csidl := range []int{-1, 3, 9999} { // 3 is the control panel, which has no directory
				if dir, err := e.h.Folder(csidl); !errors.Is(err, fs.ErrNotExist) {
					e.Errorf("folder %d: %q, %v", csidl, dir, err)
				}
			}
		}},
		{"ExpandEnv", func(e *env) {
			i, err := e.h.Info()
			e.ok(err)
			for give, want := range map[string]string{
				`%SystemRoot%\x`: i.WindowsDir + `\x`, `%systemroot%`: i.WindowsDir, `%WinDir%`: i.WindowsDir,
				`a%SystemDrive%b%SYSTEMDRIVE%`: `a` + i.SystemDrive + `b` + i.SystemDrive,
				`%NoSuchName%`:                 `%NoSuchName%`, `%`: `%`, `100%`: `100%`, `%%`: `%%`, ``: ``, `%SystemRoot`: `%SystemRoot`,
				`%NoSuchName%SystemDrive%`: `%NoSuchName` + i.SystemDrive, `plain`: `plain`,
			} {
				if got := e.h.ExpandEnv(give); !strings.EqualFold(got, want) {
					e.Errorf("%q: got %q, want %q", give, got, want)
				}
			}
		}},
		{"Drives", func(e *env) {
			i, err := e.h.Info()
			e.ok(err)
			drives, err := e.h.Drives()
			e.ok(err)
			found, last := false, ""
			for _, d := range drives {
				found = found || d.Root == i.SystemDrive+`\`
				if d.Root <= last || len(d.Root) != 3 || d.FreeBytes < 0 || d.TotalBytes < d.FreeBytes || d.Cluster < 1 {
					e.Errorf("got %+v after %s", d, last)
				}
				last = d.Root
			}
			if !found {
				e.Errorf("the system drive is not in %+v", drives)
			}
		}},
		{"Now", func(e *env) {
			a := e.h.Now()
			if b := e.h.Now(); a.IsZero() || b.Sub(a) < 0 || b.Sub(a) > time.Minute {
				e.Errorf("%v, then %v", a, b)
			}
		}},
		{"Lock", func(e *env) {
			const name, other = "kbforge-hosttest", "kbforge-hosttest-2"
			release, err := e.h.Lock(name)
			e.ok(err)
			_, err = e.h.Lock(name)
			e.is(err, host.ErrBusy, name)
			release2, err := e.h.Lock(other)
			e.ok(err)
			release2()
			release()
			release, err = e.h.Lock(name)
			e.ok(err)
			release2() // again: no effect
			_, err = e.h.Lock(name)
			e.is(err, host.ErrBusy, name)
			release()
			if _, err := e.h.Lock(`a\b`); !isInvalid(err) {
				e.Errorf("a bad name: %v", err)
			}
		}},
		{"catalogs", catalogs},
		{"ReportEvent", func(e *env) {
			for _, typ := range []host.EventType{host.EventError, host.EventWarning, host.EventInformation} {
				e.ok(e.h.ReportEvent("kbforge-hosttest", 4377, typ, "KB000000 \u00e9\nsecond line"))
			}
			if e.f.Events == nil {
				return
			}
			text := e.f.Events(e.T, e.h)
			for _, want := range []string{"kbforge-hosttest", "4377", "KB000000 \u00e9"} {
				if !strings.Contains(text, want) {
					e.Errorf("the log lacks %q:\n%s", want, text)
				}
			}
		}},
		{"MissingPrivileges", func(e *env) {
			missing, err := e.h.MissingPrivileges(nil)
			e.ok(err)
			e.equal("of none", len(missing), 0)
			missing, err = e.h.MissingPrivileges([]string{"SeNoSuchPrivilege", "SeChangeNotifyPrivilege", "SeNoOtherPrivilege"})
			e.ok(err)
			e.equal("missing", missing, []string{"SeNoSuchPrivilege", "SeNoOtherPrivilege"})
		}},
		{"Restart", func(e *env) {
			if !e.f.Offline {
				e.Skip("not on a running machine")
			}
			e.is(e.h.Restart(true), host.ErrUnsupported, "restart")
		}},
	}
}

func catalogs(e *env) {
	content := []byte("a catalog")
	if e.f.Catalog != nil {
		content = e.f.Catalog(e.T)
	}
	const name = "kbforge-hosttest.cat"
	path := e.h.CatalogPath(name)
	i, err := e.h.Info()
	e.ok(err)
	if !strings.HasPrefix(host.Fold(path), host.Fold(i.SystemDir+`\CatRoot\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}\`)) ||
		!strings.HasSuffix(path, `\`+name) {
		e.Errorf("CatalogPath %s", path)
	}
	if _, err := e.h.Stat(path); err == nil {
		e.ok(e.h.RemoveCatalog(name))
	}
	e.is(e.h.RemoveCatalog(name), fs.ErrNotExist, name)
	e.is(e.h.AddCatalog(e.p("none"), name), fs.ErrNotExist, name)
	for _, bad := range []string{"", `a\b.cat`, "NUL", "..", "a:b"} {
		if err := e.h.AddCatalog(e.p("none"), bad); !isInvalid(err) {
			e.Errorf("AddCatalog as %q: %v", bad, err)
		}
		if err := e.h.RemoveCatalog(bad); !isInvalid(err) {
			e.Errorf("RemoveCatalog of %q: %v", bad, err)
		}
	}
	e.missing(path)
	for range 2 { // the second replaces the first
		e.ok(e.h.WriteFile(e.p("new.cat"), bytes.NewReader(content), host.FileMeta{}))
		e.ok(e.h.AddCatalog(e.p("new.cat"), name))
		e.holds(path, string(content))
	}
	e.holds(e.p("new.cat"), string(content))
	e.ok(e.h.RemoveCatalog(name))
	e.missing(path)
}
