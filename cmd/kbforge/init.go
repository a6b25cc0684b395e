package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/templates"
)

func (a *app) initCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "init [--template NAME] DIR",
		Short: "Write a starter project that builds as it is",
		Long: "Write DIR/update.toml and a sample payload. Files that are there are never replaced.\n\nTemplates: " +
			strings.Join(templates.Names(), ", "),
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.initProject(name, args[0]) },
	}
	c.Flags().StringVar(&name, "template", templates.Default, "which starter")
	return c
}

func (a *app) initProject(name, dir string) error {
	made, err := templates.Write(name, dir)
	if errors.Is(err, templates.ErrUnknown) {
		return usageError{err}
	}
	if err != nil {
		return err
	}
	for _, path := range made {
		fmt.Fprintln(a.stdout, path)
	}
	a.say("next: kbforge build %s", made[manifestOf(made)])
	return nil
}

func manifestOf(paths []string) int {
	for i, p := range paths {
		if strings.HasSuffix(p, manifestName) {
			return i
		}
	}
	return 0
}
