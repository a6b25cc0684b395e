package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

// errNotOK ends a command whose findings are printed already.
var errNotOK = errors.New("it does not hold")

type verifyFlags struct {
	trust    trustFlags
	manifest string
	asJSON   bool
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify [--root PEM] FILE",
		Short: "Check a package, or the signature of another file",
		Long: "Check everything a package claims: its signature and trailer, the catalog's signature, each file against catalog and\n" +
			"update.ver, that what its INF files name is there, that what it executes is signed, and its version resource. Exit code\n" +
			"0 only if all that is there holds. With --root, --publisher or --require-timestamp the signatures must be there; without\n" +
			"--root they are judged by the system's roots. With --manifest the package must be what that manifest describes.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c, args[0], f) },
	}
	f.trust.add(c)
	c.Flags().StringVar(&f.manifest, "manifest", "", "update.toml that the package must have been made of")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return c
}

func (a *app) verify(c *cobra.Command, path string, f verifyFlags) error {
	o, err := f.trust.options(a.now())
	if err != nil {
		return err
	}
	if f.manifest != "" {
		if o.Expect, err = a.planFor(f.manifest, path); err != nil {
			return err
		}
	}
	p := a.progress()
	p.job(filepath.Base(path)).stage("checking")
	v, err := builder.Verify(c.Context(), path, o)
	p.finish()
	if err != nil {
		return a.verifyOther(path, o, f, err)
	}
	if f.asJSON {
		err = writeJSON(a.stdout, v)
	} else {
		a.report(v)
	}
	if err == nil && !v.OK() {
		return fmt.Errorf("%s: %w: %s", path, errNotOK, count(len(v.Findings), "finding"))
	}
	return err
}

// verifyOther is for files that are no package but can be signed; notPackage is why it is none.
func (a *app) verifyOther(path string, o builder.VerifyOptions, f verifyFlags, notPackage error) error {
	if f.manifest != "" {
		return notPackage
	}
	r, err := sign.Verify(path, o.File())
	if errors.Is(err, sign.ErrFormat) || r.Format == "" {
		return notPackage
	}
	if f.asJSON {
		if jerr := writeJSON(a.stdout, r); jerr != nil {
			return jerr
		}
	} else {
		fmt.Fprint(a.stdout, r.String())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, errNotOK)
	}
	return nil
}

func (a *app) report(v *builder.Verification) {
	w := a.stdout
	fmt.Fprintf(w, "%s\n", v.Path)
	if v.KB != "" {
		fmt.Fprintf(w, "  update     %s\n", v.KB)
	}
	fmt.Fprintf(w, "  cabinet    %s, %s\n", v.Place, count(v.Files, "file"))
	fmt.Fprintf(w, "  signature  %s\n", signerText(v.Outer))
	fmt.Fprintf(w, "  catalog    %s; %s covered\n", signerText(v.Catalog), count(v.Covered, "file"))
	for _, e := range v.Exempt {
		fmt.Fprintf(w, "  no member  %s: %s\n", e.File, e.Why)
	}
	for _, n := range v.Notes {
		fmt.Fprintf(w, "  note       %s\n", n)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "  WRONG      %s: %s\n", f.Check, f.Reason)
	}
	if v.OK() {
		fmt.Fprintln(w, "  everything that is there holds")
	}
}

func signerText(r *sign.Report) string {
	switch {
	case r == nil || len(r.Signatures) == 0:
		return "none"
	case !r.OK:
		return "does not hold"
	}
	s := r.Signatures[0]
	text := s.Signer.Subject
	if s.Timestamp != nil {
		text += ", " + s.Timestamp.Time.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	return text
}
