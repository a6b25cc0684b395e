package main

import (
	"context"
	"errors"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/status"
)

// serve is spupdsvc.exe: the service, or, started by hand, the same work at once.
func (p *program) serve(ctx context.Context) uint32 {
	s := &service{p: p, ctx: ctx}
	err := svc.Run(afterboot.ServiceName, s)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		s.err = p.afterReboot(ctx)
	} else if err != nil {
		s.err = err
	}
	return status.Exit(s.err, status.Result{}, true)
}

func (p *program) afterReboot(ctx context.Context) error {
	if err := p.open(); err != nil {
		return err
	}
	return installer.RunAfterReboot(ctx, installer.Request{Host: p.host, Image: p.image, Version: p.version, Start: p.start})
}

// service answers the service manager.
type service struct {
	p   *program
	ctx context.Context
	err error
}

// Execute implements svc.Handler. A program that runs when Windows shuts down is not waited for.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, state chan<- svc.Status) (bool, uint32) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	running := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	state <- running
	done := make(chan error, 1)
	go func() { done <- s.p.afterReboot(ctx) }()
	for {
		select {
		case s.err = <-done:
			return true, status.Exit(s.err, status.Result{}, true)
		case r := <-requests:
			switch r.Cmd {
			case svc.Interrogate:
				state <- running
			case svc.Stop, svc.Shutdown:
				return true, status.UserCancelled
			}
		}
	}
}
