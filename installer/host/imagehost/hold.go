package imagehost

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// Hold is a way in which a process has a file open.
type Hold uint8

const (
	// HoldMapped: a running program or a loaded DLL. It can be read and renamed, not replaced or removed.
	HoldMapped Hold = iota + 1
	// HoldExclusive: opened without sharing. Nothing can be done with it.
	HoldExclusive
)

// HoldOpen simulates a process that has the file open: calls that Windows would refuse give host.ErrInUse, until release
// or SimulateRestart. A renamed file stays held under its new name; release lets it go wherever it is.
func (h *Host) HoldOpen(path string, kind Hold) (release func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, err := h.existing(path)
	if err == nil {
		err = mustBeFile(p)
	}
	if err != nil {
		return nil, fmt.Errorf("hold %s: %w", path, err)
	}
	id := host.Fold(p.path)
	if h.holds[id] != 0 {
		return nil, fmt.Errorf("hold %s: %w", path, host.ErrInUse)
	}
	h.holds[id] = kind
	token := new(string)
	*token = id
	h.holders[token] = true
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.holders[token] {
			delete(h.holds, *token)
			delete(h.holders, token)
		}
	}, nil
}

// heldBelow: the file, or one below the directory, is held in that way.
func (h *Host) heldBelow(path string, kind Hold) bool {
	id := host.Fold(path)
	for held, k := range h.holds {
		if k == kind && (held == id || strings.HasPrefix(held, id+`\`)) {
			return true
		}
	}
	return false
}

func (h *Host) moveHolds(from, to string) {
	from, to = host.Fold(from), host.Fold(to)
	for token := range h.holders {
		if rest, ok := strings.CutPrefix(*token, from); ok && (rest == "" || rest[0] == '\\') {
			h.holds[to+rest] = h.holds[*token]
			if to != from {
				delete(h.holds, *token)
			}
			*token = to + rest
		}
	}
}
