package importer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/source"
)

// MaxINF is the largest INF of a package that is read, in bytes (OURS; MSI31 has the largest seen, 100 KB).
const MaxINF = 16 << 20

// ErrNoPackage is wrapped where a directory holds no package.
var ErrNoPackage = errors.New("this is no update package")

// original is the package that is imported.
type original struct {
	tree     *source.Tree
	layout   string // as package.layout says it
	branches []branchINF
	chain    *branches.Chain    // nil: no branches.inf
	br       *branches.UpdateBR // nil: no updatebr.inf
	sums     map[string]string
}

// branchINF is one update INF.
type branchINF struct {
	name string // SP2GDR, or SP1 of a dual-mode package; empty in the other layouts
	path string
	root string // what paths in the INF are relative to, with its backslash
	u    *updateinf.Update
	file *inf.File
}

// languages are those of its [Strings.LLLL].
func (b branchINF) languages() []uint16 { return b.file.StringLanguages() }

// in is the INF as a machine in a language reads it.
func (b branchINF) in(language uint16) (*updateinf.Update, error) {
	return updateinf.Parse(b.file, updateinf.Options{Language: language})
}

// readOriginal reads the INFs of a tree.
func readOriginal(tree *source.Tree) (*original, error) {
	o := &original{tree: tree, sums: map[string]string{}}
	switch {
	case tree.Has(`update\updatebr.inf`):
		o.layout = "multi-branch"
		return o, o.readBranches()
	case tree.Has(`update\update.inf`):
		o.layout = "standard"
		return o, o.add("", `update\update.inf`, "")
	}
	var roots []string
	for _, name := range tree.Names() {
		if root, ok := strings.CutSuffix(name, `update\update.inf`); ok {
			roots = append(roots, root)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf(`%w: it has neither update\update.inf nor update\updatebr.inf`, ErrNoPackage)
	}
	if slices.ContainsFunc(roots, isLevel) { // WP table 9
		o.layout = "dual-mode"
	} else {
		o.layout = "service-pack"
	}
	var err error
	for _, root := range roots {
		name := ""
		if o.layout == "dual-mode" {
			name = strings.ToUpper(strings.TrimSuffix(root, `\`))
		}
		err = errors.Join(err, o.add(name, root+`update\update.inf`, root))
	}
	return o, err
}

// isLevel: sp1\ and so on.
func isLevel(root string) bool {
	return len(root) == 4 && strings.HasPrefix(root, "sp") && root[2] >= '1' && root[2] <= '9' && root[3] == '\\'
}

func (o *original) readBranches() error {
	f, err := o.parse(`update\updatebr.inf`)
	if err != nil {
		return err
	}
	if o.br, err = branches.ParseUpdateBR(f); err != nil {
		return err
	}
	if o.tree.Has(`update\branches.inf`) {
		if f, err = o.parse(`update\branches.inf`); err != nil {
			return err
		}
		if o.chain, err = branches.ParseChain(f); err != nil {
			return err
		}
	}
	list := slices.Clone(o.br.INFs)
	if o.chain != nil {
		slices.SortStableFunc(list, func(a, b branches.BranchINF) int { return o.chain.Index(a.Branch) - o.chain.Index(b.Branch) })
	}
	for _, b := range list {
		err = errors.Join(err, o.add(strings.ToUpper(b.Branch), b.Path, ""))
	}
	return err
}

// parse reads an INF. What the reader refuses is an error with every place.
func (o *original) parse(name string) (*inf.File, error) {
	data, err := o.tree.ReadFile(name, MaxINF)
	if err != nil {
		return nil, err
	}
	return inf.Parse(path.Base(strings.ReplaceAll(name, `\`, "/")), data)
}

func (o *original) add(name, file, root string) error {
	f, err := o.parse(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	u, err := updateinf.Parse(f, updateinf.Options{})
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	o.branches = append(o.branches, branchINF{name: name, path: file, root: root, u: u, file: f})
	return nil
}

// content identifies a file of the package by its bytes; one that is not there by its name.
func (o *original) content(b branchINF) func(string) string {
	return func(name string) string { return sumOf(o.tree, b.root+name, o.sums) }
}

func sumOf(tree *source.Tree, name string, sums map[string]string) string {
	key := strings.ToLower(name)
	if s, ok := sums[key]; ok {
		return s
	}
	sums[key] = "missing " + key
	if f, err := tree.Open(name); err == nil {
		h := sha256.New()
		if _, err = io.Copy(h, f); err == nil {
			sums[key] = fmt.Sprintf("%x", h.Sum(nil))
		}
		f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		sums[key] = "unreadable " + key
	}
	return sums[key]
}
