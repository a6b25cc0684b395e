package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder/importer"
)

func (a *app) importCommand() *cobra.Command {
	var exact bool
	c := &cobra.Command{
		Use:   "import [--exact] PACKAGE DIR",
		Short: "Turn a package into a manifest and its payload",
		Long: "Write DIR/update.toml and the payload of a package: one of kbforge, one of Microsoft's (SFXCAB), a bare cabinet, or a\n" +
			"directory that holds an extracted package. The manifest is planned at once, and its INFs are compared with those of the\n" +
			"package; every difference is told.",
		Args: usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			res, err := importer.Import(c.Context(), args[0], args[1])
			if err != nil {
				return err
			}
			for _, path := range res.Made {
				fmt.Fprintln(a.stdout, path)
			}
			for _, n := range res.Notes {
				a.say("note: %s", n)
			}
			switch {
			case res.Equal && len(res.Notes) == 0:
				a.say("a build gives a package whose INFs say the same")
			case res.Equal:
				a.say("a build gives a package whose INFs say the same (%s)", count(len(res.Notes), "note"))
			case exact:
				return errors.New("a build does not give INFs that say the same; the notes above say where")
			}
			return nil
		},
	}
	c.Flags().BoolVar(&exact, "exact", false, "fail if a build would not say the same in its INFs")
	return c
}
