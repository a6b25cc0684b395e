package builder

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// coverage compares the files of a package with its catalogs. What update.ver and the INFs name must be a member; of the rest
// each file must be one, or need none (needsNoMember). A member must be a file of the package. Every fault is a finding.
func (v *Verification) coverage(t *treeDir, named []string, o VerifyOptions) {
	cats := t.under("", ".cat")
	if len(cats) == 0 {
		v.note("there is no catalog")
		return
	}
	var files []sign.FileHash
	for _, n := range t.names {
		h, err := t.hash(n)
		if err != nil {
			v.finding(CheckCatalog, n, "%s: %v", n, err)
			continue
		}
		files = append(files, h)
	}
	covered := map[string]bool{}
	for _, cat := range cats {
		b, err := t.read(cat)
		if err != nil {
			v.finding(CheckCatalog, cat, "%s: %v", cat, err)
			continue
		}
		c, _, err := sign.ParseCatalog(b)
		if err != nil {
			v.finding(CheckCatalog, cat, "%s: %v", cat, err)
			continue
		}
		for _, h := range files {
			covered[h.Name] = covered[h.Name] || c.Covers(h)
		}
		for _, m := range c.Coverage(files).Unmatched {
			v.finding(CheckCatalog, cat, "the catalog %s lists %s, which is not in the package as it was", cat, memberName(m))
		}
	}
	for _, h := range files {
		switch {
		case covered[h.Name]:
			v.Covered++
		case slices.Contains(named, h.Name):
			v.finding(CheckCatalog, h.Name, "%s is not what the catalog %s lists", h.Name, strings.Join(cats, ", "))
		default:
			v.uncovered(t, h.Name, o)
		}
	}
}

// uncovered looks at a file without a member.
func (v *Verification) uncovered(t *treeDir, name string, o VerifyOptions) {
	path := filepath.Join(t.dir, filepath.FromSlash(name))
	if why := needsNoMember(CatalogFile{Name: name, Path: path}, o); why != "" {
		v.Exempt = append(v.Exempt, Exemption{name, why})
		return
	}
	if !isRuntime(name) {
		v.finding(CheckCatalog, name, "%s is in the package, but no catalog covers it", name)
		return
	}
	// A package without any signature has none here either; one with a signature must not execute what has none.
	if !o.MustSign && v.Outer == nil && !signed(path) {
		v.Exempt = append(v.Exempt, Exemption{name, "it is of the installer, and the package is not signed"})
		return
	}
	o.MustSign = true
	if _, err := v.signature(name, CheckRuntimeSignature, path, o); errors.Is(err, sign.ErrFormat) {
		v.finding(CheckRuntimeSignature, name, "%s is no executable", name)
	} else if err != nil {
		v.finding(CheckRuntimeSignature, name, "%s: %v", name, err)
	}
}

// signed tells whether a file has a signature of any kind.
func signed(path string) bool {
	_, err := sign.Extract(path)
	return err == nil
}

// setupName is the name of one of the package's own files, in lower case, without the folders that they lie in (WP tables 8, 9
// and 10; plan.sharedPath). Any other file keeps its path.
func setupName(name string) string {
	name = strings.ToLower(name)
	for _, arch := range manifest.Architectures() {
		if rest, ok := strings.CutPrefix(name, manifest.ArchFolder(arch)+"/"); ok {
			name = rest
		}
	}
	for _, folder := range []string{"update/", "common/"} {
		if rest, ok := strings.CutPrefix(name, folder); ok {
			return rest
		}
	}
	return name
}

// isRuntime knows the installer's own files, which are signed by themselves (package-format.md 12.1).
func isRuntime(name string) bool {
	switch setupName(name) {
	case "update.exe", "spuninst.exe", "spmsg.dll", "updspapi.dll", "spupdsvc.exe", "spcustom.dll", dispatcher:
		return true
	}
	return false
}
