// Package branches is branches.inf, the order of branches from less to more cumulative, and updatebr.inf, which INF of a
// package serves which branch. Both ways. WP ".inf Files", "Branches.inf" and "Updatebr.inf"; the layout is measured on
// real packages; how strict the reader is, is OURS.
package branches

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// Sentinels; the installer's status of each is in WP table 24.
var (
	ErrInvalidBranches = errors.New("branches.inf is invalid") // 61672 STATUS_INVALID_BRANCHES_INF
	ErrInvalidUpdateBR = errors.New("updatebr.inf is invalid") // 61673 STATUS_INVALID_UPDATEBR_INF
	ErrUnknownBranch   = errors.New("branch is not in branches.inf")
)

// Chain is one branches.inf.
type Chain struct {
	FileVersion    [4]uint16 // the newer one of two files wins
	Branches       []Branch  // in chain order, least cumulative first
	BuildTimestamp string    // BUILDTIMESTAMP of [Strings]; empty without
}

// Branch is one line of [FileBranchInfo].
type Branch struct {
	Name    string // SP2GDR
	Display string // may differ from Name: SP1BTA is displayed as SP1BETA
	Next    string // the next more cumulative branch; the last one's is itself
}

const fileBranchInfo = "FileBranchInfo"

// ParseChain reads branches.inf. Every next must be a branch, exactly one branch be its own next, and all be reached from
// exactly one head (OURS). The error wraps ErrInvalidBranches and is an *inf.ErrorList underneath.
func ParseChain(f *inf.File) (*Chain, error) {
	v := f.View(0)
	var errs inf.ErrorList
	c := &Chain{BuildTimestamp: v.Strings()["buildtimestamp"]}
	if text, ok := v.Value("Version", "FileVersion"); ok {
		var err error
		if c.FileVersion, err = parseVersion(text); err != nil {
			errs.Add(f.Name, inf.Pos{}, inf.ErrorGeneralSyntax, "[Version] FileVersion: %v", err)
		}
	}
	seen := map[string]bool{}
	var pos []inf.Pos
	for _, l := range v.Lines(fileBranchInfo) {
		b := Branch{Name: l.Key, Display: l.Field(0), Next: l.Field(1)}
		fold := strings.ToLower(b.Name)
		switch {
		case !l.HasKey || b.Name == "" || b.Next == "":
			errs.Add(f.Name, l.Pos, inf.ErrorGeneralSyntax, "%s: write BRANCH=\"display name\",NEXTBRANCH", l.Describe())
			continue
		case seen[fold]:
			errs.Add(f.Name, l.Pos, inf.ErrorGeneralSyntax, "branch %s is listed twice; take one line out", b.Name)
			continue
		}
		seen[fold] = true
		c.Branches = append(c.Branches, b)
		pos = append(pos, l.Pos)
	}
	if len(errs) == 0 {
		c.order(f.Name, pos, &errs)
	}
	if err := errs.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidBranches, err)
	}
	return c, nil
}

// order checks that the branches are one chain and puts them into its order.
func (c *Chain) order(file string, pos []inf.Pos, errs *inf.ErrorList) {
	if len(c.Branches) == 0 {
		errs.Add(file, inf.Pos{}, inf.ErrorSectionNotFound, "[%s] is missing or empty; list the branches there", fileBranchInfo)
		return
	}
	index := map[string]int{}
	for i, b := range c.Branches {
		index[strings.ToLower(b.Name)] = i
	}
	last := -1
	before := make([]int, len(c.Branches)) // how many branches have this one as next
	for i, b := range c.Branches {
		n, ok := index[strings.ToLower(b.Next)]
		switch {
		case !ok:
			errs.Add(file, pos[i], inf.ErrorLineNotFound, "branch %s: its next branch %s is not listed; add it or correct the name", b.Name, b.Next)
		case n != i:
			before[n]++
		case last >= 0:
			errs.Add(file, pos[i], inf.ErrorGeneralSyntax, "branches %s and %s both end the chain; only one may name itself", c.Branches[last].Name, b.Name)
		default:
			last = i
		}
	}
	if len(*errs) > 0 {
		return
	}
	if last < 0 {
		errs.Add(file, inf.Pos{}, inf.ErrorGeneralSyntax, "the chain has no end; the most cumulative branch must name itself as next")
		return
	}
	c.sortFrom(file, index, before, errs)
}

func (c *Chain) sortFrom(file string, index map[string]int, before []int, errs *inf.ErrorList) {
	head := -1
	for i, n := range before {
		switch {
		case n > 1:
			errs.Add(file, inf.Pos{}, inf.ErrorGeneralSyntax, "%d branches have %s as next; a chain has one", n, c.Branches[i].Name)
		case n == 0 && head >= 0:
			errs.Add(file, inf.Pos{}, inf.ErrorGeneralSyntax, "branches %s and %s both begin a chain; join them", c.Branches[head].Name, c.Branches[i].Name)
		case n == 0:
			head = i
		}
	}
	if len(*errs) > 0 {
		return
	}
	var sorted []Branch
	for i := head; i >= 0 && len(sorted) < len(c.Branches); {
		b := c.Branches[i]
		sorted = append(sorted, b)
		next := index[strings.ToLower(b.Next)]
		if next == i {
			break
		}
		i = next
	}
	if len(sorted) != len(c.Branches) {
		errs.Add(file, inf.Pos{}, inf.ErrorGeneralSyntax, "%d of %d branches are in a circle apart from the chain", len(c.Branches)-len(sorted), len(c.Branches))
		return
	}
	c.Branches = sorted
}

// parseVersion reads "5.2.1.7"; missing parts are 0.
func parseVersion(s string) (v [4]uint16, err error) {
	parts := strings.Split(strings.TrimSpace(s), ".")
	if len(parts) > 4 {
		return v, fmt.Errorf("%q has more than four parts; write 5.2.1.7", s)
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil {
			return v, fmt.Errorf("%q is no version; write 5.2.1.7", s)
		}
		v[i] = uint16(n)
	}
	return v, nil
}

// Index returns the place of a branch in the chain, -1 if it is not there. Case does not matter.
func (c *Chain) Index(name string) int {
	for i, b := range c.Branches {
		if strings.EqualFold(b.Name, name) {
			return i
		}
	}
	return -1
}

// Compare returns a negative number if a is less cumulative than b, 0 if they are one, else a positive number. The error
// wraps ErrUnknownBranch.
func (c *Chain) Compare(a, b string) (int, error) {
	i, j := c.Index(a), c.Index(b)
	for _, x := range []struct {
		name string
		at   int
	}{{a, i}, {b, j}} {
		if x.at < 0 {
			return 0, fmt.Errorf("compare branches %s and %s: %s: %w", a, b, x.name, ErrUnknownBranch)
		}
	}
	return i - j, nil
}

// Merge returns the chain that counts of two, either of which may be nil: the one with the newer FileVersion, a if they are
// equal (INF: FileVersion decides which branches.inf stays in %windir%\inf).
func Merge(a, b *Chain) *Chain {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	for i := range a.FileVersion {
		if x, y := a.FileVersion[i], b.FileVersion[i]; x != y {
			if y > x {
				return b
			}
			return a
		}
	}
	return a
}

// Print writes branches.inf; display names go into [Strings] as <BRANCH>_NAME, as packages do it.
func (c *Chain) Print() []byte {
	f := inf.New()
	f.Name = "branches.inf"
	s := f.AddSection("Version")
	s.AddKeyed("Signature", inf.Quoted("$Windows NT$"))
	s.AddLine("FileVersion", fmt.Sprintf("%d.%d.%d.%d", c.FileVersion[0], c.FileVersion[1], c.FileVersion[2], c.FileVersion[3]))
	s.AlignKeys()
	s.AddBlank()
	s = f.AddSection(fileBranchInfo)
	for _, b := range c.Branches {
		s.AddKeyed(b.Name, inf.Quoted("%"+b.Name+"_NAME%"), inf.Bare(b.Next))
	}
	s.AddBlank()
	s = f.AddSection("Strings")
	if c.BuildTimestamp != "" {
		s.AddKeyed("BUILDTIMESTAMP", inf.Quoted(c.BuildTimestamp))
	}
	for _, b := range c.Branches {
		s.AddKeyed(b.Name+"_NAME", inf.Quoted(b.Display))
	}
	return f.Bytes()
}
