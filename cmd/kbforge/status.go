package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/installer"
)

func (a *app) statusCommand() *cobra.Command {
	var dir string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status --image DIR [--json]",
		Short: "List the updates of an offline image and check that they are intact",
		Long:  "List the installed updates and check each: files, catalog, backup. Exit code 1 if anything is not as it was installed.",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(*cobra.Command, []string) error { return a.status(dir, asJSON) },
	}
	imageFlag(c, &dir)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) status(dir string, asJSON bool) error {
	h, err := openImage(dir)
	if err != nil {
		return err
	}
	r, err := installer.Status(h)
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(a.stdout, r)
	} else {
		printStatus(a.stdout, r)
	}
	if err == nil && !r.Intact() {
		return errors.New("not everything is intact")
	}
	return err
}

func printStatus(w io.Writer, r installer.Report) {
	if len(r.Updates) == 0 {
		fmt.Fprintln(w, "no updates are installed")
	}
	for _, u := range r.Updates {
		state := "intact"
		if !u.Intact() {
			state = "NOT INTACT"
		}
		fmt.Fprintf(w, "%s  %s  %s  installed %s\n", u.KB, state, u.Title, u.Date)
		for _, f := range u.Files {
			fmt.Fprintf(w, "  %s  %s  %s", f.State, f.Path, f.Recorded)
			if f.Found != f.Recorded {
				fmt.Fprintf(w, ", found %s", orNone(f.Found))
			}
			fmt.Fprintln(w)
		}
		for _, p := range u.Problems {
			fmt.Fprintf(w, "  problem: %s\n", p)
		}
	}
	for _, i := range r.Interrupted {
		fmt.Fprintf(w, "interrupted: %s; the next installation or removal settles it\n", i)
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
