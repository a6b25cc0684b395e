package installer

import (
	"errors"
	"fmt"
	"io/fs"

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
	updateEXE   = `update\update.exe`
	spuninstEXE = `spuninst.exe`
)

// maxINF is the largest INF or VER file in bytes that the engine reads.
const maxINF = 64 << 20

// loaded is what a package says before a branch is chosen.
type loaded struct {
	br    *branches.UpdateBR // nil: standard layout, one update.inf
	chain *branches.Chain    // nil: the package has no branches.inf
	ver   []updatever.Entry

	verified bool // the extracted files are whole and trusted
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
	return l, r.cachedOnly(l)
}

func (r *run) parseINF(name string) (*inf.File, error) {
	data, err := r.Package.ReadFile(name, maxINF)
	if err != nil {
		return nil, err
	}
	f, err := inf.Parse(name, data)
	r.setupINF(name, f, err)
	return f, err
}

// parseUpdate reads one update INF for this machine.
func (r *run) parseUpdate(name string) (*updateinf.Update, error) {
	f, err := r.parseINF(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Wrap(status.CantFindINF, err)
	}
	return r.typed(name, f, err)
}

// parseUpdateData reads an update INF that is not in the package.
func (r *run) parseUpdateData(name string, data []byte) (*updateinf.Update, error) {
	f, err := inf.Parse(name, data)
	return r.typed(name, f, err)
}

func parseNamed(name string, data []byte) (*inf.File, error) { return inf.Parse(name, data) }

type verEntry = updatever.Entry

func (r *run) typed(name string, f *inf.File, err error) (*updateinf.Update, error) {
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
