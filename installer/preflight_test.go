package installer_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/sign"
)

// facts is a machine with other facts than the image has.
type facts struct {
	host.Host
	missing  []string
	drives   []host.Drive
	safeMode bool
}

func (f facts) MissingPrivileges(names []string) ([]string, error) {
	var list []string
	for _, n := range names {
		if slices.Contains(f.missing, n) {
			list = append(list, n)
		}
	}
	return list, nil
}

func (f facts) Drives() ([]host.Drive, error) {
	if f.drives != nil {
		return f.drives, nil
	}
	return f.Host.Drives()
}

func (f facts) Info() (host.Info, error) {
	i, err := f.Host.Info()
	i.SafeMode = i.SafeMode || f.safeMode
	return i, err
}

// request is an installation; args are switches beside /quiet.
func request(t *testing.T, h host.Host, tree *source.Tree, args ...string) installer.Request {
	t.Helper()
	o, err := cmdline.Parse(cmdline.Install, args)
	if err != nil {
		t.Fatal(err)
	}
	return installer.Request{Host: h, Package: tree, Options: o, Image: `C:\x\update\update.exe`, Version: "7.0.0.0", Start: testNow}
}

// refused runs an installation that must fail with the code and the texts, and leave the machine as it is.
func refused(t *testing.T, m *machine, req installer.Request, code uint32, texts ...string) {
	t.Helper()
	before := m.snapshot()
	_, err := installer.Install(context.Background(), req)
	if got := status.Code(err); err == nil || got != code {
		t.Fatalf("code %d (0x%x), want %d (0x%x): %v", got, got, code, code, err)
	}
	for _, text := range texts {
		if !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(text)) {
			t.Errorf("the error does not say %q: %v", text, err)
		}
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("a refusal changed the machine:\n%s", d)
	}
}

// reopen opens a package again after its files were changed.
func reopen(t *testing.T, dir string) *source.Tree {
	t.Helper()
	tree, err := source.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tree.Close() })
	return tree
}

// KB 910336: 0x80070002 and 0x80070003, files of the extracted package are missing. Nothing has been touched. The INF of the
// branch that is not chosen counts, too.
func TestIncompletePackage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		remove []string
		code   uint32
	}{
		{"a payload file", []string{"SP2GDR/a.dll"}, 2},
		{"one of the other branch", []string{"SP2QFE/new.dll"}, 2},
		{"a setup file", []string{"spuninst.exe"}, 2},
		{"an INF", []string{"update/update_sp2qfe.inf"}, 2},
		{"the catalog", []string{"update/KB900001.cat"}, 2},
		{"two files", []string{"SP2GDR/a.dll", "SP2QFE/a.dll"}, 2},
		{"a folder", []string{"SP2GDR"}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, files := standard(t)
			m := newMachine(t, files)
			dir := p.tree(t).Dir()
			var names []string
			for _, f := range tt.remove {
				if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(f))); err != nil {
					t.Fatal(err)
				}
				names = append(names, filepath.Base(f))
			}
			if tt.code == 3 {
				names = []string{"a.dll", "new.dll", "absent.dll"}
			}
			refused(t, m, request(t, m.h, reopen(t, dir), "/quiet"), tt.code, names...)
		})
	}
}

// A file that is not as update.ver says is damage; one that update.ver was made to agree with is not covered by the catalog.
func TestChangedPackage(t *testing.T) {
	p, files := standard(t)
	change := func(t *testing.T, name string, f func([]byte) []byte) *source.Tree {
		dir := p.tree(t).Dir()
		path := filepath.Join(dir, filepath.FromSlash(name))
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f(b), 0o644); err != nil {
			t.Fatal(err)
		}
		return reopen(t, dir)
	}
	flip := func(b []byte) []byte { b = bytes.Clone(b); b[len(b)/2] ^= 1; return b }
	m := newMachine(t, files)
	refused(t, m, request(t, m.h, change(t, "SP2GDR/a.dll", flip), "/quiet"), status.InvalidVerFile, "a.dll", "MD5")
	refused(t, m, request(t, m.h, change(t, "SP2QFE/a.dll", func(b []byte) []byte { return b[:len(b)-1] }), "/quiet"), status.InvalidVerFile, "a.dll", "bytes")
	more := func(b []byte) []byte { return append(b, "\r\n; added\r\n"...) }
	refused(t, m, request(t, m.h, change(t, "update/update_sp2gdr.inf", more), "/quiet"), catalog.CodeNoSignature, "update_SP2GDR.inf", "not covered")
	refused(t, m, request(t, m.h, change(t, "update/branches.inf", more), "/quiet"), catalog.CodeNoSignature, "branches.inf")
	refused(t, m, request(t, m.h, change(t, "update/KB900001.cat", func(b []byte) []byte { return b[:100] }), "/quiet"), catalog.CodeBadDigest, "KB900001.cat")
}

// What the signature of a catalog decides; see the list at catalogs in trust.go.
func TestSignaturePolicy(t *testing.T) {
	trusted := catalog.Trust{State: catalog.Trusted}
	untrusted := catalog.Trust{State: catalog.Untrusted, Code: catalog.CodeUntrustedRoot, Reason: "a root that is not trusted"}
	bad := catalog.Trust{State: catalog.Bad, Code: catalog.CodeBadDigest, Reason: "the content was changed"}
	for _, tt := range []struct {
		name    string
		signed  bool
		judged  catalog.Trust
		require uint32 // the policy
		program bool   // update.exe is signed
		code    uint32
		warned  bool
	}{
		{"trusted", true, trusted, 0, true, 0, false},
		{"trusted, required", true, trusted, 1, true, 0, false},
		{"unsigned", false, trusted, 0, false, 0, true},
		{"unsigned, required", false, trusted, 1, false, catalog.CodeNoSignature, false},
		{"unsigned beside a signed program", false, trusted, 0, true, catalog.CodeNoSignature, false},
		{"untrusted", true, untrusted, 0, true, 0, true},
		{"untrusted, required", true, untrusted, 1, true, catalog.CodeUntrustedRoot, false},
		{"bad", true, bad, 0, false, catalog.CodeBadDigest, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, files := standard(t)
			m := newMachine(t, files)
			if tt.require != 0 {
				k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Policies\kbforge`}
				if _, err := m.h.CreateKey(k, false); err != nil {
					t.Fatal(err)
				}
				if err := m.h.SetValue(k, "RequireSignature", host.DWORDValue(tt.require)); err != nil {
					t.Fatal(err)
				}
			}
			req := request(t, m.h, signedTree(t, p, tt.signed, tt.program), "/quiet")
			asked := 0
			req.Verify = func(f catalog.File) (catalog.Trust, error) {
				asked++
				if onDisk, err := os.ReadFile(f.Path); err != nil || !bytes.Equal(onDisk, f.Data) {
					t.Errorf("the verifier was not given the catalog: %v", err)
				}
				return tt.judged, nil
			}
			if tt.code != 0 {
				refused(t, m, req, tt.code, "the package is refused")
				return
			}
			res, err := installer.Install(context.Background(), req)
			if err != nil {
				t.Fatal(err)
			}
			if (asked > 0) != tt.signed {
				t.Errorf("the verifier was asked %d times", asked)
			}
			if got := len(res.Warnings) > 0; got != tt.warned {
				t.Errorf("warnings %q", res.Warnings)
			}
			if got := strings.Contains(string(m.read(`C:\WINDOWS\KB900001.log`)), "development package"); got != tt.warned {
				t.Error("the log does not tell the same")
			}
		})
	}
}

// signedTree is the package, its catalog signed with a throw-away key, its update.exe an image with a certificate table.
func signedTree(t *testing.T, p pkg, signCatalog, signProgram bool) *source.Tree {
	t.Helper()
	dir := p.tree(t).Dir()
	key, err := sign.DevelopmentKey(rand.Reader, testNow)
	if err != nil {
		t.Fatal(err)
	}
	o := sign.Options{Now: testNow}
	if signCatalog {
		name := filepath.Join(dir, "update", p.kb+".cat")
		if err := sign.File(context.Background(), name, name, key, o); err != nil {
			t.Fatal(err)
		}
	}
	if signProgram {
		name := filepath.Join(dir, "update", "update.exe")
		if err := os.WriteFile(name, samplepe1(t, "7.0.0.0", "", "program"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := sign.File(context.Background(), name, name, key, o); err != nil {
			t.Fatal(err)
		}
	}
	return reopen(t, dir)
}

// White paper table 12: the rights that are missing are named as the Group Policy editor shows them.
func TestMissingRights(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	h := facts{Host: m.h, missing: []string{"SeBackupPrivilege", "SeSecurityPrivilege", "SeShutdownPrivilege"}}
	refused(t, m, request(t, h, p.tree(t), "/quiet"), status.InsufficientPrivs, `"Back up files and directories"`, `"Manage auditing and security log"`)
	h.missing = []string{"SeShutdownPrivilege"} // "Not required, but preferred"
	mustRun(t)(installer.Install(context.Background(), request(t, h, p.tree(t), "/quiet")))
	if log := string(m.read(`C:\WINDOWS\KB900001.log`)); !strings.Contains(log, `"Shut down the system"`) {
		t.Errorf("the log does not name the preferred right:\n%s", log)
	}
}

// Codes 61443 and 61483, per drive, with and without the backup.
func TestDiskSpace(t *testing.T) {
	p, files := standard(t)
	big := samplepe1(t, "5.2.3790.100", "", strings.Repeat("x", 6<<20))
	files[sys+"a.dll"] = big
	m := newMachine(t, files)
	drive := func(free int64) facts {
		return facts{Host: m.h, drives: []host.Drive{{Root: `C:\`, FreeBytes: free, TotalBytes: 1 << 40, Cluster: 4096}, {Root: `D:\`, Cluster: 4096}}}
	}
	refused(t, m, request(t, drive(3<<20), p.tree(t), "/quiet"), status.NotEnoughSpace, "C:", "minimum of 2 additional megabytes", "requires 8 additional megabytes")
	refused(t, m, request(t, drive(8<<20), p.tree(t), "/quiet"), status.NotEnoughSpaceWithUninstall, "C:", "an additional 3MB")
	// Without a backup for removal the old file is still kept until the installation is complete.
	refused(t, m, request(t, drive(8<<20), p.tree(t), "/quiet", "/nobackup"), status.NotEnoughSpace, "C:")
	mustRun(t)(installer.Install(context.Background(), request(t, drive(13<<20), p.tree(t), "/quiet")))
	if log := string(m.read(`C:\WINDOWS\KB900001.log`)); !strings.Contains(log, "Drive C: free 13MB req: 5MB w/uninstall: 11MB.") {
		t.Errorf("the log does not tell the space:\n%s", log)
	}
}

// "Warn if an installation/removal is attempted in Safe mode" (white paper table 23).
func TestSafeMode(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	h := facts{Host: m.h, safeMode: true}
	no := &asked{answers: map[ui.Topic]ui.Answer{ui.SafeMode: ui.No}}
	req := request(t, h, p.tree(t))
	req.UI = no
	refused(t, m, req, status.UserCancelled)
	if !slices.Contains(no.topics, ui.SafeMode) {
		t.Errorf("asked about %v", no.topics)
	}
	mustRun(t)(installer.Install(context.Background(), request(t, h, p.tree(t), "/quiet")))
	if log := string(m.read(`C:\WINDOWS\KB900001.log`)); !strings.Contains(log, "safe mode") {
		t.Errorf("the log does not warn:\n%s", log)
	}
}

// asked answers questions from a table, Yes where it has none.
type asked struct {
	ui.Quiet
	answers map[ui.Topic]ui.Answer
	topics  []ui.Topic
}

func (a *asked) Ask(_ context.Context, q ui.Question) ui.Answer {
	a.topics = append(a.topics, q.Topic)
	if x, ok := a.answers[q.Topic]; ok {
		return x
	}
	return ui.Yes
}

// One installation at a time; /wait waits for the other one, but not for ever.
func TestOneInstallationAtATime(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	release, err := m.h.Lock(installer.LockName)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, m, request(t, m.h, p.tree(t), "/quiet"), status.UpdateAlreadyRunning, "Another installation is already in progress")
	refused(t, m, request(t, m.h, p.tree(t), "/quiet", "/wait:1"), status.UpdateAlreadyRunning)
	go func() {
		time.Sleep(300 * time.Millisecond)
		release()
	}()
	mustRun(t)(installer.Install(context.Background(), request(t, m.h, p.tree(t), "/quiet", "/wait:60")))
	release, err = m.h.Lock(installer.LockName)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := installer.Install(ctx, request(t, m.h, p.tree(t), "/quiet", "/wait:60")); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting goes on after it was cancelled: %v", err)
	}
}

// A newer version of the same update is installed: 61556. The same version installs again.
func TestNewerVersionInstalled(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	p.strings = "Package_Version=\"1.10\"\r\n"
	mustRun(t)(m.install(p.tree(t)))
	mustRun(t)(m.install(p.tree(t)))
	p.strings = "Package_Version=\"1.9\"\r\n"
	refused(t, m, request(t, m.h, p.tree(t), "/quiet"), status.HotfixAlreadyInstalled, "version 1.10 is installed", "1.9")
}

// A rename that another installer left for one of the files must be done first: 61482.
func TestForeignPendingRename(t *testing.T) {
	p, files := standard(t)
	files[`C:\other\new.bin`] = []byte("x")
	m := newMachine(t, files)
	if err := pfr.Write(m.h, []pfr.Pair{{Src: `\??\C:\other\new.bin`, Dst: `!\??\C:\WINDOWS\system32\A.DLL`}}); err != nil {
		t.Fatal(err)
	}
	refused(t, m, request(t, m.h, p.tree(t), "/quiet"), status.MustRestartFirst, `C:\WINDOWS\system32\A.DLL`)
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(p.tree(t)))
}

// The checked build of Windows: 61442.
func TestCheckedBuild(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Windows NT\CurrentVersion`}
	if err := m.h.SetValue(k, "CurrentType", host.StringValue("Multiprocessor Checked", false)); err != nil {
		t.Fatal(err)
	}
	refused(t, m, request(t, m.h, p.tree(t), "/quiet"), status.CheckedFreeMismatch, "Checked")
}

// A prerequisite is tested against the file that waits to take its place.
func TestPrerequisiteSeesPendingFile(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	m.write(sys+"SET1.tmp", samplepe1(t, "5.2.3790.150", "", "pending"))
	p.extra = "[Prerequisite]\r\ncondition=SingleOp,Pre\r\n[Pre]\r\nGreaterOrEqualOp=CheckFileVer,System32.files,a.dll,>=,5.2.3790.150\r\nDisplay_String=\"a.dll is too old\"\r\n"
	refused(t, m, request(t, m.h, p.tree(t), "/quiet"), status.PrerequisiteFailed, "a.dll is too old")
	if err := pfr.Write(m.h, []pfr.Pair{{Src: `\??\C:\WINDOWS\system32\SET1.tmp`, Dst: `!\??\C:\WINDOWS\system32\a.dll`}}); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(p.tree(t)))
}
