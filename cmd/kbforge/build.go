package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

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
		Short: "Build the package",
		Long: "Build the package and print its path. The package appears complete and checked, or not at all.\n\n" +
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
	m, err := manifest.Load(path)
	if err != nil {
		return err
	}
	signer, err := a.buildSigner(m, f.profile, f.out)
	if err != nil {
		return err
	}
	defer signer.Close()
	p, clean, err := a.signedPlan(ctx, m, signer)
	defer clean()
	if err != nil {
		return err
	}
	res, err := builder.Build(ctx, p, builder.Options{OutDir: f.out, Signer: signer, Sidecars: f.beside,
		Progress: func(stage string) { a.say("%s", stage) }})
	if err != nil {
		return err
	}
	if !res.Signed {
		a.say("the package is not signed; see [signing] in docs/manifest.md, or kbforge sign")
	}
	if f.asJSON {
		return writeJSON(a.stdout, buildJSON{res.Package, res.Size, res.Signed, res.Cabinet.Size, res.Cabinet.Input, len(res.Contents), res.Sidecars})
	}
	for _, path := range append([]string{res.Package}, res.Sidecars...) {
		fmt.Fprintln(a.stdout, path)
	}
	return nil
}

// signedPlan plans a build whose payload is signed first, if the manifest says so. clean removes the signed copies.
func (a *app) signedPlan(ctx context.Context, m *manifest.Manifest, s *builder.Signer) (p *builder.Plan, clean func(), err error) {
	clean = func() {}
	var copies map[string]string
	if m.Signing.Payload != manifest.SignNone {
		dir, err := os.MkdirTemp("", "kbforge-payload-")
		if err != nil {
			return nil, clean, err
		}
		clean = func() { _ = os.RemoveAll(dir) }
		a.say("signing the payload")
		if copies, err = builder.SignPayload(ctx, m, s, dir); err != nil {
			return nil, clean, err
		}
	}
	p, err = a.planOf(m, copies)
	return p, clean, err
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
