package builder

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/afterboot"
)

// dispatcher is the file in the root of a dual-mode package that chooses the folder of the machine's service pack (WP table 9).
const dispatcher = "xpsp1hfm.exe"

// root is the folder of the package that an update INF's paths are relative to, with a backslash, or empty: SP1\ in the
// dual-mode layout, which makes each folder a standard package together with common\ (OURS: white paper table 9 shows the
// files, not the paths in its INFs), and i386\ in that of service packs.
func (p *Plan) root(branch string) string {
	switch p.Manifest.Layout {
	case manifest.DualMode:
		return branch + `\`
	case manifest.PackFolder:
		return manifest.ArchFolder(p.Manifest.Arch) + `\`
	}
	return ""
}

// sharedPath is where a file that all branches share lies, by its name in the standard layout: spuninst.exe, update\eula.txt.
func (p *Plan) sharedPath(name string) string {
	if p.Manifest.Layout == manifest.DualMode {
		return `common\` + strings.TrimPrefix(name, `update\`)
	}
	return p.root("") + name
}

// infPath is update\update.inf (WP table 8) or update\update_<branch>.inf in lower case (WP table 10).
func (p *Plan) infPath(branch string) string {
	if p.Manifest.Layout == manifest.MultiBranch {
		return `update\update_` + strings.ToLower(branch) + `.inf`
	}
	return p.root(branch) + `update\update.inf`
}

// verPath is the update.ver of a branch. In the multi-branch layout all share one.
func (p *Plan) verPath(branch string) string { return p.root(branch) + `update\update.ver` }

// catalogPath is the catalog of a branch, catalogINF its path in the INF.
func (p *Plan) catalogPath(branch string) string { return p.root(branch) + catalogINF(p.Manifest) }

func catalogINF(m *manifest.Manifest) string { return `update\` + m.KB + ".cat" }

// inINF is a path of the package as the INF of its branch says it.
func (p *Plan) inINF(v FileVersion) string { return strings.TrimPrefix(v.Path, p.root(v.Branch)) }

// roots are the branches with a root of their own; in all other layouts the one root, of no branch.
func (p *Plan) roots() []string {
	if p.Manifest.Layout != manifest.DualMode {
		return []string{""}
	}
	names := make([]string, len(p.Branches))
	for i, b := range p.Branches {
		names[i] = b.Name
	}
	return names
}

// under reports whether the catalog of a root covers a path: what is below the root, and what all roots share.
func (p *Plan) under(branch, path string) bool {
	return p.Manifest.Layout != manifest.DualMode || strings.HasPrefix(path, p.root(branch)) || strings.HasPrefix(path, `common\`)
}

// payloadPath chooses where a file lies in the package: BRANCH\name (WP tables 9 and 10) or name (WP table 8). Where that is
// taken by another source, a folder named after the destination comes between, as real packages do with WOW and IP.
func (p *Plan) payloadPath(branch string, f manifest.File, source string, taken map[string]string) string {
	folder := folderToken(f.To[0])
	root := p.root(branch)
	for n := 0; ; n++ {
		parts := []string{f.Name}
		switch {
		case n == 1:
			parts = []string{folder, f.Name}
		case n > 1:
			parts = []string{fmt.Sprintf("%s%d", folder, n), f.Name}
		}
		if p.Manifest.Layout == manifest.MultiBranch {
			parts = append([]string{branch}, parts...)
		}
		name := strings.Join(parts, `\`)
		key := strings.ToLower(root + name)
		if other, used := taken[key]; used && other != source || reserved(strings.ToLower(name)) {
			continue
		}
		taken[key] = source
		return root + name
	}
}

// reserved reports whether a path in lower case, relative to its root, belongs to the package's own files.
func reserved(path string) bool {
	return slices.Contains([]string{"spuninst.exe", "spmsg.dll", "spupdsvc.exe", "empty.cat", "update"}, path) ||
		strings.HasPrefix(path, `update\`)
}

// planContents lists the package as white paper tables 8, 9 and 10 do: root or common, update, branches.
func (p *Plan) planContents() {
	m := p.Manifest
	add := func(role Role, paths ...string) {
		for _, path := range paths {
			p.Contents = append(p.Contents, Content{Path: path, Role: role})
		}
	}
	shared := func(role Role, names ...string) {
		for _, n := range names {
			add(role, p.sharedPath(n))
		}
	}
	if m.Layout == manifest.DualMode {
		add(Runtime, dispatcher)
	}
	shared(Runtime, "spuninst.exe", "spmsg.dll")
	if slices.ContainsFunc(m.Processes, func(c updateinf.Process) bool {
		return c.When == updateinf.RunAfterReboot || c.When == updateinf.RunAfterUninstallReboot
	}) {
		shared(Runtime, afterboot.ImageName) // WP table 6; the same content again
	}
	shared(Runtime, `update\update.exe`)
	for _, l := range p.licences() {
		add(Text, l.path)
	}
	if m.Layout == manifest.DualMode {
		add(Generated, `common\update.ver`)
	} else {
		add(Catalog, p.catalogPath(""))
	}
	if m.Layout == manifest.MultiBranch {
		add(Generated, `update\branches.inf`, `update\updatebr.inf`)
	}
	for _, h := range p.Helpers {
		add(Helper, h.Path)
	}
	for _, b := range p.Branches {
		add(Generated, b.INF)
		if m.Layout == manifest.DualMode {
			add(Generated, p.verPath(b.Name))
			add(Catalog, p.catalogPath(b.Name))
		}
	}
	if m.Layout != manifest.DualMode {
		add(Generated, p.verPath(""))
	}
	seen := map[string]bool{}
	for _, b := range p.Branches {
		for _, v := range p.versionsOf(b.Name) {
			if !seen[v.Path] {
				seen[v.Path] = true
				add(Payload, v.Path)
			}
		}
	}
}

// folderToken is a destination as one name made of letters and digits: System32, ProgramFilesContoso.
func folderToken(d updateinf.Dir) string {
	var b strings.Builder
	up := true
	for _, c := range filepath.ToSlash(manifest.DirString(d)) {
		switch {
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			if up {
				c = []rune(strings.ToUpper(string(c)))[0]
			}
			b.WriteRune(c)
			up = false
		default:
			up = true
		}
	}
	return b.String()
}
