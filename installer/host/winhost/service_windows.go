package winhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// pollEvery is how often the state of a service on its way is asked for.
const pollEvery = 100 * time.Millisecond

// ServiceState implements host.Programs.
func (h *Host) ServiceState(name string) (host.ServiceState, error) {
	var state host.ServiceState
	err := withService(name, windows.SERVICE_QUERY_STATUS, func(s windows.Handle) (err error) {
		state, _, err = queryState(s)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("service %s: %w", name, err)
	}
	return state, nil
}

// StopService implements host.Programs.
func (h *Host) StopService(name string, timeout time.Duration) error {
	end := time.Now().Add(timeout)
	err := withService(name, windows.SERVICE_QUERY_STATUS|windows.SERVICE_STOP, func(s windows.Handle) error {
		return reach(s, host.ServiceStopped, end, func() error {
			var st windows.SERVICE_STATUS
			return windows.ControlService(s, windows.SERVICE_CONTROL_STOP, &st)
		})
	})
	if err != nil {
		return fmt.Errorf("stop service %s: %w", name, err)
	}
	return nil
}

// StartService implements host.Programs.
func (h *Host) StartService(name string, timeout time.Duration) error {
	end := time.Now().Add(timeout)
	err := withService(name, windows.SERVICE_QUERY_STATUS|windows.SERVICE_START, func(s windows.Handle) error {
		return reach(s, host.ServiceRunning, end, func() error { return windows.StartService(s, 0, nil) })
	})
	if err != nil {
		return fmt.Errorf("start service %s: %w", name, err)
	}
	return nil
}

func withService(name string, access uint32, f func(windows.Handle) error) error {
	if err := host.CheckName(name); err != nil {
		return err
	}
	m, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return fmt.Errorf("open the service manager: %w", err)
	}
	defer windows.CloseServiceHandle(m)
	s, err := windows.OpenService(m, wide(name), access)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) || errors.Is(err, windows.ERROR_INVALID_NAME) {
		return fmt.Errorf("%w (%w)", fs.ErrNotExist, err)
	}
	if err != nil {
		return err
	}
	defer windows.CloseServiceHandle(s)
	return f(s)
}

// queryState also gives the exit code of a service that has stopped.
func queryState(s windows.Handle) (host.ServiceState, uint32, error) {
	var st windows.SERVICE_STATUS
	if err := windows.QueryServiceStatus(s, &st); err != nil {
		return 0, 0, err
	}
	switch st.CurrentState {
	case windows.SERVICE_STOPPED:
		return host.ServiceStopped, st.Win32ExitCode, nil
	case windows.SERVICE_START_PENDING:
		return host.ServiceStarting, 0, nil
	case windows.SERVICE_STOP_PENDING:
		return host.ServiceStopping, 0, nil
	}
	return host.ServiceRunning, 0, nil
}

// reach asks for a state until it is there. A service on its way is let finish before it is asked.
func reach(s windows.Handle, want host.ServiceState, end time.Time, ask func() error) error {
	asked := false
	for {
		state, exit, err := queryState(s)
		switch {
		case err != nil || state == want:
			return err
		case asked && state == host.ServiceStopped:
			return fmt.Errorf("it stopped again: %w", syscall.Errno(exit))
		case state == host.ServiceStopped || state == host.ServiceRunning && !asked:
			if err := ask(); err != nil && !onItsWay(err) {
				return inUse(err)
			} else if err == nil {
				asked = true
			}
		}
		if !time.Now().Before(end) {
			return fmt.Errorf("it did not get there in time: %w", context.DeadlineExceeded)
		}
		time.Sleep(pollEvery)
	}
}

// onItsWay: the service has changed its state since it was asked.
func onItsWay(err error) bool {
	for _, e := range []syscall.Errno{windows.ERROR_SERVICE_NOT_ACTIVE, windows.ERROR_SERVICE_ALREADY_RUNNING, windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func inUse(err error) error {
	if errors.Is(err, windows.ERROR_DEPENDENT_SERVICES_RUNNING) {
		return fmt.Errorf("%w (%w)", host.ErrInUse, err)
	}
	return err
}
