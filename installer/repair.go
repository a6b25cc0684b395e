package installer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// A repair brings recorded files back: a file that is missing, older or changed gets the content whose MD5 its newest owner
// recorded, from the package of the request or from a copy on this machine: $hf_mig$, ServicePackFiles, the file protection
// cache, or the backup of a later update. A source counts by its MD5, never by its name. What else is damaged (registry,
// catalog, the removal program) comes back by installing the package of the request again; the originals of a backup
// cannot come back.

// restorable is one file to bring back.
type restorable struct {
	path string
	sum  [16]byte
	from string // of a step
}

// repair returns what it put right, a line for each.
func (r *run) repair(ctx context.Context, rep Report) ([]string, error) {
	wanted, err := r.wanted(rep)
	if err != nil {
		return nil, err
	}
	sources, err := r.sources(wanted)
	if err != nil {
		return nil, err
	}
	var list []restorable
	for _, w := range wanted {
		if w.from = sources[w.sum]; w.from == "" {
			r.log.Error("%s cannot be restored: no copy with the recorded content was found; give the package to the repair", w.path)
			continue
		}
		list = append(list, w)
	}
	done, err := r.restore(ctx, list)
	if err != nil {
		return done, err
	}
	again, err := r.reinstall(ctx)
	return append(done, again...), err
}

// wanted lists the files whose newest owner finds them damaged.
func (r *run) wanted(rep Report) ([]restorable, error) {
	list, err := register.List(r.Host)
	if err != nil {
		return nil, err
	}
	owner := map[string]register.File{} // the last in the order of installation counts
	for _, u := range list {
		for _, f := range u.Files {
			owner[host.Fold(f.Path())] = f
		}
	}
	var wanted []restorable
	seen := map[string]bool{}
	for _, u := range rep.Updates {
		for _, f := range u.Files {
			key := host.Fold(f.Path)
			if seen[key] || f.State != FileMissing && f.State != FileOlder && f.State != FileChanged {
				continue
			}
			seen[key] = true
			sum, err := hex.DecodeString(owner[key].MD5)
			if err != nil || len(sum) != 16 {
				r.log.Error("%s cannot be restored: its hash was not recorded", f.Path)
				continue
			}
			wanted = append(wanted, restorable{path: f.Path, sum: [16]byte(sum)})
		}
	}
	return wanted, nil
}

// sources finds content for the wanted hashes. The package comes first, then the machine.
func (r *run) sources(wanted []restorable) (map[[16]byte]string, error) {
	need, names := map[[16]byte]bool{}, map[string]bool{}
	for _, w := range wanted {
		need[w.sum], names[strings.ToLower(winpath.Base(w.path))] = true, true
	}
	found := map[[16]byte]string{}
	if len(need) == 0 {
		return found, nil
	}
	if r.Package != nil {
		l, err := r.load()
		if err != nil {
			return nil, err
		}
		if err := r.verify(l); err != nil {
			return nil, err
		}
		for _, e := range l.ver {
			if need[e.MD5] && found[e.MD5] == "" {
				found[e.MD5] = step.FromPackage + e.Path
			}
		}
	}
	s := &search{r: r, need: need, names: names, found: found}
	w := r.info.WindowsDir
	roots := []string{winpath.Join(w, migrationFolder), winpath.Join(w, packFiles), winpath.Join(w, dualCache), winpath.Join(r.info.SystemDir, "dllcache")}
	list, err := register.List(r.Host)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		if dir := UninstallDirOf(u); dir != "" {
			roots = append(roots, dir)
		}
	}
	for _, root := range roots {
		if err := s.walk(root, 0); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// search looks through folders for files of wanted names.
type search struct {
	r     *run
	need  map[[16]byte]bool
	names map[string]bool
	found map[[16]byte]string
}

// maxSearchDepth bounds the search, in folders below its root.
const maxSearchDepth = 16

func (s *search) walk(dir string, depth int) error {
	entries, err := s.r.Host.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || depth > maxSearchDepth {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := winpath.Join(dir, e.Name)
		switch {
		case e.Attr&host.AttrReparse != 0:
		case e.IsDir():
			if err := s.walk(path, depth+1); err != nil {
				return err
			}
		case s.named(e.Name):
			facts, err := inventory.OfHost(s.r.Host, path)
			if err != nil {
				return err
			}
			if s.need[facts.MD5] && s.found[facts.MD5] == "" {
				s.found[facts.MD5] = step.FromHost + path
			}
		}
	}
	return nil
}

// named: a backup may have a number behind the name (draft.reserve).
func (s *search) named(name string) bool {
	name = strings.ToLower(name)
	if s.names[name] {
		return true
	}
	i := strings.LastIndexByte(name, '.')
	return i > 0 && s.names[name[:i]]
}

// restore puts the files back by one journalled plan.
func (r *run) restore(ctx context.Context, list []restorable) ([]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	queue, err := pfr.Read(r.Host)
	if err != nil {
		return nil, err
	}
	d := newDraft(r.Host, r.repairDir(), queue)
	d.known[host.Fold(winpath.Join(r.info.WindowsDir, journal.Folder))] = true
	var done []string
	for _, f := range list {
		if err := d.dir(winpath.Dir(f.path), 0); err != nil {
			return nil, err
		}
		s := step.Step{Kind: step.PutFile, Path: f.path, From: f.from, PrevPending: pfr.Pending(queue, f.path)}
		s.Force = s.PrevPending != ""
		if s.Existed, err = d.exists(f.path); err != nil {
			return nil, err
		}
		if s.Existed {
			if s.Backup, err = d.save(f.path, "", ""); err != nil {
				return nil, err
			}
		}
		if s.Temp, err = d.temp(f.path); err != nil {
			return nil, err
		}
		d.add(s)
		done = append(done, fmt.Sprintf("%s restored from %s", f.path, strings.TrimPrefix(strings.TrimPrefix(f.from, step.FromHost), step.FromPackage)))
	}
	flag, err := restartFlag(r.Host, register.FlagInstallPending)
	if err != nil {
		return nil, err
	}
	d.after = flag
	p := journal.Plan{Operation: "repair", Name: "repair", Steps: d.plan()}
	if err := r.checkSpace(p); err != nil {
		return nil, err
	}
	var pkg step.Package
	if r.Package != nil {
		pkg = stepPackage{r.Package}
	}
	if err := r.execute(ctx, pkg, ui.Installing, r.repairDir(), d.blobs, p); err != nil {
		return nil, err
	}
	for _, line := range done {
		r.logf("%s", line)
	}
	return done, nil
}

// damaged names a file that is not as any update left it.
func (u UpdateStatus) damaged() (string, bool) {
	for _, f := range u.Files {
		switch f.State {
		case FileMissing, FileOlder, FileChanged:
			return f.Path, true
		}
	}
	return "", false
}

// reinstall installs the package of the request again if its update is still damaged. It runs under the lock of the repair.
func (r *run) reinstall(ctx context.Context) ([]string, error) {
	if r.Package == nil {
		return nil, nil
	}
	l, err := r.load()
	if err != nil {
		return nil, err
	}
	infs, err := r.allINFs(l)
	if err != nil {
		return nil, err
	}
	rep, err := examine(r.Host, r.Verify)
	if err != nil {
		return nil, err
	}
	damaged := ""
	for _, u := range rep.Updates {
		if len(infs) == 0 || !strings.EqualFold(u.KB, infs[0].update.Strings.KB()) || u.Intact() {
			continue
		}
		if f, ok := u.damaged(); ok {
			// Installing again would put this update's file over that of a newer one, which is damaged.
			r.log.Warn("%s is not installed again while %s is damaged; repair the update that replaced it first", u.KB, f)
			continue
		}
		damaged = u.KB
	}
	if damaged == "" {
		return nil, nil
	}
	in := &run{Request: r.Request, info: r.info, log: &logFile{}}
	in.Options.Log, in.Options.Passive, in.Options.Quiet = "", false, true // its own log; the licence was accepted before
	err = in.install(ctx)
	in.finish(err)
	if err != nil {
		return nil, fmt.Errorf("install %s again: %w", damaged, err)
	}
	r.res.RestartNeeded = r.res.RestartNeeded || in.res.RestartNeeded
	r.logf("%s was installed again from its package", damaged)
	return []string{damaged + " installed again from its package"}, nil
}
