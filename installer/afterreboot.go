package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"time"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// This file plans what an update runs after the restart: its lines in spupdsvc.inf, and the service that carries them out
// (white paper, table 6). The service is registered by its values, which the service manager reads at the next start; so
// the same steps serve a running machine and an image, and are undone like any other.

const spupdsvcEXE = afterboot.ImageName

// afterBootPlace is where things are on one machine.
type afterBootPlace struct{ inf, image string }

func placeOf(info host.Info) afterBootPlace {
	return afterBootPlace{winpath.Join(info.SystemDir, afterboot.FileName), winpath.Join(info.SystemDir, afterboot.ImageName)}
}

func afterBootKey() host.Key {
	return host.Key{Root: host.HKLM, Path: host.ServicesKey + `\` + afterboot.ServiceName}
}

// readAfterBoot reads spupdsvc.inf; none is an empty list.
func readAfterBoot(h host.Files, p afterBootPlace) (list []afterboot.Task, there bool, err error) {
	data, err := readHost(h, p.inf, afterboot.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil {
		list, err = afterboot.Parse(p.inf, data)
	}
	return list, true, err
}

// afterReboot plans that the tasks are the only ones of this update: what an earlier run for it left is taken back. image is
// the content of spupdsvc.exe, a step.From.
func (d *draft) afterReboot(r *run, kb string, tasks []afterboot.Task, image string) error {
	p := placeOf(r.info)
	old, there, err := readAfterBoot(d.host, p)
	if err != nil {
		return err
	}
	list := append(afterboot.Without(old, kb), tasks...)
	switch {
	case len(list) == 0:
		if there {
			r.logf("UpdateSpUpdSvcInf: no process is left to run after the restart")
		} else {
			r.logf("UpdateSpUpdSvcInf: Source [ProcessesToRunAfterReboot] section is empty; nothing to do.")
		}
		return d.dropAfterBoot(p, there, image)
	case reflect.DeepEqual(list, old):
		return nil
	}
	text, err := afterboot.Print(list)
	if err != nil {
		return err
	}
	from := d.blob(bytesBlob(afterboot.FileName, text, r.Host.Now()))
	if err := d.replace(p.inf, from, r.Host.Now()); err != nil {
		return err
	}
	same, err := d.same(p.image, image, r)
	if err != nil {
		return err
	}
	if !same {
		if err := d.replace(p.image, image, time.Time{}); err != nil {
			return err
		}
	}
	return d.afterBootService()
}

// afterBootService plans the registration of the service: it starts with Windows, as the system.
func (d *draft) afterBootService() error {
	const ownProcess, automatic, normal = 0x10, 2, 1 // SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL
	o, k := regplan.New(d.host), afterBootKey()
	for _, v := range []struct {
		name  string
		value host.Value
	}{{"DisplayName", regplan.String("Software update processes")}, {"ErrorControl", regplan.DWORD(normal)},
		{"ImagePath", regplan.ExpandString(`%SystemRoot%\system32\` + afterboot.ImageName)}, {"ObjectName", regplan.String("LocalSystem")},
		{"Start", regplan.DWORD(automatic)}, {"Type", regplan.DWORD(ownProcess)}} {
		if err := o.Set(k, v.name, v.value); err != nil {
			return err
		}
	}
	d.add(o.Steps()...)
	return nil
}

// dropAfterBoot plans that list and service go, and the service's image where it is that of this update.
func (d *draft) dropAfterBoot(p afterBootPlace, there bool, image string) error {
	if there {
		if err := d.remove(p.inf); err != nil {
			return err
		}
		o := regplan.New(d.host)
		if err := o.DeleteKey(afterBootKey()); err != nil {
			return err
		}
		d.add(o.Steps()...)
	}
	if path, ok := hostPath(image); ok {
		ours, err := d.exists(p.image)
		if err == nil && ours {
			ours, err = step.SameFile(d.host, p.image, path)
		}
		if err != nil || !ours {
			return err
		}
		return d.remove(p.image)
	}
	return nil
}

func hostPath(from string) (string, bool) {
	if len(from) > len(step.FromHost) && from[:len(step.FromHost)] == step.FromHost {
		return from[len(step.FromHost):], true
	}
	return "", false
}

// same reports whether a file of the machine has the content of a step.From already.
func (d *draft) same(path, from string, r *run) (bool, error) {
	there, err := d.exists(path)
	if err != nil || !there {
		return false, err
	}
	if other, ok := hostPath(from); ok {
		return step.SameFile(d.host, path, other)
	}
	name := from[len(step.FromPackage):]
	a, err := d.host.Open(path)
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := r.Package.Open(name)
	if err != nil {
		return false, err
	}
	defer b.Close()
	if a.Size() != b.Size() {
		return false, nil
	}
	return step.SameContent(a, b)
}

// replace plans a file that belongs to the installer itself, not to the update: rolling back restores it, removal of the
// update does not.
func (d *draft) replace(target, from string, at time.Time) error {
	s := step.Step{Kind: step.PutFile, Path: target, From: from, ModTime: at}
	var err error
	if s.Existed, err = d.exists(target); err == nil && s.Existed {
		s.Backup, err = d.save(target, "", "")
	}
	if err == nil {
		s.Temp, err = d.temp(target)
	}
	d.add(s)
	return err
}

func (d *draft) remove(target string) error {
	s := step.Step{Kind: step.DeleteFile, Path: target, Existed: true}
	var err error
	if s.Backup, err = d.save(target, "", ""); err == nil {
		s.Temp, err = d.temp(target)
	}
	d.add(s)
	return err
}

// afterReboot plans [ProcessesToRunAfterReboot]. They need the restart for which they wait (OURS).
func (p *installPlan) afterReboot() error {
	tasks, err := p.tasksFor(updateinf.RunAfterReboot)
	if err != nil {
		return err
	}
	if len(tasks) > 0 {
		p.r.res.RestartNeeded, p.waits = true, true
		p.r.logf("%d processes run after the restart", len(tasks))
	}
	image := step.FromPackage + spuninstEXE
	if p.r.Package.Has(spupdsvcEXE) {
		image = step.FromPackage + spupdsvcEXE
	}
	if len(tasks) > 0 && !p.r.Package.Has(image[len(step.FromPackage):]) {
		return fmt.Errorf("[%s] needs %s, which is not in the package: %w", updateinf.RunAfterReboot, spupdsvcEXE, fs.ErrNotExist)
	}
	return p.draft.afterReboot(p.r, p.r.res.KB, tasks, image)
}

// tasksFor are the processes of a section for this edition.
func (p *installPlan) tasksFor(when updateinf.ProcessWhen) ([]afterboot.Task, error) {
	var list []afterboot.Task
	for _, c := range p.c.update.Processes {
		if c.When != when || !inventory.Applies("", c.SKU, p.r.info) {
			continue
		}
		line, err := p.c.dirs.Expand(c.Command)
		if err != nil {
			return nil, fmt.Errorf("process %s: %w", c.Command, err)
		}
		list = append(list, afterboot.Task{Command: line, KB: p.r.res.KB, Phase: afterboot.Install, Timeout: afterboot.DefaultTimeout})
	}
	return list, nil
}

// afterReboot plans what runs after the restart that follows a removal: what the INF named for it, and a section
// [ProcessesToRunAfterReboot] that [UninstallSections] copied. What the installation left for a restart that has not
// come yet goes.
func (p *removalPlan) afterReboot() error {
	var tasks []afterboot.Task
	for _, c := range append(append([]string(nil), p.rem.ProcessesAfterReboot...), p.copied(string(updateinf.RunAfterReboot))...) {
		line, err := p.dirs().Expand(c)
		if err != nil {
			return err
		}
		tasks = append(tasks, afterboot.Task{Command: line, KB: p.rem.KB, Phase: afterboot.Remove, Timeout: afterboot.DefaultTimeout})
	}
	if len(tasks) > 0 {
		p.r.res.RestartNeeded, p.waits = true, true
	}
	own := winpath.Join(p.r.UninstallDir, spuninstFolder, spuninstEXE)
	if there, err := p.exists(own); err != nil || !there {
		if err == nil && len(tasks) > 0 {
			err = fmt.Errorf("%s is gone, which would run them after the restart: %w", own, fs.ErrNotExist)
		}
		return err
	}
	return p.draft.afterReboot(p.r, p.rem.KB, tasks, step.FromHost+own)
}
