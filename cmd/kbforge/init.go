package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/templates"
)

func (a *app) initCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "init [--template NAME] DIR",
		Short: "Write a starter project that builds as it is",
		Long: "Write DIR/update.toml, its JSON Schema for editors and a sample payload. Files that are there are never replaced.\n\nTemplates: " +
			strings.Join(templates.Names(), ", "),
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return a.initProject(name, args[0]) },
	}
	c.Flags().StringVar(&name, "template", templates.Default, "which starter")
	return c
}

func (a *app) initProject(name, dir string) error {
	files, err := templates.Files(name)
	if errors.Is(err, templates.ErrUnknown) {
		return usageError{err}
	}
	if err == nil {
		files, err = withSchema(files)
	}
	if err != nil {
		return err
	}
	made, err := templates.WriteFiles(files, dir)
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

// withSchema adds the schema of the manifest, and the line by which editors find it.
func withSchema(files []templates.File) ([]templates.File, error) {
	text, err := manifest.Schema(false)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		if f.Path == manifestName {
			files[i].Data = append([]byte(schemaLine+"\n"), f.Data...)
		}
	}
	return append(files, templates.File{Path: manifest.SchemaName, Data: text}), nil
}
