package installer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/winpath"
)

// FileState says how a recorded file stands on the machine.
type FileState string

const (
	FileIntact  FileState = "intact"  // recorded version and hash
	FileNewer   FileState = "newer"   // a later version: something else updated it
	FilePending FileState = "pending" // waits for the restart
	FileMissing FileState = "missing"
	FileOlder   FileState = "older"
	FileChanged FileState = "changed" // recorded version, other content
)

// FileStatus is one file of an installed update.
type FileStatus struct {
	Path     string    `json:"path"`
	State    FileState `json:"state"`
	Recorded string    `json:"recorded"` // version
	Found    string    `json:"found"`
}

// UpdateStatus is an installed update and whether it is still whole.
type UpdateStatus struct {
	KB        string       `json:"kb"`
	Title     string       `json:"title"`
	Version   string       `json:"version"`
	Date      string       `json:"date"`
	Removable bool         `json:"removable"`
	Dir       string       `json:"uninstallDir,omitempty"`
	Files     []FileStatus `json:"files"`
	Problems  []string     `json:"problems,omitempty"`
}

// Intact reports whether nothing is wrong with the update.
func (u UpdateStatus) Intact() bool { return len(u.Problems) == 0 }

// Report is what Status found.
type Report struct {
	Updates []UpdateStatus `json:"updates"`
	// Interrupted names journals of runs that did not end; the next installation or removal settles them.
	Interrupted []string `json:"interrupted,omitempty"`

	// Of a Scan.
	Repaired      []string `json:"repaired,omitempty"` // what was put right
	RestartNeeded bool     `json:"restartNeeded,omitempty"`
	LogPath       string   `json:"log,omitempty"`
}

// Intact reports whether nothing is wrong at all.
func (r Report) Intact() bool {
	for _, u := range r.Updates {
		if !u.Intact() {
			return false
		}
	}
	return len(r.Interrupted) == 0
}

// Status lists the installed updates and checks each as Qfecheck does (KB 282784: recorded version against the file, the
// catalog present), and further: the hash that was recorded, the backup that removal needs. It changes nothing.
func Status(h host.Host) (Report, error) { return examine(h, nil) }

func examine(h host.Host, verify catalog.Verifier) (Report, error) {
	info, err := h.Info()
	if err != nil {
		return Report{}, fmt.Errorf("examine the computer: %w", err)
	}
	list, err := register.List(h)
	if err != nil {
		return Report{}, err
	}
	queue, err := pfr.Read(h)
	if err != nil {
		return Report{}, err
	}
	var rep Report
	for _, u := range list {
		us, err := check(h, info, u, queue, verify)
		if err != nil {
			return Report{}, fmt.Errorf("check %s: %w", u.KB, err)
		}
		rep.Updates = append(rep.Updates, us)
	}
	open, err := journal.List(h, info.WindowsDir)
	if err != nil {
		return Report{}, err
	}
	for _, o := range open {
		rep.Interrupted = append(rep.Interrupted, o.Dir)
	}
	return rep, nil
}

func check(h host.Host, info host.Info, u register.Installed, queue []pfr.Pair, verify catalog.Verifier) (UpdateStatus, error) {
	s := UpdateStatus{KB: u.KB, Title: u.Title, Version: u.Version, Date: u.Date, Dir: UninstallDirOf(u)}
	for _, f := range u.Files {
		fst, err := checkFile(h, f, queue)
		if err != nil {
			return s, err
		}
		s.Files = append(s.Files, fst)
		switch fst.State {
		case FileMissing, FileOlder, FileChanged:
			s.Problems = append(s.Problems, fmt.Sprintf("%s is %s (recorded %s, found %s)", fst.Path, fst.State, orText(fst.Recorded, "no version"), orText(fst.Found, "none")))
		}
	}
	for _, part := range []func() ([]string, error){
		func() ([]string, error) { return checkCatalogs(h, u, s, verify) },
		func() ([]string, error) { return checkRegistration(h, u) },
	} {
		problems, err := part()
		if err != nil {
			return s, err
		}
		s.Problems = append(s.Problems, problems...)
	}
	if s.Dir == "" {
		return s, nil
	}
	problems, err := checkBackup(h, info, s.Dir)
	if err != nil {
		return s, err
	}
	s.Removable = len(problems) == 0
	s.Problems = append(s.Problems, problems...)
	return s, nil
}

func orText(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// UninstallDirOf is the backup directory of an installed update, from its removal command line; empty without one.
func UninstallDirOf(u register.Installed) string {
	cmd := strings.TrimSpace(u.UninstallLine)
	if strings.HasPrefix(cmd, `"`) {
		cmd, _, _ = strings.Cut(cmd[1:], `"`)
	}
	if cmd == "" {
		return ""
	}
	return winpath.Dir(winpath.Dir(cmd))
}

func checkFile(h host.Host, f register.File, queue []pfr.Pair) (FileStatus, error) {
	s := FileStatus{Path: f.Path(), Recorded: f.Version}
	path := f.Path()
	pending := pfr.Pending(queue, path)
	if pending != "" {
		path = pending
	}
	facts, err := inventory.OfHost(h, path)
	if err != nil {
		return s, err
	}
	s.Found = facts.VersionText()
	s.State = judge(f, facts)
	if pending != "" && s.State == FileIntact {
		s.State = FilePending
	}
	return s, nil
}

func judge(f register.File, facts inventory.Facts) FileState {
	if !facts.Exists {
		return FileMissing
	}
	if sum, err := hex.DecodeString(f.MD5); err == nil && len(sum) == len(facts.MD5) && [16]byte(sum) == facts.MD5 {
		return FileIntact
	}
	want, err := pefile.ParseVersion(f.Version)
	if err != nil || !facts.HasVersion {
		return FileChanged
	}
	switch c := facts.Version.Compare(want); {
	case c > 0:
		return FileNewer
	case c < 0:
		return FileOlder
	}
	return FileChanged
}

// checkBackup looks whether removal would find what it needs.
func checkBackup(h host.Host, info host.Info, dir string) ([]string, error) {
	r := &run{Request: Request{Host: h}, info: info, log: &logFile{}}
	rem, err := r.readRemoval(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{"the backup directory " + dir + " is gone or has no spuninst.inf: the update cannot be removed"}, nil
	}
	if err != nil {
		return []string{fmt.Sprintf("the update cannot be removed: %v", err)}, nil
	}
	var problems []string
	need := []string{winpath.Join(dir, spuninstFolder, spuninstEXE)}
	for _, f := range rem.Restore {
		need = append(need, winpath.Join(dir, f.Backup))
	}
	for _, p := range need {
		if _, err := h.Stat(p); errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, "the backup "+p+" is missing: the update cannot be removed")
		} else if err != nil {
			return nil, err
		}
	}
	return problems, nil
}
