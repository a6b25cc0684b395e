package importer

import (
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// keeps writes uninstall.keep, if every branch has the same files and a manifest can name all of them.
func (c *converter) keeps() {
	if !c.same(func(u *updateinf.Update) any { return u.Keep }) {
		return
	}
	var files []string
	seen := map[string]bool{}
	for _, path := range c.rest[0].Keep {
		rest, ok := strings.CutPrefix(path, manifest.SystemRoot)
		i := strings.LastIndexByte(rest, '\\')
		dir := updateinf.Dir{ID: 10, Sub: rest[:max(i, 0)]}
		fold := strings.ToLower(path)
		if !ok || seen[fold] || !manifest.DirOK(dir) || manifest.CheckName(rest[i+1:]) != nil {
			return
		}
		seen[fold] = true
		files = append(files, manifest.DirString(dir)+`\`+rest[i+1:])
	}
	c.w.table("[uninstall]")
	c.w.put("keep", files)
	c.each(func(u *updateinf.Update) { u.Keep = nil })
}
