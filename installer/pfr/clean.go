package pfr

import (
	"strings"

	"github.com/kbforge/kbforge/installer/winpath"
)

// Dropped is a pair that Clean takes out, and why.
type Dropped struct {
	Pair
	Reason string
}

// Order tells how the contents of two files compare: less than, equal to or greater than zero as a has an older version than
// b, the same content, or a newer version. Files of one version with different content, and files without versions, give
// comparable false: their order is nobody's guess. found is false where a is not there.
type Order func(a, b string) (cmp int, comparable, found bool, err error)

// Clean is the QChain rule (KB 296861; white paper, "Chained Installation"): of several replacements that wait for one file the
// one of the highest version stays, and none that would put an older version over what is on disk (KB 815062: a file that was
// replaced at once by version 12 while version 8 waited went back to 8 at the restart). A replacement whose source is gone does
// nothing and goes too.
//
// It concerns candidates only (SET*.tmp); uninst*.tmp are deliberate: what a removal brings back, or a package puts whatever
// the versions. Everything else stays in its place, byte for byte.
func Clean(pairs []Pair, order Order) (kept []Pair, dropped []Dropped, err error) {
	gone := map[int]string{}
	for i, p := range pairs {
		if !candidate(p) {
			continue
		}
		if gone[i], err = verdict(pairs, i, order); err != nil {
			return nil, nil, err
		}
	}
	for i, p := range pairs {
		if gone[i] == "" {
			kept = append(kept, p)
		} else {
			dropped = append(dropped, Dropped{p, gone[i]})
		}
	}
	return kept, dropped, nil
}

func verdict(pairs []Pair, i int, order Order) (reason string, err error) {
	p := pairs[i]
	cmp, comparable, found, err := order(p.Source(), p.Dest())
	switch {
	case err != nil:
		return "", err
	case !found:
		return "its file is gone", nil
	case comparable && cmp < 0:
		return "a newer version is on disk", nil
	case comparable && cmp == 0:
		return "the same file is on disk", nil
	}
	for j, q := range pairs {
		if j == i || q.Dst == "" || !winpath.Equal(q.Dest(), p.Dest()) || !Ours(q) {
			continue
		}
		if !candidate(q) {
			if j > i {
				return "a later one takes its place", nil
			}
			continue
		}
		cmp, comparable, _, err := order(p.Source(), q.Source())
		if err != nil {
			return "", err
		}
		if comparable && cmp < 0 || (!comparable || cmp == 0) && j > i { // ties keep the later one
			return "a higher version waits for the same file", nil
		}
	}
	return "", nil
}

// candidate: a replacement under the name that installations use.
func candidate(p Pair) bool {
	return p.Dst != "" && Ours(p) && strings.HasPrefix(strings.ToLower(winpath.Base(p.Source())), "set")
}
