package installer

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/inf/updatever"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/status"
)

// Names in a package (white paper tables 8 and 10).
const (
	updateBrINF = `update\updatebr.inf`
	branchesINF = `update\branches.inf`
	plainINF    = `update\update.inf`
	updateVER   = `update\update.ver`
	spuninstEXE = `spuninst.exe`
)

// maxINF is the largest INF or VER file in bytes that the engine reads.
const maxINF = 64 << 20

// loaded is what a package says before a branch is chosen.
type loaded struct {
	br    *branches.UpdateBR // nil: standard layout, one update.inf
	chain *branches.Chain    // nil: the package has no branches.inf
	ver   []updatever.Entry
}

func (r *run) load() (*loaded, error) {
	l := &loaded{}
	if !r.Package.Has(updateBrINF) && !r.Package.Has(plainINF) {
		return nil, status.Wrap(status.CantFindINF, fmt.Errorf("neither %s nor %s is in the package: %w", updateBrINF, plainINF, fs.ErrNotExist))
	}
	if r.Package.Has(updateBrINF) {
		f, err := r.parseINF(updateBrINF)
		if err == nil {
			l.br, err = branches.ParseUpdateBR(f)
		}
		if err != nil {
			return nil, status.Wrap(status.InvalidUpdateBrINF, err)
		}
	}
	if r.Package.Has(branchesINF) {
		f, err := r.parseINF(branchesINF)
		if err == nil {
			l.chain, err = branches.ParseChain(f)
		}
		if err != nil {
			return nil, status.Wrap(status.InvalidBranchesINF, err)
		}
	}
	data, err := r.Package.ReadFile(updateVER, maxINF)
	if err != nil {
		return nil, err
	}
	if l.ver, err = updatever.Parse(data); err != nil {
		return nil, status.Wrap(status.InvalidVerFile, err)
	}
	return l, nil
}

func (r *run) parseINF(name string) (*inf.File, error) {
	data, err := r.Package.ReadFile(name, maxINF)
	if err != nil {
		return nil, err
	}
	return inf.Parse(name, data)
}

// parseUpdate reads one update INF for this machine.
func (r *run) parseUpdate(name string) (*updateinf.Update, error) {
	f, err := r.parseINF(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Wrap(status.CantFindINF, err)
	}
	var u *updateinf.Update
	if err == nil {
		u, err = updateinf.Parse(f, updateinf.Options{Language: r.info.Language, Arch: infArch(r.info.Arch)})
	}
	if err != nil {
		return nil, status.Wrap(status.InvalidINFFile, err, "update", name)
	}
	if u.Strings.KB() == "" {
		return nil, status.Wrap(status.InvalidINFFile, fmt.Errorf("%s: [Strings] has no SP_SHORT_TITLE", name), "update", name)
	}
	return u, nil
}

// infArch is the decoration of section names for an architecture (INF documentation).
func infArch(a host.Arch) string {
	if a == host.X64 {
		return "amd64"
	}
	return string(a)
}

// verify checks that every file the package names is there and, where update.ver lists it, whole. Nothing has been changed
// yet; a package that lost files (KB 910336: 0x80070002, 0x80070003) is refused with their names.
func (r *run) verify(l *loaded, u *updateinf.Update) error {
	var missing []string
	need := func(names []string) {
		for _, n := range names {
			if !r.Package.Has(n) {
				missing = append(missing, n)
			}
		}
	}
	if l.br != nil {
		need(l.br.Common)
		for _, b := range l.br.INFs {
			need([]string{b.Path})
		}
	}
	need(u.Sources)
	for _, g := range append(conditionalGroups(u), u.Files...) {
		if g.Kind == updateinf.Copy {
			for _, f := range g.Files {
				need([]string{f.Source})
			}
		}
	}
	for _, c := range u.Catalogs {
		need([]string{c.Path})
	}
	var bad []string
	for _, e := range l.ver {
		switch err := r.checkEntry(e); {
		case errors.Is(err, fs.ErrNotExist):
			missing = append(missing, e.Path)
		case err != nil:
			bad = append(bad, err.Error())
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("files are missing from the extracted package: %s: %w", strings.Join(unique(missing), ", "), fs.ErrNotExist)
	}
	if len(bad) > 0 {
		return status.Wrap(status.InvalidVerFile, fmt.Errorf("the package is damaged: %s", strings.Join(bad, "; ")))
	}
	return nil
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var list []string
	for _, n := range names {
		if k := strings.ToLower(n); !seen[k] {
			seen[k] = true
			list = append(list, n)
		}
	}
	return list
}

// checkEntry compares one file with its line in update.ver.
func (r *run) checkEntry(e updatever.Entry) error {
	f, err := r.Package.Open(e.Path)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Size() != e.Size {
		return fmt.Errorf("%s has %d bytes, update.ver says %d", e.Path, f.Size(), e.Size)
	}
	sum := md5.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("read %s: %w", e.Path, err)
	}
	if got := sum.Sum(nil); !bytes.Equal(got, e.MD5[:]) {
		return fmt.Errorf("%s has MD5 %s, update.ver says %s", e.Path, hexUpper(got), hexUpper(e.MD5[:]))
	}
	return nil
}

func hexUpper(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }
