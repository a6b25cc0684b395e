package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
)

type buildFlags struct {
	out     string
	profile string
	beside  builder.Sidecars
	asJSON  bool
}

func (a *app) buildCommand() *cobra.Command {
	var f buildFlags
	c := &cobra.Command{
		Use:   "build [update.toml] [-o DIR] [--profile NAME]",
		Short: "Build the package, or the packages, of a manifest",
		Long: "Build the package and print its path. The package appears complete and checked, or not at all. A manifest with several\n" +
			"architectures or languages makes a package for each, side by side: all of them, or none.\n\n" +
			"With [signing] in the manifest, or --profile, everything that is executed, and the catalog, is signed: the payload if\n" +
			"signing.payload says so, then the catalog, then the package. The result is verified before it gets its name.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.build(c.Context(), manifestArg(args), f) },
	}
	c.Flags().StringVarP(&f.out, "output", "o", ".", "directory for the package")
	c.Flags().StringVar(&f.profile, "profile", "", "sign by [signing.NAME] of the manifest, or by FILE:NAME, instead of [signing]")
	c.Flags().BoolVar(&f.beside.SBOM, "sbom", false, "also write bills of materials: PACKAGE.cdx.json (CycloneDX) and PACKAGE.spdx.json (SPDX)")
	c.Flags().BoolVar(&f.beside.Provenance, "provenance", false, "also write what the package was made of (SLSA): PACKAGE.intoto.jsonl, signed, or PACKAGE.provenance.json without a key")
	c.Flags().BoolVar(&f.beside.Checksums, "checksums", false, "also write PACKAGE.sha256, for sha256sum -c")
	c.Flags().StringVar(&f.beside.BuilderID, "builder-id", "", "URI of who runs the build, for --provenance")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return c
}

func (a *app) build(ctx context.Context, path string, f buildFlags) error {
	list, err := manifest.LoadAll(path)
	if err != nil {
		return err
	}
	p := a.progress()
	defer p.finish()
	jobs, end, err := a.jobs(ctx, list, f, p)
	defer end()
	if err != nil {
		return err
	}
	results, err := builder.BuildAll(ctx, jobs, builder.Options{OutDir: f.out, Sidecars: f.beside})
	p.finish()
	if err != nil {
		return err
	}
	return a.built(results, f.asJSON)
}

// built prints what was made.
func (a *app) built(results []builder.Result, asJSON bool) error {
	if slices.ContainsFunc(results, func(r builder.Result) bool { return !r.Signed }) {
		subject := "the package is"
		if len(results) > 1 {
			subject = "the packages are"
		}
		a.say("%s not signed; see [signing] in docs/manifest.md, or kbforge sign", subject)
	}
	if !asJSON {
		for _, r := range results {
			for _, path := range append([]string{r.Package}, r.Sidecars...) {
				fmt.Fprintln(a.stdout, path)
			}
		}
		return nil
	}
	list := make([]buildJSON, len(results))
	for i, r := range results {
		list[i] = buildJSON{r.Package, r.Size, r.Signed, r.Cabinet.Size, r.Cabinet.Input, len(r.Contents), r.Sidecars}
	}
	if len(list) == 1 {
		return writeJSON(a.stdout, list[0])
	}
	return writeJSON(a.stdout, list)
}

type buildJSON struct {
	Package      string `json:"package"`
	Size         int64  `json:"size"`
	Signed       bool   `json:"signed"`
	CabinetSize  int64  `json:"cabinetSize"`
	Uncompressed int64  `json:"uncompressed"`
	Files        int    `json:"files"`

	Sidecars []string `json:"sidecars,omitempty"` // paths of the files beside the package
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// keySource finds keys; a development key lies beside the output.
func (a *app) keySource(outDir string) builder.KeySource {
	return builder.KeySource{LookupEnv: a.env, Prompt: a.prompt, DevDir: filepath.Join(outDir, builder.DevKeyDir), Now: a.now(),
		Warn: func(msg string) { a.say("warning: %s", msg) }}
}
