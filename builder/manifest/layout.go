package manifest

import (
	"fmt"
	"strconv"
	"strings"
)

func layouts() []Layout { return []Layout{Standard, MultiBranch, DualMode, PackFolder} }

// layout decides about the package structure. Naming branches anywhere asks for the multi-branch layout; a service pack
// without branches lies in its folder.
func (r *resolver) layout(doc *document) {
	const p = "package.layout"
	m := r.m
	named := len(doc.Branch) > 0 || len(branchesInSources(doc)) > 0 || anyPlaceholder(doc)
	switch {
	case r.written(p):
		m.Layout = r.writtenLayout(doc.Package.Layout)
	case named:
		m.Layout = MultiBranch
	case m.Kind.IsServicePack():
		m.Layout = PackFolder
	default:
		m.Layout = Standard
	}
	switch {
	case named && (m.Layout == Standard || m.Layout == PackFolder):
		r.fault(p, "package.layout is %q, but the manifest names branches; leave the key out or take the branches away", m.Layout)
		m.Layout = MultiBranch
	case m.Layout == PackFolder && !m.Kind.IsServicePack():
		r.fault(p, `package.layout "service-pack" is for service packs; write kind = "service-pack", or leave the key out`)
	case m.Layout == DualMode && m.Kind.IsServicePack():
		r.fault(p, `package.layout "dual-mode" is for updates that later service packs contain; a service pack cannot have it`)
	case m.Layout == DualMode && r.written("package.service-pack"):
		r.fault("package.service-pack", "the dual-mode layout says the service pack by its folders, SP1 and SP2; take package.service-pack away")
	}
}

func (r *resolver) writtenLayout(s string) Layout {
	var names []string
	for _, l := range layouts() {
		if string(l) == s {
			return l
		}
		names = append(names, string(l))
	}
	r.choice("package.layout", s, names)
	return MultiBranch // the most that can be said under it
}

// levels resolves the folders of the dual-mode layout. SP1 is for machines without a service pack, SP2 for those with the
// first (WP "Dual-Mode Package File Structure"): each is named after the service pack that will contain the update.
func (r *resolver) levels(doc *document) {
	names := branchesInSources(doc)
	if len(names) == 0 {
		names = []string{"SP1", "SP2"}
	}
	written, raws := map[string]Target{}, map[string][2]string{}
	if len(doc.Branch) > 0 {
		names = nil
		for i, d := range doc.Branch {
			at := index("branch", i)
			name := strings.ToUpper(d.Name)
			for _, key := range []string{".default-for", ".hierarchy-only", ".display-name"} {
				if r.written(at + key) {
					r.fault(at+key, "%s%s: the dual-mode layout has no branch hierarchy; take it away", at, key)
				}
			}
			if _, dup := written[name]; dup {
				r.fault(at+".name", "%q is listed already; keep one", name)
				continue
			}
			written[name] = r.m.Target
			if r.written(at + ".target") {
				written[name] = r.target(at+".target", d.Target)
			}
			raws[name] = [2]string{r.rawINF(at+".raw", d.Raw), at + ".raw"}
			names = append(names, name)
			if PackNumber(name) == 0 {
				r.fault(at+".name", "%q is no folder of the dual-mode layout; they are SP1, SP2 and so on, after the service pack that will contain the update", name)
			}
		}
	}
	for n := 1; n <= maxPack; n++ {
		for _, name := range names {
			if PackNumber(name) != n {
				continue
			}
			b := Branch{Name: name, DisplayName: name, DefaultFor: []int{n - 1}, Payload: true, Target: r.m.Target, RawINF: raws[name][0], RawKey: raws[name][1]}
			if t, ok := written[name]; ok {
				b.Target = t
			}
			level := uint32(n - 1)
			b.Target.Min.ServicePack, b.Target.Max.ServicePack = &level, &level
			r.m.Branches = append(r.m.Branches, b)
		}
	}
	if len(r.m.Branches) == 0 { // each name is reported where it stands
		r.m.Branches = []Branch{{Name: "SP1", Payload: true, DefaultFor: []int{0}, Target: r.m.Target}}
	}
}

// maxPack is the highest number of a service pack (OURS: one digit keeps SP1 and SP10 from sorting apart).
const maxPack = 9

// PackNumber is the service pack that a folder of the dual-mode layout is named after: 1 for SP1; 0 for any other name.
func PackNumber(name string) int {
	digits, ok := strings.CutPrefix(strings.ToUpper(name), "SP")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n > maxPack || digits != fmt.Sprint(n) {
		return 0
	}
	return n
}

// ArchFolder is the folder of a service pack for an architecture: i386, as WP table 21 shows; the others after Microsoft's
// names of them (OURS).
func ArchFolder(arch string) string {
	switch arch {
	case "x86":
		return "i386"
	case "x64":
		return "amd64"
	}
	return arch
}
