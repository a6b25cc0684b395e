package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
)

type buildFlags struct {
	out    string
	asJSON bool
}

func (a *app) buildCommand() *cobra.Command {
	var f buildFlags
	c := &cobra.Command{
		Use:   "build [update.toml] [-o DIR]",
		Short: "Build the package",
		Long: "Build the package and print its path. The package appears complete and checked, or not at all.\n\n" +
			"With [signing] in the manifest everything that is executed, and the catalog, is signed.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.build(c.Context(), manifestArg(args), f) },
	}
	c.Flags().StringVarP(&f.out, "output", "o", ".", "directory for the package")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return c
}

func (a *app) build(ctx context.Context, path string, f buildFlags) error {
	p, err := a.plan(path)
	if err != nil {
		return err
	}
	signer, err := builder.OpenSigner(p.Manifest.Signing, a.keySource(f.out))
	if err != nil {
		return err
	}
	res, err := builder.Build(ctx, p, builder.Options{OutDir: f.out, Signer: signer,
		Progress: func(stage string) { a.say("%s", stage) }})
	if err != nil {
		return err
	}
	if !res.Signed {
		a.say("the package is not signed; see [signing] in docs/manifest.md, or kbforge sign")
	}
	if f.asJSON {
		return writeJSON(a.stdout, buildJSON{res.Package, res.Size, res.Signed, res.Cabinet.Size, res.Cabinet.Input, len(res.Contents)})
	}
	fmt.Fprintln(a.stdout, res.Package)
	return nil
}

type buildJSON struct {
	Package      string `json:"package"`
	Size         int64  `json:"size"`
	Signed       bool   `json:"signed"`
	CabinetSize  int64  `json:"cabinetSize"`
	Uncompressed int64  `json:"uncompressed"`
	Files        int    `json:"files"`
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// keySource finds keys; a development key lies beside the output.
func (a *app) keySource(outDir string) builder.KeySource {
	return builder.KeySource{LookupEnv: a.env, DevDir: filepath.Join(outDir, builder.DevKeyDir), Now: a.now(),
		Warn: func(msg string) { a.say("warning: %s", msg) }}
}
