package imagehost

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

const knownAttrs = host.AttrReadOnly | host.AttrHidden | host.AttrSystem | host.AttrArchive

// Stat implements host.Files.
func (h *Host) Stat(path string) (host.FileInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.existing(path)
	if err != nil {
		return host.FileInfo{}, fmt.Errorf("stat %s: %w", path, err)
	}
	fi, err := h.info(p)
	if err != nil {
		return host.FileInfo{}, fmt.Errorf("stat %s: %w", path, err)
	}
	return fi, nil
}

// existing finds what must be there.
func (h *Host) existing(path string) (place, error) {
	if h.closed {
		return place{}, errClosed
	}
	p, err := h.tree.find(path)
	if err == nil && !p.exists() {
		err = fs.ErrNotExist
	}
	return p, err
}

func (h *Host) info(p place) (host.FileInfo, error) {
	fi, err := h.root.Lstat(p.rel())
	if err != nil {
		return host.FileInfo{}, err
	}
	name := p.name
	if p.root != nil {
		name = p.path
	}
	return h.describe(p.path, name, fi), nil
}

func (h *Host) describe(path, name string, fi fs.FileInfo) host.FileInfo {
	out := host.FileInfo{Name: name, ModTime: fi.ModTime(), Attr: h.attrs.get(path, fi.IsDir())}
	switch {
	case fi.IsDir():
		out.Attr |= host.AttrDirectory
	case fi.Mode()&fs.ModeSymlink != 0:
		out.Attr |= host.AttrReparse
	default:
		out.Size = fi.Size()
	}
	return out
}

// ReadDir implements host.Files.
func (h *Host) ReadDir(path string) ([]host.FileInfo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.existing(path)
	if err == nil {
		err = mustBeDir(p)
	}
	if err == nil {
		err = h.tree.list(p.dir())
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", path, err)
	}
	var list []host.FileInfo
	for _, e := range p.dir().sorted() {
		fi, err := h.root.Lstat(p.dir().rel + "/" + e.name)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
		list = append(list, h.describe(join(p.path, e.name), e.name, fi))
	}
	return list, nil
}

func mustBeDir(p place) error {
	if p.isLink() {
		return fmt.Errorf("a link, which is not followed: %w", host.ErrInvalidPath)
	}
	if !p.isDir() {
		return fmt.Errorf("not a directory: %w", fs.ErrInvalid)
	}
	return nil
}

func mustBeFile(p place) error {
	if p.isLink() {
		return fmt.Errorf("a link, which is not followed: %w", host.ErrInvalidPath)
	}
	if p.isDir() {
		return fmt.Errorf("is a directory: %w", fs.ErrInvalid)
	}
	return nil
}

// file is an open file.
type file struct {
	*os.File
	size int64
}

func (f *file) Size() int64 { return f.size }

// Open implements host.Files.
func (h *Host) Open(path string) (host.File, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, _, err := h.open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return f, nil
}

func (h *Host) open(path string) (*file, place, error) {
	p, err := h.existing(path)
	if err == nil {
		err = mustBeFile(p)
	}
	if err == nil && h.holds[host.Fold(p.path)] == HoldExclusive {
		err = host.ErrInUse
	}
	if err != nil {
		return nil, p, err
	}
	f, err := h.root.Open(p.rel())
	if err != nil {
		return nil, p, err
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = fmt.Errorf("not a regular file: %w", fs.ErrInvalid)
	}
	if err != nil {
		f.Close()
		return nil, p, err
	}
	return &file{f, fi.Size()}, p, nil
}

// MkdirAll implements host.Files.
func (h *Host) MkdirAll(path string, attr host.Attr) (made []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if made, err = h.mkdirAll(path, attr&knownAttrs); err != nil {
		return nil, fmt.Errorf("make directory %s: %w", path, err)
	}
	return made, nil
}

func (h *Host) mkdirAll(path string, attr host.Attr) ([]string, error) {
	if h.closed {
		return nil, errClosed
	}
	drive, elems, err := host.SplitPath(path)
	if err != nil {
		return nil, err
	}
	var made []place
	at := drive + `\`
	for i, name := range elems {
		at = join(at, name)
		p, err := h.tree.find(at)
		switch {
		case err != nil:
		case p.isLink() && i < len(elems)-1:
			err = fmt.Errorf("%s is a link, which is not followed: %w", p.path, host.ErrInvalidPath)
		case p.exists() && !p.isDir():
			err = fmt.Errorf("%s is not a directory: %w", p.path, fs.ErrExist)
		case p.exists():
		default:
			if err = h.mkdir(p, i == len(elems)-1, attr); err == nil {
				made = append(made, p)
			}
		}
		if err != nil {
			h.unmake(made)
			return nil, err
		}
		at = p.path
	}
	if len(elems) == 0 {
		if _, err := h.existing(path); err != nil {
			return nil, err
		}
	}
	var list []string
	for _, p := range made {
		list = append(list, p.path)
	}
	return list, nil
}

func (h *Host) mkdir(p place, innermost bool, attr host.Attr) error {
	if err := h.root.Mkdir(p.rel(), 0o777); err != nil {
		return osError(err)
	}
	h.tree.added(p.parent, p.name, fs.ModeDir, nil)
	if !innermost || attr == 0 {
		return nil
	}
	if err := h.setAttrs(change(p.path, attr, true)); err != nil {
		h.unmake([]place{p})
		return err
	}
	return nil
}

// unmake takes directories out that were just made.
func (h *Host) unmake(made []place) {
	for i := len(made) - 1; i >= 0; i-- {
		if h.root.Remove(made[i].rel()) == nil {
			h.tree.removed(made[i].parent, made[i].name)
		}
	}
}

// WriteFile implements host.Files.
func (h *Host) WriteFile(path string, src io.Reader, meta host.FileMeta) error {
	if err := h.writeFile(path, src, meta); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (h *Host) writeFile(path string, src io.Reader, meta host.FileMeta) error {
	h.mu.Lock()
	_, err := h.replaceable(path)
	h.mu.Unlock()
	if err != nil {
		return err
	}
	if meta.ModTime.IsZero() {
		meta.ModTime = h.now()
	}
	tmp, err := h.spool(src, meta.ModTime)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.commit(tmp, path, fileAttr(meta.Attr))
}

func fileAttr(a host.Attr) host.Attr { return def(a&knownAttrs, host.AttrArchive) }

// CopyFile implements host.Files.
func (h *Host) CopyFile(from, to string) error {
	if err := h.copyFile(from, to); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return nil
}

func (h *Host) copyFile(from, to string) error {
	h.mu.Lock()
	src, p, err := h.open(from)
	var attr host.Attr
	if err == nil {
		attr = h.attrs.get(p.path, false)
		_, err = h.replaceable(to)
	}
	h.mu.Unlock()
	if src != nil {
		defer src.Close()
	}
	if err != nil {
		return err
	}
	fi, err := src.Stat()
	if err != nil {
		return err
	}
	tmp, err := h.spool(src.File, fi.ModTime())
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.commit(tmp, to, attr)
}

// replaceable finds the place of a file to be written and says why it cannot be.
func (h *Host) replaceable(path string) (place, error) {
	if h.closed {
		return place{}, errClosed
	}
	p, err := h.tree.find(path)
	switch {
	case err != nil:
	case p.isLink():
		err = fmt.Errorf("a link, which is not followed: %w", host.ErrInvalidPath)
	case p.isDir():
		err = fmt.Errorf("a directory of that name: %w", fs.ErrExist)
	case h.holds[host.Fold(p.path)] != 0:
		err = host.ErrInUse
	}
	return p, err
}

// spooled is a file in tmp/, whole and on disk.
type spooled struct {
	rel     string
	size    int64
	modTime time.Time
}

// spool writes src to a file in tmp/. On error nothing is left.
func (h *Host) spool(src io.Reader, modTime time.Time) (spooled, error) {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return spooled{}, errClosed
	}
	h.spools++
	rel := fmt.Sprintf("%s/%d", tmpDir, h.spools)
	h.mu.Unlock()
	f, err := h.root.OpenFile(rel, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return spooled{}, err
	}
	n, err := io.Copy(f, src)
	if err == nil && !h.opt.NoSync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	modTime = modTime.Truncate(100 * time.Nanosecond) // the grain of a FILETIME
	if err == nil {
		err = h.root.Chtimes(rel, modTime, modTime)
	}
	if err != nil {
		_ = h.root.Remove(rel)
		return spooled{}, osError(err)
	}
	return spooled{rel, n, modTime}, nil
}

// commit moves a spooled file to its place in one step.
func (h *Host) commit(tmp spooled, path string, attr host.Attr) (err error) {
	defer func() {
		if err != nil {
			_ = h.root.Remove(tmp.rel)
		}
	}()
	p, err := h.replaceable(path)
	if err != nil {
		return err
	}
	old, err := h.sizeOf(p)
	if err != nil {
		return err
	}
	if err := h.space(p.drive, tmp.size-old); err != nil {
		return err
	}
	doubt := guard{kind: guardFile, path: p.path, size: tmp.size, modTime: tmp.modTime}
	err = h.withAttrs(doubt, func() error { return osError(h.root.Rename(tmp.rel, p.rel())) }, change(p.path, attr, false))
	if err != nil {
		_ = h.space(p.drive, old-tmp.size)
		return err
	}
	h.tree.added(p.parent, p.name, 0, nil)
	return nil
}

func (h *Host) sizeOf(p place) (int64, error) {
	if !p.exists() || !p.e.mode.IsRegular() {
		return 0, nil
	}
	fi, err := h.root.Lstat(p.rel())
	if err != nil {
		return 0, osError(err)
	}
	return fi.Size(), nil
}
