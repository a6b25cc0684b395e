package installer

import (
	"errors"
	"io/fs"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// conditionalGroups are the file groups whose conditions decide; the package must hold their files whatever they decide.
func conditionalGroups(u *updateinf.Update) []updateinf.FileGroup {
	var list []updateinf.FileGroup
	for _, c := range u.Conditional {
		list = append(list, c.Files...)
	}
	for _, c := range u.ExtendedConditional {
		list = append(list, c.Files...)
	}
	for _, d := range u.DirectoryIDs {
		list = append(list, d.Files...)
	}
	return list
}

// conditional takes the inventory of those conditional groups whose conditions hold and keeps their registry lines (white
// paper, Appendix B, [ProductInstall.Conditional], [Register.Include]; [ProductInstall.ExtendedConditional] of real
// packages). A target that the package installs anyway is not looked at again.
func (r *run) conditional(c *chosen, scan inventory.Scan) error {
	groups, err := r.extended(c)
	if err != nil {
		return err
	}
	for _, cond := range c.update.Conditional {
		ok, err := r.decides(c, cond.Conditional)
		if err != nil {
			return err
		}
		if ok {
			groups = append(groups, withFlags(cond.Files, cond.CopyFlags)...)
		}
	}
	more, err := scan.Run(&updateinf.Update{Files: groups})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, it := range c.items {
		seen[winpath.Fold(it.Target)] = true
	}
	for _, it := range more {
		if !seen[winpath.Fold(it.Target)] {
			c.items = append(c.items, it)
		}
	}
	for _, cond := range c.update.RegisterInclude {
		ok, err := r.decides(c, cond.Conditional)
		if err != nil {
			return err
		}
		if ok {
			c.registry = append(c.registry, cond.Registry...)
		}
	}
	return nil
}

func (r *run) extended(c *chosen) ([]updateinf.FileGroup, error) {
	p := prober{r.Host, r.info, c.dirs, c.update, c.queue, r.custom}
	var groups []updateinf.FileGroup
	for _, ext := range c.update.ExtendedConditional {
		holds := true
		for _, cond := range ext.Conditions {
			ok, err := p.holds(cond)
			if err != nil {
				return nil, conditionError(err, c.inf)
			}
			holds = holds && ok
		}
		r.logf("Condition [%s]: %v", ext.Name, holds)
		if holds {
			groups = append(groups, ext.Files...)
			c.registry = append(c.registry, ext.Registry...)
		}
	}
	return groups, nil
}

// conditionError: a condition that cannot be evaluated is a fault of the INF, but where a function could not be asked.
func conditionError(err error, path string) error {
	if errors.Is(err, ErrNoAnswer) || errors.Is(err, fs.ErrPermission) || errors.Is(err, host.ErrNoEntryPoint) {
		return err
	}
	return status.Wrap(status.InvalidINFFile, err, "update", path)
}

// installs decides Operation=CheckInstall: the file is among those that are copied, not skipped as the same or newer.
// TargetFromSection narrows it to one directory.
func (r *run) installs(c *chosen, cond updateinf.Conditional) bool {
	name := winpath.Base(cond.Operation.CheckInstall[0])
	dir := ""
	if cond.TargetFrom != "" {
		if d, ok := c.update.SectionDir(cond.TargetFrom); ok {
			dir, _ = c.dirs.Path(d) // a directory that this machine does not have holds nothing
		}
	}
	holds := false
	for _, it := range c.items {
		if it.Action == inventory.Copy && winpath.Equal(winpath.Base(it.Target), name) && (dir == "" || winpath.Equal(winpath.Dir(it.Target), dir)) {
			holds = true
		}
	}
	r.logf("Condition [%s]: %v", cond.Name, holds)
	return holds
}

// withFlags gives each file the flags of a condition, which are SP_COPY_* (setupapi.h), as those of a CopyFiles line. The
// others say what the engine does anyway (a newer or the same version stays), or concern media and compression.
func withFlags(groups []updateinf.FileGroup, flags uint32) []updateinf.FileGroup {
	var add uint32
	for sp, copyflg := range map[uint32]uint32{
		updateinf.SPCopyReplaceOnly: updateinf.CopyReplaceOnly, updateinf.SPCopyNoOverwrite: updateinf.CopyNoOverwrite,
		updateinf.SPCopyForceNoOverwrite: updateinf.CopyNoOverwrite, updateinf.SPCopyForceInUse: updateinf.CopyForceFileInUse,
		updateinf.SPCopyReplaceBootFile: updateinf.CopyReplaceBootFile,
	} {
		if flags&sp != 0 {
			add |= copyflg
		}
	}
	if add == 0 {
		return groups
	}
	out := make([]updateinf.FileGroup, len(groups))
	for i, g := range groups {
		out[i] = g
		out[i].Files = append([]updateinf.FileLine(nil), g.Files...)
		for j := range out[i].Files {
			out[i].Files[j].Flags |= add
		}
	}
	return out
}
