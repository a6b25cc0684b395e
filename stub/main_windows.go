package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/winhost"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/text"
	"github.com/kbforge/kbforge/installer/ui/wizard"
	"github.com/kbforge/kbforge/stub/process"
	"github.com/kbforge/kbforge/stub/selfcopy"
)

func main() {
	hardenDLLSearch()
	if code, started := winhost.Child(os.Args[1:]); started {
		os.Exit(code)
	}
	os.Exit(int(int32(run()))) // all 32 bits reach the caller
}

func run() (code uint32) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	image, err := programPath()
	if err != nil {
		return status.Exit(err, status.Result{}, false)
	}
	console := parentConsole()
	job, args, copied := selfcopy.Detect(os.Args[1:])
	if copied {
		image = job.Image
	}
	p := &program{
		image: image, version: fileVersion(image), args: args, start: processStart(time.Now()),
		desktop: ui.NewDesktop(), console: writer(console), sfxRoot: os.Getenv(sfxVariable),
		cancel: cancel, sendReport: sendReport, newWindow: func(o wizard.Options) ui.UI {
			o.Text = text.ForUser()
			return wizard.New(o)
		},
		newHost: func() (host.Host, error) { return winhost.New() },
		askSFX:  askSFX, startChild: func(exe string, args []string) (uint32, error) {
			return process.Child{Exe: exe, Args: args, Output: childOutput(console)}.Run()
		}, openPackage: source.Open, verify: winhost.VerifyCatalog,
	}
	if pkg := os.Getenv(packageVariable); pkg != "" && p.sfxRoot != "" {
		p.openSelf = func() (io.ReadCloser, error) { return os.Open(pkg) }
	}
	defer p.caught(&code)
	switch {
	case copied:
		return p.runAsCopy(ctx, job)
	case personalityOf(image) == afterwards:
		return p.serve(ctx, afterboot.ServiceName, installer.RunAfterReboot)
	case personalityOf(image) == recovers:
		return p.serve(ctx, installer.RecoveryService, installer.RecoverAtBoot)
	case personalityOf(image) == checks:
		opts, code, over := p.removalOptions()
		if over {
			return code
		}
		return p.scan(ctx, opts)
	case personalityOf(image) == removes:
		return p.runOriginal(ctx, console)
	}
	return p.install(ctx)
}

// runOriginal reads the switches, so that /help and mistakes need no copy, and leaves the work to the copy.
func (p *program) runOriginal(ctx context.Context, console *os.File) uint32 {
	opts, code, done := p.removalOptions()
	switch {
	case done:
		return code
	case opts.Status || opts.Repair:
		return p.scan(ctx, opts)
	}
	code, err := selfcopy.Run(p.image, p.args, childOutput(console))
	if err != nil {
		return p.fail(opts, "", fmt.Errorf("start the removal: %w", err), "")
	}
	return code
}

// runAsCopy does the work of spuninst.exe.
func (p *program) runAsCopy(ctx context.Context, job *selfcopy.Job) uint32 {
	code, gone := p.removal(ctx, job)
	job.Report(code)
	if gone {
		job.Clean()
	}
	return code
}

// removal gives the original its code even if the work panics.
func (p *program) removal(ctx context.Context, job *selfcopy.Job) (code uint32, gone bool) {
	defer p.caught(&code)
	opts, code, over := p.removalOptions()
	if over {
		return code, false
	}
	return p.remove(ctx, opts, job.Image)
}

// remove is spuninst.exe; it runs in the copy. keep is the original's path, which cannot be deleted yet; gone tells
// whether the update is removed, so that it can be.
func (p *program) remove(ctx context.Context, opts cmdline.Options, keep string) (code uint32, gone bool) {
	if err := p.open(); err != nil {
		return p.fail(opts, "", err, ""), false
	}
	req := p.base(opts)
	req.UninstallDir = uninstallDir(p.image)
	req.KeepFile = keep
	res, err := installer.Remove(ctx, req)
	return p.end(ctx, opts, res, err, "removed"), err == nil && !res.DryRun
}
