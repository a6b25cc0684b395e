// Package inventory decides for each file of an update INF whether it is installed (white paper, "Analysis and
// Inventory"): a file on the machine of the same or a newer version stays, except that an equal version with different
// content is replaced. It reads the machine and the package and changes nothing.
package inventory

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Action is what happens to a target.
type Action uint8

const (
	Keep   Action = iota // the target stays as it is
	Copy                 // the package's file takes its place
	Delete               // the target goes
	Rename               // the target moves to NewPath
)

// Item is one decision.
type Item struct {
	Action  Action
	Reason  string // why, as the log says it
	When    updateinf.When
	Section string
	Target  string // absolute path
	NewPath string // Rename
	Source  string // name in the package
	Flags   uint32
	New     Facts // of the package's file
	Old     Facts // of the target, or of the file that already waits to replace it
	Pending string
	Doomed  bool // an update deletes the target at the restart: it counts as gone
}

// Package opens files of the package.
type Package interface {
	Open(name string) (File, error)
}

// Scan is one inventory.
type Scan struct {
	Host    host.Host
	Info    host.Info
	Dirs    *dirid.Resolver
	Package Package
	Queue   []pfr.Pair // pending file renames before the run
	// Ours tells whether an update is known to have touched a file; other people's deletions at the restart are not ours to
	// take back. nil: none was.
	Ours  func(path string) (bool, error)
	cache map[string]Facts
}

// Run decides on every line of the INF, in the order of the INF. The first line for a target counts. All faulty lines are
// reported together.
func (s *Scan) Run(u *updateinf.Update) ([]Item, error) {
	if s.cache == nil {
		s.cache = map[string]Facts{}
	}
	seen := map[string]bool{}
	var items []Item
	var faults []error
	for _, g := range u.Files {
		if len(g.Files) == 0 || !Applies(g.When, g.SKU, s.Info) {
			continue
		}
		dir, err := s.Dirs.Path(g.Dir)
		if err != nil {
			faults = append(faults, fmt.Errorf("section [%s]: %w", g.Section, err))
			continue
		}
		for _, l := range g.Files {
			it := Item{When: g.When, Section: g.Section, Target: winpath.Join(dir, l.Name), Source: l.Source, Flags: l.Flags}
			if seen[winpath.Fold(it.Target)] {
				continue
			}
			seen[winpath.Fold(it.Target)] = true
			if err := s.decide(&it, g.Kind, dir); err != nil {
				faults = append(faults, fmt.Errorf("section [%s], %s: %w", g.Section, l.Name, err))
				continue
			}
			items = append(items, it)
		}
	}
	return items, errors.Join(faults...)
}

func (s *Scan) decide(it *Item, kind updateinf.FileKind, dir string) error {
	var err error
	if kind == updateinf.Rename {
		it.NewPath, it.Target = it.Target, winpath.Join(dir, it.Source)
	}
	if it.Doomed, err = s.doomed(it.Target); err != nil {
		return err
	}
	if !it.Doomed {
		it.Pending = pfr.Pending(s.Queue, it.Target)
		effective := it.Target
		if it.Pending != "" {
			effective = it.Pending
		}
		if it.Old, err = OfHost(s.Host, effective); err != nil {
			return err
		}
	}
	switch kind {
	case updateinf.Delete:
		it.act(it.Old.Exists, Delete, "is listed for deletion", "is not on this computer")
		return nil
	case updateinf.Rename:
		it.act(it.Old.Exists, Rename, "is listed for renaming", "is not on this computer")
		return nil
	}
	if it.New, err = s.source(it.Source); err != nil {
		return err
	}
	it.Action, it.Reason = compare(*it)
	return nil
}

func (s *Scan) doomed(path string) (bool, error) {
	if s.Ours == nil || !pfr.Deleted(s.Queue, path) {
		return false, nil
	}
	return s.Ours(path)
}

func (it *Item) act(cond bool, a Action, yes, no string) {
	if cond {
		it.Action, it.Reason = a, yes
	} else {
		it.Action, it.Reason = Keep, no
	}
}

func (s *Scan) source(name string) (Facts, error) {
	key := strings.ToLower(name)
	if f, ok := s.cache[key]; ok {
		return f, nil
	}
	f, err := s.Package.Open(name)
	if err != nil {
		return Facts{}, err
	}
	defer f.Close()
	facts, err := Read(f)
	if err == nil {
		s.cache[key] = facts
	}
	return facts, err
}

// Decide applies the rules of Run to one file whose facts are known: of a target, or of what an update keeps as its backup.
func Decide(it Item) (Action, string) { return compare(it) }

// compare is the version rule with the COPYFLG_* exceptions of the INF documentation.
func compare(it Item) (Action, string) {
	f := it.Flags
	if !it.Old.Exists {
		if it.When == updateinf.ReplaceIfExist || f&updateinf.CopyReplaceOnly != 0 {
			return Keep, "is not on this computer"
		}
		return Copy, "is new on this computer"
	}
	if f&updateinf.CopyNoOverwrite != 0 {
		return Keep, "exists and must not be overwritten"
	}
	if it.New.MD5 == it.Old.MD5 && it.New.Size == it.Old.Size {
		return Keep, "is the same file"
	}
	if f&updateinf.CopyNoVersionCheck != 0 {
		return Copy, "is replaced whatever its version"
	}
	return byVersion(it.New, it.Old)
}

func byVersion(n, o Facts) (Action, string) {
	versions := fmt.Sprintf("has %s, the package has %s", versionOr(o), versionOr(n))
	switch {
	case !n.HasVersion && o.HasVersion:
		return Keep, versions // OURS: a file with a version is never replaced by one without
	case n.HasVersion && !o.HasVersion:
		return Copy, versions
	case !n.HasVersion:
		return Copy, "has no version and differs from the package's file" // OURS: the hash decides
	}
	switch c := n.Version.Compare(o.Version); {
	case c < 0:
		return Keep, "is newer: it " + versions
	case c > 0:
		return Copy, versions
	}
	return Copy, "has the same version " + n.Version.String() + " but different content"
}

func versionOr(f Facts) string {
	if !f.HasVersion {
		return "no version"
	}
	return "version " + f.Version.String()
}

// Suite bits of host.Info (VER_SUITE_*).
const (
	suiteEnterprise = 0x0002
	suiteDatacenter = 0x0080
	suiteBlade      = 0x0400
	suiteSmall      = 0x0001 // VER_SUITE_SMALLBUSINESS
	suiteSmallOnly  = 0x0020 // VER_SUITE_SMALLBUSINESS_RESTRICTED
)

// Applies reports whether a group for one edition applies to the machine (white paper, Appendix B: "the platform name at
// the end of the section name"; the build types IP, IA, ID … are seen in real INFs and logs).
func Applies(when updateinf.When, sku string, info host.Info) bool {
	switch when {
	case updateinf.Uniprocessor:
		return info.Processors <= 1
	case updateinf.Multiprocessor:
		return info.Processors > 1
	}
	server := info.Product != host.Workstation
	switch strings.ToLower(sku) {
	case "":
		return true
	case "professional", "workstation", "ip":
		return !server
	case "server", "is":
		return server
	case "advanced", "enterprise", "ia":
		return server && info.Suite&suiteEnterprise != 0
	case "datacenter", "id":
		return server && info.Suite&suiteDatacenter != 0
	case "blade", "ib":
		return server && info.Suite&suiteBlade != 0
	case "business": // [ProductInstall.BusinessFiles] is seen in a real package; which suites it means is OURS
		return server && info.Suite&(suiteSmall|suiteSmallOnly) != 0
	}
	return false
}
