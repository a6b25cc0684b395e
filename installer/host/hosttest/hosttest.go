// Package hosttest is the contract of host.Host as a test: one suite that checks what the comments of that interface
// promise, run against every implementation. It imports testing and belongs in tests only.
package hosttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// Factory makes the hosts under test. Optional fields are nil where an implementation has no such thing; the tests that
// need them are then skipped by name.
type Factory struct {
	// New gives a host. The suite works below Dir and below HKLM\SOFTWARE\kbforge-hosttest and takes out what it made, so
	// that the host may be a real machine.
	New func(t *testing.T) host.Host
	// Dir is the directory the suite makes and fills. "": C:\kbforge-hosttest.
	Dir string
	// Offline: the host is no running machine (Restart gives ErrUnsupported).
	Offline bool
	// Hold opens the file so that nobody else can open, replace, rename or remove it.
	Hold func(t *testing.T, h host.Host, path string) (release func())
	// Map has the file in use as a running program has: it can be read and renamed, not replaced or removed. content is
	// what the file must hold for that, nil: anything.
	Map     func(t *testing.T, h host.Host, path string) (release func())
	MapWith func(t *testing.T) []byte
	// Link makes path a reparse point that leads to target.
	Link func(t *testing.T, h host.Host, path, target string)
	// Reopen gives a host on the same machine as a new process would see it.
	Reopen func(t *testing.T, h host.Host) host.Host
	// Restart restarts the machine and gives a host on it.
	Restart func(t *testing.T, h host.Host) host.Host
	// Catalog is a catalog file this host accepts; nil: any bytes.
	Catalog func(t *testing.T) []byte
	// Wine: the host runs on Wine 8, where every file has AttrArchive, no directory is read-only and a rename never changes
	// the case of a name that is there. What Windows does instead is left unchecked.
	Wine bool
	// Programs are command lines that end with the codes they stand for; without -1 (one that never ends) and 0 the tests
	// of RunProcess are skipped. Offline hosts need none.
	Programs map[int]string
	// DLL gives the path of a file DLL of this machine that registers itself.
	DLL func(t *testing.T) string
	// Events gives the text of what ReportEvent wrote.
	Events func(t *testing.T, h host.Host) string
}

// Run checks the whole contract.
func Run(t *testing.T, f Factory) {
	f.setDefaults()
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"Paths", pathCases()}, {"Files", fileCases()}, {"Write", writeCases()}, {"Move", moveCases()}, {"InUse", inUseCases()},
		{"Links", linkCases()}, {"Registry", registryCases()}, {"Values", valueCases()}, {"Durable", durableCases()},
		{"Machine", machineCases()}, {"Programs", programCases()},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) { c.run(newEnv(t, f)) })
			}
		})
	}
}

func (f *Factory) setDefaults() {
	if f.Dir == "" {
		f.Dir = `C:\kbforge-hosttest`
	}
}

type testCase struct {
	name string
	run  func(e *env)
}

// env is one test's host and the places it may use.
type env struct {
	*testing.T
	f   Factory
	h   host.Host
	dir string
	key string // below HKLM
}

const keyPath = `SOFTWARE\kbforge-hosttest`

func newEnv(t *testing.T, f Factory) *env {
	e := &env{T: t, f: f, h: f.New(t), dir: f.Dir, key: keyPath}
	e.setUp()
	t.Cleanup(e.clean)
	return e
}

func (e *env) setUp() {
	e.Helper()
	e.clean()
	if _, err := e.h.MkdirAll(e.dir, 0); err != nil {
		e.Fatal(err)
	}
	if _, err := e.h.CreateKey(e.k(""), false); err != nil {
		e.Fatal(err)
	}
}

// clean takes out what the suite makes.
func (e *env) clean() {
	e.removeTree(e.dir)
	for _, root := range []host.Root{host.HKLM, host.HKCU} {
		for _, v := range []host.View{host.ViewNative, host.View32} {
			e.removeKeys(host.Key{Root: root, Path: keyPath, View: v})
		}
	}
}

func (e *env) removeTree(dir string) {
	list, err := e.h.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		e.Errorf("clean up: %v", err)
	}
	for _, i := range list {
		p := dir + `\` + i.Name
		if i.IsDir() && i.Attr&host.AttrReparse == 0 {
			e.removeTree(p)
		} else if err := e.h.Remove(p); err != nil {
			e.Errorf("clean up: %v", err)
		}
	}
	if err := e.h.Remove(dir); err != nil {
		e.Errorf("clean up: %v", err)
	}
}

func (e *env) removeKeys(k host.Key) {
	names, err := e.h.SubKeys(k)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	for _, n := range names {
		e.removeKeys(host.Key{Root: k.Root, Path: k.Path + `\` + n, View: k.View})
	}
	if err = e.h.DeleteKey(k); err != nil {
		e.Errorf("clean up: %v", err)
	}
}

// p gives a path below the test's directory.
func (e *env) p(name string) string { return e.dir + `\` + name }

// k gives a key below the test's key.
func (e *env) k(path string) host.Key {
	p := e.key
	if path != "" {
		p += `\` + path
	}
	return host.Key{Root: host.HKLM, Path: p}
}

func (e *env) ok(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

// is checks that err is one of the contract's errors and names the object.
func (e *env) is(err, want error, object string) {
	e.Helper()
	if !errors.Is(err, want) {
		e.Errorf("error: got %v, want one that is %v", err, want)
		return
	}
	name := object[strings.LastIndex(object, `\`)+1:]
	if !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), strings.ReplaceAll(name, `"`, `\"`)) {
		e.Errorf("the error does not name %q: %v", name, err)
	}
}

func (e *env) write(name, content string) string {
	e.Helper()
	e.ok(e.h.WriteFile(e.p(name), strings.NewReader(content), host.FileMeta{}))
	return e.p(name)
}

func (e *env) mkdir(name string) string {
	e.Helper()
	_, err := e.h.MkdirAll(e.p(name), 0)
	e.ok(err)
	return e.p(name)
}

func (e *env) read(path string) string {
	e.Helper()
	f, err := e.h.Open(path)
	e.ok(err)
	defer f.Close()
	b, err := io.ReadAll(f)
	e.ok(err)
	return string(b)
}

func (e *env) holds(path, content string) {
	e.Helper()
	if got := e.read(path); got != content {
		e.Errorf("%s holds %.60q, want %.60q", path, got, content)
	}
}

func (e *env) stat(path string) host.FileInfo {
	e.Helper()
	i, err := e.h.Stat(path)
	e.ok(err)
	return i
}

// hasAttr checks the attributes of a file or directory.
func (e *env) hasAttr(path string, want host.Attr) {
	e.Helper()
	got := e.stat(path).Attr
	if e.f.Wine && want&host.AttrDirectory != 0 {
		want &^= host.AttrReadOnly
	} else if e.f.Wine {
		want |= host.AttrArchive
	}
	if got != want {
		e.Errorf("attributes of %s: got %#x, want %#x", path, got, want)
	}
}

// hasNames checks what a directory lists.
func (e *env) hasNames(path string, want ...string) {
	e.Helper()
	got := e.names(path)
	if e.f.Wine {
		for i := range got {
			got[i] = host.Fold(got[i])
		}
		for i := range want {
			want[i] = host.Fold(want[i])
		}
	}
	e.equal("names", got, want)
}

func (e *env) missing(path string) {
	e.Helper()
	_, err := e.h.Stat(path)
	e.is(err, fs.ErrNotExist, path)
}

func (e *env) names(path string) []string {
	e.Helper()
	list, err := e.h.ReadDir(path)
	e.ok(err)
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names
}

// snapshot describes everything below the test's directory and key.
func (e *env) snapshot() string {
	e.Helper()
	var b bytes.Buffer
	e.tree(&b, e.dir)
	e.keys(&b, e.k(""))
	return b.String()
}

func (e *env) tree(b *bytes.Buffer, dir string) {
	list, err := e.h.ReadDir(dir)
	e.ok(err)
	for _, i := range list {
		p := dir + `\` + i.Name
		fmt.Fprintf(b, "%s %#x %d", p, i.Attr, i.Size)
		if i.IsDir() {
			b.WriteByte('\n')
			if i.Attr&host.AttrReparse == 0 {
				e.tree(b, p)
			}
			continue
		}
		fmt.Fprintf(b, " %s\n", i.ModTime.UTC().Format(time.RFC3339Nano))
	}
}

func (e *env) keys(b *bytes.Buffer, k host.Key) {
	values, err := e.h.Values(k)
	e.ok(err)
	fmt.Fprintf(b, "[%s]\n", k)
	for _, v := range values {
		fmt.Fprintf(b, "%q %d %x\n", v.Name, v.Type, v.Data)
	}
	names, err := e.h.SubKeys(k)
	e.ok(err)
	for _, n := range names {
		e.keys(b, host.Key{Root: k.Root, Path: k.Path + `\` + n, View: k.View})
	}
}

// unchanged runs f and checks that it left everything as it was.
func (e *env) unchanged(f func()) {
	e.Helper()
	before := e.snapshot()
	f()
	if after := e.snapshot(); after != before {
		e.Errorf("a call that failed has changed something:\n-- before\n%s-- after\n%s", before, after)
	}
}

func (e *env) equal(what string, got, want any) {
	e.Helper()
	if g, w := fmt.Sprintf("%q", got), fmt.Sprintf("%q", want); g != w {
		e.Errorf("%s: got %s, want %s", what, g, w)
	}
}

type sourceError struct{}

func (sourceError) Error() string { return "the source broke" }

// brokenReader yields a part and then fails.
type brokenReader struct{ n int }

func (r *brokenReader) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, sourceError{}
	}
	n := min(len(p), r.n)
	r.n -= n
	return n, nil
}

// stamp is a time that both FAT-free file systems and Linux hold exactly.
func stamp() time.Time { return time.Date(2003, 9, 18, 12, 34, 56, 123456700, time.UTC) }
