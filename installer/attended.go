package installer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
)

// space checks the disks; a person may free some space and try again (package-format.md 17, "Extra dialogs").
func (r *run) space(ctx context.Context, p journal.Plan) error {
	for {
		err := r.checkSpace(p)
		if err == nil || !errors.Is(err, host.ErrDiskFull) || r.Options.Unattended() || r.Options.DryRun {
			return err
		}
		a := r.ui().Ask(ctx, ui.AskDiskSpace(r.res.Title, err.Error()))
		r.logf("User Input: %s (disk space)", a)
		if a != ui.Yes {
			return err
		}
	}
}

// archive asks an attended user whether and where a service pack keeps the files it replaces (WP "Attended Mode"). changed
// tells that the plan must be made again. Updates use the default (package-format.md 17), and a switch has decided already.
func (r *run) archive(ctx context.Context, c *chosen, p journal.Plan) (changed bool, err error) {
	dir := r.backupTo
	if !isServicePack(c.update) || dir == "" || r.Options.Unattended() || r.Options.NoBackup || r.Options.BackupDir != "" {
		return false, nil
	}
	need, err := r.backupNeed(p)
	if err != nil {
		return false, err
	}
	folder := &ui.Folder{Path: dir, NeededBytes: need, Free: r.freeAt}
	a := r.ui().Ask(ctx, ui.AskArchive(r.res.Title, folder))
	r.logf("User Input: %s, %s (archive folder)", a, folder.Path)
	switch a {
	case ui.No:
		r.Options.NoBackup = true
		return true, nil
	case ui.Yes:
		if strings.EqualFold(folder.Path, dir) {
			return false, nil
		}
		r.Options.BackupDir = folder.Path
		return true, nil
	}
	return false, status.New(status.UserCancelled, r.res.Title)
}

// backupNeed is what the backup of a plan takes, in bytes.
func (r *run) backupNeed(p journal.Plan) (int64, error) {
	drives, err := r.Host.Drives()
	if err != nil {
		return 0, fmt.Errorf("look at the disks: %w", err)
	}
	total := int64(0)
	for _, d := range drives {
		n, err := r.diskNeed(p, strings.ToUpper(d.Root[:2]), d.Cluster)
		if err != nil {
			return 0, err
		}
		total += n.backup
	}
	return total, nil
}

// freeAt is the free space of the local disk that a path lies on.
func (r *run) freeAt(path string) (bytes int64, ok bool) {
	drive, elems, err := host.SplitPath(path)
	if err != nil || len(elems) == 0 {
		return 0, false
	}
	drives, err := r.Host.Drives()
	if err != nil {
		return 0, false
	}
	for _, d := range drives {
		if strings.EqualFold(d.Root[:2], drive[:2]) {
			return d.FreeBytes, true
		}
	}
	return 0, false
}

// closeApps lets programs that hold files of the plan be closed, so that no restart is needed: an attended user is asked;
// unattended, /forceappsclose closes them, since it would do so at the restart (OURS). reopen starts those again that
// can be; it is never nil. What cannot be closed is no error: its files are replaced at the restart.
func (r *run) closeApps(ctx context.Context, p journal.Plan) (reopen func(), err error) {
	reopen = func() {}
	paths := changedFiles(p)
	apps, err := r.Host.Holders(paths)
	if err != nil {
		r.log.Warn("The programs that use files of the update could not be found: %v", err)
		return reopen, nil
	}
	if len(apps) == 0 {
		return reopen, nil
	}
	var names []string
	for _, a := range apps {
		r.logf("%s (process %d) uses files that will be replaced", a.Name, a.PID)
		names = append(names, a.Name)
	}
	if r.Options.Unattended() {
		if !r.Options.ForceAppsClose {
			return reopen, nil
		}
	} else {
		a := r.ui().Ask(ctx, ui.AskCloseApps(r.res.Title, unique(names)))
		r.logf("User Input: %s (applications to close)", a)
		if ctx.Err() != nil {
			return reopen, ctx.Err()
		}
		if a != ui.Yes {
			return reopen, nil
		}
	}
	again, err := r.Host.CloseHolders(paths, r.Options.ForceAppsClose)
	if err != nil {
		r.log.Warn("Not all programs could be closed: %v", err)
	}
	return func() {
		if err := again(); err != nil {
			r.log.Warn("Not all programs could be started again: %v", err)
		}
	}, nil
}

// changedFiles are the files that a plan replaces or deletes now.
func changedFiles(p journal.Plan) []string {
	var paths []string
	for _, s := range p.Steps {
		if (s.Kind == step.PutFile || s.Kind == step.DeleteFile) && s.Existed && !s.Force {
			paths = append(paths, s.Path)
		}
	}
	return unique(paths)
}
