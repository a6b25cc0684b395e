package installer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// right is a user right of white paper table 12.
type right struct {
	constant string // as Windows knows it
	display  string // as the Group Policy editor shows it
	required bool
}

// rights is table 12 without "Debug programs", which only hotpatching needs.
func rights() []right {
	return []right{
		{"SeRestorePrivilege", "Restore files and directories", true},
		{"SeBackupPrivilege", "Back up files and directories", true},
		{"SeTakeOwnershipPrivilege", "Take ownership of files or other objects", true},
		{"SeSecurityPrivilege", "Manage auditing and security log", true},
		{"SeShutdownPrivilege", "Shut down the system", false},
	}
}

// privileges checks table 12: a missing required right ends the run with 61444, the preferred one is logged.
func (r *run) privileges() error {
	var names []string
	for _, x := range rights() {
		names = append(names, x.constant)
	}
	list, err := r.Host.MissingPrivileges(names)
	if err != nil {
		return fmt.Errorf("check the user rights: %w", err)
	}
	var missing []string
	for _, x := range rights() {
		switch {
		case !containsFold(list, x.constant):
		case x.required:
			missing = append(missing, fmt.Sprintf("%q (%s)", x.display, x.constant))
		default:
			r.log.Warn("The user right %q (%s) is missing: this program cannot restart the computer", x.display, x.constant)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return status.Wrap(status.InsufficientPrivs, fmt.Errorf("user rights are missing: %s; an administrator can assign them (KB 888791)", strings.Join(missing, ", ")), r.info.ProductName)
}

// safeMode warns where Windows runs in safe mode (white paper table 23: "Warn if an installation/removal is attempted in Safe
// mode"). Unattended mode goes on.
func (r *run) safeMode(ctx context.Context) error {
	if !r.info.SafeMode {
		return nil
	}
	r.log.Warn("The computer runs in safe mode, where changes to the system may fail")
	if r.Options.Unattended() || r.Options.DryRun {
		return nil
	}
	a := r.ui().Ask(ctx, ui.AskSafeMode(r.res.Title))
	r.logf("User Input: %s (safe mode)", a)
	if a != ui.Yes {
		return status.New(status.UserCancelled, r.res.Title)
	}
	return nil
}

// gateChecked: packages are built for the free build of Windows, which says so in CurrentType ("Multiprocessor Free").
func (r *run) gateChecked(title string) error {
	k := host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Windows NT\CurrentVersion`}
	v, err := r.Host.GetValue(k, "CurrentType")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("examine the computer: %w", err)
	}
	if text, _ := v.Text(); strings.Contains(strings.ToLower(text), "checked") {
		return status.Wrap(status.CheckedFreeMismatch, fmt.Errorf("this is a checked build of Windows (%s)", text), title, r.info.ProductName)
	}
	return nil
}

// notOlder refuses a package when a newer version of the same update is registered (code 61556; that this code says it is
// OURS). The same version installs again.
func (r *run) notOlder(u *updateinf.Update) error {
	list, err := register.List(r.Host)
	if err != nil {
		return err
	}
	mine := packageVersion(u)
	for _, i := range list {
		if !strings.EqualFold(i.KB, r.res.KB) || i.Version == "" || mine == "" {
			continue
		}
		if compareText(i.Version, mine) > 0 {
			return status.Wrap(status.HotfixAlreadyInstalled, fmt.Errorf("version %s is installed, this package is version %s; remove the installed one first if you want the older",
				i.Version, mine), r.res.Title)
		}
	}
	return nil
}

// packageVersion is what registration writes as PackageVersion (white paper, "Package Versioning").
func packageVersion(u *updateinf.Update) string {
	return first(u.Strings.Get("Package_Version"), u.Strings.BuildTimestamp())
}

// restartFirst refuses with 61482 where earlier file operations must complete before: for a service pack, any that wait for a
// restart; for an update, renames that other installers left for the same files, whose order against ours nobody can
// guarantee. What updates of ours left waiting is chained instead (white paper, "Chained Installation"). OURS in detail.
func (r *run) restartFirst(c *chosen) error {
	var why []string
	if kindOf(c.update) == instlog.ServicePack {
		if v, err := r.Host.GetValue(register.RestartKey(), "Flags"); err == nil {
			if n, ok := v.Uint32(); ok && n != 0 {
				why = append(why, fmt.Sprintf("UpdateExeVolatile says %d", n))
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, q := range c.queue {
			if pfr.Ours(q) {
				why = append(why, q.Dest())
			}
		}
	}
	ours := map[string]bool{}
	for _, it := range c.items {
		// A file that is right already, but is deleted at the restart, would be gone after it.
		if it.Action != inventory.Keep || it.New.Exists && it.Old.Exists && !it.Doomed && pfr.Deleted(c.queue, it.Target) {
			ours[host.Fold(it.Target)] = true
		}
	}
	for _, q := range c.queue {
		if pfr.Ours(q) {
			continue
		}
		for _, path := range []string{q.Source(), q.Dest()} {
			if path != "" && ours[host.Fold(path)] {
				why = append(why, path)
			}
		}
	}
	if len(why) == 0 {
		return nil
	}
	return status.Wrap(status.MustRestartFirst, fmt.Errorf("operations that wait for a restart: %s", strings.Join(unique(why), ", ")), r.res.Title)
}
