package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

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
			plans, err := a.plans(manifestArg(args))
			if err == nil {
				var names []string
				for _, p := range plans {
					names = append(names, p.FileName)
				}
				a.say("%s is good: it makes %s (%s)", manifestArg(args), strings.Join(names, ", "), count(len(builder.Warnings(plans)), "warning"))
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
		Long: "Print what a build will put into the package. With several packages in a manifest, one plan after the other; with --json,\n" +
			"a list of plans.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			plans, err := a.plans(manifestArg(args))
			if err != nil {
				return err
			}
			if asJSON {
				return builder.WriteJSON(a.stdout, plans)
			}
			return builder.WriteText(a.stdout, plans)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// plans loads a manifest, reads its payload and plans its packages; warnings go to standard error. What is wrong with any of them
// is reported at once.
func (a *app) plans(path string) ([]*builder.Plan, error) {
	list, err := manifest.LoadAll(path)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(list, func(m *manifest.Manifest) bool { return m.Signing.Payload != manifest.SignNone }) {
		a.say("the build signs executables of the payload first (signing.payload); their sizes and digests will be others")
	}
	plans, err := a.plansOf(list, nil)
	if err == nil {
		a.warn(plans)
	}
	return plans, err
}

// plansOf plans; copies are signed files of the payload, by source.
func (a *app) plansOf(list []*manifest.Manifest, copies map[string]string) ([]*builder.Plan, error) {
	facts, err := builder.ReadSignedFacts(copies, list...)
	if err != nil {
		return nil, err
	}
	at, err := builder.BuildTime(a.env, a.now())
	if err != nil {
		return nil, err
	}
	return builder.NewPlans(list, facts, at)
}

func (a *app) warn(plans []*builder.Plan) {
	for _, w := range builder.Warnings(plans) {
		w.Msg = "warning: " + w.Msg
		a.print(w.String())
	}
}

// plan is the plan of a manifest that makes one package.
func (a *app) plan(path string) (*builder.Plan, error) {
	plans, err := a.plans(path)
	if err != nil {
		return nil, err
	}
	if len(plans) > 1 {
		return nil, fmt.Errorf("%s makes %d packages, one is expected here", path, len(plans))
	}
	return plans[0], nil
}

// planFor is the plan of the package with a file name.
func (a *app) planFor(path, pkg string) (*builder.Plan, error) {
	plans, err := a.plans(path)
	if err != nil {
		return nil, err
	}
	if len(plans) == 1 {
		return plans[0], nil
	}
	var names []string
	for _, p := range plans {
		if p.FileName == filepath.Base(pkg) {
			return p, nil
		}
		names = append(names, p.FileName)
	}
	return nil, fmt.Errorf("%s makes no package %s; it makes %s", path, filepath.Base(pkg), strings.Join(names, ", "))
}
