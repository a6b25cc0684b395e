package winhost

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// rmProcess is an RM_PROCESS_INFO (restartmanager.h).
type rmProcess struct {
	pid        uint32
	start      [2]uint32 // FILETIME
	name       [256]uint16
	service    [64]uint16
	kind       uint32 // RM_APP_TYPE
	status     uint32
	session    uint32
	restartble int32
}

// Kinds of programs, actions and limits of restartmanager.h.
const (
	rmService      = 3
	rmCritical     = 1000
	rmForce        = 1 // RmForceShutdown
	rmNoShutdown   = 2 // RmNoShutdown, a filter
	rmKeyLength    = 32
	rmMaxProcesses = 4096
)

func rstrtmgr(name string) *windows.LazyProc {
	return windows.NewLazySystemDLL("rstrtmgr.dll").NewProc(name)
}

// rmCall turns the result of a function of the Restart Manager into an error.
func rmCall(name string, args ...uintptr) error {
	p := rstrtmgr(name)
	if err := p.Find(); err != nil { // Server Core images may leave it out
		return err
	}
	if r, _, _ := p.Call(args...); r != 0 {
		return fmt.Errorf("%s: %w", name, syscall.Errno(r))
	}
	return nil
}

// rmSession is a session of the Restart Manager with files registered.
type rmSession struct{ handle uint32 }

func openSession(paths []string) (*rmSession, error) {
	s := &rmSession{}
	var key [rmKeyLength + 1]uint16
	if err := rmCall("RmStartSession", uintptr(unsafe.Pointer(&s.handle)), 0, uintptr(unsafe.Pointer(&key[0]))); err != nil {
		return nil, err
	}
	names := make([]*uint16, 0, len(paths))
	for _, p := range paths {
		names = append(names, wide(p)) // the Restart Manager takes no \\?\ form
	}
	if err := rmCall("RmRegisterResources", uintptr(s.handle), uintptr(len(names)), uintptr(unsafe.Pointer(&names[0])), 0, 0, 0, 0); err != nil {
		s.end()
		return nil, err
	}
	return s, nil
}

func (s *rmSession) end() { _ = rmCall("RmEndSession", uintptr(s.handle)) } // goes with the process, too

// list asks who holds the files.
func (s *rmSession) list() ([]rmProcess, error) {
	buf := make([]rmProcess, 16)
	for {
		var need, reasons uint32
		n := uint32(len(buf))
		err := rmCall("RmGetList", uintptr(s.handle), uintptr(unsafe.Pointer(&need)), uintptr(unsafe.Pointer(&n)),
			uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&reasons)))
		switch {
		case err == nil:
			return buf[:min(int(n), len(buf))], nil
		case !errors.Is(err, windows.ERROR_MORE_DATA) || need > rmMaxProcesses:
			return nil, err
		}
		buf = make([]rmProcess, need+16) // more may come meanwhile
	}
}

// closable reports whether a program may be closed for an update.
func (p rmProcess) closable() bool {
	return p.kind != rmService && p.kind != rmCritical && p.pid != uint32(os.Getpid())
}

// Holders implements host.Applications with the Restart Manager.
func (h *Host) Holders(paths []string) ([]host.Application, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	s, err := openSession(paths)
	if err != nil {
		return nil, fmt.Errorf("find the programs that use files: %w", err)
	}
	defer s.end()
	list, err := s.list()
	if err != nil {
		return nil, fmt.Errorf("find the programs that use files: %w", err)
	}
	var apps []host.Application
	for _, p := range list {
		if p.closable() {
			apps = append(apps, host.Application{Name: windows.UTF16ToString(p.name[:]), PID: p.pid})
		}
	}
	return apps, nil
}

// CloseHolders implements host.Applications with the Restart Manager.
func (h *Host) CloseHolders(paths []string, force bool) (func() error, error) {
	nothing := func() error { return nil }
	if len(paths) == 0 {
		return nothing, nil
	}
	s, err := openSession(paths)
	if err != nil {
		return nothing, fmt.Errorf("close programs: %w", err)
	}
	reopen := func() error {
		defer s.end()
		if err := rmCall("RmRestart", uintptr(s.handle), 0, 0); err != nil {
			return fmt.Errorf("start programs again: %w", err)
		}
		return nil
	}
	list, err := s.list()
	if err == nil {
		err = s.spare(list)
	}
	if err == nil {
		flags := uintptr(0)
		if force {
			flags = rmForce
		}
		err = rmCall("RmShutdown", uintptr(s.handle), flags, 0)
	}
	if err != nil {
		err = fmt.Errorf("close programs: %w", err)
	}
	return reopen, err
}

// spare keeps what is not to be closed out of the shutdown.
func (s *rmSession) spare(list []rmProcess) error {
	for i := range list {
		if p := &list[i]; !p.closable() {
			if err := rmCall("RmAddFilter", uintptr(s.handle), 0, uintptr(unsafe.Pointer(&p.pid)), 0, rmNoShutdown); err != nil {
				return err
			}
		}
	}
	return nil
}
