package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// Rename implements host.Files.
func (h *Host) Rename(from, to string, replace bool) error {
	defer h.native()()
	if err := rename(from, to, replace); err != nil {
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	return nil
}

func rename(from, to string, over bool) error {
	src, err := existing(from)
	if err != nil {
		return err
	}
	dst, err := find(to)
	if err != nil {
		return err
	}
	a, b := host.Fold(src.ext()), host.Fold(dst.ext())
	switch {
	case src.parent == "" || dst.parent == "":
		return fmt.Errorf("the root of a drive: %w", host.ErrInvalidPath)
	case host.Fold(from[:2]) != host.Fold(to[:2]):
		return fmt.Errorf("another volume: %w", host.ErrInvalidPath)
	case strings.HasPrefix(b, a+`\`):
		return fmt.Errorf("into itself: %w", host.ErrInvalidPath)
	case dst.there && a != b && (!over || src.isDir() || dst.isDir()):
		return fs.ErrExist
	}
	target := place{parent: dst.parent, name: to[strings.LastIndex(to, `\`)+1:]} // the new name has the case it is given
	flags := uint32(windows.MOVEFILE_WRITE_THROUGH)
	restore := func() {}
	if dst.there && a != b {
		flags |= windows.MOVEFILE_REPLACE_EXISTING
		if restore, err = writable(dst); err != nil {
			return err
		}
	}
	err = windows.MoveFileEx(wide(src.ext()), wide(target.ext()), flags)
	if err == nil {
		return nil
	}
	restore()
	if e := denied(err, src.ext()); !errors.Is(e, host.ErrInUse) && dst.there && a != b {
		return denied(err, dst.ext())
	} else {
		return e
	}
}

// Remove implements host.Files.
func (h *Host) Remove(path string) error {
	defer h.native()()
	if err := remove(path); err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	return nil
}

func remove(path string) error {
	p, err := existing(path)
	if err != nil {
		return err
	}
	if p.parent == "" {
		return fmt.Errorf("the root of a drive: %w", host.ErrInvalidPath)
	}
	err = withRights(p, func() error {
		restore, err := writable(p)
		if err != nil {
			return err
		}
		if p.isDir() {
			err = windows.RemoveDirectory(wide(p.ext()))
		} else {
			err = windows.DeleteFile(wide(p.ext()))
		}
		if err != nil {
			restore()
		}
		return err
	})
	if err == nil {
		return nil
	}
	return denied(err, p.ext())
}
