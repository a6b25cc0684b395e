package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// How long things that run may take (OURS, where the INF says nothing).
const (
	serviceTimeout  = 2 * time.Minute // to stop or to start; WaitTimeForServiceStop of [Configuration] says otherwise
	processTimeout  = time.Hour
	registerTimeout = updateinf.DefaultRegisterTimeout * time.Second
)

// task names what a step leaves to the next start of an image.
func (d *draft) task(kb, when string) string {
	d.tasks++
	return kb + "/" + when + "/" + strconv.Itoa(d.tasks)
}

// cancelTasks takes back what an earlier run for the same update left to the next start of an image.
func (d *draft) cancelTasks(kb string) error {
	list, err := d.host.Deferred()
	if err != nil {
		return err
	}
	for i := len(list) - 1; i >= 0; i-- { // so that undoing gives them their order back
		if strings.HasPrefix(list[i].ID, kb+"/") {
			d.before = append(d.before, step.Step{Kind: step.CancelTask, Task: list[i].ID, Command: list[i].Text})
		}
	}
	return nil
}

// stopServices plans that those services that run are stopped before the changes and started after them, and before them
// the running services that depend on them, which Windows would not let run on. A roll back stops them again, restores the
// files and starts them.
func (d *draft) stopServices(names []string, timeout time.Duration, logf func(string, ...any)) error {
	s := serviceStop{draft: d, timeout: timeout, logf: logf, seen: map[string]bool{}}
	for _, name := range names {
		if err := s.stop(name, ""); err != nil {
			return err
		}
	}
	d.starts = s.starts
	return nil
}

// services plans [ServicesToStopAndStart].
func (p *installPlan) services() error {
	if err := p.cancelTasks(p.r.res.KB); err != nil {
		return err
	}
	u := p.c.update
	timeout := serviceTimeout
	if w := u.Config.WaitTimeForServiceStop; w != nil {
		timeout = time.Duration(min(*w, maxWaitMinutes)) * time.Minute
	}
	return p.stopServices(u.StopServices, timeout, p.r.logf)
}

// maxWaitMinutes bounds what a package may ask for, so that no installation waits for ever.
const maxWaitMinutes = 60

// renameDirs plans [ProductInstall.RenameDirectories].
func (p *installPlan) renameDirs() error {
	for _, d := range p.c.update.RenameDirs {
		parent, err := p.c.dirs.Path(d.Dir)
		if err != nil {
			return fmt.Errorf("rename directory %s: %w", d.From, err)
		}
		s := step.Step{Kind: step.RenameDir, Path: winpath.Join(parent, d.From), To: winpath.Join(parent, d.To)}
		ok, err := p.renames(s)
		if err != nil {
			return fmt.Errorf("rename directory %s to %s: %w", s.Path, d.To, err)
		}
		if ok {
			p.before = append(p.before, s)
			p.rem.RenameDirs = append(p.rem.RenameDirs, spuninst.RenameDir{From: p.portable(s.To), To: p.portable(s.Path)})
		}
	}
	return nil
}

// renames tells whether a directory is there to be renamed and can be.
func (p *installPlan) renames(s step.Step) (bool, error) {
	st, err := p.host.Stat(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		p.r.logf("%s is not on this computer and is not renamed", s.Path)
		return false, nil
	}
	if err == nil && !st.IsDir() {
		err = fmt.Errorf("it is no directory: %w", fs.ErrInvalid)
	}
	if err != nil {
		return false, err
	}
	for _, it := range p.c.items {
		if it.Action != inventory.Keep && (winpath.Under(it.Target, s.Path) || winpath.Under(it.Target, s.To)) {
			return false, fmt.Errorf("the package also changes %s in it: %w", it.Target, host.ErrUnsupported)
		}
	}
	taken, err := p.exists(s.To)
	switch {
	case err != nil:
		return false, err
	case taken && p.old != nil:
		p.r.logf("%s was renamed by the earlier installation", s.Path)
		return false, nil
	case taken:
		return false, fmt.Errorf("the new name is taken: %w", fs.ErrExist)
	}
	return true, nil
}

// dlls plans RegisterDlls and UnregisterDlls (INF documentation). A DLL that was there before counts as registered then
// (OURS): rolling back and removal register the previous version again and never unregister it.
func (p *installPlan) dlls() error {
	changed := map[string]bool{}
	for _, it := range p.c.items {
		if it.Action == inventory.Copy {
			changed[winpath.Fold(it.Target)] = true
		}
	}
	for _, d := range p.c.update.RegisterDLLs {
		if !inventory.Applies(d.When, d.SKU, p.r.info) {
			continue
		}
		dir, err := p.c.dirs.Path(d.Dir)
		if err != nil {
			return fmt.Errorf("section [%s], %s: %w", d.Section, d.File, err)
		}
		path := winpath.Join(dir, d.File)
		existed, err := p.exists(path)
		if err != nil {
			return err
		}
		timeout := time.Duration(d.Timeout) * time.Second
		if d.Timeout == 0 {
			timeout = registerTimeout
		}
		c := dllCall{path: path, timeout: timeout, existed: existed, changed: changed[winpath.Fold(path)], unregister: d.Unregister}
		p.dll(d, c)
	}
	return nil
}

// dllCall is one call that registers or unregisters a DLL.
type dllCall struct {
	path                         string
	timeout                      time.Duration
	existed, changed, unregister bool
	install                      bool // DllInstall, with the argument
	argument                     string
}

func (c dllCall) step(k step.Kind) step.Step {
	return step.Step{Kind: k, Path: c.path, Timeout: c.timeout, Install: c.install, Argument: c.argument}
}

// dll plans the calls of a line. DllRegisterServer comes before DllInstall, and unregistering goes the other way (INF
// documentation).
func (p *installPlan) dll(d updateinf.RegisterDLL, c dllCall) {
	if !c.existed && (!c.changed || c.unregister) {
		p.r.logf("%s is not on this computer: nothing to register", c.path)
		return
	}
	install := c
	install.install, install.argument = true, d.Argument
	var calls []dllCall
	if d.Flags&updateinf.RegSvrDLLRegister != 0 {
		calls = append(calls, c)
	}
	if d.Flags&updateinf.RegSvrDLLInstall != 0 {
		calls = append(calls, install)
	}
	if d.Unregister {
		slices.Reverse(calls)
	}
	for _, c := range calls {
		p.dllCall(c)
	}
}

func (p *installPlan) dllCall(c dllCall) {
	if c.unregister {
		p.before = append(p.before, c.step(step.UnregisterDLL))
		p.remember(c, true)
		return
	}
	if c.existed && c.changed {
		p.before = append(p.before, c.step(step.RestoreDLL))
	}
	s := c.step(step.RegisterDLL)
	s.Existed, s.Required, s.Task = c.existed, true, p.task(p.r.res.KB, "install")
	p.after = append(p.after, s)
	if !c.existed || c.changed {
		p.remember(c, c.existed)
	}
}

// remember records for removal that a DLL is to be registered again, or unregistered. What an earlier installation recorded
// is the true original.
func (p *installPlan) remember(c dllCall, register bool) {
	portable := p.portable(c.path)
	if c.install {
		r := spuninst.DLLInstall{Path: portable, Install: register, Argument: c.argument}
		if p.old == nil || !slices.ContainsFunc(p.old.DLLInstalls, func(o spuninst.DLLInstall) bool {
			return strings.EqualFold(o.Path, r.Path) && o.Argument == r.Argument
		}) {
			p.rem.DLLInstalls = append(p.rem.DLLInstalls, r)
		}
		return
	}
	switch {
	case !register:
		p.rem.UnregisterDLLs = append(p.rem.UnregisterDLLs, portable)
	case c.unregister || p.old == nil || !containsFold(p.old.UnregisterDLLs, portable):
		p.rem.RegisterDLLs = append(p.rem.RegisterDLLs, portable)
	}
}

// processes plans what runs once everything that can be undone is done, and, before anything, the programs that a package
// wants first: if one of those fails, nothing is installed (OURS).
func (p *installPlan) processes() error {
	for _, c := range p.c.update.Processes {
		if c.When != updateinf.RunNow && c.When != updateinf.RunBeforeInstall || !inventory.Applies("", c.SKU, p.r.info) {
			continue
		}
		line, err := p.c.dirs.Expand(c.Command)
		if err != nil {
			return fmt.Errorf("process %s: %w", c.Command, err)
		}
		s := step.Step{Kind: step.RunProcess, Command: p.host.ExpandEnv(line), Timeout: processTimeout, Task: p.task(p.r.res.KB, "install")}
		if c.When == updateinf.RunBeforeInstall {
			s.Required = true
			p.first = append(p.first, s)
			continue
		}
		p.after = append(p.after, s)
	}
	return nil
}

// uninstallPrograms records for removal what the INF says about it; environment variables stay, directories are filled in.
func (p *installPlan) uninstallPrograms() {
	u := p.c.update
	p.rem.StopServices = u.StopServicesUninstall
	for _, c := range u.Processes {
		into := map[updateinf.ProcessWhen]*[]string{updateinf.RunAfterUninstall: &p.rem.Processes,
			updateinf.RunAfterUninstallReboot: &p.rem.ProcessesAfterReboot}[c.When]
		if into == nil || !inventory.Applies("", c.SKU, p.r.info) {
			continue
		}
		line, err := p.c.dirs.Expand(c.Command)
		if err != nil {
			line = c.Command // removal reports what it cannot resolve
		}
		*into = append(*into, line)
	}
}

func containsFold(list []string, s string) bool {
	for _, t := range list {
		if strings.EqualFold(t, s) {
			return true
		}
	}
	return false
}

// union appends to a what it lacks.
func union(a, b []string) []string {
	for _, s := range b {
		if !containsFold(a, s) {
			a = append(a, s)
		}
	}
	return a
}
