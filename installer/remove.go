package installer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/ownership"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Remove removes the update whose backup directory the request names (white paper, "Removing Software Updates"): files
// come back from the backup or go, registry values get the data they held, the catalogs and the registration go, and
// at the end the backup directory itself. Order of the work: Appendix D, KB######uninst.log.
func Remove(ctx context.Context, req Request) (Result, error) {
	r, release, err := begin(ctx, req)
	if err != nil {
		return Result{}, err
	}
	defer release()
	err = r.remove(ctx)
	r.finishRemoval(err)
	return r.res, err
}

// readRemoval reads spuninst.inf of a backup directory. The file itself stays at hand for the author's own sections.
func (r *run) readRemoval(udir string) (*spuninst.Removal, error) {
	rem, f, err := r.parseRemoval(udir)
	if err == nil {
		r.spuninst = f
	}
	if !errors.Is(err, fs.ErrNotExist) {
		r.setupINF(winpath.Join(udir, spuninstFolder, "spuninst.inf"), f, err)
	}
	return rem, err
}

// parseRemoval is readRemoval for the records of other updates: it leaves no trace in logs.
func (r *run) parseRemoval(udir string) (*spuninst.Removal, *inf.File, error) {
	path := winpath.Join(udir, spuninstFolder, "spuninst.inf")
	data, err := readHost(r.Host, path, maxINF)
	if err != nil {
		return nil, nil, err
	}
	f, err := inf.Parse(path, data)
	if err != nil {
		return nil, nil, status.Wrap(status.InvalidINFFile, err, "uninstall", path)
	}
	rem, err := spuninst.Parse(f)
	if err != nil {
		return nil, nil, status.Wrap(status.InvalidINFFile, err, "uninstall", path)
	}
	return rem, f, nil
}

func (r *run) remove(ctx context.Context) error {
	if !r.Options.DryRun && r.migration == nil {
		if err := r.recover(); err != nil {
			return err
		}
	}
	rem, err := r.readRemoval(r.UninstallDir)
	if errors.Is(err, fs.ErrNotExist) {
		return r.dropEntry(ctx, err)
	}
	if err != nil {
		return err
	}
	r.res.KB, r.res.Title = rem.KB, rem.Title
	name := rem.KB + "Uninst.log" // white paper, table 20
	if strings.EqualFold(rem.InstallationType, "ServicePack") {
		name = "spuninst.log"
	}
	r.openLog(first(rem.UnInstallLogFileName, name), instlog.Removal, r.UninstallDir)
	if err := r.welcome(ctx, ui.AskWelcomeRemoval(rem.Title)); err != nil {
		return err
	}
	if err := r.privileges(); err != nil {
		return err
	}
	if err := r.safeMode(ctx); err != nil {
		return err
	}
	if r.migration == nil {
		if err := r.removalAllowed(); err != nil {
			return err
		}
		if err := r.order(ctx, rem); err != nil {
			return err
		}
	}
	if !r.Options.DryRun {
		if err := r.reverseMigrate(ctx, rem); err != nil {
			return err
		}
	}
	p, blobs, err := r.planRemoval(rem)
	if err != nil {
		return err
	}
	r.res.Plan = p
	if r.Options.DryRun {
		r.res.DryRun = true
		return nil
	}
	r.logQueue(" ---- PendingFileRenamOperations Before Uninstallation ------")
	if err := r.execute(ctx, nil, ui.Removing, journal.Dir(r.info.WindowsDir, rem.KB), blobs, p); err != nil {
		return err
	}
	r.logQueue(" ---- PendingFileRenameOperations After Uninstallation ------")
	r.logf("DeRegistering the Uninstall Program -> %s, 0", rem.KB)
	r.event(eventSource(rem.EventLogKeyName), eventRemoved, host.EventInformation,
		fmt.Sprintf("%s was removed from your computer, and the previous %s configuration was restored.", rem.Title, r.info.ProductName))
	return nil
}

// logQueue lists the pending file renames as the white paper's removal log does.
func (r *run) logQueue(title string) {
	r.logf("%s", title)
	pairs, err := pfr.Read(r.Host)
	if err != nil {
		r.log.Warn("%v", err)
		return
	}
	for _, p := range pairs {
		r.logf("Source: %s", p.Source())
		r.logf("Destination: %s", p.Dest())
	}
}

// order: updates go in the reverse of the order in which they came (white paper, "Order of Removal"). An update installed
// later that replaced one of the same files stands in the way; attended, a person may go on, unattended the removal fails
// with the names in the log.
func (r *run) order(ctx context.Context, rem *spuninst.Removal) error {
	l, err := r.ledger(nil)
	if err != nil {
		return err
	}
	var later []string
	for _, o := range l.Above(r.ownerOf(l, rem), r.branchesPath(), winpath.Join(r.info.SystemDir, winpath.Base(rem.EventLogDllName))) {
		if m := o.Removal(); m == nil || m.MigratedFor == "" || !strings.EqualFold(m.MigratedFor, rem.KB) {
			later = append(later, o.KB)
		}
	}
	if len(later) == 0 {
		return nil
	}
	r.log.Warn("Setup detected that these updates were installed after %s and replaced the same files: %s", rem.KB, strings.Join(later, ", "))
	if !r.Options.Unattended() {
		if r.ui().Ask(ctx, ui.AskRemovalOrder(rem.Title, later)) == ui.Yes {
			r.logf("User Input: Yes (removal order)")
			return nil
		}
	}
	return status.Wrap(status.UninstallOutOfOrder, fmt.Errorf("%s must be removed after %s", rem.KB, strings.Join(later, ", ")), rem.KB)
}

// ownerOf is the update that is removed. One that is not registered any more lies below all others.
func (r *run) ownerOf(l *ownership.Ledger, rem *spuninst.Removal) *ownership.Owner {
	if me := ownerIn(l, r.UninstallDir, rem.UpdatesKey); me != nil && me.Removal() != nil {
		return me
	}
	me := &ownership.Owner{KB: rem.KB, Dir: r.UninstallDir}
	l.Add(me, rem)
	return me
}

// removalPlan is a removal in the making.
type removalPlan struct {
	*draft
	r      *run
	rem    *spuninst.Removal
	ledger *ownership.Ledger
	listed []register.File // what the update installed
	isOurs func(path string) (bool, error)
}

func (r *run) planRemoval(rem *spuninst.Removal) (journal.Plan, []blob, error) {
	queue, err := pfr.Read(r.Host)
	if err != nil {
		return journal.Plan{}, nil, err
	}
	list, err := register.List(r.Host)
	if err != nil {
		return journal.Plan{}, nil, err
	}
	p := &removalPlan{draft: newDraft(r.Host, journal.Dir(r.info.WindowsDir, rem.KB), queue), r: r, rem: rem}
	for _, u := range list {
		if winpath.Equal(u.Key.Path, rem.UpdatesKey) {
			p.listed = u.Files
		}
	}
	for _, part := range []func() error{p.backupComplete, p.handOver, p.restore, p.deletions, p.catalogs, p.registry, p.folders, p.programs, p.afterReboot} {
		if err := part(); err != nil {
			return journal.Plan{}, nil, fmt.Errorf("plan the removal: %w", err)
		}
	}
	flag, err := restartFlag(r.Host, register.FlagRemovalPending)
	if err != nil {
		return journal.Plan{}, nil, fmt.Errorf("plan the removal: %w", err)
	}
	flag = p.unconditional(flag)
	p.after = slices.Concat(p.after, p.starts, flag)
	if err := p.processes(); err != nil {
		return journal.Plan{}, nil, fmt.Errorf("plan the removal: %w", err)
	}
	p.flagAgain(flag)
	return journal.Plan{Operation: "remove", Name: rem.KB, Steps: p.plan(), Cleanup: p.cleanup()}, p.blobs, nil
}

// settled reports whether no update's file waits for a restart any more once this plan has taken its own back. Then the
// restart flags are void.
func (p *removalPlan) settled() bool {
	waiting := 0
	for _, q := range p.queue {
		if pfr.Ours(q) {
			waiting++
		}
	}
	for _, s := range p.steps {
		if s.Kind == step.CancelPending {
			waiting--
		}
	}
	return waiting <= 0
}

// handOver gives what lies below other updates to them; the rest of the plan brings back what is left.
func (p *removalPlan) handOver() error {
	var err error
	if p.ledger, err = p.r.ledger(p.draft); err != nil {
		return err
	}
	me := p.r.ownerOf(p.ledger, p.rem)
	if err := p.ledger.TakeOut(me); err != nil {
		return err
	}
	p.rem = me.Removal()
	return p.rewrite(p.ledger, p.r.UninstallDir, p.host.Now())
}

// foreign tells whether something that is no registered update has brought a newer version of a file: the update does not own
// it any more, and removal leaves it (OURS; Update.exe put the old file over it).
func (p *removalPlan) foreign(target string) (bool, error) {
	if pfr.Pending(p.queue, target) != "" {
		return false, nil
	}
	for _, f := range p.listed {
		if !winpath.Equal(f.Path(), target) {
			continue
		}
		facts, err := inventory.OfHost(p.host, target)
		if err != nil {
			return false, err
		}
		if judge(f, facts) == FileNewer {
			p.r.log.Warn("%s stays: it has version %s, this update brought %s", target, facts.VersionText(), f.Version)
			return true, nil
		}
	}
	return false, nil
}

// backupComplete names everything that is missing at once; nothing has been changed yet.
func (p *removalPlan) backupComplete() error {
	var missing []string
	look := func(name string) error {
		there, err := p.exists(winpath.Join(p.r.UninstallDir, name))
		if err == nil && !there {
			missing = append(missing, name)
		}
		return err
	}
	for _, f := range p.rem.Restore {
		if err := look(f.Backup); err != nil {
			return err
		}
	}
	for _, c := range p.rem.CatalogsRestore {
		if err := look(c.Backup); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return status.Wrap(status.NoUninstallAvailable, fmt.Errorf("files are missing from %s: %s; put them back, or install the update again: %w",
		p.r.UninstallDir, strings.Join(missing, ", "), fs.ErrNotExist), p.rem.Title)
}

func (p *removalPlan) restore() error {
	for _, f := range p.rem.Restore {
		target, err := spuninst.Resolve(f.Target, p.r.roots())
		if err != nil {
			return err
		}
		if err := p.restoreOne(target, winpath.Join(p.r.UninstallDir, f.Backup)); err != nil {
			return fmt.Errorf("restore %s: %w", target, err)
		}
	}
	return nil
}

func (p *removalPlan) restoreOne(target, backup string) error {
	st, err := p.host.Stat(backup)
	if err != nil {
		return fmt.Errorf("the backup is not complete: %w", err)
	}
	if foreign, err := p.foreign(target); err != nil || foreign {
		return err
	}
	doomed, err := p.doomed(target)
	if err != nil {
		return err
	}
	if doomed {
		p.add(step.Step{Kind: step.KeepFile, Path: target})
	}
	if err := p.cancelPending(target); err != nil {
		return err
	}
	s := step.Step{Kind: step.PutFile, Path: target, From: step.FromHost + backup, Attr: st.Attr, ModTime: st.ModTime}
	if s.Existed, err = p.exists(target); err != nil {
		return err
	}
	if s.Existed {
		if same, err := step.SameFile(p.host, target, backup); err != nil || same {
			return err // installed, but never put in place: the restart has not happened yet
		}
		if s.Backup, err = p.save(target, "", ""); err != nil {
			return err
		}
	}
	if s.Temp, err = p.deliberate(target); err != nil {
		return err
	}
	if err := p.dir(winpath.Dir(target), 0); err != nil {
		return err
	}
	p.add(s)
	return nil
}

// doomed tells whether a deletion waits for the restart that an update, this one or an earlier one, asked for.
func (p *removalPlan) doomed(target string) (bool, error) {
	if p.isOurs == nil {
		p.isOurs = p.r.touched()
	}
	if !pfr.Deleted(p.queue, target) {
		return false, nil
	}
	return p.isOurs(target)
}

// cancelPending takes back a replacement that still waits for the restart.
func (p *removalPlan) cancelPending(target string) error {
	tmp := pfr.Pending(p.queue, target)
	if tmp == "" {
		return nil
	}
	there, err := p.exists(tmp)
	if err != nil {
		return err
	}
	s := step.Step{Kind: step.CancelPending, Path: target, Temp: tmp}
	if there {
		if s.Backup, err = p.save(tmp, "", ""); err != nil {
			return err
		}
	}
	p.add(s)
	return nil
}

func (p *removalPlan) deletions() error {
	for _, f := range p.rem.Delete {
		target, err := spuninst.Resolve(f.Target, p.r.roots())
		if err != nil {
			return err
		}
		if foreign, err := p.foreign(target); err != nil || foreign {
			if err != nil {
				return err
			}
			continue
		}
		if doomed, err := p.doomed(target); err != nil || doomed {
			if err != nil {
				return err
			}
			continue
		}
		if err := p.cancelPending(target); err != nil {
			return err
		}
		there, err := p.exists(target)
		if err != nil || !there {
			if err != nil {
				return err
			}
			continue
		}
		s := step.Step{Kind: step.DeleteFile, Path: target, Existed: true}
		if s.Backup, err = p.save(target, "", ""); err != nil {
			return err
		}
		if s.Temp, err = p.deliberate(target); err != nil {
			return err
		}
		p.add(s)
	}
	return nil
}

func (p *removalPlan) catalogs() error {
	for _, name := range p.rem.CatalogsDelete {
		if err := p.catalog(step.Step{Kind: step.RemoveCatalog, Name: name}); err != nil {
			return err
		}
	}
	for _, c := range p.rem.CatalogsRestore {
		from := step.FromHost + winpath.Join(p.r.UninstallDir, c.Backup)
		if err := p.catalog(step.Step{Kind: step.AddCatalog, Name: c.Name, From: from}); err != nil {
			return err
		}
	}
	return nil
}

func (p *removalPlan) catalog(s step.Step) error {
	path := p.host.CatalogPath(s.Name)
	var err error
	if s.Existed, err = p.exists(path); err == nil && s.Existed {
		s.Backup, err = p.save(path, "", "")
	}
	if err != nil {
		return fmt.Errorf("catalog %s: %w", s.Name, err)
	}
	if s.Existed || s.Kind == step.AddCatalog {
		p.add(s)
	}
	return nil
}

func (p *removalPlan) dirs() *dirid.Resolver { return dirid.New(p.host, p.r.info) }

func keyOf(root, path string, view32 bool) host.Key {
	k := host.Key{Root: host.Root(strings.ToUpper(root)), Path: path}
	if view32 {
		k.View = host.View32
	}
	return k
}

func (p *removalPlan) registry() error {
	o := regplan.New(p.host)
	for _, v := range p.rem.DeleteValues {
		if err := o.Delete(keyOf(v.Root, v.Key, v.View32), v.Name); err != nil {
			return err
		}
	}
	for _, k := range p.rem.RestoreKeys {
		if err := o.Create(keyOf(k.Root, k.Key, k.View32), false); err != nil {
			return err
		}
	}
	for _, v := range p.rem.RestoreValues {
		if err := o.Set(keyOf(v.Root, v.Key, v.View32), v.Name, host.Value{Type: v.Type, Data: v.Data}); err != nil {
			return err
		}
	}
	if err := p.sections(o); err != nil {
		return err
	}
	if p.settled() {
		if err := o.DeleteKey(register.RestartKey()); err != nil {
			return err
		}
	}
	for _, k := range p.rem.DeleteKeys {
		if err := o.DeleteKeyIfEmpty(keyOf(k.Root, k.Key, k.View32)); err != nil {
			return err
		}
	}
	for _, s := range o.Steps() {
		s.Volatile = winpath.Equal(s.Key.Path, register.VolatileKey)
		p.add(s)
	}
	return nil
}

// folders removes directories that the update made and that nobody else uses.
func (p *removalPlan) folders() error {
	for _, d := range p.rem.RemoveDirs {
		dir, err := spuninst.Resolve(d, p.r.roots())
		if err != nil {
			return err
		}
		if winpath.Under(dir, winpath.Join(p.r.info.WindowsDir, migrationFolder)) || winpath.Under(dir, winpath.Join(p.r.info.WindowsDir, dualCache)) {
			continue // goes with the cache
		}
		st, err := p.host.Stat(dir)
		if err == nil {
			p.add(step.Step{Kind: step.RemoveDir, Path: dir, Attr: st.Attr &^ host.AttrDirectory})
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// cleanup follows the commit: nothing needs the backup any more.
func (p *removalPlan) cleanup() []step.Step {
	cache, dual := winpath.Join(p.r.info.WindowsDir, migrationFolder), winpath.Join(p.r.info.WindowsDir, dualCache)
	if p.rem.MigratedFor != "" { // the cache serves the update as it was before the service pack
		return append(leftovers(p.ledger, p.r.UninstallDir), step.Step{Kind: step.RemoveTree, Path: p.r.UninstallDir, Except: p.r.KeepFile})
	}
	steps := append(leftovers(p.ledger, p.r.UninstallDir),
		step.Step{Kind: step.RemoveTree, Path: winpath.Join(cache, p.rem.KB)},
		step.Step{Kind: step.RemoveDir, Path: cache},
		step.Step{Kind: step.RemoveTree, Path: winpath.Join(dual, p.rem.KB)},
		step.Step{Kind: step.RemoveDir, Path: dual},
		step.Step{Kind: step.RemoveTree, Path: p.r.UninstallDir, Except: p.r.KeepFile})
	for _, d := range p.rem.RemoveDirs { // what the installation made above the backup directory (/d)
		if dir, err := spuninst.Resolve(d, p.r.roots()); err == nil && winpath.Under(p.r.UninstallDir, dir) {
			steps = append(steps, step.Step{Kind: step.RemoveDir, Path: dir})
		}
	}
	return steps
}

func (r *run) finishRemoval(err error) {
	defer r.flushSetupLog()
	if r.log.log == nil {
		r.openLog(winpath.Base(r.UninstallDir)+"Uninst.log", instlog.Removal, r.UninstallDir)
	}
	flag := map[bool]int{true: 1}
	if err == nil {
		r.logf("DontReboot = %d, ForceRestart = %d", flag[r.Options.NoRestart], flag[r.Options.ForceRestart])
		return
	}
	r.log.Error("%v", err)
	r.log.Error("%s removal did not complete.", r.res.KB)
	r.log.Error("Spuninst.exe extended error code = %s", status.Hex(status.Code(err)))
}
