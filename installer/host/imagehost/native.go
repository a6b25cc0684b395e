package imagehost

import (
	"fmt"
	"io/fs"
	"path/filepath"
)

// Native is where the operating system of this process finds a directory of the image.
func (h *Host) Native(path string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return "", fmt.Errorf("find %s: %w", path, errClosed)
	}
	p, err := h.tree.find(path)
	if err == nil && !p.isDir() {
		err = fs.ErrNotExist
	}
	if err != nil {
		return "", fmt.Errorf("find %s: %w", path, err)
	}
	return filepath.Join(h.dir, filepath.FromSlash(p.rel())), nil
}
