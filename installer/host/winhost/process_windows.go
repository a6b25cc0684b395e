package winhost

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// RunProcess implements host.Programs. The program and all it starts are in one job, so that a time-out ends them together.
func (h *Host) RunProcess(commandLine string, timeout time.Duration) (exit uint32, err error) {
	if exit, err = h.runProcess(commandLine, timeout); err != nil {
		return 0, fmt.Errorf("run %s: %w", commandLine, err)
	}
	return exit, nil
}

func (h *Host) runProcess(commandLine string, timeout time.Duration) (exit uint32, err error) {
	line, err := windows.UTF16FromString(commandLine)
	if err != nil || commandLine == "" || len(line) > host.MaxCommandLine {
		return 0, fmt.Errorf("a command line has 1 to %d characters, none of them NUL: %w", host.MaxCommandLine-1, host.ErrInvalidPath)
	}
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	defer windows.CloseHandle(job)
	p, err := h.start(line)
	if err != nil {
		return 0, mapped(err)
	}
	defer windows.CloseHandle(p.Process)
	defer windows.CloseHandle(p.Thread)
	// Within a job that allows no nested one (before Windows 8) only the program itself can be ended.
	inJob := windows.AssignProcessToJobObject(job, p.Process) == nil
	if _, err := windows.ResumeThread(p.Thread); err != nil {
		_ = windows.TerminateProcess(p.Process, 1)
		return 0, err
	}
	state, err := windows.WaitForSingleObject(p.Process, milliseconds(timeout))
	switch {
	case err != nil:
		return 0, err
	case state == uint32(windows.WAIT_TIMEOUT):
		if inJob {
			err = windows.TerminateJobObject(job, 1)
		} else {
			err = windows.TerminateProcess(p.Process, 1)
		}
		return 0, errors.Join(fmt.Errorf("it did not end within %v and was terminated: %w", timeout, context.DeadlineExceeded), err)
	}
	err = windows.GetExitCodeProcess(p.Process, &exit)
	return exit, err
}

// start starts the program suspended, without window and standard handles.
func (h *Host) start(line []uint16) (p windows.ProcessInformation, err error) {
	defer h.native()()
	si := windows.StartupInfo{Flags: windows.STARTF_USESHOWWINDOW, ShowWindow: windows.SW_HIDE}
	si.Cb = uint32(unsafe.Sizeof(si))
	const flags = windows.CREATE_SUSPENDED | windows.CREATE_NO_WINDOW | windows.CREATE_UNICODE_ENVIRONMENT
	err = windows.CreateProcess(nil, &line[0], nil, nil, false, flags, nil, nil, &si, &p)
	runtime.KeepAlive(line)
	return p, err
}

// milliseconds rounds up; INFINITE is never meant.
func milliseconds(d time.Duration) uint32 {
	ms := (d + time.Millisecond - 1) / time.Millisecond
	return uint32(min(max(ms, 0), windows.INFINITE-1))
}

// Defer implements host.Programs: host.ErrUnsupported.
func (h *Host) Defer(t host.Task) error {
	return fmt.Errorf("leave %q to the next start of a running machine: %w", t.Text, host.ErrUnsupported)
}

// CancelDeferred implements host.Programs.
func (h *Host) CancelDeferred(string) error { return nil }

// Deferred implements host.Programs.
func (h *Host) Deferred() ([]host.Task, error) { return nil, nil }

// quoteArg is an argument as the C runtime reads it; a path holds no quotes.
func quoteArg(s string) string { return `"` + s + `"` }
