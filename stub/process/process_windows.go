package process

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// Child is a program to start. Standard input and, without output, the other standard handles are not there at all,
// so that the child looks for its parent's console itself.
type Child struct {
	Exe     string           // full path
	Args    []string         // without the program's name
	Dir     string           // working directory; empty: that of this process
	Output  *os.File         // standard output and error; nil: none
	Inherit []windows.Handle // inheritable handles
	Flags   uint32           // creation flags
}

// Start starts the program and returns a handle of its process.
func (c Child) Start() (windows.Handle, error) {
	var out uintptr
	if c.Output != nil {
		out = c.Output.Fd()
	}
	sys := &syscall.SysProcAttr{CreationFlags: c.Flags}
	for _, h := range c.Inherit {
		sys.AdditionalInheritedHandles = append(sys.AdditionalInheritedHandles, syscall.Handle(h))
	}
	_, handle, err := syscall.StartProcess(c.Exe, append([]string{c.Exe}, c.Args...),
		&syscall.ProcAttr{Dir: c.Dir, Files: []uintptr{0, out, out}, Sys: sys})
	if err != nil {
		return 0, &os.PathError{Op: "start", Path: c.Exe, Err: err}
	}
	return windows.Handle(handle), nil
}

// Run runs the program to its end.
func (c Child) Run() (code uint32, err error) {
	h, err := c.Start()
	if err != nil {
		return 0, err
	}
	defer windows.CloseHandle(h)
	if _, err := windows.WaitForSingleObject(h, windows.INFINITE); err != nil {
		return 0, &os.PathError{Op: "wait for", Path: c.Exe, Err: err}
	}
	if err := windows.GetExitCodeProcess(h, &code); err != nil {
		return 0, &os.PathError{Op: "get exit code of", Path: c.Exe, Err: err}
	}
	return code, nil
}
