package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
)

// signedGroup are packages with one [signing].
type signedGroup struct {
	list   []*manifest.Manifest
	at     []int // their places among all
	signer *builder.Signer
}

// jobs plans the packages of a build. Payload is signed first where the manifest says so. end closes the keys and removes what was
// made on the way; it must be called after an error, too.
func (a *app) jobs(ctx context.Context, list []*manifest.Manifest, f buildFlags, p *progress) (jobs []builder.Job, end func(), err error) {
	var groups []*signedGroup
	dir := ""
	end = func() {
		for _, g := range groups {
			_ = g.signer.Close() // every signature is written
		}
		if dir != "" {
			_ = os.RemoveAll(dir)
		}
	}
	if groups, err = a.groups(list, f); err != nil {
		return nil, end, err
	}
	plans := make([]*builder.Plan, len(list))
	for i, g := range groups {
		var copies map[string]string
		if g.list[0].Signing.Payload != manifest.SignNone {
			if dir == "" {
				if dir, err = os.MkdirTemp("", "kbforge-payload-"); err != nil {
					return nil, end, err
				}
			}
			a.say("signing the payload")
			if copies, err = builder.SignPayload(ctx, g.signer, filepath.Join(dir, fmt.Sprint(i)), g.list...); err != nil {
				return nil, end, err
			}
		}
		some, err := a.plansOf(g.list, copies)
		if err != nil {
			return nil, end, err
		}
		for k, at := range g.at {
			plans[at] = some[k]
		}
	}
	a.warn(plans)
	jobs = make([]builder.Job, len(plans))
	for _, g := range groups {
		for _, at := range g.at {
			shown := p.job(plans[at].FileName)
			jobs[at] = builder.Job{Plan: plans[at], Signer: g.signer, Progress: shown.stage, Count: shown.count}
		}
	}
	return jobs, end, nil
}

// groups opens the keys, each once.
func (a *app) groups(list []*manifest.Manifest, f buildFlags) ([]*signedGroup, error) {
	var groups []*signedGroup
next:
	for i, m := range list {
		for _, g := range groups {
			if reflect.DeepEqual(g.list[0].Signing, m.Signing) {
				g.list, g.at = append(g.list, m), append(g.at, i)
				continue next
			}
		}
		signer, err := a.buildSigner(m, f.profile, f.out)
		if err != nil {
			return groups, err
		}
		groups = append(groups, &signedGroup{[]*manifest.Manifest{m}, []int{i}, signer})
	}
	return groups, nil
}
