package imagehost

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/kbforge/kbforge/installer/host"
)

// AppendFile implements host.Files.
func (h *Host) AppendFile(path string, data []byte, sync bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.appendFile(path, data, sync); err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	return nil
}

func (h *Host) appendFile(path string, data []byte, sync bool) error {
	p, err := h.replaceable(path)
	switch {
	case err != nil:
		return err
	case p.exists() && h.attrs.get(p.path, false)&host.AttrReadOnly != 0:
		return fmt.Errorf("read-only: %w", fs.ErrPermission)
	}
	if err := h.space(p.drive, int64(len(data))); err != nil {
		return err
	}
	f, err := h.root.OpenFile(p.rel(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return osError(err)
	}
	if !p.exists() {
		h.tree.added(p.parent, p.name, 0, nil)
	}
	_, err = f.Write(data)
	if err == nil && sync && !h.opt.NoSync {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return osError(err)
}
