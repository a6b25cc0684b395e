package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

// Event numbers of the System log (white paper, "Event Log Entries", and KB 829427; 4373 and 4377 are OURS, after what
// people report of real systems).
const (
	eventPackInstalled = 4371
	eventFailed        = 4373
	eventPartial       = 4374
	eventInstalled     = 4377
	eventRemoved       = 4382
)

// Install installs the package. The error carries the extended return code (status.Code); a machine is unchanged when it
// is not nil, unless it wraps *journal.Partial.
func Install(ctx context.Context, req Request) (Result, error) {
	r, release, err := begin(ctx, req)
	if err != nil {
		return Result{}, err
	}
	defer release()
	err = r.install(ctx)
	r.finish(err)
	return r.res, err
}

// named learns the update's name as soon as an INF is read, and with it where the log is.
func (r *run) named(u *updateinf.Update) {
	r.res.KB, r.res.Title = u.Strings.KB(), u.Strings.Title()
	r.res.ErrorReports = u.ErrorReports
	name := u.Config.InstallLogFileName
	if name == "" {
		name = r.res.KB + ".log" // white paper, table 20
		if kindOf(u) == instlog.ServicePack {
			name = "svcpack.log"
		}
	}
	r.openLog(name, kindOf(u), "")
}

func kindOf(u *updateinf.Update) instlog.Kind {
	if strings.EqualFold(u.Config.InstallationType, "Hotfix") || u.Config.InstallationType == "" {
		return instlog.Hotfix
	}
	return instlog.ServicePack
}

func (r *run) install(ctx context.Context) error {
	r.ui().Progress(ui.Inspecting, 0, 0)
	if !r.Options.DryRun && r.migration == nil {
		if err := r.recover(); err != nil {
			return err
		}
		if err := r.migrate(ctx); err != nil { // what an interrupted run left to do
			return fmt.Errorf("continue a migration: %w", err)
		}
	}
	if err := r.arrange(); err != nil {
		return err
	}
	if r.Options.Integrate != "" {
		return r.integrate(ctx)
	}
	l, err := r.load()
	if err != nil {
		return err
	}
	if err := r.privileges(); err != nil {
		return err
	}
	c, err := r.choose(l)
	if err != nil {
		return err
	}
	r.res.Branch = c.branch
	r.logInventory(c)
	r.cabBuild(c)
	if err := r.welcome(ctx, ui.AskWelcome(r.res.Title)); err != nil {
		return err
	}
	if err := r.refuseGaps(c.update); err != nil {
		return err
	}
	if err := r.notOlder(c.update); err != nil {
		return err
	}
	if err := r.restartFirst(c); err != nil {
		return err
	}
	if err := r.prerequisites(c); err != nil {
		return err
	}
	if err := r.safeMode(ctx); err != nil {
		return err
	}
	p, blobs, err := r.planInstall(l, c)
	if err != nil {
		return err
	}
	r.res.Plan = p
	if err := r.space(ctx, p); err != nil {
		return err
	}
	if r.Options.DryRun {
		r.res.DryRun = true
		return nil
	}
	if err := r.licence(ctx); err != nil {
		return err
	}
	again, err := r.archive(ctx, c, p)
	if err == nil && again {
		if p, blobs, err = r.planInstall(l, c); err == nil {
			r.res.Plan, err = p, r.space(ctx, p)
		}
	}
	if err != nil {
		return err
	}
	reopen, err := r.closeApps(ctx, p)
	defer reopen()
	if err != nil {
		return err
	}
	dir := journal.Dir(r.info.WindowsDir, r.res.KB)
	end := r.restorePoint()
	err = r.execute(ctx, stepPackage{r.Package}, ui.Installing, dir, blobs, p)
	end(err == nil)
	if err != nil {
		return err
	}
	r.res.RestartNeeded = r.res.RestartNeeded || c.update.Version.RebootRequired
	r.logDual()
	if err := r.cleanAfter(); err != nil {
		r.log.Warn("The pending file renames could not be looked through: %v", err)
	}
	r.logDelayed(c)
	if err := r.report(c); err != nil || r.migration != nil {
		return err
	}
	if err := r.migrate(ctx); err != nil {
		r.log.Warn("Migration is left to the next start: %v", err)
	}
	return nil
}

// welcome greets an attended user (WP, "Attended Mode": the wizard is launched); nothing was looked at or changed yet.
func (r *run) welcome(ctx context.Context, q ui.Question) error {
	if r.Options.DryRun || r.ui().Ask(ctx, q) == ui.Yes {
		return nil
	}
	r.logf("User Input: No (welcome)")
	return status.New(status.UserCancelled, r.res.Title)
}

// licence asks an attended user; a package without a licence has nothing to accept.
func (r *run) licence(ctx context.Context) error {
	name := r.licenceFile()
	if name == "" {
		return nil
	}
	data, err := r.Package.ReadFile(name, maxINF)
	if err != nil {
		return err
	}
	q := ui.AskLicence(r.res.Title, licenceText(data, r.info.Language))
	a := r.ui().Ask(ctx, q)
	if !r.Options.Unattended() {
		r.logf("User Input: %s (licence)", a)
	}
	if a != ui.Yes {
		return status.New(status.UserCancelled, r.res.Title)
	}
	return nil
}

// report tells the outcome to the event log.
func (r *run) report(c *chosen) error {
	id, text := uint32(eventInstalled), fmt.Sprintf("%s was installed.", r.res.Title)
	if kindOf(c.update) == instlog.ServicePack {
		id, text = eventPackInstalled, fmt.Sprintf("%s was installed (Service Pack %d was previously installed).", r.res.Title, r.info.ServicePack)
	}
	r.event(eventSource(c.update.Config.EventLogKeyName), id, host.EventInformation, text)
	if r.res.RestartNeeded {
		r.logf("DoInstallation: A reboot is required to complete the installation of one or more files.")
	}
	return nil
}

func eventSource(name string) string {
	if name == "" {
		return "NtServicePack" // white paper, "Event Log Entries"
	}
	return name
}

// event never fails a run that is complete.
func (r *run) event(source string, id uint32, t host.EventType, text string) {
	if err := r.Host.ReportEvent(source, id, t, text); err != nil {
		r.log.Warn("The event log could not be written: %v", err)
	}
}

// finish writes the last lines of the log.
func (r *run) finish(err error) {
	defer r.flushSetupLog()
	if r.log.log == nil { // nothing was read of the package: the run has no name of its own
		r.openLog("update.log", instlog.Hotfix, "")
	}
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	if err == nil {
		r.logf("RebootNecessary = %d,WizardInput = %d , DontReboot = %d, ForceRestart = %d", flag(r.res.RestartNeeded),
			flag(!r.Options.Unattended()), flag(r.Options.NoRestart), flag(r.Options.ForceRestart))
		return
	}
	code := status.Code(err)
	title := r.res.KB
	if title == "" {
		title = "The"
	}
	r.log.Error("%v", err)
	r.log.Error("%s installation did not complete.", title)
	r.log.Error("Update.exe extended error code = %s", status.Hex(code))
	if !r.Options.ER && !r.Options.DryRun {
		r.log.Info("Update.exe return code was masked to 0x643 for MSI custom action compliance.")
	}
	if r.Options.DryRun || r.res.KB == "" {
		return
	}
	var partial *journal.Partial
	if errors.As(err, &partial) {
		r.event(eventSource(""), eventPartial, host.EventError, fmt.Sprintf("%s installation failed, leaving Windows partially updated. %v", r.res.Title, err))
		return
	}
	r.event(eventSource(""), eventFailed, host.EventError, fmt.Sprintf("%s installation failed. %v", r.res.Title, err))
}

// stepPackage lets steps read the package.
type stepPackage struct{ *source.Tree }

func (p stepPackage) Open(name string) (io.ReadCloser, error) { return p.Tree.Open(name) }
