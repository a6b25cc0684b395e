// Package pfr reads and writes the pending file rename queue (white paper, "The Pending File Renames Registry Key"): the
// value PendingFileRenameOperations, pairs of strings that the session manager carries out in order at the next start.
// A pair with an empty destination deletes its source. Paths carry the prefix `\??\`; a destination that may be replaced
// carries `!` before it (MoveFileEx documentation).
//
// The queue is shared with every other installer: pairs that are not ours stay in place, byte for byte. The value is
// handled raw, because helpers for REG_MULTI_SZ stop at the first empty string.
package pfr

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/winpath"
)

// ValueName is the value below Key.
const ValueName = "PendingFileRenameOperations"

// Key is the session manager's key.
func Key() host.Key {
	return host.Key{Root: host.HKLM, Path: `SYSTEM\CurrentControlSet\Control\Session Manager`}
}

const prefix = `\??\`

// Pair is one entry as the registry holds it.
type Pair struct{ Src, Dst string }

// Source is the path that is renamed or deleted, without decoration.
func (p Pair) Source() string { return strip(p.Src) }

// Dest is the path it gets, without decoration; empty for a deletion.
func (p Pair) Dest() string { return strip(p.Dst) }

// strip takes the decoration off; newer systems put *1 or *2 before it.
func strip(s string) string {
	s = strings.TrimPrefix(s, "!")
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		if bare := strings.TrimLeft(rest, "0123456789"); strings.HasPrefix(bare, prefix) {
			s = bare
		}
	}
	return strings.TrimPrefix(s, prefix)
}

// Replace is the pair that puts src in the place of dst; an empty dst deletes src.
func Replace(src, dst string) Pair {
	if dst == "" {
		return Pair{Src: prefix + src}
	}
	return Pair{Src: prefix + src, Dst: "!" + prefix + dst}
}

// Read returns the queue; a missing value is an empty queue.
func Read(r host.Registry) ([]Pair, error) {
	v, err := r.GetValue(Key(), ValueName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pending file renames: %w", err)
	}
	return Decode(v.Data)
}

// Decode splits raw REG_MULTI_SZ data into pairs. An odd last string without a partner is refused.
func Decode(data []byte) ([]Pair, error) {
	var list []string
	var cur []uint16
	for i := 0; i+1 < len(data); i += 2 {
		c := binary.LittleEndian.Uint16(data[i:])
		if c != 0 {
			cur = append(cur, c)
			continue
		}
		list = append(list, toText(cur))
		cur = cur[:0]
	}
	if len(cur) > 0 {
		list = append(list, toText(cur))
	}
	// The list ends with an empty string of its own, which is no entry; without it the data is still readable.
	if len(list)%2 == 1 && list[len(list)-1] == "" {
		list = list[:len(list)-1]
	}
	if len(list)%2 == 1 {
		return nil, fmt.Errorf("the pending file rename queue has an odd number of strings (%d)", len(list))
	}
	pairs := make([]Pair, 0, len(list)/2)
	for i := 0; i < len(list); i += 2 {
		pairs = append(pairs, Pair{list[i], list[i+1]})
	}
	return pairs, nil
}

// Encode is the raw REG_MULTI_SZ data of the pairs.
func Encode(pairs []Pair) []byte {
	var b []byte
	put := func(s string) {
		for _, c := range toUnits(s) {
			b = binary.LittleEndian.AppendUint16(b, c)
		}
		b = append(b, 0, 0)
	}
	for _, p := range pairs {
		put(p.Src)
		put(p.Dst)
	}
	return append(b, 0, 0)
}

// Write replaces the queue; an empty queue removes the value, as the session manager does.
func Write(r host.Registry, pairs []Pair) error {
	var err error
	if len(pairs) == 0 {
		if err = r.DeleteValue(Key(), ValueName); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		if _, err = r.CreateKey(Key(), false); err == nil {
			err = r.SetValue(Key(), ValueName, host.Value{Type: host.RegMultiSZ, Data: Encode(pairs)})
		}
	}
	if err != nil {
		return fmt.Errorf("write the pending file renames: %w", err)
	}
	return nil
}

// Add appends a pair unless the same source is already queued for the same destination.
func Add(r host.Registry, p Pair) error {
	pairs, err := Read(r)
	if err != nil {
		return err
	}
	for _, q := range pairs {
		if winpath.Equal(q.Source(), p.Source()) && winpath.Equal(q.Dest(), p.Dest()) {
			return nil
		}
	}
	return Write(r, append(pairs, p))
}

// Drop removes every pair whose source is src and reports whether there was one.
func Drop(r host.Registry, src string) (bool, error) {
	pairs, err := Read(r)
	if err != nil {
		return false, err
	}
	kept := pairs[:0:0]
	for _, q := range pairs {
		if !winpath.Equal(q.Source(), src) {
			kept = append(kept, q)
		}
	}
	if len(kept) == len(pairs) {
		return false, nil
	}
	return true, Write(r, kept)
}

// Undelete removes the pairs that delete path.
func Undelete(r host.Registry, path string) error {
	pairs, err := Read(r)
	if err != nil {
		return err
	}
	kept := pairs[:0:0]
	for _, q := range pairs {
		if q.Dst != "" || !winpath.Equal(q.Source(), path) {
			kept = append(kept, q)
		}
	}
	if len(kept) == len(pairs) {
		return nil
	}
	return Write(r, kept)
}

// Pending is the source of the last pair that will replace dst, if it is one of an update's temporary names
// (SET*.tmp, uninst*.tmp: white paper, Appendix D); empty otherwise.
func Pending(pairs []Pair, dst string) string {
	for i := len(pairs) - 1; i >= 0; i-- {
		if winpath.Equal(pairs[i].Dest(), dst) && Ours(pairs[i]) {
			return pairs[i].Source()
		}
	}
	return ""
}

// Deleted tells whether the last pair about path deletes it.
func Deleted(pairs []Pair, path string) bool {
	for i := len(pairs) - 1; i >= 0; i-- {
		switch {
		case pairs[i].Dst != "" && winpath.Equal(pairs[i].Dest(), path):
			return false
		case pairs[i].Dst == "" && winpath.Equal(pairs[i].Source(), path):
			return true
		}
	}
	return false
}

// Ours reports whether the pair's source bears a temporary name of the package installer.
func Ours(p Pair) bool {
	name := strings.ToLower(winpath.Base(p.Source()))
	return strings.HasSuffix(name, ".tmp") && (strings.HasPrefix(name, "set") || strings.HasPrefix(name, "uninst"))
}
