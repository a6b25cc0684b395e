package installer

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Recovery at boot (OURS; the white paper's "Automatic Recovery" does it for service packs by SetupType and CmdLine, which
// stop Windows from starting as usual). Before a journal is written the running program is copied beside the journals, and
// registered as a service that Windows starts by itself; when the last journal is settled both go. So a run that a power cut
// ended is undone before somebody logs on, whatever became of the package.

// RecoveryEXE is the name of the copy, below %windir%\$UpdateJournal$; under this name the program recovers.
const RecoveryEXE = "recover.exe"

// RecoveryService is the name of the service.
const RecoveryService = "UpdateRecovery"

// recoveryWait is how long the service waits for a run that began before it.
const recoveryWait = 600 // seconds

func recoveryKey() host.Key {
	return host.Key{Root: host.HKLM, Path: host.ServicesKey + `\` + RecoveryService}
}

func (r *run) recoveryImage() string {
	return winpath.Join(r.info.WindowsDir, journal.Folder, RecoveryEXE)
}

// arm makes the next start of the machine recover. It needs the program on the machine itself: not so where an image is
// serviced from outside.
func (r *run) arm() error {
	if r.Image == "" {
		return nil
	}
	if _, err := r.Host.Stat(r.Image); err != nil {
		return exceptMissing(err)
	}
	if err := r.Host.CopyFile(r.Image, r.recoveryImage()); err != nil {
		return err
	}
	const ownProcess, automatic, normal = 0x10, 2, 1 // SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL
	o, k := regplan.New(r.Host), recoveryKey()
	for _, v := range []host.NamedValue{
		{Name: "DisplayName", Value: regplan.String("Software update recovery")},
		{Name: "ErrorControl", Value: regplan.DWORD(normal)},
		{Name: "ImagePath", Value: regplan.ExpandString(`"%SystemRoot%\` + journal.Folder + `\` + RecoveryEXE + `"`)},
		{Name: "ObjectName", Value: regplan.String("LocalSystem")},
		{Name: "Start", Value: regplan.DWORD(automatic)},
		{Name: "Type", Value: regplan.DWORD(ownProcess)}} {
		if err := o.Set(k, v.Name, v.Value); err != nil {
			return err
		}
	}
	if err := r.carryOut(o.Steps()); err != nil {
		return err
	}
	return r.Host.FlushRegistry() // before the first change, or a power cut could keep the change and lose the service
}

func (r *run) carryOut(steps []step.Step) error {
	for _, s := range steps {
		if _, err := s.Do(step.Env{Host: r.Host}); err != nil {
			return err
		}
	}
	return nil
}

// disarm takes back what arm did, once no journal is left. The service's own program, while it runs, goes at the next start.
func (r *run) disarm() error {
	left, err := journal.List(r.Host, r.info.WindowsDir)
	if err != nil || len(left) > 0 {
		return err
	}
	o := regplan.New(r.Host)
	if err := o.DeleteKey(recoveryKey()); err != nil {
		return err
	}
	if err := r.carryOut(o.Steps()); err != nil {
		return err
	}
	image := r.recoveryImage()
	err = gone(r.Host.Remove(image))
	if errors.Is(err, host.ErrInUse) {
		if err := pfr.Add(r.Host, pfr.Replace(image, "")); err != nil {
			return err
		}
		return pfr.Add(r.Host, pfr.Replace(winpath.Dir(image), ""))
	}
	if err != nil {
		return err
	}
	err = gone(r.Host.Remove(winpath.Dir(image)))
	if errors.Is(err, host.ErrNotEmpty) {
		return nil
	}
	return err
}

// recoverAll settles every journal, and then disarms.
func (r *run) recoverAll() ([]string, error) {
	if err := r.spare(); err != nil {
		return nil, err
	}
	lines, err := r.runner(nil, ui.RollingBack).Recover()
	return lines, errors.Join(err, r.disarm())
}

// spare takes the deletion of the recovery program out of the queue, which the service left for the restart: a run that
// follows before it needs the program again.
func (r *run) spare() error {
	if _, err := r.Host.Stat(r.recoveryImage()); err != nil {
		return exceptMissing(err)
	}
	return errors.Join(pfr.Undelete(r.Host, r.recoveryImage()), pfr.Undelete(r.Host, winpath.Dir(r.recoveryImage())))
}

// settle recovers, as soon as no installation runs.
func settle(ctx context.Context, req Request) ([]string, error) {
	req.Options.WaitSeconds = recoveryWait
	r, release, err := begin(ctx, req)
	if err != nil {
		return nil, err
	}
	defer release()
	return r.recoverAll()
}

// RecoverAtBoot is the service: it waits for its turn, settles what was interrupted, and writes %windir%\update.log and the
// event log.
func RecoverAtBoot(ctx context.Context, req Request) error {
	req.Options.WaitSeconds = recoveryWait
	r, release, err := begin(ctx, req)
	if err != nil {
		return err
	}
	defer release()
	lines, err := r.recoverAll()
	if len(lines) == 0 && err == nil {
		return nil
	}
	r.openLog("update.log", instlog.Hotfix, "")
	for _, l := range lines {
		r.log.Warn("Recovery at the start of the computer: %s", l)
	}
	text := "An installation or removal had been interrupted. " + strings.Join(lines, "; ")
	if err != nil {
		r.log.Error("%v", err)
		r.event(eventSource(""), eventPartial, host.EventError, text+": "+err.Error())
		return err
	}
	r.event(eventSource(""), eventFailed, host.EventWarning, text)
	return nil
}

// exceptMissing turns a missing file into nothing.
func exceptMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
