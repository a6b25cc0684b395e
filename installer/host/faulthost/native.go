package faulthost

import (
	"fmt"

	"github.com/kbforge/kbforge/installer/host"
)

// Native is that of the host below, where it has one.
func (h *Host) Native(path string) (string, error) {
	if n, ok := h.under.(interface {
		Native(path string) (string, error)
	}); ok {
		return n.Native(path)
	}
	return "", fmt.Errorf("find %s: %w", path, host.ErrUnsupported)
}
