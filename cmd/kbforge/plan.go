package main

import (
	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
)

// manifestName is the manifest that commands take when none is named.
const manifestName = "update.toml"

func manifestArg(args []string) string {
	if len(args) == 0 {
		return manifestName
	}
	return args[0]
}

func (a *app) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [update.toml]",
		Short: "Check a manifest and its payload, and write nothing",
		Long:  "Check a manifest and its payload. Every fault is named with its line and column; warnings do not fail the check.",
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.plan(manifestArg(args))
			if err == nil {
				a.say("%s is good: it makes %s (%s)", manifestArg(args), p.FileName, count(len(p.Warnings), "warning"))
			}
			return err
		},
	}
}

func (a *app) planCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "plan [--json] [update.toml]",
		Short: "Print what a build will put into the package, and write nothing",
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			p, err := a.plan(manifestArg(args))
			if err != nil {
				return err
			}
			if asJSON {
				return p.WriteJSON(a.stdout)
			}
			return p.WriteText(a.stdout)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// plan loads a manifest, reads its payload and plans; warnings go to standard error.
func (a *app) plan(path string) (*builder.Plan, error) {
	m, err := manifest.Load(path)
	if err != nil {
		return nil, err
	}
	if m.Signing.Payload != manifest.SignNone {
		a.say("the build signs executables of the payload first (signing.payload); their sizes and digests will be others")
	}
	return a.planOf(m, nil)
}

// planOf plans; copies are signed files of the payload, by source.
func (a *app) planOf(m *manifest.Manifest, copies map[string]string) (*builder.Plan, error) {
	facts, err := builder.ReadSignedFacts(m, copies)
	if err != nil {
		return nil, err
	}
	at, err := builder.BuildTime(a.env, a.now())
	if err != nil {
		return nil, err
	}
	p, err := builder.NewPlan(m, facts, at)
	if err != nil {
		return nil, err
	}
	a.warn(p)
	return p, nil
}

func (a *app) warn(p *builder.Plan) {
	for _, w := range p.Warnings {
		w.Msg = "warning: " + w.Msg
		a.print(w.String())
	}
}
