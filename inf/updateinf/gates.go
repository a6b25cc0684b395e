package updateinf

import (
	"strconv"

	"github.com/kbforge/kbforge/inf"
)

// UninstallGates are the sections that say [PreRequisite.Uninstall] in spuninst.inf: it, the sections of its tests, and
// [DestinationDirs] with Dirs.
func (u *Update) UninstallGates() []Section {
	p := &printer{u: u}
	list := []Section{{Name: secPrerequisiteUninstall, Lines: conditionLines(u.PrerequisitesUninstall)}}
	for _, c := range u.PrerequisitesUninstall {
		list = append(list, Section{Name: c.Section, Lines: p.conditionSection(c)})
	}
	if len(u.Dirs) > 0 {
		dirs := Section{Name: "DestinationDirs"}
		for _, d := range u.Dirs {
			dirs.Lines = append(dirs.Lines, keyed(d.Section, strconv.Itoa(d.Dir.ID), d.Dir.Sub))
		}
		list = append(list, dirs)
	}
	return list
}

// ParseUninstallGates reads them back. Faults as in Parse.
func ParseUninstallGates(f *inf.File, o Options) (*Update, error) {
	p := &parser{file: f, view: f.ViewWith(o.Language, o.Lookup), arch: o.Arch, used: map[string]bool{}, groupsSeen: map[string]bool{}, u: &Update{}}
	p.u.PrerequisitesUninstall = p.conditions(secPrerequisiteUninstall)
	p.dirs()
	return p.u, p.errs.Err()
}
