package manifest

import (
	"slices"
	"strings"
)

// SystemRoot begins the paths of [DeleteFilesInUninstallSections] (package-format.md 3.2).
const SystemRoot = `SystemRoot\`

// belowWindows are the directories whose place below %windir% is the same on every machine.
func belowWindows() map[int]string {
	return map[int]string{10: "", 11: `system32\`, 12: `system32\drivers\`, 17: `inf\`, 18: `help\`, 20: `fonts\`, 50: `system\`}
}

// keeps resolves uninstall.keep.
func (r *resolver) keeps(files []string) {
	for i, f := range files {
		at := index("uninstall.keep", i)
		dir, name := r.machineFile(at, f, `'drivers\wdf01000.sys'`)
		below, ok := belowWindows()[dir.ID]
		if name == "" {
			continue
		}
		if !ok {
			r.fault(at, "%s: %q is not below the Windows directory; removal can keep files there only", at, f)
			continue
		}
		path := SystemRoot + below + strings.TrimPrefix(dir.Sub+`\`, `\`) + name
		if slices.ContainsFunc(r.m.KeepOnRemoval, func(o string) bool { return strings.EqualFold(o, path) }) {
			r.fault(at, "%s: %q is named twice; once is enough", at, f)
			continue
		}
		r.m.KeepOnRemoval = append(r.m.KeepOnRemoval, path)
	}
}
