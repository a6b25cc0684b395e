package manifest

import (
	"maps"
	"slices"
	"strings"
)

// standardHierarchy is the order of branches of Windows Server 2003 (its branches.inf), with SP3 after the same pattern.
func standardHierarchy() []string {
	return []string{"RTMGDR", "RTMQFE", "SP1GDR", "SP1QFE", "SP2GDR", "SP2QFE", "SP3GDR", "SP3QFE"}
}

// branchesInSources lists the branch names that the sources of files use, sorted.
func branchesInSources(doc *document) []string {
	set := map[string]bool{}
	for _, f := range doc.allFiles() {
		if t, ok := f.Source.(map[string]any); ok {
			for k := range t {
				set[strings.ToUpper(k)] = true
			}
		}
		for _, k := range f.Branches {
			set[strings.ToUpper(k)] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// allFiles are [[file]] and [[condition.file]].
func (doc *document) allFiles() []fileDoc {
	all := slices.Clone(doc.File)
	for _, c := range doc.Condition {
		all = append(all, c.File...)
	}
	return all
}

func anyPlaceholder(doc *document) bool {
	return slices.ContainsFunc(doc.allFiles(), func(f fileDoc) bool {
		s, ok := f.Source.(string)
		return ok && strings.Contains(s, branchPlaceholder)
	})
}

// branches resolves [[branch]], or fills in the branches that the sources imply.
func (r *resolver) branches(doc *document) {
	switch {
	case r.m.Layout == Standard || r.m.Layout == PackFolder:
		r.m.Branches = []Branch{{Payload: true, Target: r.m.Target}}
	case r.m.Layout == DualMode:
		r.levels(doc)
	case len(doc.Branch) == 0:
		r.impliedBranches(branchesInSources(doc))
	default:
		r.writtenBranches(doc.Branch)
	}
}

// impliedBranches: without [[branch]] the pair RTMGDR, RTMQFE, or those branches of the usual hierarchy that the sources
// name; each GDR branch is the default at its service pack level.
func (r *resolver) impliedBranches(named []string) {
	if len(named) == 0 {
		named = []string{"RTMGDR", "RTMQFE"}
	}
	// A name that is not in the hierarchy is reported where it stands, by sourceTable.
	for _, n := range standardHierarchy() {
		if slices.Contains(named, n) {
			b := Branch{Name: n, DisplayName: n, Payload: true, Target: r.m.Target}
			if level, ok := levelOf(n); ok && strings.HasSuffix(n, "GDR") {
				b.DefaultFor = []int{level}
			}
			r.m.Branches = append(r.m.Branches, b)
		}
	}
	if len(r.m.Branches) > 0 {
		r.needDefault("")
	}
}

// levelOf is the service pack level that the name of a branch begins with: RTM is 0, SP2 is 2 (WP "Multi-Branch-Aware
// Package File Structure").
func levelOf(name string) (int, bool) {
	if strings.HasPrefix(name, "RTM") {
		return 0, true
	}
	if len(name) > 2 && strings.HasPrefix(name, "SP") && name[2] >= '1' && name[2] <= '9' {
		return int(name[2] - '0'), true
	}
	return 0, false
}

func (r *resolver) writtenBranches(docs []branchDoc) {
	seen := map[string]int{}
	defaults := map[int]int{} // level → index of the branch
	for i, d := range docs {
		at := index("branch", i)
		b := Branch{Name: strings.ToUpper(d.Name), Payload: !d.HierarchyOnly}
		r.branchName(at, b.Name, i, seen)
		b.DisplayName = r.text(at+".display-name", d.DisplayName, b.Name)
		for j, level := range d.DefaultFor {
			here := index(at+".default-for", j)
			n := r.number(here, &level, 0, 99)
			if r.failed(here) {
				continue
			}
			if first, dup := defaults[n]; dup {
				r.fault(here, "branch %q: the default for service pack level %d is already branch %q, on line %s; one branch a level",
					b.Name, n, strings.ToUpper(docs[first].Name), r.line(index("branch", first)+".default-for"))
				continue
			}
			if !b.Payload {
				r.fault(here, "branch %q is hierarchy-only and has no files; it cannot be a default", b.Name)
			}
			defaults[n] = i
			b.DefaultFor = append(b.DefaultFor, n)
		}
		b.Target = r.m.Target
		if r.written(at + ".target") {
			b.Target = r.target(at+".target", d.Target)
		}
		b.RawINF, b.RawKey = r.rawINF(at+".raw", d.Raw), at+".raw"
		r.m.Branches = append(r.m.Branches, b)
	}
	r.needDefault("branch[0]")
}

func (r *resolver) branchName(at, name string, i int, seen map[string]int) {
	path := at + ".name"
	switch first, dup := seen[name]; {
	case r.failed(path):
		return
	case name == "":
		r.fault(path, `%s has no name; give one, such as "RTMGDR"`, at)
	case dup:
		r.fault(path, "branch %q is already on line %s; each branch is listed once", name, r.line(index("branch", first)+".name"))
	case len(name) > 32 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "":
		r.fault(path, "branch %q: a name has letters, digits, _ and -, at most 32", name)
	case name == "UPDATE" || name == "COMMON":
		r.fault(path, "branch %q: the name is taken by the package structure; choose another", name)
	case deviceName(name):
		r.fault(path, "branch %q is the name of a device; choose another", name)
	}
	if _, dup := seen[name]; !dup {
		seen[name] = i
	}
}

func (r *resolver) needDefault(at string) {
	none := !slices.ContainsFunc(r.m.Branches, func(b Branch) bool { return len(b.DefaultFor) > 0 })
	if none && !slices.ContainsFunc(r.faults, func(f Fault) bool { return strings.Contains(f.Msg, "default") }) {
		r.fault(at, "no branch is a default; give one of them default-for = [0] (service pack levels of the machine)")
	}
}

// payloadBranches lists the branches that need a source for each file.
func (m *Manifest) payloadBranches() []Branch {
	return slices.DeleteFunc(slices.Clone(m.Branches), func(b Branch) bool { return !b.Payload })
}
