package installer

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/status"
)

// removalGates puts [PreRequisite.Uninstall] of the INF into spuninst.inf: the conditions, their tests, and the directories
// that the tests name.
func (p *installPlan) removalGates() {
	u := p.c.update
	if len(u.PrerequisitesUninstall) == 0 {
		return
	}
	keep := updateinf.Update{PrerequisitesUninstall: u.PrerequisitesUninstall}
	for _, c := range u.PrerequisitesUninstall {
		for _, t := range c.Tests {
			if d, ok := u.SectionDir(firstOf(t.Args)); ok && t.Kind == updateinf.CheckFileVer {
				keep.Dirs = append(keep.Dirs, updateinf.NamedDir{Section: t.Args[0], Dir: d})
			}
		}
	}
	for _, s := range keep.UninstallGates() {
		p.rem.Sections = append(p.rem.Sections, spuninst.Section{Name: s.Name, Lines: s.Lines})
	}
}

func firstOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// removalAllowed checks [PreRequisite.Uninstall] before removal changes anything; all failures together, as with
// [Prerequisite] (seen in real packages, empty).
func (r *run) removalAllowed() error {
	u, err := updateinf.ParseUninstallGates(r.spuninst, updateinf.Options{Language: r.info.Language, Arch: infArch(r.info.Arch)})
	var list *inf.ErrorList
	if errors.As(err, &list) || err != nil {
		return status.Wrap(status.InvalidINFFile, err, "uninstall", r.spuninst.Name)
	}
	p := prober{host: r.Host, info: r.info, dirs: dirid.New(r.Host, r.info), u: u}
	var failed []string
	for _, c := range u.PrerequisitesUninstall {
		ok, err := p.holds(c)
		if err != nil {
			return conditionError(err, r.spuninst.Name)
		}
		if !ok {
			text := first(c.Display, "the condition ["+c.Section+"] does not hold")
			r.log.Error("Prerequisite [%s] failed: %s", c.Section, text)
			failed = append(failed, text)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return status.Wrap(status.PrerequisiteFailed, fmt.Errorf("%s cannot be removed: %s", r.res.KB, strings.Join(failed, "; ")), r.res.Title, first(r.res.LogPath, "of this run"))
}
