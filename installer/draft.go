package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// draft collects the steps of a plan and what they need. Installation and removal fill one each.
type draft struct {
	host  host.Host
	jdir  string      // journal directory, for content that only this run needs
	dirs  []step.Step // the order of a plan: directories, copies of what will change, changes
	saves []step.Step
	// first runs before anything is touched; before and after stand around the changes: what must not run meanwhile, and
	// what they are made for.
	first, before, after []step.Step
	starts               []step.Step // services that before stops
	steps                []step.Step
	tasks                int  // names given by task
	waits                bool // something waits for the restart, whatever becomes of the files
	blobs                []blob
	made                 []string        // directories the plan makes, outermost first
	known                map[string]bool // folded: directories that exist or will
	names                map[string]bool // folded: file names taken in some directory, full paths
	saved                int
	queue                []pfr.Pair
	origin               map[string]string // folded: file that is planned only -> file that has its content now
}

func newDraft(h host.Host, jdir string, queue []pfr.Pair) *draft {
	return &draft{host: h, jdir: jdir, queue: queue, known: map[string]bool{}, names: map[string]bool{}}
}

func (d *draft) add(s ...step.Step) { d.steps = append(d.steps, s...) }

// plan is the whole sequence. Everything that will change is copied before the first change (white paper, "File
// Archiving").
func (d *draft) plan() []step.Step {
	return slices.Concat(d.first, d.dirs, d.saves, d.before, d.steps, d.after)
}

// dir plans a directory and its missing parents. attr goes on the innermost.
func (d *draft) dir(path string, attr host.Attr) error {
	if d.known[winpath.Fold(path)] {
		return nil
	}
	if parent := winpath.Dir(path); parent != "" && !winpath.Equal(parent, path) {
		if err := d.dir(parent, 0); err != nil {
			return err
		}
	}
	d.known[winpath.Fold(path)] = true
	st, err := d.host.Stat(path)
	if err == nil {
		if !st.IsDir() {
			return fmt.Errorf("%s is a file where a directory is needed", path)
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	d.dirs = append(d.dirs, step.Step{Kind: step.MakeDir, Path: path, Attr: attr})
	d.made = append(d.made, path)
	return nil
}

// taken reports whether a path exists or is promised to another step.
func (d *draft) taken(path string) (bool, error) {
	if d.names[winpath.Fold(path)] {
		return true, nil
	}
	_, err := d.host.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, err
}

// reserve returns a free path of the form dir\base, dir\base.1, dir\base.2 … and keeps it for the caller.
func (d *draft) reserve(dir, base string) (string, error) {
	for i := 0; ; i++ {
		p := winpath.Join(dir, base)
		if i > 0 {
			p += "." + strconv.Itoa(i)
		}
		used, err := d.taken(p)
		if err != nil {
			return "", err
		}
		if !used {
			d.names[winpath.Fold(p)] = true
			return p, nil
		}
	}
}

func (d *draft) queued(path string) bool {
	for _, p := range d.queue {
		if winpath.Equal(p.Source(), path) {
			return true
		}
	}
	return false
}

// save plans a copy of path's present content into dir (or, empty, beside the journal) and returns where.
func (d *draft) save(path, dir, base string) (string, error) {
	if dir == "" {
		d.saved++
		dir, base = d.jdir, fmt.Sprintf("%05d.sav", d.saved)
	}
	to, err := d.reserve(dir, base)
	if err != nil {
		return "", err
	}
	d.saves = append(d.saves, step.Step{Kind: step.SaveFile, From: step.FromHost + path, Path: to})
	return to, nil
}

// exists reports whether a file is on disk now.
func (d *draft) exists(path string) (bool, error) {
	_, err := d.host.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (d *draft) blob(b blob) string {
	d.blobs = append(d.blobs, b)
	return b.from(d.jdir)
}
