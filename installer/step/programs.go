package step

import (
	"errors"
	"fmt"

	"github.com/kbforge/kbforge/installer/host"
)

// Words of the tasks that are left to the next start of an image (docs/image.md).
const (
	TaskRun         = "run "
	TaskRunRequired = "run-required "
	TaskRegister    = "register "
	TaskDLLInstall  = "dll-install " // path, a bar, argument
)

// Exit codes of programs that succeeded and want a restart (Windows Installer, winerror.h).
const (
	exitRestartRequired  = 3010 // ERROR_SUCCESS_REBOOT_REQUIRED
	exitRestartInitiated = 1641 // ERROR_SUCCESS_REBOOT_INITIATED
)

// offline reports whether the host runs nothing.
func offline(err error) bool { return errors.Is(err, host.ErrUnsupported) }

// tolerate logs what a program, service or DLL refused where it must not end the run.
func (s Step) tolerate(e Env, err error) {
	if err != nil && !offline(err) && !notExist(err) {
		e.logf("Ignored: %v", err)
	}
}

// startService never fails a plan: a service that does not come up again now does so with the restart, which it asks for.
func (s Step) startService(e Env) Outcome {
	e.logf("Starting service %s", s.Name)
	err := e.Host.StartService(s.Name, s.Timeout)
	s.tolerate(e, err)
	return Outcome{Delayed: err != nil && !offline(err) && !notExist(err)}
}

// callDLL registers or unregisters, in the way of the step.
func (s Step) callDLL(e Env, unregister bool) error {
	if s.Install {
		return e.Host.InstallDLL(s.Path, unregister, s.Argument, s.Timeout)
	}
	return e.Host.RegisterDLL(s.Path, unregister, s.Timeout)
}

func (s Step) registerDLL(e Env) error {
	err := s.callDLL(e, false)
	if offline(err) {
		text := TaskRegister + s.Path
		if s.Install {
			text = TaskDLLInstall + s.Path + "|" + s.Argument
		}
		return e.Host.Defer(host.Task{ID: s.Task, Text: text})
	}
	if err == nil {
		e.logf("Registered %s", s.Path)
	}
	if s.Required {
		return err
	}
	s.tolerate(e, err)
	return nil
}

// unregister never fails a plan. In an image nothing can load the DLL before it goes.
func (s Step) unregister(e Env) {
	err := s.callDLL(e, true)
	if err == nil {
		e.logf("Unregistered %s", s.Path)
	}
	s.tolerate(e, err)
}

func (s Step) runProcess(e Env) (Outcome, error) {
	exit, err := e.Host.RunProcess(s.Command, s.Timeout)
	switch {
	case offline(err):
		return Outcome{}, e.Host.Defer(host.Task{ID: s.Task, Text: s.taskWord() + s.Command})
	case err != nil:
	case exit == exitRestartRequired || exit == exitRestartInitiated:
		e.logf("Process %s ended with %d: it needs a restart", s.Command, exit)
		return Outcome{Delayed: true}, nil
	default:
		e.logf("Process %s ended with %d (0x%x)", s.Command, exit, exit)
		if exit != 0 {
			err = fmt.Errorf("it ended with %d (0x%x)", exit, exit)
		}
	}
	if s.Required {
		return Outcome{}, err
	}
	if err != nil {
		e.logf("Ignored: process %s: %v", s.Command, err)
	}
	return Outcome{}, nil
}

func (s Step) taskWord() string {
	if s.Required {
		return TaskRunRequired
	}
	return TaskRun
}

// renameDir moves a directory unless that is done. Where somebody has made a new one of the old name meanwhile, both stay.
func (s Step) renameDir(e Env, from, to string) error {
	there, err := exists(e.Host, from)
	if err != nil || !there {
		return err
	}
	taken, err := exists(e.Host, to)
	if err != nil {
		return err
	}
	if taken {
		e.logf("Ignored: %s is not renamed, because %s is there", from, to)
		return nil
	}
	if err := e.Host.Rename(from, to, false); err != nil {
		return err
	}
	e.logf("Renamed %s to %s", from, to)
	return nil
}
