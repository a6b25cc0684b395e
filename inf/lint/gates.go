package lint

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// gates judges the ranges of [Version]: the typed reader refuses the same ones, but cannot say where they stand.
func (l *linter) gates() {
	get := func(key string) (uint32, inf.Pos, bool) {
		for _, line := range l.lines("Version") {
			if line.HasKey && strings.EqualFold(line.Key, key) {
				n, err := inf.ParseUint32(line.Field(0))
				return n, line.Pos, err == nil
			}
		}
		return 0, inf.Pos{}, false
	}
	check := func(low, high string) {
		a, _, ok1 := get(low)
		b, pos, ok2 := get(high)
		if ok1 && ok2 && a > b {
			l.add("gates", pos, fmt.Sprintf("%s is %d and %s is %d, so no computer fits", low, a, high, b), "exchange the two, or leave one out")
		}
	}
	check("NtBuildToUpdate", "MaxNtBuildToUpdate")
	check("NtMajorVersionToUpdate", "MaxNtMajorVersionToUpdate")
	check("MinNtServicePackVersion", "MaxNtServicePackVersion")
	low, _, ok1 := get("NtMajorVersionToUpdate")
	high, _, ok2 := get("MaxNtMajorVersionToUpdate")
	if ok1 && ok2 && low == high {
		check("NtMinorVersionToUpdate", "MaxNtMinorVersionToUpdate")
	}
	for _, c := range [][2]string{{"NtMajorVersionToUpdate", "NtMinorVersionToUpdate"}, {"MaxNtMajorVersionToUpdate", "MaxNtMinorVersionToUpdate"}} {
		_, _, major := get(c[0])
		if _, pos, minor := get(c[1]); minor && !major {
			l.add("odd-value", pos, fmt.Sprintf("%s without %s asks for nothing", c[1], c[0]), "add "+c[0])
		}
	}
}
