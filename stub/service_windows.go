package main

import (
	"context"
	"errors"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/status"
)

// serve is spupdsvc.exe and recover.exe: the service of that name, or, started by hand, the same work at once.
func (p *program) serve(ctx context.Context, name string, work func(context.Context, installer.Request) error) uint32 {
	s := &service{ctx: ctx, work: func(ctx context.Context) error { return p.atBoot(ctx, work) }}
	err := svc.Run(name, s)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) {
		s.err = s.work(ctx)
	} else if err != nil {
		s.err = err
	}
	return status.Exit(s.err, status.Result{}, true)
}

func (p *program) atBoot(ctx context.Context, work func(context.Context, installer.Request) error) error {
	if err := p.open(); err != nil {
		return err
	}
	return work(ctx, installer.Request{Host: p.host, Image: p.image, Version: p.version, Start: p.start})
}

// service answers the service manager.
type service struct {
	ctx  context.Context
	work func(context.Context) error
	err  error
}

// Execute implements svc.Handler. A program that runs when Windows shuts down is not waited for.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, state chan<- svc.Status) (bool, uint32) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	running := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	state <- running
	done := make(chan error, 1)
	go func() { done <- s.work(ctx) }()
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
