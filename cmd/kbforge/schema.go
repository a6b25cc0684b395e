package main

import (
	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder/manifest"
)

func (a *app) schemaCommand() *cobra.Command {
	var shared bool
	c := &cobra.Command{
		Use:   "schema [--shared]",
		Short: "Print the JSON Schema of update.toml",
		Long: "Print the JSON Schema (2020-12) of update.toml, with which editors complete and check it. Save it beside the manifest as\n" +
			manifest.SchemaName + " and let the manifest begin with the line\n\n  " + schemaLine,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			text, err := manifest.Schema(shared)
			if err == nil {
				_, err = a.stdout.Write(text)
			}
			return err
		},
	}
	c.Flags().BoolVar(&shared, "shared", false, "for a file that manifests include: nothing at the top is required")
	return c
}

// schemaLine tells editors with taplo where the schema is.
const schemaLine = "#:schema " + manifest.SchemaName
