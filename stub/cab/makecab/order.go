package makecab

import (
	"sort"
	"strings"

	"github.com/kbforge/kbforge/stub/cab"
)

// TwinOrder returns the inputs in the order that compresses best and opens fastest: first what has no branch directory, that
// is update\... and then the files at the top, then all others by base name, so that the branches of one file (SP2GDR\x.dll,
// SP2QFE\x.dll) are neighbours and find each other's bytes in the window. (OURS; what it buys is in docs/benchmarks.md.)
func TwinOrder(inputs []Input) []Input {
	type keyed struct {
		rank           int
		base, rest, in string
		i              int
	}
	keys := make([]keyed, len(inputs))
	for i := range inputs {
		name := cab.FoldName(inputs[i].Name)
		first, rest, nested := strings.Cut(name, `\`)
		k := keyed{i: i, base: baseName(inputs[i].Name), rest: rest, in: name}
		switch {
		case first == "UPDATE" && nested:
			k.rank = 0
		case !nested:
			k.rank = 1
		default:
			k.rank = 2
		}
		keys[i] = k
	}
	sort.Slice(keys, func(a, b int) bool {
		x, y := &keys[a], &keys[b]
		switch {
		case x.rank != y.rank:
			return x.rank < y.rank
		case x.base != y.base:
			return x.base < y.base
		case x.rest != y.rest:
			return x.rest < y.rest
		case x.in != y.in:
			return x.in < y.in
		}
		return x.i < y.i
	})
	out := make([]Input, len(inputs))
	for i, k := range keys {
		out[i] = inputs[k.i]
	}
	return out
}
