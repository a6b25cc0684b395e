package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/report"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Modes of [WatsonManifestMode.*]: Cancel is of WP Appendix B, Failure is OURS.
const (
	modeCancel  = "Cancel"
	modeFailure = "Failure"
)

// reportMode is the mode of a failure that is worth a report: something was changed and went wrong, or this program is at
// fault; or a person cancelled what was begun. What a package or a machine refuses by rule is not ("").
func reportMode(err error) string {
	var rolled *journal.RolledBack
	var partial *journal.Partial
	switch {
	case errors.As(err, &partial):
		return modeFailure
	case errors.As(err, &rolled) && errors.Is(err, context.Canceled):
		return modeCancel
	case errors.As(err, &rolled) || status.Code(err) == status.SetupError:
		return modeFailure
	}
	return ""
}

// wanted finds what the package says about reports of a mode. Without a word of it a failure is reported, what was
// cancelled is not.
func wanted(list []updateinf.ErrorReport, mode string) (r updateinf.ErrorReport, keep, send bool) {
	for _, r := range list {
		if strings.EqualFold(r.Mode, mode) {
			return r, r.Invoke || mode == modeFailure, r.Invoke
		}
	}
	return updateinf.ErrorReport{EventType: "UpdateFailure"}, mode == modeFailure, mode == modeFailure
}

// report keeps a report of the failure beside Windows' own logs, always, and sends it through Windows Error Reporting: when a
// person agrees, or unattended as the machine's policy for error reports says. It fails nothing and never waits without a
// person.
func (p *program) report(ctx context.Context, opts cmdline.Options, res installer.Result, failure error) {
	mode := reportMode(failure)
	if p.sendReport == nil || p.host == nil || res.KB == "" || res.DryRun || mode == "" {
		return
	}
	words, keep, send := wanted(res.ErrorReports, mode)
	if !keep {
		return
	}
	path, err := p.keepReport(res, failure)
	if err != nil {
		p.note("No report could be kept: " + err.Error())
		return
	}
	p.note("A report is in " + path)
	if !send {
		return
	}
	asked := !opts.Unattended()
	q := ui.AskReport(res.Title, path, words.Intro, words.Button)
	// A context that was cancelled would answer at once.
	if asked && p.ui(opts).Ask(context.WithoutCancel(ctx), q) != ui.Yes {
		return
	}
	if err := p.sendReport(words.EventType, path, res.KB, status.Code(failure), asked); err != nil {
		p.note("The report was not sent: " + err.Error())
	}
}

// note tells who started the program from a console.
func (p *program) note(text string) {
	if p.console != nil {
		fmt.Fprintln(p.console, text)
	}
}

// keepReport writes the zip into %windir%\Logs.
func (p *program) keepReport(res installer.Result, failure error) (path string, err error) {
	info, err := p.host.Info()
	if err != nil {
		return "", err
	}
	data := report.Failure{
		KB: res.KB, Title: res.Title, Version: p.version, Windows: fmt.Sprintf("%d.%d.%d %s", info.Major, info.Minor, info.Build, info.Arch),
		Code: status.Code(failure), Error: failure.Error(), Log: p.readLog(res.LogPath), Steps: res.Plan.String(), Time: p.host.Now().UTC(),
		User: info.User, Computer: info.ComputerName,
	}.Zip()
	dir := winpath.Join(info.WindowsDir, "Logs")
	if _, err := p.host.MkdirAll(dir, 0); err != nil {
		return "", err
	}
	path = winpath.Join(dir, res.KB+"-report.zip")
	return path, p.host.WriteFile(path, bytes.NewReader(data), host.FileMeta{})
}

// readLog is the end of the log; nothing, if there is none.
func (p *program) readLog(path string) []byte {
	if path == "" {
		return nil
	}
	f, err := p.host.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	from := max(f.Size()-report.MaxLog, 0)
	b, err := io.ReadAll(io.NewSectionReader(f, from, report.MaxLog))
	if err != nil {
		return nil
	}
	return b
}
