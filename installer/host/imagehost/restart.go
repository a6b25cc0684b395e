package imagehost

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost/regtext"
)

// PendingDone is one pair of PendingFileRenameOperations that SimulateRestart took up.
type PendingDone struct {
	From string
	To   string // "": From was to be deleted
	Err  error  // why it was skipped, as the session manager skips it; nil: done
}

// SimulateRestart does to the image what a restart of the machine does before services start: files and locks are let
// go, the pairs of PendingFileRenameOperations and PendingFileRenameOperations2 are performed in order (a pair that fails
// is skipped) and the values deleted, volatile keys are gone, and the facts of Info are read anew. Programs (RunOnce,
// BootExecute) are not run.
func (h *Host) SimulateRestart() ([]PendingDone, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fmt.Errorf("restart the image: %w", errClosed)
	}
	clear(h.holds)
	clear(h.holders)
	clear(h.locks)
	var done []PendingDone
	for _, name := range []string{"PendingFileRenameOperations", "PendingFileRenameOperations2"} {
		list, err := h.pending(name)
		if err != nil {
			return done, fmt.Errorf("restart the image: %w", err)
		}
		done = append(done, list...)
	}
	for _, root := range h.reg.top.sortedSubs() {
		for _, path := range root.dropVolatile() {
			h.reg.dirty = true
			if err := h.journal.add(recReg, regtext.AppendEntry(nil, regtext.Entry{Path: path, Delete: true})); err != nil {
				return done, fmt.Errorf("restart the image: %w", err)
			}
		}
	}
	h.facts = h.regFacts()
	if err := h.compact(); err != nil {
		return done, fmt.Errorf("restart the image: %w", err)
	}
	return done, nil
}

// pending performs one value's pairs and deletes it. Source: MoveFileEx, MOVEFILE_DELAY_UNTIL_REBOOT.
func (h *Host) pending(name string) ([]PendingDone, error) {
	key, v, err := h.value(hklm(sessionManager), name)
	if err != nil {
		return nil, nil
	}
	list, _ := v.Strings()
	var done []PendingDone
	for i := 0; i+1 < len(list); i += 2 {
		done = append(done, h.pendingPair(list[i], list[i+1]))
	}
	line := regtext.Value{Name: v.Name, Delete: true}
	if err := h.journal.add(recReg, regtext.AppendEntry(nil, regtext.Entry{Path: key.path(), Values: []regtext.Value{line}})); err != nil {
		return done, err
	}
	delete(key.values, host.Fold(name))
	h.reg.dirty = true
	return done, nil
}

func (h *Host) pendingPair(from, to string) PendingDone {
	d := PendingDone{From: from, To: to}
	src, err := ntPath(from)
	if err != nil {
		d.Err = err
		return d
	}
	if to == "" {
		d.Err = h.remove(src)
		return d
	}
	dst, replace := strings.CutPrefix(to, "!")
	if dst, d.Err = ntPath(dst); d.Err == nil {
		d.Err = h.rename(src, dst, replace)
	}
	return d
}

// ntPath takes the prefix of an object manager path off. Newer systems put *1 or *2 before it.
func ntPath(s string) (string, error) {
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		s = strings.TrimLeft(rest, "0123456789")
	}
	path, ok := strings.CutPrefix(s, `\??\`)
	if !ok {
		return "", fmt.Errorf(`%q does not begin with \??\: %w`, s, host.ErrInvalidPath)
	}
	return path, nil
}
