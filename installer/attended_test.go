package installer_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/uitest"
)

// desk is a machine on which programs use files, as the Restart Manager would tell.
type desk struct {
	host.Host
	holds  map[string]host.Application // by path
	events *[]string
}

func (d desk) Holders(paths []string) ([]host.Application, error) {
	var list []host.Application
	for _, p := range paths {
		if a, ok := d.holds[p]; ok {
			list = append(list, a)
		}
	}
	return list, nil
}

func (d desk) CloseHolders(paths []string, force bool) (func() error, error) {
	text := "close"
	if force {
		text = "force"
	}
	*d.events = append(*d.events, text)
	return func() error { *d.events = append(*d.events, "reopen"); return nil }, nil
}

func attended(t *testing.T, h host.Host, p pkg, u ui.UI, args ...string) (installer.Result, error) {
	t.Helper()
	o, err := cmdline.Parse(cmdline.Install, args)
	if err != nil {
		t.Fatal(err)
	}
	return installer.Install(context.Background(), installer.Request{Host: h, Package: p.tree(t), Options: o, UI: u, Image: `C:\x\update\update.exe`,
		Version: "7.0.0.0", Start: testNow})
}

func deskPackage(t *testing.T) (pkg, map[string][]byte) {
	dll := func(v, blob string) []byte { return samplepe1(t, v, "", blob) }
	return pkg{kb: "KB900050", gdr: map[string][]byte{"a.dll": dll("5.2.3790.20", "new")}, qfe: map[string][]byte{"a.dll": dll("5.2.3790.30", "qfe")}},
		map[string][]byte{`C:\WINDOWS\system32\a.dll`: dll("5.2.3790.10", "old")}
}

// Programs that hold files are closed where a person says so, or with /forceappsclose where nobody is asked.
func TestProgramsThatHoldFiles(t *testing.T) {
	for _, c := range []struct {
		name   string
		args   []string
		answer ui.Answer
		asked  bool
		want   []string
	}{
		{"yes", nil, ui.Yes, true, []string{"close", "reopen"}},
		{"yes, and without saving", []string{"/forceappsclose"}, ui.Yes, true, []string{"force", "reopen"}},
		{"no", nil, ui.No, true, nil},
		{"nobody there", nil, ui.Unanswered, true, nil},
		{"passive", []string{"/passive"}, 0, false, nil},
		{"quiet", []string{"/quiet"}, 0, false, nil},
		{"quiet, forced", []string{"/quiet", "/forceappsclose"}, 0, false, []string{"force", "reopen"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, files := deskPackage(t)
			m := newMachine(t, files)
			var events []string
			d := desk{Host: m.h, holds: map[string]host.Application{`C:\WINDOWS\system32\a.dll`: {Name: "Contoso Reader", PID: 42}}, events: &events}
			u := &uitest.Script{Answers: map[ui.Topic][]ui.Answer{ui.CloseApps: {c.answer}}}
			if _, err := attended(t, d, p, u, c.args...); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(events, c.want) {
				t.Errorf("%q, want %q", events, c.want)
			}
			asked := false
			for _, q := range u.Questions() {
				if q.Topic == ui.CloseApps {
					asked = true
					if q.Details != "Contoso Reader" {
						t.Errorf("the programs are %q", q.Details)
					}
				}
			}
			if asked != c.asked {
				t.Errorf("asked: %v", asked)
			}
			if log := string(m.read(`C:\WINDOWS\KB900050.log`)); !strings.Contains(log, "Contoso Reader (process 42) uses files that will be replaced") {
				t.Errorf("the log does not name the program:\n%s", log)
			}
		})
	}
}

// Nobody is asked for a machine where nothing is held.
func TestNoProgramsNoQuestion(t *testing.T) {
	p, files := deskPackage(t)
	m := newMachine(t, files)
	u := &uitest.Script{Strict: true, Answers: map[ui.Topic][]ui.Answer{ui.Welcome: {ui.Yes}, ui.Licence: {ui.Yes}}}
	if _, err := attended(t, m.h, p, u); err != nil {
		t.Fatal(err)
	}
	if len(u.Unexpected()) > 0 {
		t.Errorf("asked %v", u.Unexpected())
	}
}

// A service pack asks where to keep the replaced files; an update does not.
func TestArchiveQuestion(t *testing.T) {
	p, files := deskPackage(t)
	p.pack = true
	for _, c := range []struct {
		name   string
		answer ui.Answer
		folder string
		backup string // where a.dll must be
		fails  bool
	}{
		{"the default", ui.Yes, "", `C:\WINDOWS\$NtServicePackUninstall$\a.dll`, false},
		{"another folder", ui.Yes, `C:\Keep\Pack`, `C:\Keep\Pack\a.dll`, false},
		{"no backup", ui.No, "", "", false},
		{"nobody there", ui.Unanswered, "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t, files)
			before := m.snapshot()
			u := &chooser{Script: &uitest.Script{Answers: map[ui.Topic][]ui.Answer{ui.Archive: {c.answer}}}, folder: c.folder}
			_, err := attended(t, m.h, p, u)
			if c.fails {
				if !errors.Is(err, status.New(status.UserCancelled)) {
					t.Errorf("%v", err)
				}
				if after := m.snapshot(); diffLines(before, after) != "" && !strings.Contains(diffLines(before, after), ".log") {
					t.Error(diffLines(before, after))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if u.asked == nil || u.asked.NeededBytes <= 0 {
				t.Fatalf("asked with %+v", u.asked)
			}
			if free, ok := u.asked.Free(`C:\anything`); !ok || free <= 0 {
				t.Errorf("free on C: %d, %v", free, ok)
			}
			for _, bad := range []string{`x`, `\\server\share`, `Q:\x`, `C:\`} {
				if _, ok := u.asked.Free(bad); ok {
					t.Errorf("%s is a folder to keep files in", bad)
				}
			}
			if c.backup != "" && !m.has(c.backup) {
				t.Errorf("no %s", c.backup)
			}
			if c.backup == "" && m.has(`C:\WINDOWS\$NtServicePackUninstall$\spuninst\spuninst.inf`) {
				t.Error("there is a backup")
			}
			if !bytes.Equal(m.read(`C:\WINDOWS\system32\a.dll`), p.gdr["a.dll"]) {
				t.Error("the file is not installed")
			}
		})
	}
}

// chooser picks a folder.
type chooser struct {
	*uitest.Script
	folder string
	asked  *ui.Folder
}

func (c *chooser) Ask(ctx context.Context, q ui.Question) ui.Answer {
	if q.Folder != nil {
		c.asked = q.Folder
		if c.folder != "" {
			q.Folder.Path = c.folder
		}
	}
	return c.Script.Ask(ctx, q)
}

// filling is a disk that has room after some looks.
type filling struct {
	host.Host
	looks *int
	until int
}

func (f filling) Drives() ([]host.Drive, error) {
	*f.looks++
	free := int64(1 << 30)
	if *f.looks <= f.until {
		free = 1
	}
	return []host.Drive{{Root: `C:\`, FreeBytes: free, TotalBytes: 1 << 40, Cluster: 4096}}, nil
}

func TestDiskSpaceCanBeFreed(t *testing.T) {
	p, files := deskPackage(t)
	looks := 0
	m := newMachine(t, files)
	u := &uitest.Script{Answers: map[ui.Topic][]ui.Answer{ui.DiskSpace: {ui.Yes, ui.Yes}}}
	if _, err := attended(t, filling{m.h, &looks, 2}, p, u); err != nil {
		t.Errorf("after two tries: %v", err)
	}
	looks = 0
	m = newMachine(t, files)
	u = &uitest.Script{Answers: map[ui.Topic][]ui.Answer{ui.DiskSpace: {ui.Yes, ui.No}}}
	if _, err := attended(t, filling{m.h, &looks, 99}, p, u); !errors.Is(err, host.ErrDiskFull) || looks != 2 {
		t.Errorf("refused: %v after %d looks", err, looks)
	}
	looks = 0
	if _, err := attended(t, filling{m.h, &looks, 99}, p, u, "/quiet"); !errors.Is(err, host.ErrDiskFull) || looks != 1 {
		t.Errorf("quiet: %v after %d looks", err, looks)
	}
}
