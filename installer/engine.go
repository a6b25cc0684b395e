// Package installer is the engine: it installs an extracted package on a host, removes an installed update, and reports
// what is installed. It follows the white paper's "Installation Process": extraction is over when it starts; analysis and
// inventory, archiving, file copy and cleanup are its stages. Everything that changes the machine is a step of a plan that
// the journal carries out (installer/journal), so a run ends with the update installed or with the machine as it was.
//
// Where to find a rule:
//
//	switches            installer/cmdline      which branch          installer/branch
//	return codes        installer/status       which file            installer/inventory
//	log format          installer/instlog      directories           installer/dirid
//	registry entries    installer/register     registry directives   installer/regplan
//	pending renames     installer/pfr          target gates          gates.go
//	prerequisites       conditions.go          conditional groups    conditional.go
//	services, DLLs, programs  programs.go      what is refused       inf/updateinf, gaps.go
//	who owns what       installer/ownership    its use in plans      owners.go
//	removal             remove.go              migration             migrate.go
package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
)

// LockName is the machine-wide lock of every installation and removal.
const LockName = "PackageInstallerInProgress"

// Request is one run of the engine.
type Request struct {
	Host    host.Host
	Package *source.Tree // installation: the extracted package
	// UninstallDir is, for a removal, the backup directory: C:\WINDOWS\$NtUninstallKB123456$.
	UninstallDir string
	Options      cmdline.Options
	UI           ui.UI     // nil: ui.Quiet
	Image        string    // full path of the running executable, for the log
	Version      string    // its version, "7.0.0.0"; also the InstallerVersion that is registered
	Start        time.Time // of the process, for the log
	// KeepFile is a file that the cleanup of a removal must leave: the running spuninst.exe, which its own copy deletes
	// after it has ended. Empty: nothing is left.
	KeepFile string
	// OpenSelf opens the package itself, the executable that was extracted, for /integrate; nil: not available.
	OpenSelf func() (io.ReadCloser, error)
	// Verify judges the signatures of catalogs; nil: a signature is as good as an untrusted one.
	Verify catalog.Verifier
	// RequireSignature refuses packages without a trusted signature, as the policy of that name does (verify.go).
	RequireSignature bool
	// Answers are what functions of the package's own DLL would give, by AnswerKey: an offline image cannot ask them.
	Answers map[string]Answer
	// Log receives the log's text too, besides the log file of the machine. May be nil.
	LogTee interface{ Write(p []byte) (int, error) }
}

// Result is what a run did.
type Result struct {
	// ErrorReports are what the package says about reports of failures (WP Appendix B, [WatsonManifestMode.*]).
	ErrorReports []updateinf.ErrorReport

	KB            string
	Title         string
	Branch        string // of a multi-branch package
	RestartNeeded bool
	// Plan is the plan that was carried out, or with /dryrun would have been.
	Plan    journal.Plan
	DryRun  bool
	LogPath string // of the machine; empty when nothing was logged
	// Warnings are what whoever started the run should know although it goes on. They are in the log, too.
	Warnings []string
}

// run is the state that installation and removal share.
type run struct {
	Request
	info host.Info
	log  *logFile
	res  Result
	// backupTo is where the plan puts the backup; empty with /nobackup.
	backupTo string

	migration *migration        // nil: an ordinary run
	spuninst  *inf.File         // the last spuninst.inf that was read
	hashed    map[string]bool   // files of the package whose hash was checked, folded names
	asked     map[string]Answer // of functions, by AnswerKey
	dual      *dualMode         // of a dual-mode package
	setup     []string          // lines for updspapi.log
}

func (r *run) ui() ui.UI {
	if r.UI == nil {
		return ui.Quiet{}
	}
	return r.UI
}

func (r *run) logf(format string, args ...any) { r.log.Info(format, args...) }

// begin takes the lock and learns about the machine.
func begin(ctx context.Context, req Request) (*run, func(), error) {
	release, err := takeLock(ctx, req)
	if err != nil {
		if errors.Is(err, host.ErrBusy) {
			return nil, nil, status.Wrap(status.UpdateAlreadyRunning, err)
		}
		return nil, nil, fmt.Errorf("take the installation lock: %w", err)
	}
	info, err := req.Host.Info()
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("examine the computer: %w", err)
	}
	return &run{Request: req, info: info, log: &logFile{}}, release, nil
}

// lockPause is how long a waiting run sleeps before it asks for the lock again.
const lockPause = 200 * time.Millisecond

// takeLock waits for another installation to end as long as /wait says; without it, not at all ("Another installation is
// already in progress", white paper table 22).
func takeLock(ctx context.Context, req Request) (release func(), err error) {
	wait := time.Duration(req.Options.WaitSeconds) * time.Second
	for {
		release, err = req.Host.Lock(LockName)
		if !errors.Is(err, host.ErrBusy) || wait <= 0 {
			return release, err
		}
		wait -= lockPause
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(lockPause):
		}
	}
}

func (r *run) runner(pkg step.Package, stage ui.Stage) journal.Runner {
	return journal.Runner{
		Env:        step.Env{Host: r.Host, Package: pkg, Logf: r.logf},
		WindowsDir: r.info.WindowsDir,
		Progress:   func(done, total int) { r.ui().Progress(stage, int64(done), int64(total)) },
		Undoing:    func(done, total int) { r.ui().Progress(ui.RollingBack, int64(done), int64(total)) },
	}
}

// recover brings the machine out of interrupted runs before anything else is looked at.
func (r *run) recover() error {
	lines, err := r.recoverAll()
	for _, l := range lines {
		r.log.Warn("Recovery: %s", l)
	}
	if err != nil {
		return fmt.Errorf("recover from an interrupted installation: %w", err)
	}
	return nil
}

// execute writes the run's own files beside the journal and runs the plan.
func (r *run) execute(ctx context.Context, pkg step.Package, stage ui.Stage, dir string, blobs []blob, p journal.Plan) error {
	if _, err := r.Host.MkdirAll(dir, host.AttrHidden|host.AttrDirectory); err != nil {
		return fmt.Errorf("prepare the journal: %w", err)
	}
	defer func() {
		if err := r.disarm(); err != nil {
			r.log.Warn("The recovery at the start of the computer is left in place: %v", err)
		}
	}()
	if err := r.arm(); err != nil {
		return fmt.Errorf("prepare the recovery: %w", err)
	}
	rn := r.runner(pkg, stage)
	for _, b := range blobs {
		if err := b.write(r.Host, dir); err != nil {
			_ = r.Host.Remove(b.path(dir)) // a leftover goes with the next recovery
			return fmt.Errorf("prepare the journal: %w", err)
		}
	}
	out, err := rn.Run(ctx, dir, p)
	var rolled *journal.RolledBack
	if errors.As(err, &rolled) {
		r.res.RestartNeeded = rolled.RestartNeeded
	}
	if err != nil {
		return err
	}
	r.res.RestartNeeded = r.res.RestartNeeded || out.RestartNeeded
	return nil
}
