package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/afterboot"
	"github.com/kbforge/kbforge/installer/host/imagehost"
)

func (a *app) imageCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "image",
		Short: "Make an offline image of a machine, or restart it",
		Long:  "An image is a directory tree with a registry kept as text; see docs/image.md.",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var system string
	create := &cobra.Command{
		Use:   "create [--system NAME] DIR",
		Short: "Make a new image in a directory that is empty or not there",
		Long:  "Make a new image. Systems: " + strings.Join(imagehost.Presets(), ", "),
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			h, err := createImage(args[0], system)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, args[0])
			return h.Close()
		},
	}
	create.Flags().StringVar(&system, "system", "win10-x64", "which Windows")
	restart := &cobra.Command{
		Use:   "restart DIR",
		Short: "Do what a restart does: pending renames, volatile keys",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE:  func(_ *cobra.Command, args []string) error { return a.restartImage(args[0]) },
	}
	c.AddCommand(create, restart)
	return c
}

func createImage(dir, system string) (*imagehost.Host, error) {
	m, ok := imagehost.Preset(system)
	if !ok {
		return nil, usageError{fmt.Errorf("unknown system %q; there are: %s", system, strings.Join(imagehost.Presets(), ", "))}
	}
	return imagehost.Create(dir, m)
}

// openImage opens an image that must be there.
func openImage(dir string) (*imagehost.Host, error) {
	h, err := imagehost.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w; kbforge image create %s makes one", err, dir)
	}
	return h, err
}

func (a *app) restartImage(dir string) error {
	h, err := openImage(dir)
	if err != nil {
		return err
	}
	done, err := h.SimulateRestart()
	for _, d := range done {
		to := d.To
		if to == "" {
			to = "(deleted)"
		}
		fmt.Fprintf(a.stdout, "%s -> %s", d.From, to)
		if d.Err != nil {
			fmt.Fprintf(a.stdout, " skipped: %v", d.Err)
		}
		fmt.Fprintln(a.stdout)
	}
	if err == nil {
		var tasks []afterboot.Task
		if tasks, err = installer.PendingAfterReboot(h); len(tasks) > 0 {
			for _, t := range tasks {
				fmt.Fprintf(a.stdout, "waits for a real start: %s\n", t.Command)
			}
		}
	}
	return errors.Join(err, h.Close())
}
