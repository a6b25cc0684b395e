package installer_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// damaged is the package with one of its files replaced by text, nil: deleted.
func damaged(t *testing.T, p pkg, name string, text []byte) *source.Tree {
	t.Helper()
	dir := p.tree(t).Dir()
	path := filepath.Join(dir, filepath.FromSlash(name))
	err := os.Remove(path)
	if err == nil && text != nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return reopen(t, dir)
}

// White paper table 24: every extended code that the engine can give is given here by a run. A code in the source without a
// run here fails the test.
func TestEveryExtendedCode(t *testing.T) {
	p, files := standard(t)
	garbage := []byte("no section\r\n[Version\r\n")
	edited := func(pairs ...string) pkg { q := p; q.replace = pairs; return q }
	// run makes one request on a machine of its own.
	run := func(q pkg, args ...string) func(t *testing.T, m *machine) (installer.Request, error) {
		return func(t *testing.T, m *machine) (installer.Request, error) {
			return request(t, m.h, q.tree(t), append([]string{"/quiet"}, args...)...), nil
		}
	}
	broken := func(name string, text []byte) func(t *testing.T, m *machine) (installer.Request, error) {
		return func(t *testing.T, m *machine) (installer.Request, error) {
			return request(t, m.h, damaged(t, p, name, text), "/quiet"), nil
		}
	}
	on := func(f func(m *machine) host.Host) func(t *testing.T, m *machine) (installer.Request, error) {
		return func(t *testing.T, m *machine) (installer.Request, error) {
			return request(t, f(m), p.tree(t), "/quiet"), nil
		}
	}
	withFree := func(free int64) func(t *testing.T, m *machine) (installer.Request, error) {
		return on(func(m *machine) host.Host {
			return facts{Host: m.h, drives: []host.Drive{{Root: `C:\`, FreeBytes: free, Cluster: 1}}}
		})
	}
	cases := map[uint32]func(t *testing.T, m *machine) (installer.Request, error){
		status.FailedLanguageType:       run(edited("LangTypeValue=0", "LangTypeValue=0x0407")),
		status.PlatformMismatch:         run(edited("[Strings]", "[Strings]\r\nPACKAGE_ARCHITECTURE=\"ia64\"")),
		status.PackageNotApplicable:     run(edited("NtMajorVersionToUpdate=5", "NtMajorVersionToUpdate=6", "MaxNtMajorVersionToUpdate=5", "MaxNtMajorVersionToUpdate=6")),
		status.WindowsVersionNewer:      run(edited("NtMinorVersionToUpdate=2", "NtMinorVersionToUpdate=1", "MaxNtMinorVersionToUpdate=2", "MaxNtMinorVersionToUpdate=1")),
		status.BuildVersionMismatch:     run(edited("NtBuildToUpdate=3790", "NtBuildToUpdate=3000", "MaxNtBuildToUpdate=3790", "MaxNtBuildToUpdate=3100")),
		status.BuildVersionMismatch2:    run(edited("NtBuildToUpdate=3790", "NtBuildToUpdate=3000", "MaxNtBuildToUpdate=3790", "MaxNtBuildToUpdate=3000")),
		status.SPVersionLesser:          run(edited("MinNtServicePackVersion=512", "MinNtServicePackVersion=768", "MaxNtServicePackVersion=512", "MaxNtServicePackVersion=768")),
		status.SPVersionGreater2:        run(edited("MinNtServicePackVersion=512", "MinNtServicePackVersion=0", "MaxNtServicePackVersion=512", "MaxNtServicePackVersion=256")),
		status.CantFindINF:              broken("update/updatebr.inf", nil),
		status.InvalidINFFile:           broken("update/update_sp2gdr.inf", garbage),
		status.InvalidUpdateBrINF:       broken("update/updatebr.inf", garbage),
		status.InvalidBranchesINF:       broken("update/branches.inf", garbage),
		status.InvalidVerFile:           broken("update/update.ver", []byte("[SourceFileInfo]\r\nno=line\r\n")),
		status.NoBranchAvailable:        run(p, "/b:SP1GDR"),
		status.NotEnoughSpace:           withFree(1 << 20),
		status.InsufficientPrivs:        on(func(m *machine) host.Host { return facts{Host: m.h, missing: []string{"SeBackupPrivilege"}} }),
		status.InvalidSwitches:          run(p, `/d:C:\backup`),
		status.NecessaryFilesNotPresent: run(p, `/integrate:C:\nothing`),
		status.PrerequisiteFailed: run(edited("[Strings]", "[Prerequisite]\r\ncondition=SingleOp,Pre\r\n[Pre]\r\n"+
			"GreaterOrEqualOp=CheckFileVer,System32.files,a.dll,>=,9.0.0.0\r\n[Strings]")),
		status.IncomparableBranches: func(t *testing.T, m *machine) (installer.Request, error) {
			m.write(`C:\WINDOWS\inf\branches.inf`, garbage)
			return request(t, m.h, p.tree(t), "/quiet"), nil
		},
		status.NotEnoughSpaceWithUninstall: func(t *testing.T, m *machine) (installer.Request, error) {
			m.write(sys+"a.dll", append(samplepe1(t, "5.2.3790.100", "", ""), make([]byte, 9<<20)...))
			return request(t, facts{Host: m.h, drives: []host.Drive{{Root: `C:\`, FreeBytes: 8 << 20, Cluster: 1}}}, p.tree(t), "/quiet"), nil
		},
		status.CheckedFreeMismatch: func(t *testing.T, m *machine) (installer.Request, error) {
			k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Windows NT\CurrentVersion`}
			return request(t, m.h, p.tree(t), "/quiet"), m.h.SetValue(k, "CurrentType", host.StringValue("Uniprocessor Checked", false))
		},
		status.MustRestartFirst: func(t *testing.T, m *machine) (installer.Request, error) {
			return request(t, m.h, p.tree(t), "/quiet"), pfr.Write(m.h, []pfr.Pair{{Src: `\??\C:\WINDOWS\system32\a.dll`}})
		},
		status.HotfixAlreadyInstalled: func(t *testing.T, m *machine) (installer.Request, error) {
			mustRun(t)(m.install(edited("20260309.093000", "20270309.093000").tree(t)))
			return request(t, m.h, p.tree(t), "/quiet"), nil
		},
		status.UpdateAlreadyRunning: func(t *testing.T, m *machine) (installer.Request, error) {
			release, err := m.h.Lock(installer.LockName)
			t.Cleanup(release)
			return request(t, m.h, p.tree(t), "/quiet"), err
		},
		status.UserCancelled: func(t *testing.T, m *machine) (installer.Request, error) {
			req := request(t, m.h, p.tree(t))
			req.UI = &asked{answers: map[ui.Topic]ui.Answer{ui.Licence: ui.No}}
			return req, nil
		},
		status.NoUninstallAvailable: func(t *testing.T, m *machine) (installer.Request, error) {
			return installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900001$`, Options: cmdline.Options{Quiet: true}, Start: testNow}, nil
		},
		status.UninstallOutOfOrder: func(t *testing.T, m *machine) (installer.Request, error) {
			mustRun(t)(m.install(p.tree(t)))
			q := p
			q.kb, q.gdr = "KB900002", map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.300", "srv03_sp2_gdr", "later")}
			mustRun(t)(m.install(q.tree(t)))
			return installer.Request{Host: m.h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900001$`, Options: cmdline.Options{Quiet: true}, Start: testNow}, nil
		},
	}
	for code, prepare := range cases {
		e, _ := status.Find(code)
		t.Run(e.Name, func(t *testing.T) {
			m := newMachine(t, files)
			req, err := prepare(t, m)
			if err != nil {
				t.Fatal(err)
			}
			before := m.snapshot()
			if req.Package == nil {
				_, err = installer.Remove(context.Background(), req)
			} else {
				_, err = installer.Install(context.Background(), req)
			}
			if got := status.Code(err); err == nil || got != code {
				t.Errorf("code %d, want %d: %v", got, code, err)
			}
			if d := diffLines(before, m.snapshot()); d != "" {
				t.Errorf("the machine was changed:\n%s", d)
			}
		})
	}
	for name, code := range codesInSource(t) {
		if _, ok := cases[code]; !ok && elsewhere[code] == "" {
			t.Errorf("status.%s (%d) has no run here", name, code)
		}
	}
}

// elsewhere are the codes that other tests produce, or why none does.
var elsewhere = map[uint32]string{
	status.SetupError:       "stub TestPanicIsAFailure: a fault of the program itself",
	status.InvalidDirIDPath: "TestCustomFunctionsThatRefuse, no directory",
	status.UnableToSetDirID: "TestCustomFunctionsThatRefuse, time-out",
	status.CantSetDirID:     "none yet: it needs an INF that sets a directory identifier of Windows",
}

// codesInSource finds the codes of table 24 that the engine and the program give to errors.
func codesInSource(t *testing.T) map[string]uint32 {
	t.Helper()
	table, err := os.ReadFile("status/table24.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]uint32{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+)\s+uint32 = (\d+)`).FindAllStringSubmatch(string(table), -1) {
		n, err := strconv.ParseUint(m[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		codes[m[1]] = uint32(n)
	}
	used := map[string]uint32{}
	for _, pattern := range []string{"*.go", "../stub/*.go", "cmdline/*.go", "branch/*.go", "inventory/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, n := range names {
			if regexp.MustCompile(`_test\.go$`).MatchString(n) {
				continue
			}
			text, err := os.ReadFile(n)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`status\.(\w+)`).FindAllStringSubmatch(string(text), -1) {
				if code, ok := codes[m[1]]; ok {
					used[m[1]] = code
				}
			}
		}
	}
	if len(used) < 20 {
		t.Fatalf("only %d codes were found in the source", len(used))
	}
	return used
}
