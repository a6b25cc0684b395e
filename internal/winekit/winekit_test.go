package winekit

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const probePkg = "github.com/kbforge/kbforge/internal/winekit/testdata/probe"

func TestPrefix(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	p := New(t)
	probe := BuildWindows(t, probePkg, "amd64")
	// In order: each part leaves the machine usable for the next.
	t.Run("exit codes", func(t *testing.T) { testExitCodes(t, p, probe) })
	t.Run("command line", func(t *testing.T) { testCommandLine(t, p, probe) })
	t.Run("other processors", func(t *testing.T) { testOtherProcessors(t, p) })
	t.Run("kill", func(t *testing.T) { testKill(t, p, probe) })
	t.Run("timeout", func(t *testing.T) { testTimeout(t, p, probe) })
	t.Run("paths", func(t *testing.T) { testPaths(t, p) })
	t.Run("hold", func(t *testing.T) { testHold(t, p, probe) })
	t.Run("registry", func(t *testing.T) { testRegistry(t, p) })
	t.Run("pending renames", func(t *testing.T) { testPending(t, p, probe) })
	t.Run("snapshots", func(t *testing.T) { testSnapshots(t, p) })
	t.Run("no links out", func(t *testing.T) { testNoLinks(t, p) })
}

func testExitCodes(t *testing.T, p *Prefix, probe string) {
	for _, want := range []uint32{0, 1, 256, 1603, 3010, 0xC0000005, 0xFFFFFFFF} {
		got := p.Run(t, probe, "exit", fmt.Sprint(want))
		if got.ExitCode != want || got.Stdout != "out\n" || got.Stderr != "err\n" {
			t.Errorf("exit %#x: got %+v", want, got)
		}
	}
}

func testCommandLine(t *testing.T, p *Prefix, probe string) {
	const line = `line  /log:"C:\a b\x.log"   /n:1 "un closed`
	if got, want := p.RunLine(t, probe, line).Stdout, `"`+p.WinPath(probe)+`" `+line; got != want {
		t.Errorf("command line: got %s want %s", got, want)
	}
	got := p.RunCmd(t, Cmd{Exe: probe, Args: []string{"env", "KIT"}, Dir: `C:\windows`, Env: []string{"KIT=a b"}}).Stdout
	if got != `C:\windows a b` {
		t.Errorf("folder and environment: got %q", got)
	}
	if got := p.Run(t, "cmd.exe", "/c", "exit", "7").ExitCode; got != 7 {
		t.Errorf("cmd /c exit 7: got %d", got)
	}
}

// Wine alone starts nothing and exits 0 here.
func testOtherProcessors(t *testing.T, p *Prefix) {
	for arch, want := range map[string]string{"386": "32-bit", "arm64": "processor"} {
		exe := BuildWindows(t, probePkg, arch)
		got := refused(t, func(t testing.TB) { p.Run(t, exe, "exit", "0") })
		if !strings.Contains(got, want) {
			t.Errorf("%s program: got %q, want a refusal", arch, got)
		}
	}
}

func TestPrefix32(t *testing.T) {
	p := New32(t)
	if !p.Has32() {
		t.Error("Has32 denies it")
	}
	for _, arch := range []string{"386", "amd64"} {
		got := p.Run(t, BuildWindows(t, probePkg, arch), "exit", "3010")
		if got.ExitCode != 3010 || got.Stdout != "out\n" || got.Stderr != "err\n" {
			t.Errorf("%s program: got %+v", arch, got)
		}
	}
	p.RegSet(t, `HKLM32\SOFTWARE\Kit`, "view", DWORD(32))
	got := p.Run(t, `C:\windows\syswow64\reg.exe`, "query", `HKLM\SOFTWARE\Kit`, "/v", "view")
	if got.ExitCode != 0 || !strings.Contains(got.Stdout, "0x20") {
		t.Errorf("32-bit view from a 32-bit program: got %+v", got)
	}
}

func TestPrefixX86(t *testing.T) {
	p := NewX86(t)
	if _, err := os.Stat(p.Path(`C:\windows\syswow64`)); err == nil {
		t.Error("a 32-bit Windows with SysWOW64")
	}
	got := p.Run(t, BuildWindows(t, probePkg, "386"), "exit", "3010")
	if got.ExitCode != 3010 || got.Stdout != "out\n" || got.Stderr != "err\n" {
		t.Errorf("386 program: got %+v", got)
	}
	exe := BuildWindows(t, probePkg, "amd64")
	if got := refused(t, func(t testing.TB) { p.Run(t, exe, "exit", "0") }); !strings.Contains(got, "processor") {
		t.Errorf("amd64 program: got %q, want a refusal", got)
	}
	testRegistrySnapshot(t, p)
}

func testRegistrySnapshot(t *testing.T, p *Prefix) {
	before := p.SnapshotRegistry(t)
	p.RegSet(t, `HKLM\SOFTWARE\Kit`, "a", DWORD(1))
	if got := before.Diff(p.SnapshotRegistry(t)); len(got) != 2 || !strings.EqualFold(got[1], `+ HKLM\Software\Kit|a: dword:00000001`) {
		t.Errorf("differences: %q", got)
	}
}

func testKill(t *testing.T, p *Prefix, probe string) {
	run := p.Start(t, Cmd{Exe: probe, Args: []string{"sleep"}})
	run.Kill(t)
	if got := run.Wait(t); got.ExitCode != 1 || got.Millis > 30_000 {
		t.Errorf("killed program: got %+v", got)
	}
}

func testTimeout(t *testing.T, p *Prefix, probe string) {
	late := p.WinPath(filepath.Join(t.TempDir(), "late"))
	got := refused(t, func(t testing.TB) {
		p.RunCmd(t, Cmd{Exe: probe, Args: []string{"child", late}, Timeout: time.Second})
	})
	if !strings.Contains(got, "ended after 1s") {
		t.Errorf("timeout: got %q", got)
	}
	time.Sleep(3 * time.Second)
	if _, err := os.Stat(p.Path(late)); err == nil {
		t.Error("a descendant outlived the timeout")
	}
}

func testPaths(t *testing.T, p *Prefix) {
	if got, want := p.Path(`c:\WINDOWS\System32\NTDLL.dll`), p.Dir+"/drive_c/windows/system32/ntdll.dll"; got != want {
		t.Errorf("Path: got %s want %s", got, want)
	}
	const umlaut = `C:\Straße-ä.txt`
	if r := p.Run(t, "cmd.exe", "/c", "echo x>"+umlaut); r.ExitCode != 0 {
		t.Errorf("a name that is not ASCII: %+v", r)
	}
	if _, err := os.Stat(p.Dir + "/drive_c/Straße-ä.txt"); err != nil {
		t.Error(err)
	}
	if got := p.Path(`Z:\etc\hostname`); got != "/etc/hostname" {
		t.Errorf("Path: got %s", got)
	}
	for linux, want := range map[string]string{
		p.Dir + "/drive_c/a b/c": `C:\a b\c`, p.Dir + "/drive_c": `C:\`, p.Dir + "/drive_cx": p.dirOnZ() + `\drive_cx`, "/": `Z:\`,
	} {
		if got := p.WinPath(linux); got != want {
			t.Errorf("WinPath(%s): got %s want %s", linux, got, want)
		}
	}
}

func (p *Prefix) dirOnZ() string { return "Z:" + strings.ReplaceAll(p.Dir, "/", `\`) }

func testHold(t *testing.T, p *Prefix, probe string) {
	const name = `C:\held.exe`
	if err := copyFile(probe, p.Path(name)); err != nil {
		t.Fatal(err)
	}
	for _, hold := range []func(testing.TB, string) *Hold{p.HoldOpen, p.HoldImage} {
		h := hold(t, name)
		if got := p.Run(t, probe, "write", name); got.ExitCode == 0 {
			t.Error("a held file could be written")
		}
		h.Release()
		if got := p.Run(t, probe, "write", name); got.ExitCode != 0 {
			t.Errorf("a released file could not be written: %s", got.Stdout)
		}
		if err := copyFile(probe, p.Path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if got := refused(t, func(t testing.TB) { p.HoldOpen(t, `C:\missing`) }); !strings.Contains(got, "missing") {
		t.Errorf("hold of a missing file: got %q", got)
	}
}

func testRegistry(t *testing.T, p *Prefix) {
	const key = `HKLM\SOFTWARE\Kit`
	p.RegSet(t, key+`\b`, "B", RegValue{Type: 4711, Data: []byte{1}})
	p.RegSet(t, key+`\A`, "", SZ("x\"y"))
	p.RegSet(t, key, "z", DWORD(16))
	p.RegSet(t, key, "M", MultiSZ("one", "two"))
	p.RegSet(t, key, "e", ExpandSZ("%windir%"))
	p.RegSet(t, key, "odd", RegValue{Type: 1, Data: []byte{65}})
	p.RegSet(t, `HKLM32\SOFTWARE\Kit`, "narrow", Binary(nil))
	want := `[HKLM\SOFTWARE\Kit]
e = expand_sz "%windir%"
M = multi_sz ["one" "two"]
odd = sz hex:41
z = dword 0x00000010
[HKLM\SOFTWARE\Kit\A]
(default) = sz "x\"y"
[HKLM\SOFTWARE\Kit\b]
B = type4711 hex:01
`
	if got := p.RegDump(t, key); got != want {
		t.Errorf("dump:\n%s\nwant:\n%s", got, want)
	}
	if got := p.RegText(t, `HKLM\SOFTWARE\Wow6432Node\Kit`, "narrow"); got != "binary hex:" {
		t.Errorf("32-bit view: got %q", got)
	}
	p.RegDeleteValue(t, key, "z")
	if _, ok := p.RegGet(t, key, "z"); ok {
		t.Error("value still there")
	}
	p.RegDeleteTree(t, key)
	p.RegDeleteTree(t, key)
	p.RegDeleteTree(t, `HKLM32\SOFTWARE\Kit`)
	if got := p.RegDump(t, key) + p.RegDump(t, `HKLM32\SOFTWARE\Kit`); got != "" {
		t.Errorf("key still there: %s", got)
	}
}

func testPending(t *testing.T, p *Prefix, probe string) {
	for name, text := range map[string]string{`C:\from.txt`: "new", `C:\to.txt`: "old"} {
		if err := os.WriteFile(p.Path(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := p.Run(t, probe, "pend", `C:\from.txt`, `C:\to.txt`); got.ExitCode != 0 {
		t.Fatal(got.Stdout)
	}
	const manager = `HKLM\SYSTEM\CurrentControlSet\Control\Session Manager`
	want := `multi_sz ["\\??\\C:\\from.txt" "!\\??\\C:\\to.txt"]`
	if got := p.RegText(t, manager, "PendingFileRenameOperations"); got != want {
		t.Errorf("pending renames: got %s want %s", got, want)
	}
	time.Sleep(4 * time.Second) // without a kept server this gap would be a restart
	if b, _ := os.ReadFile(p.Path(`C:\to.txt`)); string(b) != "old" {
		t.Errorf("before the restart: got %q", b)
	}
	p.Restart(t)
	if b, _ := os.ReadFile(p.Path(`C:\to.txt`)); string(b) != "new" {
		t.Errorf("after the restart: got %q", b)
	}
	if got := p.RegText(t, manager, "PendingFileRenameOperations"); got != "" {
		t.Errorf("pending renames after the restart: %s", got)
	}
}

func testSnapshots(t *testing.T, p *Prefix) {
	tree, reg := p.SnapshotTree(t), p.SnapshotRegistry(t)
	if len(tree) < 500 || len(reg) < 5000 {
		t.Fatalf("too little in the snapshots: %d files, %d registry entries", len(tree), len(reg))
	}
	p.Restart(t)
	if d := append(tree.Diff(p.SnapshotTree(t)), reg.Diff(p.SnapshotRegistry(t))...); len(d) > 0 {
		t.Errorf("nothing was done, but the snapshots differ:\n%s", strings.Join(d, "\n"))
	}
	p.RegSet(t, `HKLM\SOFTWARE\Kit "x"`, `quo"te=\`, SZ(`C:\`))
	p.RegSet(t, `HKCU\Kit`, "", Binary(make([]byte, 100)))
	if err := os.WriteFile(p.Path(`C:\windows\win.ini`), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	got := append(tree.Diff(p.SnapshotTree(t)), reg.Diff(p.SnapshotRegistry(t))...)
	for i := range got {
		got[i], _, _ = strings.Cut(got[i], ": ")
	}
	want := []string{`~ C:\windows\win.ini`, `+ HKCU\Kit`, `+ HKCU\Kit|`, `+ HKLM\SOFTWARE\Kit "x"`, `+ HKLM\SOFTWARE\Kit "x"|quo\"te=\\`}
	if fold(got) != fold(want) {
		t.Errorf("differences: got %q want %q", got, want)
	}
}

func fold(s []string) string { return strings.ToLower(strings.Join(s, "\n")) }

// A program under test must not reach the user's own folders by a link on drive C:.
func testNoLinks(t *testing.T, p *Prefix) {
	s := p.SnapshotTree(t)
	for name, v := range s {
		if v != "dir" && !strings.Contains(v, "sha256") {
			t.Errorf("%s is %s", name, v)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		if _, err := os.Stat(filepath.Join(home, ".wine")); err == nil {
			t.Log("there is a ~/.wine; it was not made by this package")
		}
	}
	if i := slices.IndexFunc(p.env, func(e string) bool { return e == "WINEPREFIX="+p.Dir }); i < 0 {
		t.Error("WINEPREFIX is not set")
	}
}

// refused runs f with a test of its own and returns how it failed.
func refused(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
	if r.said == "" {
		t.Error("no failure")
	}
	return r.said
}
