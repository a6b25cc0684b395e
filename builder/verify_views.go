package builder

import (
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updatever"
)

// treeView is a folder of a package as a package of the standard layout.
type treeView struct {
	*treeDir
	where string // the folder, with a slash: "sp1/"
}

// tree checks what an extracted package says about itself.
func (v *Verification) tree(t *treeDir) treeFacts {
	var all treeFacts
	for _, view := range t.views() {
		v.where = view.where
		facts := v.root(view.treeDir)
		if all.strings == nil {
			all.strings = facts.strings
		}
		for _, n := range facts.named {
			all.named = append(all.named, view.realName(n))
		}
	}
	v.where = ""
	if t.has(dispatcher) {
		v.common(t)
	}
	return all
}

// realName is the path below dir of a name.
func (t *treeDir) realName(name string) string {
	if real, ok := t.real[name]; ok {
		return real
	}
	return name
}

// views are the roots of an extracted package: the tree itself, the folder of a service pack, or each SPn of a dual-mode package
// together with common.
func (t *treeDir) views() []treeView {
	if t.has("update/update.inf") || t.has("update/updatebr.inf") {
		return []treeView{{t, ""}}
	}
	var views []treeView
	for _, n := range t.names {
		folder, ok := strings.CutSuffix(foldPath(n), "/update/update.inf")
		switch {
		case !ok || strings.Contains(folder, "/"):
		case manifest.PackNumber(folder) > 0 && t.has(dispatcher):
			views = append(views, treeView{t.view(folder+"/", "common/"), folder + "/"})
		default:
			views = append(views, treeView{t.view(folder + "/"), folder + "/"})
		}
	}
	if len(views) == 0 {
		return []treeView{{t, ""}}
	}
	return views
}

// view is a tree of the files below some folders. Of common only what has a place in the root is seen; it is checked by itself.
func (t *treeDir) view(folders ...string) *treeDir {
	v := &treeDir{dir: t.dir, byKey: map[string]string{}, real: map[string]string{}}
	for i, folder := range folders {
		for _, n := range t.names {
			if len(n) <= len(folder) || foldPath(n[:len(folder)]) != folder {
				continue
			}
			name := n[len(folder):]
			if i > 0 {
				name = n
			}
			v.names = append(v.names, name)
			v.byKey[foldPath(name)] = name
			v.real[name] = n
		}
	}
	slices.Sort(v.names)
	return v
}

// common compares common\update.ver of a dual-mode package with the files.
func (v *Verification) common(t *treeDir) {
	v.mustHave(t, "the dual-mode layout", `common\update.exe`)
	if !t.has("common/update.ver") {
		v.note(`there is no common\update.ver`)
		return
	}
	b, err := t.read("common/update.ver")
	if err != nil {
		v.finding(CheckUpdateVer, "common/update.ver", "common\\update.ver: %v", err)
		return
	}
	entries, err := updatever.Parse(b)
	if err != nil {
		v.finding(CheckUpdateVer, "common/update.ver", "common\\%v", err)
	}
	for _, e := range entries {
		e.Path = `common\` + e.Path
		if !t.has(e.Path) {
			v.finding(CheckUpdateVer, foldPath(e.Path), `common\update.ver names %s, which is not in the package`, e.Path)
			continue
		}
		fact, err := readFact(t.path(e.Path))
		if err != nil {
			v.finding(CheckUpdateVer, foldPath(e.Path), "%s: %v", e.Path, err)
			continue
		}
		v.entry(e, fact)
	}
}
