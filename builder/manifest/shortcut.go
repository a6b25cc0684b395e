package manifest

import (
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
)

// shortcuts resolves [[shortcut]].
func (r *resolver) shortcuts(docs []shortcutDoc) {
	seen := map[string]bool{}
	for i, d := range docs {
		at := index("shortcut", i)
		s := updateinf.Shortcut{Name: d.Name, InfoTip: r.text(at+".tip", d.Tip, "")}
		if !r.written(at + ".name") {
			r.fault(at, "%s.name is missing; give the name that the start menu shows", at)
		} else if err := CheckName(d.Name + ".lnk"); err != nil && !r.failed(at+".name") {
			r.fault(at+".name", "%s.name: %v", at, err)
		}
		s.Target.Dir, s.Target.File = r.machineFile(at+".file", d.File, `'program-files\Contoso\reader.exe'`)
		if r.written(at + ".folder") {
			s.SubDir = strings.Trim(strings.ReplaceAll(d.Folder, "/", `\`), `\`)
			for _, elem := range strings.Split(s.SubDir, `\`) {
				if err := CheckName(elem); err != nil && !r.failed(at+".folder") {
					r.fault(at+".folder", "%s.folder: %v", at, err)
				}
			}
		}
		switch {
		case d.Users == "current":
			s.Attributes = updateinf.ProfileItemCurrentUser
		case r.written(at+".users") && d.Users != "all":
			r.choice(at+".users", d.Users, []string{"all", "current"})
		}
		if r.written(at+".working-dir") && !r.failed(at+".working-dir") {
			dir, err := parseDir(d.WorkingDir)
			if err != nil {
				r.fault(at+".working-dir", "%v", err)
			}
			s.WorkingDir = &dir
		}
		if r.written(at + ".icon") {
			s.Icon.Dir, s.Icon.File = r.machineFile(at+".icon", d.Icon, `'system32\shell32.dll'`)
		}
		if d.IconIndex != nil {
			s.IconIndex = uint32(r.number(at+".icon-index", d.IconIndex, 0, 65535))
		}
		if d.HotKey != nil {
			s.HotKey = uint32(r.number(at+".hot-key", d.HotKey, 0, 65535))
		}
		if key := strings.ToLower(s.SubDir + `\` + d.Name + "|" + d.Users); seen[key] && d.Name != "" {
			r.fault(at, "%s: the folder has a shortcut %q already; give it another name", at, d.Name)
		} else {
			seen[key] = true
		}
		for _, sku := range orAll(r.editions(at+".edition", d.Edition)) {
			s.SKU = sku
			r.m.Shortcuts = append(r.m.Shortcuts, s)
		}
	}
}
