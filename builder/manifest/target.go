package manifest

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// target resolves [target] or a branch's own.
func (r *resolver) target(path string, t targetDoc) Target {
	out := Target{Min: r.gate(path+".min", t.Min), Max: r.gate(path+".max", t.Max)}
	if t.ThisServicePack != nil {
		n := uint32(r.number(path+".this-service-pack", t.ThisServicePack, 0, 99))
		out.ThisServicePack = &n
	}
	if compareGates(out.Min, out.Max) > 0 {
		r.fault(path+".max", "%s.max (%s) is less than %s.min (%s); no Windows lies between them", path, out.Max, path, out.Min)
	}
	return out
}

func (r *resolver) gate(path, s string) Gate {
	if !r.written(path) || r.failed(path) {
		return Gate{}
	}
	g, err := ParseGate(s)
	if err != nil {
		r.fault(path, "%s: %v", path, err)
	}
	return g
}

// release is a Windows release by name. Server releases share the number of the client where they are one build.
type release struct {
	name         string
	major, minor uint32
	build        uint32 // 0: the release is told by major and minor
}

func releases() []release {
	return []release{
		{"Windows 2000", 5, 0, 0}, {"Windows XP", 5, 1, 0}, {"Windows Server 2003", 5, 2, 0}, {"Windows Vista", 6, 0, 0},
		{"Windows Server 2008", 6, 0, 0}, {"Windows 7", 6, 1, 0}, {"Windows Server 2008 R2", 6, 1, 0}, {"Windows 8", 6, 2, 0},
		{"Windows Server 2012", 6, 2, 0}, {"Windows 8.1", 6, 3, 0}, {"Windows Server 2012 R2", 6, 3, 0},
		{"Windows 10", 10, 0, 10240}, {"Windows Server 2016", 10, 0, 14393}, {"Windows Server 2019", 10, 0, 17763},
		{"Windows Server 2022", 10, 0, 20348}, {"Windows 11", 10, 0, 22000}, {"Windows Server 2025", 10, 0, 26100},
	}
}

// ParseGate reads "5.2", "5.2.3790", either with " SP1", or the name of a release with or without " SP1".
func ParseGate(s string) (Gate, error) {
	var g Gate
	text := strings.TrimSpace(s)
	if i := strings.LastIndex(strings.ToUpper(text), " SP"); i > 0 {
		level, err := strconv.ParseUint(text[i+3:], 10, 8)
		if err != nil {
			return g, gateError(s)
		}
		g.ServicePack = ptr(uint32(level))
		text = strings.TrimSpace(text[:i])
	}
	for _, w := range releases() {
		if strings.EqualFold(w.name, text) {
			g.Major, g.Minor = ptr(w.major), ptr(w.minor)
			if w.build != 0 {
				g.Build = ptr(w.build)
			}
			return g, nil
		}
	}
	parts := strings.Split(text, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Gate{}, gateError(s)
	}
	for i, to := range []**uint32{&g.Major, &g.Minor, &g.Build}[:len(parts)] {
		n, err := strconv.ParseUint(parts[i], 10, 32)
		if err != nil {
			return Gate{}, gateError(s)
		}
		*to = ptr(uint32(n))
	}
	return g, nil
}

func gateError(s string) error {
	return fmt.Errorf(`%q is no Windows version; write major.minor, major.minor.build or a release by name, with or without `+
		`a service pack: "5.2.3790 SP1", "10.0.17763", "Windows XP SP2"`, s)
}

func ptr[T any](v T) *T { return &v }

// String is the gate as ParseGate reads it; empty for no gate.
func (g Gate) String() string {
	if g.Major == nil || g.Minor == nil {
		return ""
	}
	s := fmt.Sprintf("%d.%d", *g.Major, *g.Minor)
	if g.Build != nil {
		s += fmt.Sprintf(".%d", *g.Build)
	}
	if g.ServicePack != nil {
		s += fmt.Sprintf(" SP%d", *g.ServicePack)
	}
	return s
}

// compareGates compares what both name.
func compareGates(a, b Gate) int {
	both := func(x, y *uint32) int {
		if x == nil || y == nil {
			return 0
		}
		return cmp.Compare(*x, *y)
	}
	return cmp.Or(both(a.Major, b.Major), both(a.Minor, b.Minor), both(a.Build, b.Build), both(a.ServicePack, b.ServicePack))
}
