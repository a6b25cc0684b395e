package installer

import (
	"context"
	"fmt"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// dropEntry is the removal of an update whose backup directory is gone: its files stay; a person may have its entry taken out of
// the lists (KB 329260). Unattended, and where nothing is registered, the removal fails with 61560.
func (r *run) dropEntry(ctx context.Context, cause error) error {
	list, err := register.List(r.Host)
	if err != nil {
		return err
	}
	for _, u := range list {
		if !winpath.Equal(UninstallDirOf(u), r.UninstallDir) {
			continue
		}
		r.res.KB, r.res.Title = u.KB, first(u.Title, u.KB)
		r.openLog(u.KB+"Uninst.log", instlog.Removal, r.UninstallDir)
		r.log.Warn("The backup directory %s is gone or has no spuninst.inf", r.UninstallDir)
		if r.Options.Unattended() {
			break
		}
		a := r.ui().Ask(ctx, ui.AskDropEntry(r.res.Title, r.UninstallDir))
		r.logf("User Input: %s (entry without backup)", a)
		if a != ui.Yes {
			return status.New(status.UserCancelled, r.res.Title)
		}
		return r.dropKeys(ctx, u)
	}
	return status.Wrap(status.NoUninstallAvailable, cause, first(r.res.Title, winpath.Base(r.UninstallDir)))
}

func (r *run) dropKeys(ctx context.Context, u register.Installed) error {
	o := regplan.New(r.Host)
	for _, k := range []host.Key{u.Key, register.Update{KB: u.KB}.UninstallKey(), register.Update{KB: u.KB}.HotfixKey()} {
		if err := o.DeleteKey(k); err != nil {
			return fmt.Errorf("plan to drop the entry of %s: %w", u.KB, err)
		}
	}
	p := journal.Plan{Operation: "remove", Name: u.KB, Steps: o.Steps()}
	r.res.Plan = p
	if r.Options.DryRun {
		r.res.DryRun = true
		return nil
	}
	if err := r.execute(ctx, nil, ui.Removing, journal.Dir(r.info.WindowsDir, u.KB), nil, p); err != nil {
		return err
	}
	r.logf("DeRegistering the Uninstall Program -> %s, 0", u.KB)
	r.log.Warn("The files of %s stay on the computer", u.KB)
	return nil
}
