package main

import (
	"crypto/md5"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

var (
	everyEffect = flag.Bool("every-effect", false, "kill the process at every effect, not at a sample of them (takes half an hour)")
	points      = flag.Int("points", 6, "how many effects of each run to sample")
)

const inf = `[Version]
Signature="$Windows NT$"
LanguageType=0
[ProductInstall.CopyFilesAlways]
CopyFiles=System32.files
DelFiles=Gone.files
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Product.Add.Reg
DelReg=Product.Del.Reg
[DestinationDirs]
System32.files=11
Gone.files=11
[System32.files]
kbwidget.txt
kbnew.txt
[Gone.files]
kbgone.txt
[SourceDisksNames]
1=Source
[SourceDisksFiles]
kbwidget.txt=1
kbnew.txt=1
[Product.Add.Reg]
HKLM,"SOFTWARE\Contoso\Widget","Level",0x00010001,7
[Product.Del.Reg]
HKLM,"SOFTWARE\Contoso\Widget","Old"
[Configuration]
InstallationType=Hotfix
UpdateRegKey=SOFTWARE\Microsoft\Updates\Contoso
[Strings]
SP_SHORT_TITLE="KB900007"
SP_TITLE="Update for Widget (KB900007)"
SERVICE_PACK_NUMBER=1
BUILDTIMESTAMP="20260309.093000"
`

type machine struct {
	*winekit.Prefix
	exe string
}

func (m machine) write(t *testing.T, path, text string) {
	t.Helper()
	linux := m.Path(path)
	err := os.MkdirAll(filepath.Dir(linux), 0o755)
	if err == nil {
		err = os.WriteFile(linux, []byte(text), 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// state recovers, and tells what the machine holds then: the Windows directory without logs, and the registry of updates.
func (m machine) state(t *testing.T) string {
	t.Helper()
	r := m.Run(t, m.exe, "recover")
	if r.ExitCode != 0 {
		t.Fatalf("recovery: exit %d, %s", r.ExitCode, r.Stderr)
	}
	files := m.SnapshotTree(t, `C:\windows`).Without(func(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".log") })
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&b, "%s %s\n", name, files[name])
	}
	return b.String() + r.Stdout
}

// The real process is killed at every effect, or a sample of them, of an installation and of the removal. After recovery the
// machine is as before, or done.
func TestKilledAtEveryEffectUnderWine(t *testing.T) {
	m := machine{winekit.New(t), ""}
	m.exe = winekit.BuildWindows(t, "github.com/kbforge/kbforge/internal/crashrun", "amd64", "-ldflags", "-s -w")
	const root, backup = `C:\0a1b2c`, `C:\windows\$NtUninstallKB900007$`
	for name, text := range map[string]string{"kbwidget.txt": "old", "kbgone.txt": "gone"} {
		m.write(t, `C:\windows\system32\`+name, text)
	}
	m.RegSet(t, `HKLM\SOFTWARE\Contoso\Widget`, "Old", winekit.SZ("value"))
	var ver strings.Builder
	ver.WriteString("[SourceFileInfo]\r\n")
	for _, name := range []string{"kbnew.txt", "kbwidget.txt"} {
		m.write(t, root+`\`+name, "content of "+name)
		fmt.Fprintf(&ver, "%s=%X,,%d,,\r\n", name, md5.Sum([]byte("content of "+name)), len("content of "+name))
	}
	m.write(t, root+`\update\update.inf`, strings.ReplaceAll(inf, "\n", "\r\n"))
	m.write(t, root+`\update\update.ver`, ver.String())
	m.write(t, root+`\spuninst.exe`, "the removal program")

	before := m.state(t)
	install, remove := []string{"install", root}, []string{"remove", backup}
	effects := func(args []string) int {
		r := m.Run(t, m.exe, args...)
		n, err := strconv.Atoi(strings.TrimSpace(r.Stdout))
		if r.ExitCode != 0 || err != nil {
			t.Fatalf("%v: exit %d, %s%s", args, r.ExitCode, r.Stdout, r.Stderr)
		}
		return n
	}
	installs := effects(install)
	after := m.state(t)
	if before == after {
		t.Fatal("the installation changed nothing")
	}
	removes := effects(remove)
	if got := m.state(t); got != before {
		t.Fatalf("removal left\n%s", diff(before, got))
	}
	tried := 0
	for _, c := range []struct {
		args           []string
		n              int
		from, to       string
		there, andBack []string
	}{{install, installs, before, after, install, remove}, {remove, removes, after, before, remove, install}} {
		if c.from == after {
			effects(install)
		}
		step := max(1, c.n / *points)
		if *everyEffect {
			step = 1
		}
		for i := 1; i <= c.n; i += step {
			r := m.Run(t, m.exe, append(slices.Clone(c.args), "-kill", strconv.Itoa(i))...)
			if r.ExitCode != 99 {
				t.Fatalf("%v, effect %d of %d: exit %d, %s", c.args, i, c.n, r.ExitCode, r.Stderr)
			}
			tried++
			switch got := m.state(t); got {
			case c.from:
			case c.to:
				effects(c.andBack)
				m.state(t)
			default:
				t.Fatalf("%v, killed before effect %d of %d: neither as before nor done.\nagainst before:\n%s\nagainst after:\n%s", c.args, i, c.n,
					diff(c.from, got), diff(c.to, got))
			}
		}
	}
	t.Logf("%d points tried, of %d in an installation and %d in a removal", tried, installs, removes)
}

func diff(before, after string) string {
	in := map[string]bool{}
	for _, l := range strings.Split(before, "\n") {
		in[l] = true
	}
	var out []string
	for _, l := range strings.Split(after, "\n") {
		if !in[l] {
			out = append(out, "+ "+l)
		}
		delete(in, l)
	}
	for l := range in {
		out = append(out, "- "+l)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}
