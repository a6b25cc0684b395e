package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/report"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// reportable reports whether a failure is worth a report: something was changed and went wrong, or this program is at
// fault. What a package or a machine refuses by rule, and what a person cancels, is not.
func reportable(err error) bool {
	var rolled *journal.RolledBack
	var partial *journal.Partial
	if errors.Is(err, context.Canceled) && !errors.As(err, &partial) {
		return false
	}
	return errors.As(err, &rolled) || errors.As(err, &partial) || status.Code(err) == status.SetupError
}

// report keeps a report of the failure beside Windows' own logs, always, and sends it through Windows Error Reporting: when a
// person agrees, or unattended as the machine's policy for error reports says. It fails nothing and never waits without a
// person.
func (p *program) report(ctx context.Context, opts cmdline.Options, res installer.Result, failure error) {
	if p.sendReport == nil || p.host == nil || res.KB == "" || res.DryRun || !reportable(failure) {
		return
	}
	path, err := p.keepReport(res, failure)
	if err != nil {
		p.note("No report could be kept: " + err.Error())
		return
	}
	p.note("A report is in " + path)
	asked := !opts.Unattended()
	if asked && p.ui(opts).Ask(ctx, ui.AskReport(res.Title, path)) != ui.Yes {
		return
	}
	if err := p.sendReport(path, res.KB, status.Code(failure), asked); err != nil {
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
	data, err := report.Failure{
		KB: res.KB, Title: res.Title, Version: p.version, Windows: fmt.Sprintf("%d.%d.%d %s", info.Major, info.Minor, info.Build, info.Arch),
		Code: status.Code(failure), Error: failure.Error(), Log: p.readLog(res.LogPath), Steps: res.Plan.String(), Time: p.host.Now().UTC(),
		User: info.User, Computer: info.ComputerName,
	}.Zip()
	if err != nil {
		return "", err
	}
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
