package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime/debug"
	"time"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/ui/wizard"
	"github.com/kbforge/kbforge/installer/winpath"
)

// program is one run of the runtime on a machine, with everything it needs from the operating system.
type program struct {
	image   string // full path of the executable (of the original, in a removal's copy)
	version string
	args    []string // without the program's name
	start   time.Time
	newHost func() (host.Host, error)
	host    host.Host // once open was called
	desktop ui.Desktop
	console io.Writer // of who started the program; nil: none

	newWindow func(o wizard.Options) ui.UI // nil: dialogs only
	window    ui.UI                        // once there is one
	cancel    context.CancelFunc           // ends the run for who cancels in the window

	sendReport func(event, path, kb string, code uint32, consent bool) error // nil: no reports

	sfxRoot     string                                                 // value of KBFORGE_SFX
	askSFX      func(root string, force bool) error                    // leaves the restart to the extractor
	startChild  func(exe string, args []string) (code uint32, e error) // runs a program of the update to its end
	openPackage func(dir string) (*source.Tree, error)
	verify      catalog.Verifier              // of the package's catalogs
	openSelf    func() (io.ReadCloser, error) // the package that was extracted; nil: not known
}

// install is update.exe.
func (p *program) install(ctx context.Context) uint32 {
	opts, err := cmdline.Parse(cmdline.Install, p.args)
	if opts.Help {
		p.help(opts, cmdline.Install)
		return status.Exit(err, status.Result{}, opts.ER)
	}
	if err != nil {
		return p.fail(opts, "", err, "")
	}
	if err := p.open(); err != nil {
		return p.fail(opts, "", err, "")
	}
	switch {
	case opts.List:
		return p.list(opts)
	case opts.Status || opts.Repair:
		return p.scan(ctx, opts)
	case opts.Uninstall:
		return p.uninstall(ctx, opts)
	}
	req, done, err := p.request(opts)
	if err != nil {
		return p.fail(opts, "", err, "")
	}
	defer done()
	res, err := installer.Install(ctx, req)
	return p.end(ctx, opts, res, err, "installed")
}

func (p *program) open() error {
	h, err := p.newHost()
	if err != nil {
		return fmt.Errorf("examine the computer: %w", err)
	}
	p.host = h
	return nil
}

// request opens the package.
func (p *program) request(opts cmdline.Options) (installer.Request, func(), error) {
	tree, err := p.openPackage(packageRoot(p.image))
	if err != nil {
		return installer.Request{}, nil, status.Wrap(status.CantFindINF, err)
	}
	req := p.base(opts)
	req.Package, req.Verify, req.OpenSelf = tree, p.verify, p.openSelf
	return req, func() { _ = tree.Close() }, nil
}

func (p *program) base(opts cmdline.Options) installer.Request {
	return installer.Request{Host: p.host, Options: opts, UI: p.ui(opts), Image: p.image, Version: p.version, Start: p.start}
}

// removalOptions reads the switches of spuninst.exe. When done is true the run is over with the code.
func (p *program) removalOptions() (opts cmdline.Options, code uint32, done bool) {
	opts, err := cmdline.Parse(cmdline.Remove, p.args)
	if opts.Help {
		p.help(opts, cmdline.Remove)
		return opts, status.Exit(err, status.Result{}, opts.ER), true
	}
	if err != nil {
		return opts, p.fail(opts, "", err, ""), true
	}
	return opts, 0, false
}

// ui chooses what the engine speaks to.
func (p *program) ui(opts cmdline.Options) ui.UI {
	console := ui.NewConsole(p.console)
	switch {
	case opts.Quiet:
		return ui.Quiet{}
	case p.newWindow != nil && !opts.DryRun && !opts.List:
		if p.window == nil {
			o := wizard.Options{Removal: personalityOf(p.image) == removes, Passive: opts.Passive, Desktop: p.desktop, Cancel: p.cancel}
			if p.console != nil {
				o.Console = console
			}
			p.window = p.newWindow(o)
		}
		return p.window
	case opts.Passive:
		return ui.Passive{Desktop: p.desktop, Console: console}
	}
	return ui.Attended{Title: windowTitle, Desktop: p.desktop, Console: console}
}

const windowTitle = "Software Update Installation"

// help shows the switches.
func (p *program) help(opts cmdline.Options, mode cmdline.Mode) {
	p.show(opts, "Switches of "+winpath.Base(p.image), cmdline.Usage(mode))
}

// show prints a longer text to the console or, where there is none, in a dialog. /quiet shows no dialog.
func (p *program) show(opts cmdline.Options, head, text string) {
	switch {
	case p.console != nil:
		fmt.Fprintf(p.console, "%s\n\n%s", head, text)
	case !opts.Quiet:
		p.desktop.Choose(context.Background(), ui.Question{Title: windowTitle, Text: head, Details: text, Yes: "&Close", Default: ui.Yes})
	}
}

// fail reports an error that ended the run.
func (p *program) fail(opts cmdline.Options, title string, err error, logPath string) uint32 {
	text := err.Error()
	if title != "" {
		text = title + ": " + text
	}
	if logPath != "" {
		text += "\n\nThe log is " + logPath
	}
	kind := ui.Failure
	var partial *journal.Partial
	if errors.Is(err, context.Canceled) && !errors.As(err, &partial) {
		kind = ui.Cancelled
	}
	p.ui(opts).Message(kind, text)
	return status.Exit(err, status.Result{}, opts.ER)
}

// caught turns a panic, which is a fault of this program, into an error and an exit code that means one. What was begun is
// undone at the next start. To be deferred.
func (p *program) caught(code *uint32) {
	fault := recover()
	if fault == nil {
		return
	}
	opts, _ := cmdline.Parse(cmdline.Install, p.args) // again, for /quiet and /ER; whatever is wrong was told before
	if p.console != nil {
		fmt.Fprintf(p.console, "%s\n", debug.Stack())
	}
	*code = p.fail(opts, "", status.Wrap(status.SetupError, fmt.Errorf("internal error: %v", fault)), "")
}

// end tells the outcome, arranges the restart, and gives the exit code.
func (p *program) end(ctx context.Context, opts cmdline.Options, res installer.Result, err error, done string) uint32 {
	name := res.Title
	if name == "" {
		name = res.KB
	}
	if err != nil {
		p.report(ctx, opts, res, err)
		return p.fail(opts, name, err, res.LogPath)
	}
	u := p.ui(opts)
	if res.DryRun {
		p.show(opts, fmt.Sprintf("%s can be %s. Nothing was changed.", name, done), res.Plan.String())
		return status.Success
	}
	needed := res.RestartNeeded
	choice := chooseRestart(opts, needed)
	if choice.how != restartAsk && !opts.Quiet { // a question says it all
		u.Message(ui.Information, fmt.Sprintf("%s was %s.", name, done))
	}
	started, rerr := p.restart(ctx, u, choice, name)
	if rerr != nil {
		u.Message(ui.Warning, "The computer could not be restarted: "+rerr.Error())
	}
	return status.Exit(nil, status.Result{RestartNeeded: needed && !started}, opts.ER)
}

// list prints the registered updates (/l).
func (p *program) list(opts cmdline.Options) uint32 {
	installed, err := register.List(p.host)
	if err != nil {
		return p.fail(opts, "", err, "")
	}
	var text string
	for _, u := range installed {
		text += fmt.Sprintf("%s\t%s\t%s\n", u.KB, u.Date, u.Title)
	}
	p.show(opts, "Installed updates", text)
	return status.Success
}

// uninstall finds the removal program of this package's update and runs it with the other switches (/uninstall).
func (p *program) uninstall(ctx context.Context, opts cmdline.Options) uint32 {
	dry := opts
	dry.DryRun, dry.Quiet, dry.Uninstall = true, true, false
	req, done, err := p.request(dry)
	if err != nil {
		return p.fail(opts, "", err, "")
	}
	req.UI = ui.Quiet{}
	res, err := installer.Install(ctx, req) // only to learn the number: an installed update may well refuse
	done()
	if res.KB == "" {
		return p.fail(opts, "", err, "")
	}
	exe, err := p.removalProgram(res.KB)
	if err != nil {
		return p.fail(opts, res.Title, err, "")
	}
	if _, err := p.host.Stat(exe); errors.Is(err, fs.ErrNotExist) { // the engine offers to drop the entry
		req := p.base(opts)
		req.UninstallDir = winpath.Dir(winpath.Dir(exe))
		res, err := installer.Remove(ctx, req)
		return p.end(ctx, opts, res, err, "removed")
	}
	code, err := p.startChild(exe, withoutUninstall(p.args))
	if err != nil {
		return p.fail(opts, res.Title, err, "")
	}
	return code
}

func (p *program) removalProgram(kb string) (string, error) {
	installed, err := register.List(p.host)
	if err != nil {
		return "", err
	}
	for _, u := range installed {
		if winpath.Equal(u.KB, kb) && u.UninstallLine != "" {
			return firstWord(u.UninstallLine), nil
		}
	}
	return "", status.Wrap(status.NoUninstallAvailable, errors.New("no removal program is registered"), kb)
}
