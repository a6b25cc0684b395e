package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Runner carries plans out on one machine.
type Runner struct {
	Env        step.Env
	WindowsDir string
	// Progress is called before each step, with counts from 0 to the number of steps. May be nil.
	Progress func(done, total int)
	// Undoing is the same for rolling back. May be nil.
	Undoing func(done, total int)
}

// Result is what a finished plan left.
type Result struct {
	// RestartNeeded: at least one change waits for a restart.
	RestartNeeded bool
}

// RolledBack is the error of a plan that failed and was undone completely.
type RolledBack struct {
	Cause         error
	RestartNeeded bool // some file goes back to its old content at the next restart
}

func (e *RolledBack) Error() string { return e.Cause.Error() + " (all changes were undone)" }
func (e *RolledBack) Unwrap() error { return e.Cause }

// Partial is the error of a plan that failed and could not be undone completely; the journal stays for the next attempt.
type Partial struct {
	Cause error
	Undo  error
}

func (e *Partial) Error() string {
	return fmt.Sprintf("%v; undoing it failed too and is tried again at the next start: %v", e.Cause, e.Undo)
}
func (e *Partial) Unwrap() []error { return []error{e.Cause, e.Undo} }

// Run writes the plan into dir, carries it out, commits and cleans up. dir must exist. Cancelling ctx between two steps
// rolls back. After the commit nothing fails the run any more: what cleanup could not do is left to Recover.
func (r Runner) Run(ctx context.Context, dir string, p Plan) (Result, error) {
	h := r.Env.Host
	if err := write(h, dir, p, h.Now()); err != nil {
		return Result{}, fmt.Errorf("write the journal: %w", err)
	}
	delayed, err := r.steps(ctx, dir, p)
	if err == nil {
		err = r.commit(dir)
	}
	if err != nil {
		return Result{}, r.rollBack(dir, p, err)
	}
	late, err := r.clean(dir, p)
	if err != nil {
		r.logf("Cleaning up is left to the next start: %v", err)
	}
	return Result{RestartNeeded: delayed || late}, nil
}

func (r Runner) logf(format string, args ...any) {
	if r.Env.Logf != nil {
		r.Env.Logf(format, args...)
	}
}

func (r Runner) record(dir, text string, sync bool) error {
	return r.Env.Host.AppendFile(winpath.Join(dir, FileName), []byte(text+"\n"), sync)
}

func (r Runner) steps(ctx context.Context, dir string, p Plan) (delayed bool, err error) {
	for i, s := range p.Steps {
		if err := ctx.Err(); err != nil {
			return delayed, err
		}
		if r.Progress != nil {
			r.Progress(i, len(p.Steps))
		}
		if s.IfDelayed && !delayed {
			continue
		}
		// Not durable on purpose: see the package comment. The record is for people and for Begun.
		if err := r.record(dir, fmt.Sprintf("begin %d", i+1), false); err != nil {
			return delayed, fmt.Errorf("write the journal: %w", err)
		}
		out, err := s.Do(r.Env)
		if err != nil {
			return delayed, err
		}
		if out.Delayed && !delayed {
			delayed = true
			if err := r.record(dir, "delayed", false); err != nil {
				return delayed, fmt.Errorf("write the journal: %w", err)
			}
		}
	}
	if r.Progress != nil {
		r.Progress(len(p.Steps), len(p.Steps))
	}
	return delayed, nil
}

// commit makes everything durable first: a committed plan is never undone.
func (r Runner) commit(dir string) error {
	if err := r.Env.Host.FlushRegistry(); err != nil {
		return fmt.Errorf("flush the registry: %w", err)
	}
	if err := r.record(dir, "commit", true); err != nil {
		return fmt.Errorf("commit the journal: %w", err)
	}
	return nil
}

func (r Runner) rollBack(dir string, p Plan, cause error) error {
	r.logf("Rolling back: %v", cause)
	delayed, err := r.undo(p)
	if err == nil {
		err = r.Env.Host.FlushRegistry()
	}
	if err == nil {
		err = r.discard(dir)
	}
	if err != nil {
		return &Partial{Cause: cause, Undo: err}
	}
	return &RolledBack{Cause: cause, RestartNeeded: delayed}
}

// undo takes every step back, the last first. It goes on after an error so that as much as possible is restored.
func (r Runner) undo(p Plan) (delayed bool, err error) {
	var errs []error
	for i := len(p.Steps) - 1; i >= 0; i-- {
		if r.Undoing != nil {
			r.Undoing(len(p.Steps)-1-i, len(p.Steps))
		}
		out, err := p.Steps[i].Undo(r.Env)
		if err != nil {
			errs = append(errs, err)
		}
		delayed = delayed || out.Delayed
	}
	return delayed, errors.Join(errs...)
}

// clean repeats the cleanup and removes the journal last.
func (r Runner) clean(dir string, p Plan) (delayed bool, err error) {
	for _, s := range p.Cleanup {
		out, err := s.Do(r.Env)
		if err != nil {
			return delayed, err
		}
		delayed = delayed || out.Delayed
	}
	return delayed, r.discard(dir)
}

// discard removes the journal's directory, the journal itself last, so that an interrupted removal is found again.
func (r Runner) discard(dir string) error {
	h := r.Env.Host
	entries, err := h.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if winpath.Equal(e.Name, FileName) {
			continue
		}
		if err := h.Remove(winpath.Join(dir, e.Name)); err != nil {
			return err
		}
	}
	for _, p := range []string{winpath.Join(dir, FileName), dir} {
		if err := h.Remove(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return removeFolder(h, winpath.Dir(dir))
}

// removeFolder removes the folder of all journals, unless another one is in it.
func removeFolder(h host.Host, path string) error {
	err := h.Remove(path)
	if errors.Is(err, host.ErrNotEmpty) || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Recover brings the machine out of every interrupted run: committed plans are cleaned up, others undone. It returns a
// line for each, for the log.
func (r Runner) Recover() ([]string, error) {
	list, err := List(r.Env.Host, r.WindowsDir)
	if err != nil {
		return nil, err
	}
	var lines []string
	var errs []error
	for _, o := range list {
		line, err := r.recoverOne(o)
		if err != nil {
			errs = append(errs, fmt.Errorf("recover %s: %w", o.Dir, err))
			continue
		}
		lines = append(lines, line)
	}
	if err := removeFolder(r.Env.Host, winpath.Join(r.WindowsDir, Folder)); err != nil {
		errs = append(errs, err) // a crash at the very end may have left it empty
	}
	return lines, errors.Join(errs...)
}

func (r Runner) recoverOne(o Open) (string, error) {
	switch {
	case errors.Is(o.Err, ErrForeign):
		return "", fmt.Errorf("start the installer that was interrupted, or a later one, first: %w", o.Err)
	case o.Err != nil:
		return fmt.Sprintf("%s was prepared but not begun; removed", o.Dir), r.discard(o.Dir)
	case o.State.Committed:
		_, err := r.clean(o.Dir, o.Plan)
		return fmt.Sprintf("%s of %s had been completed; cleaned up", o.Plan.Operation, o.Plan.Name), err
	}
	_, err := r.undo(o.Plan)
	if err == nil {
		err = r.Env.Host.FlushRegistry()
	}
	if err == nil {
		err = r.discard(o.Dir)
	}
	return fmt.Sprintf("%s of %s was interrupted at step %d of %d; undone", o.Plan.Operation, o.Plan.Name, o.State.Begun,
		len(o.Plan.Steps)), err
}
