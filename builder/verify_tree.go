package builder

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/inf/updatever"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/sign"
)

// treeDir is an extracted package.
type treeDir struct {
	dir   string
	names []string          // with slashes, sorted
	byKey map[string]string // folded package path → name
	real  map[string]string // name → path below dir, where that is another: in a view (verify_views.go)
}

func openTree(dir string) (*treeDir, error) {
	t := &treeDir{dir: dir, byKey: map[string]string{}}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		name := filepath.ToSlash(rel)
		t.names = append(t.names, name)
		t.byKey[foldPath(name)] = name
		return err
	})
	slices.Sort(t.names)
	return t, err
}

func foldPath(p string) string { return strings.ToLower(strings.ReplaceAll(p, `\`, "/")) }

func (t *treeDir) has(path string) bool { return t.byKey[foldPath(path)] != "" }

// maxINF is the largest INF, catalog or update.ver that verification reads, in bytes.
const maxINF = 64 << 20

// path is where a file of the package is.
func (t *treeDir) path(name string) string {
	return filepath.Join(t.dir, filepath.FromSlash(t.realName(t.byKey[foldPath(name)])))
}

func (t *treeDir) read(path string) ([]byte, error) {
	full := t.path(path)
	st, err := os.Stat(full)
	if err != nil {
		return nil, err
	}
	if st.Size() > maxINF {
		return nil, fmt.Errorf("%s has %d bytes; at most %d are read", path, st.Size(), maxINF)
	}
	return os.ReadFile(full)
}

// under lists the files below a folder of the package whose names end in suffix.
func (t *treeDir) under(folder, suffix string) []string {
	var list []string
	for _, n := range t.names {
		if f := foldPath(n); strings.HasPrefix(f, folder) && strings.HasSuffix(f, suffix) {
			list = append(list, n)
		}
	}
	return list
}

// treeFacts is what tree found out.
type treeFacts struct {
	named   []string          // files that must be members of a catalog: those of update.ver, and the INFs
	strings updateinf.Strings // of the first update INF
}

// root checks what a root with an update folder says about itself.
func (v *Verification) root(t *treeDir) treeFacts {
	facts := treeFacts{named: v.updateVer(t)}
	v.updateBR(t)
	infs := t.under("update/", ".inf")
	for _, name := range infs {
		if s := v.updateINF(t, name); facts.strings == nil {
			facts.strings = s
		}
	}
	facts.named = append(facts.named, infs...)
	return facts
}

// updateVer compares each line of update.ver with the file and returns the files it names.
func (v *Verification) updateVer(t *treeDir) []string {
	if !t.has("update/update.ver") {
		v.note("there is no update\\update.ver")
		return nil
	}
	b, err := t.read("update/update.ver")
	if err != nil {
		v.finding(CheckUpdateVer, "update/update.ver", "update.ver: %v", err)
		return nil
	}
	entries, err := updatever.Parse(b)
	if err != nil {
		v.finding(CheckUpdateVer, "update/update.ver", "update.ver: %v", err)
	}
	var files []string
	for _, e := range entries {
		if !t.has(e.Path) {
			v.finding(CheckUpdateVer, foldPath(e.Path), "update.ver names %s, which is not in the package", e.Path)
			continue
		}
		files = append(files, t.byKey[foldPath(e.Path)])
		fact, err := readFact(t.path(e.Path))
		if err != nil {
			v.finding(CheckUpdateVer, foldPath(e.Path), "%s: %v", e.Path, err)
			continue
		}
		v.entry(e, fact)
	}
	return files
}

func (v *Verification) entry(e updatever.Entry, fact *Fact) {
	version, has := fact.Version()
	switch {
	case e.Size != fact.Size:
		v.finding(CheckUpdateVer, foldPath(e.Path), "%s has %d bytes, update.ver says %d", e.Path, fact.Size, e.Size)
	case e.MD5 != fact.MD5:
		v.finding(CheckUpdateVer, foldPath(e.Path), "%s has another content than update.ver says (MD5 %X, not %X)", e.Path, fact.MD5, e.MD5)
	case e.HasCRC && e.CRC != fact.CRC:
		v.finding(CheckUpdateVer, foldPath(e.Path), "%s has the CRC %08X, update.ver says %08X", e.Path, fact.CRC, e.CRC)
	case e.HasVersion != has || has && pefile.Version(e.Version) != version:
		v.finding(CheckUpdateVer, foldPath(e.Path), "%s has the version %s, update.ver says %s", e.Path, versionText(version, has), versionText(e.Version, e.HasVersion))
	}
}

func versionText(v pefile.Version, has bool) string {
	if !has {
		return "none"
	}
	return v.String()
}

// updateBR checks that every INF and setup file that updatebr.inf names is there, and the branches it uses.
func (v *Verification) updateBR(t *treeDir) {
	f, ok := v.inf(t, "update/updatebr.inf")
	if !ok {
		return
	}
	br, err := branches.ParseUpdateBR(f)
	if err != nil {
		v.finding(CheckINF, "update/updatebr.inf", "%v", err)
		return
	}
	for _, i := range br.INFs {
		v.mustHave(t, "updatebr.inf", i.Path)
	}
	setup := br.Common
	for _, s := range br.PerBranch {
		setup = append(setup, s.Files...)
	}
	for _, s := range setup {
		v.mustHave(t, "updatebr.inf", s)
	}
	chainFile, ok := v.inf(t, "update/branches.inf")
	if !ok {
		return // products without GDR and QFE have none
	}
	chain, err := branches.ParseChain(chainFile)
	if err != nil {
		v.finding(CheckINF, "update/branches.inf", "%v", err)
		return
	}
	for _, i := range br.INFs {
		if chain.Index(i.Branch) < 0 {
			v.finding(CheckINF, "update/updatebr.inf", "updatebr.inf has an INF for branch %s, which branches.inf does not know", i.Branch)
		}
	}
}

// inf reads an INF that may be missing.
func (v *Verification) inf(t *treeDir, path string) (*inf.File, bool) {
	if !t.has(path) {
		return nil, false
	}
	b, err := t.read(path)
	if err == nil {
		var f *inf.File
		if f, err = inf.Parse(path, b); err == nil {
			return f, true
		}
	}
	v.finding(CheckINF, path, "%v", err)
	return nil, false
}

func (v *Verification) mustHave(t *treeDir, who, path string) {
	if !t.has(path) {
		v.finding(CheckINF, who, "%s names %s, which is not in the package", who, path)
	}
}

// updateINF checks that the sources, catalogs and customization DLLs of an update INF are there. It returns the strings of
// the INF, nil if the file is none.
func (v *Verification) updateINF(t *treeDir, name string) updateinf.Strings {
	base := strings.TrimPrefix(foldPath(name), "update/")
	if !strings.HasPrefix(base, "update") || base == "updatebr.inf" || base == "updtblk.inf" {
		return nil
	}
	f, ok := v.inf(t, name)
	if !ok {
		return nil
	}
	u, err := updateinf.Parse(f, updateinf.Options{})
	if err != nil {
		v.finding(CheckINF, name, "%v", err)
		return nil
	}
	if v.KB == "" {
		v.KB = u.Strings.KB()
	}
	named := slices.Clone(u.Sources)
	for _, c := range u.Catalogs {
		named = append(named, c.Path)
	}
	for _, g := range u.Files {
		if g.Kind != updateinf.Copy {
			continue
		}
		for _, l := range g.Files {
			named = append(named, l.Source)
		}
	}
	slices.Sort(named)
	for _, path := range slices.Compact(named) {
		v.mustHave(t, base, path)
	}
	for _, dll := range []string{u.Config.CustomizationDll, u.Config.UninstallCustomizationDll} {
		if dll != "" && !t.has(dll) && !t.has("update/"+dll) {
			v.mustHave(t, base, dll)
		}
	}
	return u.Strings
}

func (t *treeDir) hash(name string) (sign.FileHash, error) {
	return hashFile(name, t.path(name))
}
