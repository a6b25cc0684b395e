package installer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/regplan"
)

func refusesGaps(u *updateinf.Update) bool {
	return slices.ContainsFunc(u.Gaps(), func(g updateinf.Gap) bool { return g.Refused })
}

// refuseGaps refuses a package that asks for what this engine does not do (updateinf.Gaps), before anything changes: half
// an update is worse than none. What does no harm by its absence is only told.
func (r *run) refuseGaps(u *updateinf.Update) error {
	var names []string
	for _, g := range u.Gaps() {
		if g.Refused {
			names = append(names, g.String())
		} else {
			r.log.Warn("%s", g)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("the package uses what this installer cannot do: %s: %w", strings.Join(names, "; "), host.ErrUnsupported)
}

// sections applies the registry changes that the author wants on removal: [GlobalRegistryChanges] of spuninst.inf and the
// sections it names (white paper, Appendix B, [UninstallSections]).
func (p *removalPlan) sections(o *regplan.Overlay) error {
	kinds := map[string]updateinf.RegKind{"addreg": updateinf.AddReg, "delreg": updateinf.DelReg, "bitreg": updateinf.BitReg}
	for _, s := range p.rem.Sections {
		if !strings.EqualFold(s.Name, "GlobalRegistryChanges") {
			continue
		}
		for _, l := range s.Lines {
			kind, ok := kinds[strings.ToLower(l.Key)]
			if !ok {
				continue
			}
			for _, name := range l.Fields {
				g, err := updateinf.ParseRegistry(p.r.spuninst, updateinf.Options{Language: p.r.info.Language, Arch: infArch(p.r.info.Arch)}, kind, name)
				if err != nil {
					return fmt.Errorf("section [%s] of spuninst.inf: %w", name, err)
				}
				if err := o.Apply(g, p.dirs().Expand); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
