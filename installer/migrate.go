package installer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/branch"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/ownership"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Migration (white paper, "Branching"): an installation that brings a file of a more cumulative branch takes along the
// earlier updates of that file, whole packages, from their cache in %windir%\$hf_mig$; a service pack those that have a branch
// for its level; removing the pack takes those out again, and what was below comes back ("reverse migration").
//
// How it is carried out is OURS. The plan that causes a migration writes down which updates migrate (migrationKey). Each is then a
// journalled installation of its own, from the cache, which crosses itself off. A run that is interrupted between them is
// continued at the start of the next one. An update that was migrated for a service pack keeps its records in a backup
// directory of its own, on top of the pack's.

// migration is one update to be installed again from its cache.
type migration struct {
	kb    string
	stamp string // BUILDTIMESTAMP: the oldest comes first (package-format.md 7.3)
	// branch to begin with; empty: the default of the service pack level.
	branch string
	// pack is the level of the service pack that causes it, packKB its name; zero without.
	pack   uint16
	packKB string
}

// migrationKey holds a value for each update that waits to be migrated.
func migrationKey() host.Key {
	return host.Key{Root: host.HKLM, Path: register.UpdatesRoot + `\Migration`}
}

const noText = "-"

func orNone(s string) string {
	if s == "" {
		return noText
	}
	return s
}

func (m migration) value() host.Value {
	return regplan.String(strings.Join([]string{orNone(m.stamp), orNone(m.branch), strconv.Itoa(int(m.pack)), orNone(m.packKB)}, " "))
}

func parseMigration(kb string, v host.Value) (migration, error) {
	text, _ := regplan.Text(v)
	f := strings.Fields(text)
	if len(f) != 4 {
		return migration{}, fmt.Errorf("the migration of %s is written down as %q", kb, text)
	}
	n, err := strconv.ParseUint(f[2], 10, 16)
	if err != nil {
		return migration{}, fmt.Errorf("the migration of %s is written down as %q", kb, text)
	}
	for i := range f {
		f[i] = strings.TrimPrefix(f[i], noText)
	}
	return migration{kb: kb, stamp: f[0], branch: f[1], pack: uint16(n), packKB: f[3]}, nil
}

// cacheDir is the migration cache of an update.
func (r *run) cacheDir(kb string) string {
	return winpath.Join(r.info.WindowsDir, migrationFolder, kb)
}

// cachedBranches reads which branches the cache of an update serves; nil without a cache.
func (r *run) cachedBranches(kb string) (*branches.UpdateBR, error) {
	path := winpath.Join(r.cacheDir(kb), updateBrINF)
	data, err := readHost(r.Host, path, maxINF)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := parseNamed(path, data)
	if err != nil {
		return nil, err
	}
	br, err := branches.ParseUpdateBR(f)
	if err != nil {
		return nil, err
	}
	br.INFs = slices.DeleteFunc(br.INFs, func(b branches.BranchINF) bool {
		_, err := r.Host.Stat(winpath.Join(r.cacheDir(kb), strings.ReplaceAll(b.Path, "/", `\`)))
		return err != nil
	})
	return br, nil
}

// migrations finds the updates that this installation takes along.
func (p *installPlan) migrations() ([]migration, error) {
	if isServicePack(p.c.update) {
		return p.packMigrations()
	}
	if p.c.branch == "" || p.c.chain == nil {
		return nil, nil
	}
	list, err := register.List(p.host)
	if err != nil {
		return nil, err
	}
	var found []migration
	for _, u := range list {
		if winpath.Equal(u.Key.Path, p.reg.UpdatesKey().Path) || !p.overtakes(u) {
			continue
		}
		br, err := p.r.cachedBranches(u.KB)
		if err != nil || br == nil {
			p.r.log.Warn("%s stays on its branch: it has no usable cache in %s (%v)", u.KB, p.r.cacheDir(u.KB), err)
			continue
		}
		to := branch.Chooser{Chain: p.c.chain, INFs: br}.AtLeast(p.c.branch)
		if to == "" {
			p.r.logf("%s has no branch at or above %s: nothing to migrate", u.KB, p.c.branch)
			continue
		}
		p.r.logf("%s is migrated to %s, because this package brings its files from %s", u.KB, to, p.c.branch)
		found = append(found, migration{kb: u.KB, stamp: p.r.cacheStamp(u.KB, br, to), branch: to})
	}
	return found, nil
}

// overtakes tells whether this package has a file of the update on a more cumulative branch of the same service pack level. A
// file that stays because it is newer counts too: it lacks what the other branch has.
func (p *installPlan) overtakes(u register.Installed) bool {
	at := p.c.chain.Index(p.c.branch)
	for _, f := range u.Files {
		i := p.c.chain.Index(f.Branch)
		if f.Branch == "" || i < 0 || i >= at || !branch.SameLevel(f.Branch, p.c.branch) {
			continue
		}
		for _, it := range p.c.items {
			if winpath.Equal(it.Target, f.Path()) && it.New.Exists && (it.Action == inventory.Copy || it.Old.Exists) {
				return true
			}
		}
	}
	return false
}

// packMigrations: "After the service pack installation, the package installer checks the cache directory".
func (p *installPlan) packMigrations() ([]migration, error) {
	this := p.c.update.Version.ThisServicePack
	if this == nil || *this/256 <= uint32(p.r.info.ServicePack) || *this/256 > 0xFFFF {
		return nil, nil
	}
	level := uint16(*this / 256)
	found, err := p.dualMigrations(level)
	if err != nil {
		return nil, err
	}
	p.r.logf(`FindFirstFile %s\*.*`, strings.ToLower(winpath.Join(p.r.info.WindowsDir, migrationFolder)))
	dirs, err := p.host.ReadDir(winpath.Join(p.r.info.WindowsDir, migrationFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, d := range dirs {
		br, err := p.r.cachedBranches(d.Name)
		if err != nil || br == nil {
			p.r.log.Warn("%s in the migration cache cannot be used (%v)", d.Name, err)
			continue
		}
		to, ok := br.Default(p.r.info.Major, p.r.info.Minor, uint32(level))
		if !ok || !branch.AtLevel(to, level) {
			continue // the service pack has the fix
		}
		if _, ok := br.INF(to); !ok {
			continue
		}
		p.r.logf("%s is migrated to %s for service pack %d", d.Name, to, level)
		found = append(found, migration{kb: d.Name, stamp: p.r.cacheStamp(d.Name, br, to), pack: level, packKB: p.r.res.KB})
	}
	return found, nil
}

// cacheStamp is the build time of a cached package; empty if it cannot be told.
func (r *run) cacheStamp(kb string, br *branches.UpdateBR, name string) string {
	path, _ := br.INF(name)
	path = winpath.Join(r.cacheDir(kb), strings.ReplaceAll(path, "/", `\`))
	data, err := readHost(r.Host, path, maxINF)
	if err != nil {
		return ""
	}
	u, err := r.parseUpdateData(path, data)
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(u.Strings.BuildTimestamp(), " ", "")
}

// markMigrations plans that the updates are written down; an update that migrates crosses itself off.
func (p *installPlan) markMigrations() error {
	found, err := p.migrations()
	if err != nil {
		return err
	}
	o := regplan.New(p.host)
	for _, m := range found {
		if err := o.Set(migrationKey(), m.kb, m.value()); err != nil {
			return err
		}
	}
	if p.r.migration != nil {
		if err := crossOff(o, p.r.migration.kb); err != nil {
			return err
		}
	}
	p.add(o.Steps()...)
	return nil
}

func crossOff(o *regplan.Overlay, kb string) error {
	if err := o.Delete(migrationKey(), kb); err != nil {
		return err
	}
	return o.DeleteKeyIfEmpty(migrationKey())
}

// next is the migration that comes first; ok is false when none waits.
func (r *run) nextMigration() (m migration, ok bool, err error) {
	values, err := r.Host.Values(migrationKey())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(values) == 0 {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	var list []migration
	for _, v := range values {
		m, err := parseMigration(v.Name, v.Value)
		if err != nil {
			r.log.Warn("%v", err)
			m = migration{kb: v.Name} // fails, and is crossed off
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(a, b migration) int { return strings.Compare(a.stamp, b.stamp) })
	return list[0], true, nil
}

// migrate carries out what is written down. An update that cannot be migrated stays as it is; the log says why.
func (r *run) migrate(ctx context.Context) error {
	for {
		m, ok, err := r.nextMigration()
		if err != nil || !ok {
			return err
		}
		if err := r.migrateOne(ctx, m); err != nil {
			r.log.Warn("%s was not migrated: %v", m.kb, err)
			o := regplan.New(r.Host)
			if err := crossOff(o, m.kb); err != nil {
				return err
			}
			for _, s := range o.Steps() {
				if _, err := s.Do(step.Env{Host: r.Host}); err != nil {
					return fmt.Errorf("cross off the migration of %s: %w", m.kb, err)
				}
			}
			continue
		}
		r.logf("%s was migrated", m.kb)
	}
}

// nativeHost is a host that can say where the operating system of this process finds a directory of the machine.
type nativeHost interface {
	Native(path string) (string, error)
}

func (r *run) migrateOne(ctx context.Context, m migration) error {
	n, ok := r.Host.(nativeHost)
	if !ok {
		return fmt.Errorf("the cache cannot be read on this machine: %w", host.ErrUnsupported)
	}
	cache, err := r.migrationCacheOf(m)
	if err != nil {
		return err
	}
	dir, err := n.Native(cache)
	if err != nil {
		return err
	}
	tree, err := source.Open(dir)
	if err != nil {
		return err
	}
	defer tree.Close()
	req := r.Request
	req.Package, req.UI, req.LogTee, req.UninstallDir = tree, ui.Quiet{}, nil, ""
	req.Options.Quiet, req.Options.Branch, req.Options.DryRun, req.Options.Log, req.Options.BackupDir = true, "", false, "", ""
	if req.Options.NoBackup, err = r.unremovable(m.kb); err != nil {
		return err
	}
	sub := &run{Request: req, info: r.info, log: &logFile{}, migration: &m}
	if m.pack != 0 {
		sub.info.ServicePack = m.pack
	}
	err = sub.install(ctx)
	sub.finish(err)
	r.res.RestartNeeded = r.res.RestartNeeded || sub.res.RestartNeeded
	r.res.Warnings = append(r.res.Warnings, sub.res.Warnings...)
	return err
}

// unremovable tells whether an installed update has no backup: it gets none when it migrates.
func (r *run) unremovable(kb string) (bool, error) {
	list, err := register.List(r.Host)
	if err != nil {
		return false, err
	}
	for _, u := range list {
		if winpath.Equal(u.KB, kb) {
			return u.UninstallLine == "", nil
		}
	}
	return false, nil
}

// cachedOnly leaves of a package in the migration cache what is there: the branches above the one that was installed.
func (r *run) cachedOnly(l *loaded) error {
	if r.migration == nil || l.br == nil {
		return nil
	}
	var kept []branches.BranchINF
	for _, b := range l.br.INFs {
		if !r.Package.Has(b.Path) {
			continue
		}
		u, err := r.parseUpdate(b.Path)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(namedBy(u), func(n string) bool { return !r.Package.Has(n) }) {
			kept = append(kept, b)
		}
	}
	l.br.INFs = kept
	l.ver = slices.DeleteFunc(l.ver, func(e verEntry) bool { return !r.Package.Has(e.Path) })
	return nil
}

// migratedFor lists the updates that were migrated for a service pack, the highest first.
func migratedFor(l *ownership.Ledger, pack string) []*ownership.Owner {
	var list []*ownership.Owner
	for _, o := range l.Owners() {
		if rem := o.Removal(); rem != nil && rem.MigratedFor != "" && strings.EqualFold(rem.MigratedFor, pack) {
			list = append(list, o)
		}
	}
	slices.Reverse(list)
	return list
}

// reverseMigrate takes out what was migrated for the service pack that is removed; what was installed before the pack comes
// back with it.
func (r *run) reverseMigrate(ctx context.Context, rem *spuninst.Removal) error {
	l, err := r.ledger(nil)
	if err != nil {
		return err
	}
	for _, o := range migratedFor(l, rem.KB) {
		req := r.Request
		req.UI, req.LogTee, req.UninstallDir, req.KeepFile = ui.Quiet{}, nil, o.Dir, ""
		req.Options.Quiet, req.Options.Log = true, ""
		sub := &run{Request: req, info: r.info, log: &logFile{}, migration: &migration{kb: o.KB, packKB: rem.KB}}
		r.logf("%s, which was migrated for %s, is removed first", o.KB, rem.KB)
		err := sub.remove(ctx)
		sub.finishRemoval(err)
		r.res.RestartNeeded = r.res.RestartNeeded || sub.res.RestartNeeded
		if err != nil {
			return fmt.Errorf("remove %s, which was migrated for %s: %w", o.KB, rem.KB, err)
		}
	}
	return nil
}

// migratedDir is the backup directory of an update that was migrated for a service pack: its own from before stays.
func (r *run) migratedDir(name string) string {
	if r.migration == nil || r.migration.pack == 0 {
		return name
	}
	base, dollar := strings.CutSuffix(name, "$")
	base += "_SP" + strconv.Itoa(int(r.migration.pack))
	if dollar {
		base += "$"
	}
	return base
}
