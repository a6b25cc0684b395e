package installer

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/branch"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// chosen is a package with its branch decided and its inventory made.
type chosen struct {
	branch   string // empty in the standard layout
	inf      string // path of the update INF in the package
	update   *updateinf.Update
	items    []inventory.Item
	registry []updateinf.RegistryGroup // conditional groups whose conditions hold
	chain    *branches.Chain           // the newer of the package's and the machine's
	chooser  branch.Chooser
	placed   []updateinf.FileGroup // what goes to directories that functions found
	dirs     *dirid.Resolver
	queue    []pfr.Pair    // after the QChain rule
	dropped  []pfr.Dropped // what the rule takes out of it
}

// packageFiles lets the inventory read the package.
type packageFiles struct{ *source.Tree }

func (p packageFiles) Open(name string) (inventory.File, error) { return p.Tree.Open(name) }

// choose decides the branch and takes inventory; when a file on the machine forces a higher branch the inventory is
// repeated with its INF (white paper, "Branching"; STATUS_REPEAT_INVENTORY).
func (r *run) choose(l *loaded) (*chosen, error) {
	c := &chosen{chain: l.chain, dirs: dirid.New(r.Host, r.info)}
	queue, err := pfr.Read(r.Host)
	if err == nil {
		c.queue, c.dropped, err = r.cleanBefore(queue)
	}
	if err != nil {
		return nil, err
	}
	if l.br == nil {
		c.inf = plainINF
		return c, r.inspect(l, c)
	}
	if err := r.startBranch(l, c); err != nil {
		return nil, err
	}
	for range len(l.br.INFs) + 1 {
		path, ok := l.br.INF(c.branch)
		if !ok {
			return nil, status.Wrap(status.NoBranchAvailable, fmt.Errorf("branch %s has no INF in updatebr.inf", c.branch))
		}
		c.inf = path
		if err := r.inspect(l, c); err != nil {
			return nil, err
		}
		moved, err := r.moveUp(c)
		if err != nil {
			return nil, err
		}
		if !moved {
			return c, nil
		}
	}
	return nil, status.Wrap(status.NoBranchAvailable, fmt.Errorf("the choice of a branch does not settle"))
}

func (r *run) startBranch(l *loaded, c *chosen) error {
	if l.chain == nil {
		l.chain = chainOf(l.br)
		c.chain = l.chain
	}
	machine, err := r.machineChain()
	if err != nil {
		return err
	}
	if machine != nil {
		c.chain = branches.Merge(l.chain, machine)
	}
	c.chooser = branch.Chooser{Chain: c.chain, INFs: l.br, Forced: r.Options.Branch != ""}
	if r.Options.Branch != "" {
		c.branch = r.Options.Branch
		return nil
	}
	if r.migration != nil && r.migration.branch != "" {
		c.branch = r.migration.branch
		return nil
	}
	b, ok := l.br.Default(r.info.Major, r.info.Minor, uint32(r.info.ServicePack))
	if !ok {
		return status.Wrap(status.NoBranchAvailable, fmt.Errorf("updatebr.inf has no default branch for service pack %d", r.info.ServicePack))
	}
	c.branch = b
	return nil
}

// chainOf is the order of a package without branches.inf: its branches as updatebr.inf lists them (real packages of
// products without GDR and QFE have none).
func chainOf(br *branches.UpdateBR) *branches.Chain {
	c := &branches.Chain{}
	for i, b := range br.INFs {
		next := b.Branch
		if i+1 < len(br.INFs) {
			next = br.INFs[i+1].Branch
		}
		c.Branches = append(c.Branches, branches.Branch{Name: b.Branch, Display: b.Branch, Next: next})
	}
	return c
}

func (r *run) branchesPath() string { return winpath.Join(r.info.WindowsDir, `inf\branches.inf`) }

// machineChain is %windir%\inf\branches.inf, or nil. A damaged one makes later packages fail with 61681 (KB 887822).
func (r *run) machineChain() (*branches.Chain, error) {
	data, err := readHost(r.Host, r.branchesPath(), maxINF)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := inf.Parse(r.branchesPath(), data)
	var c *branches.Chain
	if err == nil {
		c, err = branches.ParseChain(f)
	}
	if err != nil {
		return nil, status.Wrap(status.IncomparableBranches, err)
	}
	return c, nil
}

func (r *run) inspect(l *loaded, c *chosen) error {
	u, err := r.parseUpdate(c.inf)
	if err != nil {
		return err
	}
	c.update = u
	r.named(u)
	if err := gates(u, r.info); err != nil {
		return err
	}
	if err := r.gateChecked(u.Strings.Title()); err != nil {
		return err
	}
	if err := r.verify(l); err != nil {
		return err
	}
	if refusesGaps(u) {
		return nil // refused later, once the log tells the inventory
	}
	if err := r.directories(c); err != nil {
		return err
	}
	scan := inventory.Scan{Host: r.Host, Info: r.info, Dirs: c.dirs, Package: packageFiles{r.Package}, Queue: c.queue,
		Ours: r.touched()}
	c.items, err = scan.Run(u)
	if err != nil {
		return fmt.Errorf("take inventory: %w", err)
	}
	if err := placedFiles(scan, c); err != nil {
		return fmt.Errorf("take inventory: %w", err)
	}
	c.registry = nil
	if err := r.conditional(c, scan); err != nil {
		return fmt.Errorf("take inventory: %w", err)
	}
	return nil
}

// moveUp asks the chooser with the branches of the files found, and reports whether the inventory must be repeated.
func (r *run) moveUp(c *chosen) (bool, error) {
	recorded, err := r.recordedBranches()
	if err != nil {
		return false, err
	}
	var files []branch.Installed
	for _, it := range c.items {
		if it.Old.Exists {
			files = append(files, branch.Installed{Path: it.Target, Branch: branchOf(it, recorded, c.chain)})
		}
	}
	next, cause, err := c.chooser.Next(c.branch, files)
	var none *branch.NoBranchError
	switch {
	case errors.As(err, &none):
		return false, status.Wrap(status.NoBranchAvailable, err)
	case err != nil:
		return false, status.Wrap(status.IncomparableBranches, err)
	case strings.EqualFold(next, c.branch):
		return false, nil
	}
	r.logf("AnalyzeForBranching: g_bRepeatInventory set to TRUE because target file %s has branch %s which is greater than branch for %s",
		strings.ToLower(cause.Path), strings.ToLower(cause.Branch), strings.ToLower(c.branch))
	c.branch = next
	return true, nil
}

// recordedBranch is what an update wrote about a file when it installed it.
type recordedBranch struct{ version, branch string }

func (r *run) recordedBranches() (map[string]recordedBranch, error) {
	list, err := register.List(r.Host)
	if err != nil {
		return nil, err
	}
	m := map[string]recordedBranch{}
	for _, u := range list { // later installations overwrite earlier ones
		for _, f := range u.Files {
			if f.Branch != "" {
				m[winpath.Fold(f.Path())] = recordedBranch{f.Version, f.Branch}
			}
		}
	}
	return m, nil
}

// branchOf is the branch of a file on the machine: as recorded, if the file still has the recorded version, otherwise from
// its version text ("the branch information might not always be included"): a branch of the chain by that name, or what the
// usual tokens mean.
func branchOf(it inventory.Item, recorded map[string]recordedBranch, chain *branches.Chain) string {
	if rec, ok := recorded[winpath.Fold(it.Target)]; ok && rec.version == it.Old.VersionText() {
		return rec.branch
	}
	if i := chain.Index(it.Old.BuildToken); i >= 0 {
		return chain.Branches[i].Name
	}
	return it.Old.Branch
}

func readHost(h host.Files, path string, limit int64) ([]byte, error) {
	f, err := h.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > limit {
		return nil, fmt.Errorf("%s has %d bytes, the limit is %d", path, f.Size(), limit)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return data, nil
}
