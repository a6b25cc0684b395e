package imagehost

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// tree finds names without regard to case. It lists a directory once, keeps what it saw, and is told of the Host's own
// changes; a name that is not there makes it look again when the directory's time has changed.
type tree struct {
	root   *os.Root
	drives map[string]*dirNode // by "C:"
}

type dirNode struct {
	rel     string            // slash path below the image: drive/C/WINDOWS
	entries map[string]*entry // by folded name; nil: not listed yet
	mtime   time.Time
}

type entry struct {
	name string      // as it is on disk
	mode fs.FileMode // type bits
	dir  *dirNode    // of a directory
}

// place is what a path leads to.
type place struct {
	drive  string
	path   string // the path with the names that exist in their own case
	parent *dirNode
	name   string // the last element, in the case it has on disk, or as given
	e      *entry // nil: there is no such entry
	root   *dirNode
}

func (p place) rel() string {
	if p.root != nil {
		return p.root.rel
	}
	return p.parent.rel + "/" + p.name
}

func (p place) isDir() bool  { return p.root != nil || p.e != nil && p.e.mode.IsDir() }
func (p place) isLink() bool { return p.e != nil && p.e.mode&fs.ModeSymlink != 0 }
func (p place) exists() bool { return p.root != nil || p.e != nil }

func (p place) dir() *dirNode {
	if p.root != nil {
		return p.root
	}
	return p.e.dir
}

// find resolves path. A missing parent is fs.ErrNotExist, a missing last element is not an error.
func (t *tree) find(winPath string) (place, error) {
	drive, elems, err := host.SplitPath(winPath)
	if err != nil {
		return place{}, err
	}
	d := t.drives[drive]
	if d == nil {
		return place{}, fmt.Errorf("drive %s: %w", drive, fs.ErrNotExist)
	}
	p := place{drive: drive, path: drive + `\`, root: d}
	for i, name := range elems {
		e, err := t.lookup(d, name)
		if err != nil {
			return place{}, err
		}
		if i > 0 {
			p.path += `\`
		}
		p = place{drive: drive, path: p.path, parent: d, name: name, e: e}
		if e != nil {
			p.name = e.name
		}
		p.path += p.name
		if i == len(elems)-1 {
			break
		}
		switch {
		case e != nil && e.mode&fs.ModeSymlink != 0:
			return place{}, fmt.Errorf("%s is a link, which is not followed: %w", p.path, host.ErrInvalidPath)
		case !p.isDir():
			return place{}, fmt.Errorf("directory %s: %w", p.path, fs.ErrNotExist)
		}
		d = e.dir
	}
	return p, nil
}

func (t *tree) lookup(d *dirNode, name string) (*entry, error) {
	if d.entries == nil {
		if err := t.list(d); err != nil {
			return nil, err
		}
	}
	key := host.Fold(name)
	if e := d.entries[key]; e != nil {
		return e, nil
	}
	if fi, err := t.root.Lstat(d.rel); err != nil || fi.ModTime().Equal(d.mtime) {
		return nil, nil
	}
	if err := t.list(d); err != nil {
		return nil, err
	}
	return d.entries[key], nil
}

// list reads a directory anew and keeps the nodes of the subdirectories it knows.
func (t *tree) list(d *dirNode) error {
	f, err := t.root.Open(d.rel)
	if err != nil {
		return fmt.Errorf("list %s: %w", d.rel, err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return fmt.Errorf("list %s: %w", d.rel, err)
	}
	found, err := f.ReadDir(-1)
	if err != nil {
		return fmt.Errorf("list %s: %w", d.rel, err)
	}
	entries := make(map[string]*entry, len(found))
	for _, de := range found {
		if err := host.CheckName(de.Name()); err != nil {
			return fmt.Errorf("%s holds a name that Windows does not allow; rename it: %w", d.rel, err)
		}
		key := host.Fold(de.Name())
		if other := entries[key]; other != nil {
			return fmt.Errorf("%s holds %q and %q, one name to Windows; rename one: %w", d.rel,
				min(other.name, de.Name()), max(other.name, de.Name()), fs.ErrInvalid)
		}
		e := &entry{name: de.Name(), mode: de.Type()}
		if e.mode.IsDir() {
			if old := d.entries[key]; old != nil && old.name == e.name && old.dir != nil {
				e.dir = old.dir
			} else {
				e.dir = &dirNode{rel: path.Join(d.rel, e.name)}
			}
		}
		entries[key] = e
	}
	d.entries, d.mtime = entries, fi.ModTime()
	return nil
}

// added and removed tell the tree of the Host's own changes.
func (t *tree) added(parent *dirNode, name string, mode fs.FileMode, dir *dirNode) {
	e := &entry{name: name, mode: mode, dir: dir}
	if mode.IsDir() && dir == nil {
		e.dir = &dirNode{rel: parent.rel + "/" + name, entries: map[string]*entry{}}
	}
	parent.entries[host.Fold(name)] = e
	t.touched(parent)
	if e.dir != nil {
		t.touched(e.dir)
	}
}

func (t *tree) removed(parent *dirNode, name string) {
	delete(parent.entries, host.Fold(name))
	t.touched(parent)
}

func (t *tree) touched(d *dirNode) {
	if fi, err := t.root.Lstat(d.rel); err == nil {
		d.mtime = fi.ModTime()
	}
}

// forget drops what is known below d, after a rename.
func (d *dirNode) forget(rel string) { d.rel, d.entries = rel, nil }

// sorted gives the entries by folded name.
func (d *dirNode) sorted() []*entry {
	keys := make([]string, 0, len(d.entries))
	for k := range d.entries {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	list := make([]*entry, len(keys))
	for i, k := range keys {
		list[i] = d.entries[k]
	}
	return list
}

// join appends a name to a Windows path.
func join(dir, name string) string { return strings.TrimSuffix(dir, `\`) + `\` + name }
