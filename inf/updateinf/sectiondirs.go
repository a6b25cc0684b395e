package updateinf

import "strings"

func foldName(s string) string { return strings.ToLower(s) }

// groups are the file groups of every field, in order.
func (u *Update) groups() []FileGroup {
	all := append([]FileGroup(nil), u.Files...)
	for _, c := range u.Conditional {
		all = append(all, c.Files...)
	}
	for _, c := range u.ExtendedConditional {
		all = append(all, c.Files...)
	}
	for _, d := range u.DirectoryIDs {
		all = append(all, d.Files...)
	}
	return all
}

// registryGroups are the registry groups of every field, in order.
func (u *Update) registryGroups() []RegistryGroup {
	all := append([]RegistryGroup(nil), u.Registry...)
	for _, c := range u.RegisterInclude {
		all = append(all, c.Registry...)
	}
	for _, c := range u.ExtendedConditional {
		all = append(all, c.Registry...)
	}
	return all
}

// sectionDirs maps each file section, folded, to its destination.
func (u *Update) sectionDirs() map[string]Dir {
	m := map[string]Dir{}
	for _, d := range u.Dirs {
		m[foldName(d.Section)] = d.Dir
	}
	for _, g := range u.groups() {
		switch {
		case strings.HasPrefix(g.Section, "@"):
			m[foldName(defaultDestDir)] = g.Dir
		case len(g.Files) > 0:
			m[foldName(g.Section)] = g.Dir
		}
	}
	return m
}
