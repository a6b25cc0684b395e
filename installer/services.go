package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
)

// serviceStop collects the stops and starts of one plan.
type serviceStop struct {
	*draft
	timeout time.Duration
	logf    func(string, ...any)
	seen    map[string]bool
	starts  []step.Step
	needs   map[string][]string // folded service -> services whose DependOnService names it; nil: not read yet
}

// stop plans one service, after those that depend on it; forWhom is the service that makes a dependent one stop.
func (s *serviceStop) stop(name, forWhom string) error {
	if s.seen[host.Fold(name)] {
		return nil
	}
	s.seen[host.Fold(name)] = true
	state, err := s.host.ServiceState(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.logf("Service %s is not on this computer", name)
		return nil
	case err != nil:
		return err
	case state != host.ServiceRunning && state != host.ServiceStarting:
		if forWhom == "" {
			s.logf("Service %s does not run", name)
		}
		return nil
	}
	dependents, err := s.dependents(name)
	if err != nil {
		return fmt.Errorf("find what depends on the service %s: %w", name, err)
	}
	for _, d := range dependents {
		if err := s.stop(d, name); err != nil {
			return err
		}
	}
	if forWhom != "" {
		s.logf("Service %s depends on %s and is stopped, too", name, forWhom)
	}
	s.before = append(s.before, step.Step{Kind: step.StopService, Name: name, Timeout: s.timeout})
	s.starts = append([]step.Step{{Kind: step.StartService, Name: name, Timeout: s.timeout}}, s.starts...)
	return nil
}

// dependents reads DependOnService of every service (Win32, "Service Configuration": a REG_MULTI_SZ of names). Names of
// groups, which begin with "+", are no services.
func (s *serviceStop) dependents(name string) ([]string, error) {
	if s.needs == nil {
		s.needs = map[string][]string{}
		root := host.Key{Root: host.HKLM, Path: host.ServicesKey}
		services, err := s.host.SubKeys(root)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, n := range services {
			v, err := s.host.GetValue(host.Key{Root: host.HKLM, Path: host.ServicesKey + `\` + n}, "DependOnService")
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			list, _ := v.Strings() // another type names nothing
			for _, on := range list {
				s.needs[host.Fold(on)] = append(s.needs[host.Fold(on)], n)
			}
		}
	}
	return s.needs[host.Fold(name)], nil
}
