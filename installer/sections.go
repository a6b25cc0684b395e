package installer

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/regplan"
)

// actionSections are sections of Appendix B that do something this engine does not do yet. A package that needs one is
// refused before anything changes: half an update is worse than none.
var actionSections = []string{"DevicesToUpgrade", "LinkItems.Create"}

func refuseUnknown(u *updateinf.Update) error {
	var names []string
	for _, s := range u.Other {
		if len(s.Lines) > 0 && isAction(s.Name) {
			names = append(names, "["+s.Name+"]")
		}
	}
	for _, d := range u.Directives {
		if len(d.Fields) > 0 {
			names = append(names, fmt.Sprintf("%s in [ProductInstall.%s]", d.Key, d.When))
		}
	}
	names = append(names, customParts(u)...)
	names = append(names, laterParts(u)...)
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("the package uses what this installer cannot do: %s: %w", strings.Join(names, ", "), host.ErrUnsupported)
}

// laterParts names what would have to happen at the next start or at removal, or by DllInstall.
func laterParts(u *updateinf.Update) []string {
	var names []string
	seen := map[updateinf.ProcessWhen]bool{}
	for _, p := range u.Processes {
		if (p.When == updateinf.RunAfterReboot || p.When == updateinf.RunAfterUninstallReboot) && !seen[p.When] {
			seen[p.When] = true
			names = append(names, "["+string(p.When)+"]")
		}
	}
	if len(u.PrerequisitesUninstall) > 0 {
		names = append(names, "[PreRequisite.Uninstall]")
	}
	for _, d := range u.RegisterDLLs {
		if d.Flags&updateinf.RegSvrDLLInstall != 0 {
			names = append(names, fmt.Sprintf("DllInstall of %s in [%s]", d.File, d.Section))
		}
	}
	return names
}

func isAction(section string) bool {
	s := strings.ToLower(section)
	for _, a := range actionSections {
		a = strings.ToLower(a)
		if s == a || strings.HasPrefix(s, a+".") {
			return true
		}
	}
	return false
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
