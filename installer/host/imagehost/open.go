package imagehost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

const (
	driveDir    = "drive"
	tmpDir      = "tmp"
	registryDir = "registry"
	attrsName   = "attributes.txt"
	eventsName  = "eventlog.txt"

	// compactAt is the size of the journal in bytes at which FlushRegistry writes the text files anew.
	compactAt = 4 << 20
)

var errClosed = errors.New("the image is closed")

// Options are what a caller may inject. The zero value is right for use outside tests.
type Options struct {
	Now  func() time.Time // the machine's local time; nil: time.Now
	User string           // who runs the engine, DOMAIN\name; "": Administrator of the machine
	// FreeBytes gives the free space of drives by root (`C:\`) in place of image.ini's figure. A drive named here is
	// watched: what is written is taken off, and writing more gives host.ErrDiskFull.
	FreeBytes map[string]int64
	// MissingPrivileges are named by Host.MissingPrivileges besides those that do not exist.
	MissingPrivileges []string
	// NoSync leaves out flushing to disk: faster, and as safe as before against kills, not against power cuts.
	NoSync bool
}

// Host is an open image. Its methods may be called from several goroutines.
type Host struct {
	dir     string
	opt     Options
	machine Machine // as in image.ini
	now     func() time.Time
	unlock  func()

	mu         sync.Mutex
	root       *os.Root
	tree       *tree
	reg        *registry
	attrs      attrs
	dirtyAttrs bool
	journal    *journal
	facts      host.Info
	free       map[string]int64 // watched drives, by "C:"
	spools     int
	holds      map[string]Hold  // by folded path
	holders    map[*string]bool // the folded paths of holds, as they move
	locks      map[string]bool
	closed     bool
}

var _ host.Host = (*Host)(nil)

// Open opens the image in dir. host.ErrBusy when it is open already, fs.ErrNotExist when there is none.
func Open(dir string) (*Host, error) { return Options{}.Open(dir) }

// Exists reports whether dir holds an image.
func Exists(dir string) bool {
	fi, err := os.Stat(filepath.Join(dir, "image.ini"))
	return err == nil && fi.Mode().IsRegular()
}

// Open is the function Open with options.
func (o Options) Open(dir string) (*Host, error) {
	m, err := readMachine(dir)
	if err != nil {
		return nil, err
	}
	unlock, err := lockFile(filepath.Join(dir, "image.ini"))
	if err != nil {
		return nil, fmt.Errorf("open image %s: %w", dir, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("open image: %w", err)
	}
	h := newHost(dir, o, m, root, unlock)
	if err := h.load(); err != nil {
		h.Abandon()
		return nil, fmt.Errorf("open image %s: %w", dir, err)
	}
	return h, nil
}

func newHost(dir string, o Options, m Machine, root *os.Root, unlock func()) *Host {
	h := &Host{
		dir: dir, opt: o, machine: m, now: o.Now, unlock: unlock, root: root,
		tree: &tree{root: root, drives: map[string]*dirNode{}}, reg: newRegistry(), attrs: attrs{},
		journal: &journal{root: root, sync: !o.NoSync}, free: map[string]int64{},
		holds: map[string]Hold{}, holders: map[*string]bool{}, locks: map[string]bool{},
	}
	if h.now == nil {
		h.now = time.Now
	}
	h.reg.views = m.Arch != host.X86
	for _, d := range m.Drives {
		if n, ok := o.FreeBytes[d.Root]; ok {
			h.free[d.Root[:2]] = n
		}
		h.tree.drives[d.Root[:2]] = &dirNode{rel: driveDir + "/" + d.Root[:1]}
	}
	return h
}

func (h *Host) load() error {
	if err := h.root.RemoveAll(tmpDir); err != nil {
		return err
	}
	for _, dir := range []string{tmpDir, registryDir} {
		if err := h.root.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	for _, d := range h.tree.drives {
		if err := h.root.MkdirAll(d.rel, 0o777); err != nil {
			return err
		}
	}
	for _, f := range h.regFiles() {
		text, err := h.readText(f.name)
		if err == nil && text != nil {
			err = h.reg.load(text, f.volatile, false)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	text, err := h.readText(attrsName)
	if err != nil {
		return err
	}
	list, err := parseAttrs(text)
	if err != nil {
		return fmt.Errorf("%s: %w", attrsName, err)
	}
	h.attrs.apply(list)
	if err := h.replay(); err != nil {
		return err
	}
	h.facts = h.regFacts()
	return nil
}

func (h *Host) readText(name string) ([]byte, error) {
	f, err := h.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f.Close()
	return h.root.ReadFile(name)
}

type regFile struct {
	name, root string
	volatile   bool
}

func (h *Host) regFiles() []regFile {
	return []regFile{
		{registryDir + "/HKLM.reg", machineRoot, false},
		{registryDir + "/HKU.reg", usersRoot, false},
		{registryDir + "/volatile.reg", "", true},
	}
}

// compact writes the text files anew and drops the journal.
func (h *Host) compact() error {
	if h.reg.dirty {
		for _, f := range h.regFiles() {
			text := []byte(nil)
			if f.root != "" {
				text = h.reg.text(f.root, false)
			} else {
				text = h.reg.volatileText()
			}
			if err := h.writeText(f.name, text); err != nil {
				return fmt.Errorf("write the registry of the image: %w", err)
			}
		}
		h.reg.dirty = false
	}
	if h.dirtyAttrs {
		if err := h.writeText(attrsName, []byte(h.attrs.text())); err != nil {
			return fmt.Errorf("write the attributes of the image: %w", err)
		}
		h.dirtyAttrs = false
	}
	return h.journal.drop()
}

// writeText replaces a text file in one step; an empty text means no file.
func (h *Host) writeText(name string, text []byte) error {
	if len(text) == 0 {
		if err := h.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	tmp := tmpDir + "/text"
	f, err := h.root.Create(tmp)
	if err != nil {
		return osError(err)
	}
	_, err = f.Write(text)
	if err == nil && !h.opt.NoSync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = h.root.Rename(tmp, name)
	}
	return osError(err)
}

// Close writes everything to the text files and gives the image free. A second Close does nothing.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	err := h.compact()
	if err == nil {
		err = h.root.Remove(tmpDir)
	}
	h.mu.Unlock()
	h.Abandon()
	if err != nil {
		return fmt.Errorf("close image %s: %w", h.dir, err)
	}
	return nil
}

// Abandon gives the image free as a killed process does: what is in the journal stays there for the next Open.
func (h *Host) Abandon() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	h.journal.close()
	h.root.Close()
	h.unlock()
}

// Dir is the image's directory.
func (h *Host) Dir() string { return h.dir }

// space takes n bytes off a watched drive.
func (h *Host) space(drive string, n int64) error {
	free, watched := h.free[drive]
	if !watched {
		return nil
	}
	if n > free {
		return host.ErrDiskFull
	}
	h.free[drive] = free - n
	return nil
}
