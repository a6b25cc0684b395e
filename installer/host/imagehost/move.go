package imagehost

import (
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

// Rename implements host.Files.
func (h *Host) Rename(from, to string, replace bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.rename(from, to, replace); err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return nil
}

func (h *Host) rename(from, to string, replace bool) error {
	src, err := h.existing(from)
	if err != nil {
		return err
	}
	dst, err := h.tree.find(to)
	if err != nil {
		return err
	}
	same := dst.e != nil && src.e == dst.e
	switch {
	case src.root != nil || dst.root != nil:
		return fmt.Errorf("the root of a drive: %w", host.ErrInvalidPath)
	case src.drive != dst.drive:
		return fmt.Errorf("another volume: %w", host.ErrInvalidPath)
	case strings.HasPrefix(host.Fold(dst.path), host.Fold(src.path)+`\`):
		return fmt.Errorf("into itself: %w", host.ErrInvalidPath)
	case dst.exists() && !same && (!replace || src.isDir() || dst.isDir()):
		return fs.ErrExist
	case h.heldBelow(src.path, HoldExclusive), !same && h.holds[host.Fold(dst.path)] != 0:
		return host.ErrInUse
	}
	old, err := h.sizeOf(dst)
	if err != nil {
		return err
	}
	_, elems, err := host.SplitPath(to)
	if err != nil {
		return err
	}
	name := elems[len(elems)-1] // the new name has the case it is given
	newPath := dst.path[:len(dst.path)-len(dst.name)] + name
	move := func() error { return h.move(src, dst, name, same) }
	if err := h.withAttrs(guard{kind: guardMissing, path: src.path}, move, h.attrs.moved(src.path, newPath)...); err != nil {
		return err
	}
	if !same {
		_ = h.space(dst.drive, -old)
	}
	h.moveHolds(src.path, newPath)
	h.tree.removed(src.parent, src.name)
	dir := src.e.dir
	if dir != nil {
		dir.forget(dst.parent.rel + "/" + name)
	}
	h.tree.added(dst.parent, name, src.e.mode, dir)
	return nil
}

// move renames on disk. A target of another case is first replaced under its own name, so that there is one at all times.
func (h *Host) move(src, dst place, name string, same bool) error {
	from, to := src.rel(), dst.parent.rel+"/"+name
	if dst.exists() && !same && dst.name != name {
		if err := h.root.Rename(from, dst.rel()); err != nil {
			return osError(err)
		}
		from = dst.rel()
	}
	if from == to {
		return nil
	}
	return osError(h.root.Rename(from, to))
}

// Remove implements host.Files.
func (h *Host) Remove(path string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.remove(path); err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

func (h *Host) remove(path string) error {
	p, err := h.existing(path)
	switch {
	case err != nil:
		return err
	case p.root != nil:
		return fmt.Errorf("the root of a drive: %w", host.ErrInvalidPath)
	case h.holds[host.Fold(p.path)] != 0:
		return host.ErrInUse
	}
	if p.isDir() {
		if err := h.tree.list(p.dir()); err != nil {
			return err
		}
		if len(p.dir().entries) > 0 {
			return host.ErrNotEmpty
		}
	}
	size, err := h.sizeOf(p)
	if err != nil {
		return err
	}
	del := func() error { return osError(h.root.Remove(p.rel())) }
	gone := change(p.path, standard(p.isDir()), p.isDir())
	if err := h.withAttrs(guard{kind: guardMissing, path: p.path}, del, gone); err != nil {
		return err
	}
	h.tree.removed(p.parent, p.name)
	return h.space(p.drive, -size)
}

// SetMeta implements host.Files.
func (h *Host) SetMeta(path string, meta host.FileMeta) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.setMeta(path, meta); err != nil {
		return fmt.Errorf("set times and attributes of %s: %w", path, err)
	}
	return nil
}

func (h *Host) setMeta(path string, meta host.FileMeta) error {
	p, err := h.existing(path)
	switch {
	case err != nil:
		return err
	case p.isLink():
		return fmt.Errorf("a link, which is not followed: %w", host.ErrInvalidPath)
	case h.holds[host.Fold(p.path)] == HoldExclusive:
		return host.ErrInUse
	}
	attr := meta.Attr & knownAttrs
	if !p.isDir() {
		attr = fileAttr(attr)
	}
	if !meta.ModTime.IsZero() {
		t := meta.ModTime.Truncate(100 * time.Nanosecond)
		if err := h.root.Chtimes(p.rel(), t, t); err != nil {
			return osError(err)
		}
	}
	return h.setAttrs(change(p.path, attr, p.isDir()))
}
