package installer

import (
	"context"
	"fmt"

	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Where the findings of a scan are logged, below %SystemRoot%\Logs, as the System Update Readiness tool logs its own
// (Logs\CBS\CheckSUR.log). OURS.
const (
	scanFolder = `Logs\KBForge`
	ScanLog    = "CheckUpdates.log"
)

// Scan is the readiness scan: it checks every installed update as Status does, logs what it finds, and with repair puts
// right what it can (repair.go). The log is continued by each scan. An error means that the scan could not be made; what it
// found is in the report.
func Scan(ctx context.Context, req Request, repair bool) (Report, error) {
	r, release, err := beginScan(ctx, req, repair)
	if err != nil {
		return Report{}, err
	}
	defer release()
	r.openScanLog()
	rep, err := r.scan(ctx, repair)
	rep.RestartNeeded, rep.LogPath = r.res.RestartNeeded, r.res.LogPath
	if err != nil {
		r.log.Error("%v", err)
	}
	return rep, err
}

// beginScan takes the installation lock only for repairing: looking must be possible at any time.
func beginScan(ctx context.Context, req Request, repair bool) (*run, func(), error) {
	if repair {
		return begin(ctx, req)
	}
	info, err := req.Host.Info()
	if err != nil {
		return nil, nil, fmt.Errorf("examine the computer: %w", err)
	}
	return &run{Request: req, info: info, log: &logFile{}}, func() {}, nil
}

// openScanLog makes the folder if it is missing. Where that fails nothing is logged, as with every log.
func (r *run) openScanLog() {
	dir := winpath.Join(r.info.WindowsDir, scanFolder)
	if r.Options.Log == "" && !r.Options.DryRun {
		if _, err := r.Host.MkdirAll(dir, 0); err != nil {
			r.log.Warn("%v", err)
		}
	}
	r.openLog(scanFolder+`\`+ScanLog, instlog.Scan, "")
}

func (r *run) scan(ctx context.Context, repair bool) (Report, error) {
	if repair && !r.Options.DryRun {
		if err := r.recover(); err != nil {
			return Report{}, err
		}
	}
	r.ui().Progress(ui.Inspecting, 0, 0)
	rep, err := examine(r.Host, r.Verify)
	if err != nil {
		return rep, err
	}
	r.logReport(rep)
	if !repair || rep.Intact() || r.Options.DryRun {
		return rep, nil
	}
	done, err := r.repair(ctx, rep)
	if err != nil {
		return rep, fmt.Errorf("repair: %w", err)
	}
	if rep, err = examine(r.Host, r.Verify); err != nil {
		return rep, err
	}
	rep.Repaired = done
	r.logf("After the repair:")
	r.logReport(rep)
	return rep, nil
}

func (r *run) logReport(rep Report) {
	found := 0
	for _, u := range rep.Updates {
		r.logf("%s (%s), version %s, installed %s: %d files, %d findings", u.KB, u.Title, u.Version, u.Date, len(u.Files), len(u.Problems))
		for _, f := range u.Files {
			r.logf("    %s: %s, recorded %s, found %s", f.Path, f.State, orText(f.Recorded, "no version"), orText(f.Found, "none"))
		}
		for _, p := range u.Problems {
			r.log.Error("    %s: %s", u.KB, p)
		}
		found += len(u.Problems)
	}
	for _, dir := range rep.Interrupted {
		r.log.Warn("A run was interrupted; its journal is %s", dir)
		found++
	}
	r.logf("Scan complete: %d updates, %d findings", len(rep.Updates), found)
}

// execute of a repair has a journal of its own.
func (r *run) repairDir() string { return journal.Dir(r.info.WindowsDir, "repair") }
