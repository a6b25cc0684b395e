// Package branch chooses the branch of a multi-branch package (white paper, "Branching"). The choice starts with the
// default branch of the machine's service pack and moves up when a file on the machine comes from a more cumulative branch;
// then the whole package moves, as real logs show (AnalyzeForBranching). The steps are OURS, consistent with those facts.
package branch

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/branches"
)

// Errors of the choice; the engine maps them to 61677 and 61681.
type NoBranchError struct{ Reason string }

func (e *NoBranchError) Error() string { return "no branch of the package fits: " + e.Reason }

// IncomparableError: files from the package are incompatible with files on the system.
type IncomparableError struct{ Reason string }

func (e *IncomparableError) Error() string { return e.Reason }

// Chooser holds what does not change between the rounds.
type Chooser struct {
	Chain  *branches.Chain    // merged from the package and the machine
	INFs   *branches.UpdateBR // the package's branches that have an INF
	Forced bool               // /b: was given
}

// Installed is a file that the package targets and the branch it comes from.
type Installed struct {
	Path   string
	Branch string // empty: not known; such files do not count
}

// Next returns the branch to work with, given the current one and the files found. When it differs from cur the inventory
// must be repeated with it (STATUS_REPEAT_INVENTORY, 61675). cause is the file that forced the move.
func (c Chooser) Next(cur string, files []Installed) (next string, cause *Installed, err error) {
	top := c.Chain.Index(cur)
	if top < 0 {
		return "", nil, &NoBranchError{fmt.Sprintf("branch %s is not in branches.inf", cur)}
	}
	level := servicePack(cur)
	for i, f := range files {
		if f.Branch == "" {
			continue
		}
		at := c.Chain.Index(f.Branch)
		if at < 0 {
			return "", nil, &IncomparableError{fmt.Sprintf("%s is from branch %s, which branches.inf does not know", f.Path, f.Branch)}
		}
		if at > top && servicePack(f.Branch) == level {
			top, cause = at, &files[i]
		}
	}
	if cause == nil {
		return cur, nil, nil
	}
	if c.Forced {
		return "", cause, &IncomparableError{fmt.Sprintf("branch %s was asked for, but %s is already on %s", cur, cause.Path, cause.Branch)}
	}
	for i := top; i < len(c.Chain.Branches); i++ {
		name := c.Chain.Branches[i].Name
		if _, ok := c.INFs.INF(name); ok && servicePack(name) == level {
			return name, cause, nil
		}
	}
	return "", cause, &NoBranchError{fmt.Sprintf("%s is on %s, and the package has nothing at or above it", cause.Path, cause.Branch)}
}

// Above lists the package's branches that are more cumulative than cur, in order: their files are cached for later
// migration (white paper, "Branching").
func (c Chooser) Above(cur string) []string {
	var list []string
	for i := c.Chain.Index(cur) + 1; i > 0 && i < len(c.Chain.Branches); i++ {
		name := c.Chain.Branches[i].Name
		if _, ok := c.INFs.INF(name); ok {
			list = append(list, name)
		}
	}
	return list
}

// AtLeast is the first branch of the package at or above the given one, of the same service pack level; empty: none.
func (c Chooser) AtLeast(name string) string {
	for i := c.Chain.Index(name); i >= 0 && i < len(c.Chain.Branches); i++ {
		b := c.Chain.Branches[i].Name
		if _, ok := c.INFs.INF(b); ok && SameLevel(b, name) {
			return b
		}
	}
	return ""
}

// SameLevel tells whether two branches are for one service pack level.
func SameLevel(a, b string) bool { return servicePack(a) == servicePack(b) }

// AtLevel tells whether the branch is for that service pack level; 0 is RTM.
func AtLevel(name string, level uint16) bool {
	want := "RTM"
	if level > 0 {
		want = "SP" + strconv.Itoa(int(level))
	}
	return servicePack(name) == want
}

// servicePack is the level part of a branch name: "SP2" of SP2QFE, "RTM" of RTMGDR. Branches of a hierarchy with other names,
// as a product of its own may have, are of one level: there the hierarchy alone decides (OURS).
func servicePack(name string) string {
	name = strings.ToUpper(name)
	if strings.HasPrefix(name, "RTM") {
		return name[:3]
	}
	end := 2
	for end < len(name) && name[end] >= '0' && name[end] <= '9' {
		end++
	}
	if strings.HasPrefix(name, "SP") && end > 2 {
		return name[:end]
	}
	return ""
}
