package installer

import (
	"strings"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// programs plans what a removal does about services, DLLs and directories. DLLs that came with the update are unregistered
// before they go; those it replaced are registered again once the previous version is back.
func (p *removalPlan) programs() error {
	if err := p.cancelTasks(p.rem.KB); err != nil {
		return err
	}
	services := append(append([]string(nil), p.rem.StopServices...), p.copied("ServicesToStopAndStart")...)
	if err := p.stopServices(services, serviceTimeout, p.r.logf); err != nil {
		return err
	}
	if err := p.dlls(); err != nil {
		return err
	}
	for i := len(p.rem.RenameDirs) - 1; i >= 0; i-- {
		d := p.rem.RenameDirs[i]
		from, err := spuninst.Resolve(d.From, p.r.roots())
		if err != nil {
			return err
		}
		to, err := spuninst.Resolve(d.To, p.r.roots())
		if err != nil {
			return err
		}
		if err := p.renameBack(from, to); err != nil {
			return err
		}
	}
	return nil
}

// renameBack: where a new directory of the old name has come into being since, it stays, and so does the renamed one.
func (p *removalPlan) renameBack(from, to string) error {
	there, err := p.exists(from)
	if err != nil {
		return err
	}
	taken, err := p.exists(to)
	if err != nil {
		return err
	}
	if !there || taken {
		p.r.logf("%s is not renamed back to %s: it is gone, or the name is in use again", from, to)
		return nil
	}
	p.add(step.Step{Kind: step.RenameDir, Path: from, To: to})
	return nil
}

// dlls: what is unregistered goes the other way than what is registered, DllInstall with FALSE first and with TRUE last.
func (p *removalPlan) dlls() error {
	for _, d := range p.rem.DLLInstalls {
		if err := p.dll(!d.Install, d.Path, step.UnregisterDLL, &d); err != nil {
			return err
		}
	}
	for _, path := range p.rem.UnregisterDLLs {
		if err := p.dll(true, path, step.UnregisterDLL, nil); err != nil {
			return err
		}
	}
	for _, path := range p.rem.RegisterDLLs {
		if err := p.dll(true, path, step.RegisterDLL, nil); err != nil {
			return err
		}
	}
	for _, d := range p.rem.DLLInstalls {
		if err := p.dll(d.Install, d.Path, step.RegisterDLL, &d); err != nil {
			return err
		}
	}
	return nil
}

// dll plans one call; install is for DllInstall.
func (p *removalPlan) dll(wanted bool, portable string, k step.Kind, install *spuninst.DLLInstall) error {
	if !wanted {
		return nil
	}
	path, err := spuninst.Resolve(portable, p.r.roots())
	if err != nil {
		return err
	}
	c := dllCall{path: path, timeout: registerTimeout}
	if install != nil {
		c.install, c.argument = true, install.Argument
	}
	if k == step.UnregisterDLL {
		p.before = append(p.before, c.step(k))
		return nil
	}
	p.before = append(p.before, c.step(step.RestoreDLL))
	s := c.step(k)
	s.Existed, s.Task = true, p.task(p.rem.KB, "remove")
	p.after = append(p.after, s)
	return nil
}

// processes plans what runs at the end of a removal: what the INF names for it, and a section [ProcessesToRun] that
// [UninstallSections] copied.
func (p *removalPlan) processes() error {
	lines := append(append([]string(nil), p.rem.Processes...), p.copied(string(updateinf.RunNow))...)
	for _, c := range lines {
		line, err := p.dirs().Expand(c)
		if err != nil {
			return err
		}
		p.after = append(p.after, step.Step{Kind: step.RunProcess, Command: p.host.ExpandEnv(line), Timeout: processTimeout,
			Task: p.task(p.rem.KB, "remove")})
	}
	return nil
}

// copied is the lines of a section that [UninstallSections] copied into spuninst.inf.
func (p *removalPlan) copied(section string) []string {
	var list []string
	for _, s := range p.rem.Sections {
		if !winpath.Equal(s.Name, section) {
			continue
		}
		for _, l := range s.Lines {
			text := strings.Join(l.Fields, ",")
			if l.HasKey {
				text = l.Key + "=" + text
			}
			if text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}
