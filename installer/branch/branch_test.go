package branch

import (
	"errors"
	"testing"

	"github.com/kbforge/kbforge/inf/branches"
)

func chooser(forced bool) Chooser {
	c := &branches.Chain{}
	names := []string{"RTMGDR", "RTMQFE", "SP1GDR", "SP1QFE", "SP2GDR", "SP2QFE"}
	for i, n := range names {
		c.Branches = append(c.Branches, branches.Branch{Name: n, Next: names[min(i+1, len(names)-1)]})
	}
	br := &branches.UpdateBR{INFs: []branches.BranchINF{{Branch: "SP1GDR", Path: "a"}, {Branch: "SP1QFE", Path: "b"}, {Branch: "SP2QFE", Path: "c"}}}
	return Chooser{Chain: c, INFs: br, Forced: forced}
}

// The facts: white paper, "Branching"; the log of KB928843, where sp1qfe on the machine moves the package from sp1gdr.
func TestNext(t *testing.T) {
	for name, tt := range map[string]struct {
		cur, file, want string
		forced          bool
		incomparable    bool
		none            bool
	}{
		"stays on GDR":                        {cur: "SP1GDR", file: "SP1GDR", want: "SP1GDR"},
		"unknown branch does not count":       {cur: "SP1GDR", file: "", want: "SP1GDR"},
		"QFE file moves up":                   {cur: "SP1GDR", file: "sp1qfe", want: "SP1QFE"},
		"never down":                          {cur: "SP1QFE", file: "SP1GDR", want: "SP1QFE"},
		"another service pack does not count": {cur: "SP1GDR", file: "SP2QFE", want: "SP1GDR"},
		"branch not in the chain":             {cur: "SP1GDR", file: "WEIRD", incomparable: true},
		"forced below the machine":            {cur: "SP1GDR", file: "SP1QFE", forced: true, incomparable: true},
		"no INF at or above":                  {cur: "RTMGDR", file: "RTMQFE", none: true},
		"current branch not in the chain":     {cur: "NOPE", file: "", none: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := chooser(tt.forced).Next(tt.cur, []Installed{{`C:\x`, tt.file}})
			var inc *IncomparableError
			var none *NoBranchError
			if errors.As(err, &inc) != tt.incomparable || errors.As(err, &none) != tt.none || err == nil && got != tt.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}

func TestAbove(t *testing.T) {
	if got := chooser(false).Above("SP1GDR"); len(got) != 2 || got[0] != "SP1QFE" || got[1] != "SP2QFE" {
		t.Errorf("%v", got)
	}
}
