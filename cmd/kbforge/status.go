package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/source"
)

type statusFlags struct {
	image, pkg, log string
	roots           []string
	asJSON, repair  bool
}

func (a *app) statusCommand() *cobra.Command {
	var f statusFlags
	c := &cobra.Command{
		Use:   "status --image DIR [--repair [--package FILE]] [--json]",
		Short: "List the updates of an offline image and check that they are intact, or repair them",
		Long: "List the installed updates and check each: files against the recorded version and hash, catalogs, registry, backup.\n" +
			"With --repair, files are restored from copies in the image or from --package, which also brings back catalogs and\n" +
			"registry entries. The findings are logged in the image, Windows\\Logs\\KBForge\\CheckUpdates.log, unless --log gives another\n" +
			"path there (nul for none). Exit code 1 if anything is not as it was installed.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.status(c.Context(), f) },
	}
	imageFlag(c, &f.image)
	fl := c.Flags()
	fl.BoolVar(&f.asJSON, "json", false, "print JSON")
	fl.BoolVar(&f.repair, "repair", false, "restore what is damaged")
	fl.StringVar(&f.pkg, "package", "", "package to restore from, with --repair")
	fl.StringVar(&f.log, "log", "", "path of the log in the image, C:\\check.log")
	fl.StringArrayVar(&f.roots, "root", nil, "file of the certificates to trust; may be repeated")
	return c
}

func (a *app) status(ctx context.Context, f statusFlags) error {
	if f.pkg != "" && !f.repair {
		return usageError{errors.New("--package goes with --repair")}
	}
	roots, err := loadRoots(f.roots)
	if err != nil {
		return err
	}
	h, err := openImage(f.image)
	if err != nil {
		return err
	}
	r, err := a.scan(ctx, h, f, judgeCatalogs(roots, a.now()))
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	if f.asJSON {
		err = writeJSON(a.stdout, r)
	} else {
		printStatus(a.stdout, r)
	}
	if err == nil && !r.Intact() {
		return errors.New("not everything is intact")
	}
	return err
}

func (a *app) scan(ctx context.Context, h *imagehost.Host, f statusFlags, verify catalog.Verifier) (installer.Report, error) {
	req := a.request(h, cmdline.Options{Quiet: true, Log: f.log, CommandLine: "status"})
	req.Verify = verify
	if f.repair {
		req.Options.CommandLine = "status --repair"
	}
	if f.pkg == "" {
		return installer.Scan(ctx, req, f.repair)
	}
	tree, done, err := extracted(ctx, f.pkg)
	if err != nil {
		return installer.Report{}, err
	}
	defer done()
	req.Package = tree
	return installer.Scan(ctx, req, true)
}

// extracted opens the files of a package in a directory that done deletes.
func extracted(ctx context.Context, pkg string) (tree *source.Tree, done func(), err error) {
	tmp, err := os.MkdirTemp("", "kbforge-package-")
	if err != nil {
		return nil, nil, err
	}
	if _, err = builder.Extract(ctx, pkg, filepath.Join(tmp, "package")); err == nil {
		tree, err = source.Open(filepath.Join(tmp, "package"))
	}
	if err != nil {
		os.RemoveAll(tmp)
		return nil, nil, err
	}
	return tree, func() {
		tree.Close()
		os.RemoveAll(tmp)
	}, nil
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
	for _, x := range r.Repaired {
		fmt.Fprintf(w, "repaired: %s\n", x)
	}
	if r.RestartNeeded {
		fmt.Fprintln(w, "restart needed")
	}
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
