package imagehost

import "github.com/kbforge/kbforge/installer/host"

// Holders implements host.Applications: nothing runs.
func (h *Host) Holders([]string) ([]host.Application, error) { return nil, nil }

// CloseHolders implements host.Applications: nothing runs.
func (h *Host) CloseHolders([]string, bool) (func() error, error) {
	return func() error { return nil }, nil
}
