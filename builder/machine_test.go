package builder

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/winpath"
)

// testMachine is an offline image on which packages are installed with the engine of the target.
type testMachine struct {
	t *testing.T
	h *imagehost.Host
}

func newTestMachine(t *testing.T, preset string) testMachine {
	t.Helper()
	m, ok := imagehost.Preset(preset)
	if !ok {
		t.Fatalf("no preset %s; there are %v", preset, imagehost.Presets())
	}
	h, err := imagehost.Options{Now: testTime, User: `CONTOSO\admin`, NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return testMachine{t, h}
}

// put writes a file of this machine into the image.
func (m testMachine) put(path, from string) {
	m.t.Helper()
	f, err := os.Open(from)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	if _, err := m.h.MkdirAll(winpath.Dir(path), 0); err != nil {
		m.t.Fatal(err)
	}
	if err := m.h.WriteFile(path, f, host.FileMeta{ModTime: testTime().Add(-time.Hour)}); err != nil {
		m.t.Fatal(err)
	}
}

func (m testMachine) request(mode cmdline.Mode, args []string) installer.Request {
	m.t.Helper()
	o, err := cmdline.Parse(mode, append([]string{"/quiet", "/norestart"}, args...))
	if err != nil {
		m.t.Fatal(err)
	}
	return installer.Request{Host: m.h, Options: o, Image: `C:\x\update\update.exe`, Version: "7.0.0.0", Start: testTime()}
}

// install extracts a package, as its extractor does, and installs it.
func (m testMachine) install(pkg string, args ...string) (installer.Result, error) {
	m.t.Helper()
	dir := filepath.Join(m.t.TempDir(), "package")
	if _, err := Extract(context.Background(), pkg, dir); err != nil {
		m.t.Fatal(err)
	}
	return m.installTree(dir, args...)
}

func (m testMachine) installTree(dir string, args ...string) (installer.Result, error) {
	m.t.Helper()
	tree, err := source.Open(dir)
	if err != nil {
		m.t.Fatal(err)
	}
	defer tree.Close()
	req := m.request(cmdline.Install, args)
	req.Package = tree
	return installer.Install(context.Background(), req)
}

func (m testMachine) installDir(dir string) error {
	m.t.Helper()
	_, err := m.installTree(dir)
	return err
}

func (m testMachine) keyExists(path string) (bool, error) {
	return m.h.KeyExists(host.Key{Root: host.HKLM, Path: path})
}

func (m testMachine) mustInstall(pkg string, args ...string) installer.Result {
	m.t.Helper()
	res, err := m.install(pkg, args...)
	if err != nil {
		m.t.Fatalf("install %s: %v\n%s", filepath.Base(pkg), err, res.Plan)
	}
	return res
}

// mustRemove removes what is registered under a number.
func (m testMachine) mustRemove(kb string) {
	m.t.Helper()
	u := m.status(kb)
	if u.Dir == "" {
		m.t.Fatalf("%s cannot be removed", kb)
	}
	req := m.request(cmdline.Remove, nil)
	req.UninstallDir = u.Dir
	if res, err := installer.Remove(context.Background(), req); err != nil {
		m.t.Fatalf("remove %s: %v\n%s", kb, err, res.Plan)
	}
}

func (m testMachine) status(kb string) installer.UpdateStatus {
	m.t.Helper()
	r, err := installer.Status(m.h)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, u := range r.Updates {
		if u.KB == kb {
			if !u.Intact() {
				m.t.Errorf("%s is not intact: %q", kb, u.Problems)
			}
			return u
		}
	}
	m.t.Fatalf("%s is not registered; there is %+v", kb, r.Updates)
	return installer.UpdateStatus{}
}

func (m testMachine) read(path string) string {
	m.t.Helper()
	f, err := m.h.Open(path)
	if err != nil {
		m.t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}

// text is a registry value as text; empty if there is none.
func (m testMachine) text(key, name string) string {
	v, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: key}, name)
	if err != nil {
		return ""
	}
	if n, ok := regplan.Number(v); ok && v.Type == host.RegDWORD {
		return fmt.Sprint(n)
	}
	s, _ := regplan.Text(v)
	return s
}

// snapshot is every file but logs, and every registry value.
func (m testMachine) snapshot() string {
	var b strings.Builder
	m.files(&b, `C:\`)
	for _, root := range []host.Root{host.HKLM, host.HKCU, host.HKU} {
		m.keys(&b, host.Key{Root: root})
	}
	return b.String()
}

func (m testMachine) files(w io.Writer, dir string) {
	list, err := m.h.ReadDir(dir)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, f := range list {
		path := winpath.Join(dir, f.Name)
		switch {
		case f.IsDir():
			fmt.Fprintf(w, "%s %x\n", path, f.Attr)
			m.files(w, path)
		case !strings.HasSuffix(strings.ToLower(path), ".log"):
			fmt.Fprintf(w, "%s %x %s %x\n", path, f.Attr, f.ModTime.UTC(), md5.Sum([]byte(m.read(path))))
		}
	}
}

func (m testMachine) keys(w io.Writer, k host.Key) {
	values, err := m.h.Values(k)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "[%s\\%s]\n", k.Root, k.Path)
	for _, v := range values {
		fmt.Fprintf(w, "%s\\%s %q %d %x\n", k.Root, k.Path, v.Name, v.Type, v.Data)
	}
	subs, err := m.h.SubKeys(k)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, s := range subs {
		sub := k
		sub.Path = strings.TrimPrefix(k.Path+`\`+s, `\`)
		m.keys(w, sub)
	}
}

// same fails the test where the machine is not what it was.
func (m testMachine) same(before string) {
	m.t.Helper()
	after := m.snapshot()
	had := map[string]bool{}
	for line := range strings.Lines(before) {
		had[line] = true
	}
	for line := range strings.Lines(after) {
		if !had[line] {
			m.t.Errorf("new after removal: %s", line)
		}
		delete(had, line)
	}
	for line := range had {
		m.t.Errorf("gone after removal: %s", line)
	}
}

// events is the System log.
func (m testMachine) events() string {
	m.t.Helper()
	b, err := os.ReadFile(filepath.Join(m.h.Dir(), "eventlog.txt"))
	if err != nil {
		m.t.Fatal(err)
	}
	return string(b)
}
