package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/winpath"
)

// lockPatience is how long RunAfterReboot waits for an installation that runs meanwhile (OURS).
const lockPatience = 10 * time.Minute

// PendingAfterReboot lists what waits for the next start of the machine, in order.
func PendingAfterReboot(h host.Host) ([]afterboot.Task, error) {
	info, err := h.Info()
	if err != nil {
		return nil, fmt.Errorf("examine the computer: %w", err)
	}
	list, _, err := readAfterBoot(h, placeOf(info))
	return list, err
}

// RunAfterReboot is the service spupdsvc: it runs what installations and removals left for this start of the machine, in
// order, each at most once, and writes %windir%\spupdsvc.log (white paper, Appendix D). How a program fares harms none of
// the others. At the end the list and the service are gone. On a host that runs nothing the list stays as it is
// (host.ErrUnsupported).
func RunAfterReboot(ctx context.Context, req Request) error {
	info, err := req.Host.Info()
	if err != nil {
		return fmt.Errorf("examine the computer: %w", err)
	}
	if _, err := settle(ctx, req); err != nil { // the list may be that of an interrupted run
		return fmt.Errorf("recover from an interrupted installation: %w", err)
	}
	s := &bootRun{h: req.Host, info: info, place: placeOf(info), log: bootLog(req, info)}
	s.log.Start(instlog.Run{Kind: instlog.Hotfix, Image: req.Image, Version: req.Version, CommandLine: req.Options.CommandLine})
	err = s.all(ctx)
	if err != nil {
		s.log.Error("%v", err)
	}
	return err
}

type bootRun struct {
	h     host.Host
	info  host.Info
	place afterBootPlace
	log   *instlog.Log
}

func bootLog(req Request, info host.Info) *instlog.Log {
	r := &run{Request: req, info: info, log: &logFile{}}
	w := r.logWriter(winpath.Join(info.WindowsDir, afterboot.LogName), false)
	fresh := afterboot.LogName
	if w.existed {
		fresh = ""
	}
	var out io.Writer = w
	if req.LogTee != nil {
		out = io.MultiWriter(w, req.LogTee)
	}
	start := req.Start
	if start.IsZero() {
		start = req.Host.Now()
	}
	return instlog.New(out, start, req.Host.Now, fresh)
}

func (s *bootRun) all(ctx context.Context) error {
	restart := false
	for {
		t, ok, err := s.take(ctx)
		if err != nil || !ok {
			if restart {
				err = errors.Join(err, s.flagRestart())
			}
			return err
		}
		code, err := s.run(t)
		if errors.Is(err, host.ErrUnsupported) {
			return errors.Join(err, s.giveBack(ctx, t))
		}
		restart = restart || code == 3010 || code == 1641 // as step.RunProcess
		s.log.Info("[PerformInfInstructions] Done. Return code: %d", map[bool]int{true: 1}[err != nil])
	}
}

// locked does f while no installation runs: both write the list.
func (s *bootRun) locked(ctx context.Context, f func() error) error {
	for end := s.h.Now().Add(lockPatience); ; {
		release, err := s.h.Lock(LockName)
		if err == nil {
			defer release()
			return f()
		}
		if !errors.Is(err, host.ErrBusy) || s.h.Now().After(end) {
			return fmt.Errorf("take the installation lock: %w", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// take takes the first task off the list, so that it never begins twice, whatever happens to it. With the last one gone the
// service goes, too.
func (s *bootRun) take(ctx context.Context) (t afterboot.Task, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return t, false, err
	}
	err = s.locked(ctx, func() error {
		list, there, err := readAfterBoot(s.h, s.place)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return s.settle(there)
		}
		t, ok = list[0], true
		return s.write(list[1:])
	})
	return t, ok && err == nil, err
}

func (s *bootRun) write(list []afterboot.Task) error {
	text, err := afterboot.Print(list)
	if err != nil {
		return err
	}
	return s.h.WriteFile(s.place.inf, strings.NewReader(string(text)), host.FileMeta{})
}

func (s *bootRun) giveBack(ctx context.Context, t afterboot.Task) error {
	return s.locked(ctx, func() error {
		list, _, err := readAfterBoot(s.h, s.place)
		if err != nil {
			return err
		}
		return s.write(append([]afterboot.Task{t}, list...))
	})
}

// settle removes the list and the registration of the service. Its image stays until the update is removed.
func (s *bootRun) settle(there bool) error {
	if there {
		if err := s.h.Remove(s.place.inf); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	k := afterBootKey()
	subs, err := s.h.SubKeys(k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, name := range subs { // the service manager adds Security and the like
		sub := k
		sub.Path += `\` + name
		err = errors.Join(err, s.h.DeleteKey(sub))
	}
	if err == nil {
		err = s.h.DeleteKey(k)
	}
	return errors.Join(err, s.h.FlushRegistry())
}

func (s *bootRun) run(t afterboot.Task) (uint32, error) {
	line := s.h.ExpandEnv(t.Command)
	s.log.Info("[PerformInfInstructions] Running - %s ...", line)
	s.log.Info("[RunProcess] called with %s", line)
	s.points(line)
	s.log.Info("[RunProcess] calling CreateProcess for %s", line)
	code, err := s.h.RunProcess(line, t.Timeout)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		s.log.Error("[RunProcess] Process did not end in %v and was terminated. Process: %s", t.Timeout, line)
	case err != nil:
		s.log.Error("[RunProcess] CreateProcess failed: %v", err)
	case code != 0:
		s.log.Info("[RunProcess] CreateProcess Succeeded")
		s.log.Warn("[RunProcess] Process spawned returned error. Process: %s, Exitcode: 0x%x", line, code)
	default:
		s.log.Info("[RunProcess] CreateProcess Succeeded")
		s.log.Info("[RunProcess] Process: %s, Exitcode: 0x0", line)
	}
	return code, err
}

// points logs where the program of a command line is.
func (s *bootRun) points(line string) {
	exe := programOf(line)
	s.log.Info("[IsPointsToExecutable] called with %s", exe)
	if len(exe) < 2 || exe[1] != ':' {
		return // found by the search order of CreateProcess
	}
	s.log.Info("[IsPointsToExecutable] checking for the presence of %s", exe)
	if _, err := s.h.Stat(exe); err != nil {
		s.log.Warn("[IsPointsToExecutable] %s does not exist", exe)
		return
	}
	s.log.Info("[IsPointsToExecutable] %s exists in %s", exe, winpath.Dir(exe))
}

// programOf is the first word of a command line.
func programOf(line string) string {
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		exe, _, _ := strings.Cut(rest, `"`)
		return exe
	}
	exe, _, _ := strings.Cut(line, " ")
	return exe
}

// flagRestart sets the flag of white paper table 5 for a program that said it needs another restart.
func (s *bootRun) flagRestart() error {
	k := register.RestartKey()
	if _, err := s.h.CreateKey(k, true); err != nil {
		return err
	}
	n := register.FlagInstallPending
	if v, err := s.h.GetValue(k, "Flags"); err == nil {
		old, _ := regplan.Number(v)
		n |= old
	}
	return s.h.SetValue(k, "Flags", regplan.DWORD(n))
}
