package installer_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/faulthost"
	"github.com/kbforge/kbforge/installer/status"
)

const i386 = `C:\share\i386\`

// shareFiles is a small copy of Windows Server 2003 SP2 source files.
func shareFiles(t *testing.T) map[string][]byte {
	crlf := func(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }
	return map[string][]byte{
		`C:\share\WIN52`: nil, `C:\share\WIN52.SP2`: nil,
		i386 + "ntoskrnl.ex_": []byte("compressed"), i386 + "a.dl_": []byte("compressed a"), i386 + "svcpack.in_": []byte("compressed"),
		i386 + "txtsetup.sif": crlf("[Version]\nSignature=\"$Windows NT$\"\n[SetupData]\nMajorVersion = 5\nMinorVersion = 2\nProductType = 1\n" +
			"[WinntDirectories]\n1 = \"\\\"\n2 = system32\n20 = inf\n[SourceDisksFiles]\na.dll = 1,,,,,,,2,0,0 ; the file\nother.dll = 1,,,,,,,2,0,0\n"),
		i386 + "dosnet.inf":   crlf("[Version]\nSignature=\"$Windows NT$\"\n[Files]\nd1,a.dll\n; end of files\n\n[OptionalSrcDirs]\nuniproc\n"),
		i386 + "drvindex.inf": crlf("[Version]\nSignature=\"$Windows NT$\"\n[driver]\na.dll\nother.sys\n[Cabs]\ndriver=driver.cab\n"),
	}
}

func integration(t *testing.T, h host.Host, p pkg, args ...string) installer.Request {
	req := request(t, h, p.tree(t), append([]string{"/quiet", `/integrate:C:\share`}, args...)...)
	req.OpenSelf = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("the package " + p.kb)), nil }
	return req
}

// White paper, "Integrated Installation" and table 18; package-format.md 13, steps 1 to 6. A second update keeps the first.
func TestIntegrate(t *testing.T) {
	p, _ := standard(t)
	long := samplepe1(t, "1.0.0.0", "", "long")
	p.gdr["averylongname.dll"], p.qfe["averylongname.dll"], p.always["averylongname.dll"] = long, long, true
	m := newMachine(t, shareFiles(t))
	res := mustRun(t)(installer.Install(context.Background(), integration(t, m.h, p)))
	if res.Branch != "SP2GDR" || res.RestartNeeded {
		t.Errorf("%+v", res)
	}
	for name, want := range map[string][]byte{"a.dll": p.gdr["a.dll"], "new.dll": p.gdr["new.dll"], `svcpack\KB900001.exe`: []byte("the package KB900001")} {
		if !bytes.Equal(m.read(i386+name), want) {
			t.Errorf("%s is not as it should be", name)
		}
	}
	if !bytes.Equal(m.read(i386+"averylo1.dll"), long) {
		t.Error("averylo1.dll is not the new file")
	}
	for _, gone := range []string{"a.dl_", "svcpack.in_", "absent.dll"} {
		if m.has(i386 + gone) {
			t.Errorf("%s is there", gone)
		}
	}
	holds := func(name string, lines ...string) {
		t.Helper()
		text := string(m.read(i386 + name))
		for _, l := range lines {
			if strings.Count(text, l+"\r\n") != 1 {
				t.Errorf("%s has %q not once:\n%s", name, l, text)
			}
		}
	}
	holds("txtsetup.sif", "a.dll = 1,,,,,,,2,0,0 ; the file", "new.dll=1,,,,,,,2,0,0", "averylo1.dll=1,,,,,,,2,0,0,averylongname.dll", "[WinntDirectories]")
	holds("dosnet.inf", "d1,a.dll", "; end of files", "d1,new.dll", "d1,averylo1.dll", "uniproc", "svcpack")
	holds("svcpack.inf", "MajorVersion=5", "MinorVersion=2", "BuildNumber=3790", `CatalogSubDir="\i386\svcpack"`, "[ProductCatalogsToInstall]", "KB900001.cat", "KB900001.exe /q /n /z")
	if text := string(m.read(i386 + "drvindex.inf")); strings.Contains(text, "a.dll") || !strings.Contains(text, "other.sys") {
		t.Errorf("drvindex.inf:\n%s", text)
	}
	if log := string(m.read(`C:\spslpsrm.log`)); !strings.Contains(log, "will be integrated as "+i386+"a.dll") {
		t.Errorf("spslpsrm.log:\n%s", log)
	}
	if rep, err := installer.Status(m.h); err != nil || len(rep.Updates) != 0 {
		t.Errorf("the machine itself has an update now: %+v, %v", rep, err) // no Filelist: KB 828930
	}

	p.kb = "KB900002"
	p.gdr["a.dll"] = samplepe1(t, "5.2.3790.150", "srv03_sp2_gdr", "older than the first")
	mustRun(t)(installer.Install(context.Background(), integration(t, m.h, p)))
	holds("svcpack.inf", "KB900001.exe /q /n /z", "KB900002.exe /q /n /z", "KB900001.cat", "KB900002.cat")
	if text := string(m.read(i386 + "svcpack.inf")); strings.Index(text, "KB900001.exe") > strings.Index(text, "KB900002.exe") {
		t.Error("the order of the commands changed")
	}
	if bytes.Equal(m.read(i386+"a.dll"), p.gdr["a.dll"]) {
		t.Error("an older file replaced a newer one")
	}
	before := m.snapshot()
	mustRun(t)(installer.Install(context.Background(), integration(t, m.h, p))) // once more: nothing twice
	holds("svcpack.inf", "KB900002.exe /q /n /z", "KB900002.cat")
	holds("dosnet.inf", "d1,new.dll", "svcpack")
	for _, l := range strings.Split(diffLines(before, m.snapshot()), "\n") {
		if l != "" && !strings.Contains(l, ".inf") { // files that are written again have a new time
			t.Errorf("integrating twice changes %s", l)
		}
	}
}

// A file of the QFE branch that was integrated before takes the package there.
func TestIntegrateChoosesBranch(t *testing.T) {
	p, _ := standard(t)
	files := shareFiles(t)
	files[i386+"a.dll"] = samplepe1(t, "5.2.3790.150", "srv03_sp2_qfe", "qfe")
	m := newMachine(t, files)
	if res := mustRun(t)(installer.Install(context.Background(), integration(t, m.h, p))); res.Branch != "SP2QFE" || !bytes.Equal(m.read(i386+"a.dll"), p.qfe["a.dll"]) {
		t.Errorf("branch %s", res.Branch)
	}
}

// What cannot be integrated is refused, and the share is as it was.
func TestIntegrateRefused(t *testing.T) {
	p, _ := standard(t)
	without := func(name string) *machine {
		files := shareFiles(t)
		delete(files, name)
		return newMachine(t, files)
	}
	for _, name := range []string{"dosnet.inf", "txtsetup.sif", "ntoskrnl.ex_"} {
		m := without(i386 + name)
		refused(t, m, integration(t, m.h, p), status.NecessaryFilesNotPresent)
	}
	m := without(`C:\share\WIN52.SP2`) // service pack 0: the gates apply, or there is no branch
	refused(t, m, integration(t, m.h, p), status.NoBranchAvailable)
	m = newMachine(t, shareFiles(t))
	req := integration(t, m.h, p)
	req.OpenSelf = nil
	refused(t, m, req, 50, "not the extracted update.exe")
	p.pack = true
	refused(t, m, integration(t, m.h, p), 50, "service packs")
	p.pack = false
	before := m.snapshot()
	if res := mustRun(t)(installer.Install(context.Background(), integration(t, m.h, p, "/dryrun"))); !res.DryRun || diffLines(before, m.snapshot()) != "" {
		t.Error("/dryrun changed the share")
	}
}

// Every Host call that changes something fails in turn: the share is complete or as it was.
func TestIntegrateFailures(t *testing.T) {
	p, _ := standard(t)
	for n := 1; ; n++ {
		m := newMachine(t, shareFiles(t))
		before := m.snapshot()
		f := faulthost.New(m.h)
		f.Fail(faulthost.Effect(n), faulthost.Before, host.ErrDiskFull, 1)
		_, err := installer.Install(context.Background(), integration(t, f, p))
		if n > f.Effects() {
			if err != nil || n < 20 {
				t.Fatalf("%d effects, %v", f.Effects(), err)
			}
			return
		}
		if err == nil {
			continue // a line of the log, or cleaning up after the commit
		}
		if _, err := installer.Recover(m.h); err != nil {
			t.Fatal(err)
		}
		after := slices.DeleteFunc(strings.Split(diffLines(before, m.snapshot()), "\n"), func(l string) bool { return l == "" })
		if len(after) > 0 {
			t.Fatalf("effect %d failed (%v) and left\n%s", n, err, strings.Join(after, "\n"))
		}
	}
}
