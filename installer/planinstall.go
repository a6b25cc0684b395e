package installer

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/ownership"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Folder names below %windir%.
const (
	migrationFolder = "$hf_mig$" // cache of more cumulative branches (white paper, "Branching")
	spuninstFolder  = "spuninst"
	// PackUninstallDir is the backup directory of service packs (white paper, "Removing Software Updates").
	PackUninstallDir = "$NtServicePackUninstall$"
)

// installPlan is a plan in the making, together with the removal that will undo it.
type installPlan struct {
	*draft
	r     *run
	c     *chosen
	l     *loaded
	udir  string            // backup directory; empty with /nobackup
	old   *spuninst.Removal // of an earlier installation of this update: its entries stay
	rem   spuninst.Removal
	reg   register.Update
	now   time.Time
	links int // shortcuts so far

	ledger   *ownership.Ledger
	sequence uint32
	stale    []step.Step // what goes after the commit
}

func (r *run) planInstall(l *loaded, c *chosen) (journal.Plan, []blob, error) {
	p := &installPlan{draft: newDraft(r.Host, journal.Dir(r.info.WindowsDir, r.res.KB), c.queue), r: r, c: c, l: l, now: r.Host.Now()}
	p.known[winpath.Fold(winpath.Join(r.info.WindowsDir, journal.Folder))] = true
	for _, part := range []func() error{p.prepare, p.chain, p.services, p.renameDirs, p.files, p.catalogs, p.archivedCatalogs, p.shortcuts, p.branchesINF,
		p.migrationCache, p.dualFiles, p.packArchive, p.messages, p.registry, p.dlls, p.afterReboot, p.markMigrations, p.removal} {
		if err := part(); err != nil {
			return journal.Plan{}, nil, fmt.Errorf("plan the installation: %w", err)
		}
	}
	flag, err := restartFlag(r.Host, register.FlagInstallPending)
	if err != nil {
		return journal.Plan{}, nil, fmt.Errorf("plan the installation: %w", err)
	}
	flag = p.unconditional(flag)
	if err := p.rewrite(p.ledger, p.udir, p.now); err != nil {
		return journal.Plan{}, nil, fmt.Errorf("plan the installation: %w", err)
	}
	p.after = slices.Concat(p.after, p.starts, flag)
	if err := p.processes(); err != nil {
		return journal.Plan{}, nil, fmt.Errorf("plan the installation: %w", err)
	}
	p.flagAgain(flag)
	return journal.Plan{Operation: "install", Name: r.res.KB, Steps: p.plan(),
		Cleanup: append(p.stale, leftovers(p.ledger, "")...)}, p.blobs, nil
}

// prepare decides about the backup directory and reads the removal that an earlier installation left in it.
func (p *installPlan) prepare() error {
	u := p.c.update
	name, err := p.backupDir()
	if err != nil {
		return err
	}
	if p.r.migration != nil && p.r.migration.pack != 0 {
		name = p.r.migratedDir(name)
		p.udir = winpath.Join(p.r.info.WindowsDir, name)
	}
	old, err := p.r.readRemoval(p.udir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.old = old
	p.rem = spuninst.Removal{KB: p.r.res.KB, Title: p.r.res.Title, InstallationType: u.Config.InstallationType,
		UnInstallLogFileName: u.Config.UnInstallLogFileName, UnInstallDirName: name,
		EventLogKeyName: u.Config.EventLogKeyName, EventLogDllName: u.Config.EventLogDllName}
	if p.r.Options.NoBackup && p.old == nil {
		p.udir = ""
		p.r.logf("CreateUninstall = 0")
		return p.takeOver()
	}
	p.r.logf("CreateUninstall = 1,Directory = %s", p.udir)
	p.r.backupTo = p.udir
	if err := p.dir(p.udir, host.AttrHidden); err != nil { // "By default the backup directories are hidden"
		return err
	}
	if err := p.dir(winpath.Join(p.udir, spuninstFolder), 0); err != nil {
		return err
	}
	return p.takeOver()
}

func (p *installPlan) files() error {
	for _, it := range p.c.items {
		var err error
		switch it.Action {
		case inventory.Keep:
			err = p.stay(it)
		case inventory.Copy:
			err = p.put(it.Target, step.FromPackage+it.Source, it)
		case inventory.Delete:
			err = p.drop(it)
		case inventory.Rename:
			from := it.Target
			if it.Pending != "" {
				from = it.Pending
			}
			if err = p.put(it.NewPath, step.FromHost+from, inventory.Item{}); err == nil {
				err = p.drop(it)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", it.Target, err)
		}
	}
	return nil
}

// put plans that target gets new content, and what undoes it: now by the journal, later by removal.
func (p *installPlan) put(target, from string, it inventory.Item) error {
	if err := p.dir(winpath.Dir(target), 0); err != nil {
		return err
	}
	s := step.Step{Kind: step.PutFile, Path: target, From: from, PrevPending: it.Pending,
		Force:  it.Pending != "" || it.Flags&updateinf.CopyForceFileInUse != 0,
		Reboot: it.Flags&updateinf.CopyReplaceBootFile != 0, ModTime: p.sourceTime(from)}
	var err error
	name := p.temp
	if it.Old.HasVersion && it.New.HasVersion && it.New.Version.Compare(it.Old.Version) < 0 {
		name = p.deliberate // COPYFLG_NOVERSIONCHECK
	}
	if strings.HasPrefix(strings.ToLower(winpath.Base(it.Pending)), "uninst") {
		name = p.deliberate // what is on disk goes back at the restart; it is not to be compared with
	}
	if s.Temp, err = name(target); err != nil {
		return err
	}
	if s.Existed, err = p.exists(target); err != nil {
		return err
	}
	if s.Force && s.Existed {
		now, err := inventory.OfHost(p.host, target)
		if err != nil {
			return err
		}
		if now.Exists { // not if it is only planned
			s.Before = hex.EncodeToString(now.MD5[:])
		}
	}
	current := target
	if it.Pending != "" {
		current = it.Pending // what the machine would have without this update
	}
	if it.Pending != "" { // its place in the queue is taken; a roll back puts it there again
		p.stale = append(p.stale, step.Step{Kind: step.DeleteFile, Path: it.Pending})
	}
	if it.Doomed {
		p.add(step.Step{Kind: step.KeepFile, Path: target})
		if s.Existed {
			if s.Backup, err = p.save(target, "", ""); err != nil {
				return err
			}
		}
	}
	if (s.Existed || it.Pending != "") && !it.Doomed {
		if s.Backup, err = p.archive(target, current, it.Old.VersionText()); err != nil {
			return err
		}
	} else if !p.keeps(target) {
		p.removes(target)
	}
	p.add(s)
	return nil
}

func (p *installPlan) sourceTime(from string) time.Time {
	if name, ok := strings.CutPrefix(from, step.FromPackage); ok {
		if f, err := p.r.Package.Open(name); err == nil {
			defer f.Close()
			if st, err := f.Stat(); err == nil {
				return st.ModTime()
			}
		}
		return time.Time{}
	}
	if st, err := p.host.Stat(strings.TrimPrefix(from, step.FromHost)); err == nil {
		return st.ModTime
	}
	return time.Time{}
}

// drop plans that a target goes. What a pending replacement would have made of it is what removal brings back.
func (p *installPlan) drop(it inventory.Item) error {
	s := step.Step{Kind: step.DeleteFile, Path: it.Target, PrevPending: it.Pending}
	var err error
	if p.udir == "" {
		p.ledger.ForgetFile(it.Target)
	}
	if s.Existed, err = p.exists(it.Target); err != nil {
		return err
	}
	if it.Pending == "" {
		s.Backup, err = p.archive(it.Target, it.Target, it.Old.VersionText())
	} else {
		p.stale = append(p.stale, step.Step{Kind: step.DeleteFile, Path: it.Pending})
		if _, err = p.archive(it.Target, it.Pending, it.Old.VersionText()); err == nil && s.Existed {
			s.Backup, err = p.save(it.Target, "", "")
		}
	}
	if err == nil {
		p.add(s)
	}
	return err
}

// archive plans the copy of a file's present content. It goes to the backup directory, from where removal restores it,
// unless an earlier installation of this update has an original there already or there is no backup; then it is kept
// beside the journal for this run only.
func (p *installPlan) archive(target, current, version string) (string, error) {
	if p.udir == "" || p.oldKnows(target) {
		return p.save(current, "", "")
	}
	backup, err := p.save(current, p.udir, winpath.Base(target))
	if err != nil {
		return "", err
	}
	p.rem.Restore = append(p.rem.Restore, spuninst.RestoreFile{Target: p.portable(target), Backup: winpath.Base(backup), Version: version})
	return backup, nil
}

func (p *installPlan) removes(target string) {
	if !p.oldKnows(target) {
		p.rem.Delete = append(p.rem.Delete, spuninst.DeleteFile{Target: p.portable(target)})
	}
}

// keeps: [DeleteFilesInUninstallSections] protects files from deletion on removal (seen in a real package).
func (p *installPlan) keeps(target string) bool {
	for _, k := range p.c.update.Keep {
		if strings.EqualFold(winpath.Base(k), winpath.Base(target)) {
			return true
		}
	}
	return false
}

func (p *installPlan) oldKnows(target string) bool {
	if p.old == nil {
		return false
	}
	want := p.portable(target)
	for _, f := range p.old.Restore {
		if strings.EqualFold(f.Target, want) {
			return true
		}
	}
	for _, f := range p.old.Delete {
		if strings.EqualFold(f.Target, want) {
			return true
		}
	}
	return false
}

func (p *installPlan) portable(path string) string { return spuninst.Portable(path, p.r.roots()) }

// roots are the places that spuninst.inf spells by name.
func (r *run) roots() spuninst.Roots {
	roots := spuninst.Roots{SystemRoot: r.info.WindowsDir, SystemDrive: r.info.SystemDrive}
	const csidlProgramFiles = 38
	if dir, err := r.Host.Folder(csidlProgramFiles); err == nil {
		roots.ProgramFiles = dir
	}
	return roots
}

// catalogs plans the installation of the package's catalogs; a previous one of the same name is archived.
func (p *installPlan) catalogs() error {
	for _, c := range p.c.update.Catalogs {
		src := c.Path
		b := blob{name: winpath.Base(c.Name), time: p.sourceTime(step.FromPackage + src), open: func() (io.ReadCloser, error) { return p.r.Package.Open(src) }}
		s := step.Step{Kind: step.AddCatalog, Name: c.Name, From: p.blob(b)}
		installed := p.host.CatalogPath(c.Name)
		if err := p.dir(winpath.Dir(installed), 0); err != nil {
			return err
		}
		var err error
		if s.Existed, err = p.exists(installed); err != nil {
			return err
		}
		switch {
		case s.Existed && p.oldHasCatalog(c.Name):
			s.Backup, err = p.save(installed, "", "")
		case s.Existed && p.udir != "":
			if s.Backup, err = p.save(installed, p.udir, c.Name); err == nil {
				p.rem.CatalogsRestore = append(p.rem.CatalogsRestore, spuninst.CatalogRestore{Name: c.Name, Backup: winpath.Base(s.Backup)})
			}
		case s.Existed:
			s.Backup, err = p.save(installed, "", "")
		default:
			p.rem.CatalogsDelete = append(p.rem.CatalogsDelete, c.Name)
		}
		if err != nil {
			return fmt.Errorf("catalog %s: %w", c.Name, err)
		}
		p.add(s)
	}
	return nil
}

// archivedCatalogs keeps for removal those catalogs of [ArchiveCatalogFilesOnly] that the package does not install itself: a
// program of it may replace them (white paper, Appendix B).
func (p *installPlan) archivedCatalogs() error {
	for _, name := range p.c.update.Archive {
		own := slices.ContainsFunc(p.c.update.Catalogs, func(c updateinf.Catalog) bool { return strings.EqualFold(c.Name, name) })
		if own || name == "" || p.udir == "" || p.oldHasCatalog(name) {
			continue
		}
		if err := host.CheckName(name); err != nil {
			return fmt.Errorf("[ArchiveCatalogFilesOnly]: %w", err)
		}
		path := p.host.CatalogPath(name)
		if there, err := p.exists(path); err != nil || !there {
			if err != nil {
				return err
			}
			p.r.logf("Catalog %s is not on this computer and is not archived", name)
			continue
		}
		backup, err := p.save(path, p.udir, name)
		if err != nil {
			return fmt.Errorf("archive catalog %s: %w", name, err)
		}
		p.rem.CatalogsRestore = append(p.rem.CatalogsRestore, spuninst.CatalogRestore{Name: name, Backup: winpath.Base(backup)})
	}
	return nil
}

func (p *installPlan) oldHasCatalog(name string) bool {
	if p.old == nil {
		return false
	}
	for _, c := range p.old.CatalogsRestore {
		if strings.EqualFold(c.Name, name) {
			return true
		}
	}
	for _, c := range p.old.CatalogsDelete {
		if strings.EqualFold(c, name) {
			return true
		}
	}
	return false
}

// branchesINF replaces %windir%\inf\branches.inf by a newer one (white paper, "Branches.inf").
func (p *installPlan) branchesINF() error {
	if p.l.chain == nil || !p.r.Package.Has(branchesINF) {
		return nil
	}
	machine, err := p.r.machineChain()
	if err != nil {
		return err
	}
	if machine != nil && compareVersions(machine.FileVersion, p.l.chain.FileVersion) >= 0 {
		return p.share(p.r.branchesPath())
	}
	return p.put(p.r.branchesPath(), step.FromPackage+branchesINF, inventory.Item{})
}

func compareVersions(a, b [4]uint16) int {
	for i := range a {
		if a[i] != b[i] {
			return int(a[i]) - int(b[i])
		}
	}
	return 0
}

// migrationCache keeps the setup files and the payload of more cumulative branches in $hf_mig$, so that a later update, or
// a service pack, can bring this one along (white paper, "Branching").
func (p *installPlan) migrationCache() error {
	if p.c.branch == "" { // a package of standard layout
		return nil
	}
	above := p.c.chooser.Above(p.c.branch)
	if len(above) == 0 {
		return nil
	}
	names := append([]string(nil), p.l.br.Common...)
	for _, c := range p.c.update.Catalogs { // so that the cached package can be verified
		names = append(names, c.Path)
	}
	for _, b := range append([]string{p.c.branch}, above...) {
		names = append(names, p.l.br.SetupFiles(b)...)
	}
	for _, b := range above {
		path, _ := p.l.br.INF(b)
		u, err := p.r.parseUpdate(path)
		if err != nil {
			return err
		}
		names = append(names, u.Sources...)
	}
	root := winpath.Join(p.r.info.WindowsDir, migrationFolder, p.r.res.KB)
	if err := p.dir(winpath.Dir(root), host.AttrHidden); err != nil {
		return err
	}
	for _, n := range unique(names) {
		if err := p.cache(winpath.Join(root, n), n); err != nil {
			return err
		}
	}
	return nil
}

// cache plans a file of the migration cache; it belongs to this update alone, so removal deletes the whole folder.
func (p *installPlan) cache(target, name string) error {
	if err := p.dir(winpath.Dir(target), 0); err != nil {
		return err
	}
	s := step.Step{Kind: step.PutFile, Path: target, From: step.FromPackage + name, ModTime: p.sourceTime(step.FromPackage + name)}
	var err error
	if s.Existed, err = p.exists(target); err != nil {
		return err
	}
	if s.Existed {
		if same, err := p.holds(target, name); err != nil || same {
			return err
		}
		if s.Backup, err = p.save(target, "", ""); err != nil {
			return err
		}
	}
	if s.Temp, err = p.temp(target); err != nil {
		return err
	}
	p.add(s)
	return nil
}

// holds reports whether a file of the machine has the content of a file of the package.
func (p *installPlan) holds(target, name string) (bool, error) {
	there, err := p.host.Open(target)
	if err != nil {
		return false, err
	}
	defer there.Close()
	ours, err := p.r.Package.Open(name)
	if err != nil {
		return false, err
	}
	defer ours.Close()
	if there.Size() != ours.Size() {
		return false, nil
	}
	return step.SameContent(there, ours)
}
