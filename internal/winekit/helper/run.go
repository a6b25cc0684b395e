//go:build windows

package main

import (
	"debug/pe"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/internal/winekit/wire"
)

func runRequest(path string) error {
	var req wire.RunRequest
	if err := readJSON(path, &req); err != nil {
		return err
	}
	return writeJSON(req.Result, run(req))
}

func run(req wire.RunRequest) wire.RunResult {
	if err := runnable(req.Exe); err != nil {
		return wire.RunResult{Error: err.Error()}
	}
	job, err := newJob()
	if err != nil {
		return wire.RunResult{Error: err.Error()}
	}
	defer windows.CloseHandle(job)
	begin := time.Now()
	cmd, err := start(req)
	if err != nil {
		return wire.RunResult{Error: err.Error()}
	}
	res := wire.RunResult{Started: true}
	if err := assign(job, cmd.Process.Pid); err != nil {
		res.Error = err.Error()
	}
	if err := os.WriteFile(req.PID, fmt.Append(nil, cmd.Process.Pid), 0o644); err != nil {
		res.Error = err.Error()
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var expired <-chan time.Time
	if req.TimeoutMillis > 0 {
		expired = time.After(time.Duration(req.TimeoutMillis) * time.Millisecond)
	}
	select {
	case err = <-done:
	case <-expired:
		res.TimedOut = true
		windows.TerminateJobObject(job, 1)
		cmd.Process.Kill()
		err = <-done
	}
	res.Millis = time.Since(begin).Milliseconds()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		res.Error = err.Error()
	}
	res.ExitCode = uint32(cmd.ProcessState.ExitCode())
	return res
}

// start starts the program. On a busy machine Wine now and then fails to, before anything of the program ran, with an error
// that Windows does not give for it; it is asked again.
func start(req wire.RunRequest) (*exec.Cmd, error) {
	const tries = 5
	for i := 1; ; i++ {
		cmd := exec.Command(req.Exe, req.Args...)
		if req.Line != "" {
			cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: req.Line}
		}
		cmd.Dir = req.Dir
		cmd.Env = append(os.Environ(), req.Env...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Start()
		if err == nil || i == tries || !errors.Is(err, windows.ERROR_INTERNAL_ERROR) {
			return cmd, err
		}
	}
}

// runnable refuses what Wine would start without effect and call a success: an executable for another processor.
func runnable(exe string) error {
	if !filepath.IsAbs(exe) {
		return nil // searched by CreateProcess
	}
	if e := strings.ToLower(filepath.Ext(exe)); e == ".bat" || e == ".cmd" {
		return nil
	}
	f, err := pe.Open(exe)
	if err != nil {
		return fmt.Errorf("%s: %w", exe, err)
	}
	defer f.Close()
	_, err = os.Stat(`C:\windows\syswow64\ntdll.dll`)
	wow64 := err == nil
	switch {
	case f.Machine == pe.IMAGE_FILE_MACHINE_AMD64 && runtime.GOARCH == "amd64",
		f.Machine == pe.IMAGE_FILE_MACHINE_I386 && (runtime.GOARCH == "386" || wow64):
		return nil
	case f.Machine == pe.IMAGE_FILE_MACHINE_I386:
		return fmt.Errorf("%s is a 32-bit program, and this machine runs 64-bit programs only", exe)
	}
	return fmt.Errorf("%s is for processor %#x, and this machine is %s", exe, f.Machine, runtime.GOARCH)
}

// newJob makes the job that lets a timeout end a program's descendants too.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("create a job: %w", err)
	}
	info := windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION{}
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_BREAKAWAY_OK
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		windows.CloseHandle(job)
		return 0, fmt.Errorf("set job limits: %w", err)
	}
	return job, nil
}

func assign(job windows.Handle, pid int) error {
	h, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(pid))
	if errors.Is(err, windows.ERROR_INVALID_PARAMETER) {
		return nil // already gone
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer windows.CloseHandle(h)
	if err := windows.AssignProcessToJobObject(job, h); err != nil && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
		return fmt.Errorf("put process %d into the job: %w", pid, err)
	}
	return nil
}
