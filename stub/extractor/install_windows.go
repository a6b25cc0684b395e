package main

import (
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const (
	// cleanUpTries and cleanUpPause bound how long a file still in use (by a virus scanner, say) is waited for.
	cleanUpTries = 40
	cleanUpPause = 250 * time.Millisecond

	startfUseShowWindow = 1
	startfUseStdHandles = 0x100
)

// runInstaller runs the program in dir with the rest of our command line, and waits for its end.
func runInstaller(dir, program, rest string) (uint32, *failure) {
	exe := dir + `\` + program
	what := exe + " could not be started"
	line := `"` + exe + `"`
	if rest != "" {
		line += " " + rest
	}
	app, err := syscall.UTF16PtrFromString(exe)
	if err != nil {
		return 0, failed(what, err)
	}
	cmd, err := syscall.UTF16FromString(line)
	if err != nil {
		return 0, failed(what, err)
	}
	if err := setVariable(sfxVariable, dir); err != nil {
		return 0, failed(what, err)
	}
	self, err := modulePath()
	if err == nil {
		err = setVariable(packageVariable, self)
	}
	if err != nil {
		return 0, failed(what, err)
	}
	si, inherit := startupInfo()
	var pi syscall.ProcessInformation
	if err := syscall.CreateProcess(app, &cmd[0], nil, nil, inherit, 0, nil, nil, si, &pi); err != nil {
		return 0, failed(what, err)
	}
	_ = syscall.CloseHandle(pi.Thread) // not needed; a leak at worst
	defer func() { _ = syscall.CloseHandle(pi.Process) }()
	if _, err := syscall.WaitForSingleObject(pi.Process, syscall.INFINITE); err != nil {
		return 0, failed(exe+" could not be waited for", err)
	}
	var code uint32
	if err := syscall.GetExitCodeProcess(pi.Process, &code); err != nil {
		return 0, failed("The exit code of "+exe+" could not be read", err)
	}
	return code, nil
}

// startupInfo hands on our window mode and, where there are any, our standard handles.
func startupInfo() (*syscall.StartupInfo, bool) {
	var own syscall.StartupInfo
	own.Cb = uint32(unsafe.Sizeof(own))
	_ = getStartupInfo(&own) // cannot fail (Win32: GetStartupInfo returns nothing)
	si := &syscall.StartupInfo{Cb: own.Cb, Flags: own.Flags & startfUseShowWindow, ShowWindow: own.ShowWindow}
	inherit := false
	for i, h := range [...]*syscall.Handle{&si.StdInput, &si.StdOutput, &si.StdErr} {
		std := stdHandle(i)
		if std == 0 {
			continue
		}
		if err := syscall.SetHandleInformation(std, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
			continue
		}
		*h, inherit = std, true
	}
	if inherit {
		si.Flags |= startfUseStdHandles
	}
	return si, inherit
}

// stdHandle is standard input, output or error (0, 1, 2), or 0 where there is none.
func stdHandle(i int) syscall.Handle {
	h, err := syscall.GetStdHandle([...]int{syscall.STD_INPUT_HANDLE, syscall.STD_OUTPUT_HANDLE, syscall.STD_ERROR_HANDLE}[i])
	if err != nil || h == syscall.InvalidHandle {
		return 0
	}
	return h
}

// wantsRestart reads what the installer left in the directory.
func wantsRestart(dir string) (restart, force bool) {
	p, err := syscall.UTF16PtrFromString(extended(dir) + `\` + restartFile)
	if err != nil {
		return false, false
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ, syscall.FILE_SHARE_READ, nil, syscall.OPEN_EXISTING,
		syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return false, false // the usual case: nothing was asked for
	}
	defer func() { _ = syscall.CloseHandle(h) }()
	var b [16]byte
	var n uint32
	if err := syscall.ReadFile(h, b[:], &n, nil); err != nil {
		return false, false
	}
	switch strings.TrimSpace(string(b[:n])) {
	case "restart":
		return true, false
	case "force":
		return true, true
	}
	return false, false
}

// removeTree deletes a directory with all in it, and tries again for a while where something is in use. What is left then
// stays: nothing in it is needed, and it is no reason to fail an installation that is done.
func removeTree(dir string) {
	for try := 0; try < cleanUpTries; try++ {
		if err := removeOnce(dir); err == nil || err == syscall.ERROR_FILE_NOT_FOUND {
			return
		}
		time.Sleep(cleanUpPause)
	}
}

// removeOnce deletes what it can and returns the last error. Links are removed, not followed.
func removeOnce(dir string) error {
	pattern, err := syscall.UTF16PtrFromString(dir + `\*`)
	if err != nil {
		return err
	}
	var d syscall.Win32finddata
	find, err := syscall.FindFirstFile(pattern, &d)
	if err != nil {
		return err
	}
	var names []syscall.Win32finddata
	for ; err == nil; err = syscall.FindNextFile(find, &d) {
		if n := syscall.UTF16ToString(d.FileName[:]); n != "." && n != ".." {
			names = append(names, d)
		}
	}
	_ = syscall.FindClose(find) // a leak at worst
	var last error
	for i := range names {
		if err := removeEntry(dir+`\`+syscall.UTF16ToString(names[i].FileName[:]), names[i].FileAttributes); err != nil {
			last = err
		}
	}
	if last != nil {
		return last
	}
	p, err := syscall.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	return syscall.RemoveDirectory(p)
}

func removeEntry(path string, attributes uint32) error {
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	if attributes&syscall.FILE_ATTRIBUTE_DIRECTORY != 0 {
		if attributes&attributeReparsePoint != 0 {
			return syscall.RemoveDirectory(p)
		}
		return removeOnce(path)
	}
	if attributes&syscall.FILE_ATTRIBUTE_READONLY != 0 {
		_ = syscall.SetFileAttributes(p, syscall.FILE_ATTRIBUTE_NORMAL) // DeleteFile reports it
	}
	return syscall.DeleteFile(p)
}

// restartComputer restarts the machine. Programs are closed without saving if force is set.
func restartComputer(force bool) error {
	const (
		ewxReboot = 2
		ewxForce  = 4
		// operating system, hotfix, planned
		reason = 0x00020000 | 0x11 | 0x80000000
	)
	if err := enablePrivilege("SeShutdownPrivilege"); err != nil {
		return err
	}
	err := initiateShutdown(force, reason)
	if err == nil {
		return nil
	}
	flags := uintptr(ewxReboot)
	if force {
		flags |= ewxForce
	}
	if exitWindows(flags, reason) == nil {
		return nil
	}
	return err
}
