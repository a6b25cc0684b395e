package main

import (
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
)

func (a *app) listCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list [--json] PACKAGE",
		Short: "List the files of a package",
		Long:  "List the files of a package: one of kbforge, one of Microsoft's (SFXCAB), or a bare cabinet.",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE:  func(_ *cobra.Command, args []string) error { return a.list(args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

type listedFile struct {
	Name string    `json:"name"`
	Size int64     `json:"size"`
	Time time.Time `json:"time"` // local time of whoever packed it
}

func (a *app) list(path string, asJSON bool) error {
	p, err := builder.OpenArchive(path)
	if err != nil {
		return err
	}
	defer p.Close()
	files := make([]listedFile, len(p.Files))
	for i, f := range p.Files {
		files[i] = listedFile{f.Name, f.Size, f.ModTime}
	}
	if asJSON {
		return writeJSON(a.stdout, files)
	}
	t := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, f := range files {
		fmt.Fprintf(t, "%12d\t%s\t%s\n", f.Size, f.Time.Format("2006-01-02 15:04:05"), f.Name)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	a.say("%s, %d bytes; the cabinet is %s, %d bytes", count(len(files), "file"), p.TotalSize(), p.Location.Place, p.Size)
	return nil
}

func (a *app) extractCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "extract PACKAGE DIR",
		Short: "Extract the files of a package into a new directory",
		Args:  usageArgs(cobra.ExactArgs(2)),
		RunE: func(c *cobra.Command, args []string) error {
			p := a.progress()
			p.job(filepath.Base(args[0])).stage("extracting")
			made, err := builder.Extract(c.Context(), args[0], args[1])
			p.finish()
			for _, path := range made {
				fmt.Fprintln(a.stdout, path)
			}
			return err
		},
	}
}
