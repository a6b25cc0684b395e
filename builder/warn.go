package builder

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
)

// flagDebug is VS_FF_DEBUG of a version resource.
const flagDebug = 0x1

// warnings lists what is legal but probably wrong.
func warnings(p *Plan) manifest.Faults {
	var list manifest.Faults
	for i, f := range p.Files {
		mf := p.Manifest.Files[i]
		for j, v := range f.Versions {
			warn := func(format string, args ...any) {
				list = append(list, p.Manifest.Warn(sourceKey(mf, v.Branch), v.Source+" "+fmt.Sprintf(format, args...)))
			}
			warnFile(v, warn)
			warnUnsigned(p.Manifest, v, warn)
			warnArch(p.Manifest.Arch, f.To, v, warn)
			if j > 0 {
				warnOrder(f.Versions[j-1], v, warn)
			}
		}
	}
	for i, v := range p.RawFiles {
		if p.Manifest.RawFiles[i].Source != "" {
			warnFile(v, func(format string, args ...any) {
				list = append(list, p.Manifest.Warn(p.Manifest.RawFiles[i].Key+".source", v.Source+" "+fmt.Sprintf(format, args...)))
			})
		}
	}
	list = append(list, p.Manifest.Warnings...)
	list = append(list, p.gapWarnings()...)
	list = append(list, p.rawWarnings()...)
	list = append(list, warnTexts(p)...)
	return list.Sort()
}

type warner func(format string, args ...any)

func warnFile(v FileVersion, warn warner) {
	fact := v.fact
	switch {
	case fact.BadVersion:
		warn("has a damaged version resource; the installer cannot compare its version")
	case fact.PE.IsPE && fact.PE.Version == nil:
		warn("has no version resource; the installer compares its content only")
	}
	if info := fact.PE.Version; info != nil {
		if info.Flags&info.FlagsMask&flagDebug != 0 {
			warn("is marked as a debug build (VS_FF_DEBUG)")
		}
		text := info.Lookup("FileVersion")
		if b := pefile.Branch(text); b != "" && v.Branch != "" && b != v.Branch && !strings.EqualFold(pefile.BuildToken(text), v.Branch) {
			warn("says in its version text that it was built in branch %s, not %s", b, v.Branch)
		}
	}
	if fact.Size == 0 {
		warn("is empty")
	}
}

// warnUnsigned: where the package is signed for release and the build does not sign the payload, an executable without a
// signature is probably the one before signing. Packages that nobody signs are tries.
func warnUnsigned(m *manifest.Manifest, v FileVersion, warn warner) {
	release := m.Signing.Configured() && !m.Signing.Dev || len(m.Signing.Profiles) > 0
	if release && m.Signing.Payload == manifest.SignNone && v.fact.PE.IsPE && !v.fact.PE.Signed {
		warn(`is not signed, while the package is; sign it first, or write payload = "unsigned" in [signing]`)
	}
}

// warnArch: an executable of another architecture, unless it goes where 32-bit files of a 64-bit machine go.
func warnArch(arch string, to []Place, v FileVersion, warn warner) {
	if !v.fact.PE.IsPE {
		return
	}
	got := pefile.Arch(v.fact.PE.Machine)
	for _, d := range to {
		want := arch
		switch d.ID {
		case 16425, 16426, 16428: // the x86 directories of 64-bit Windows
			want = "x86"
		}
		if got != want {
			warn("is built for %s; %s of this package is for %s", orUnknown(got), manifest.DirString(d.Dir), want)
			return
		}
	}
}

func orUnknown(arch string) string {
	if arch == "" {
		return "an unknown machine"
	}
	return arch
}

// warnOrder: a more cumulative branch contains what the one before it does, so its file is newer (WP "Branching").
func warnOrder(before, v FileVersion, warn warner) {
	if before.MD5 == v.MD5 {
		return
	}
	a, okA := before.fact.Version()
	b, okB := v.fact.Version()
	if okA && okB && b.Compare(a) <= 0 {
		warn("has version %s, which is not newer than %s of branch %s", b, a, before.Branch)
	}
}
