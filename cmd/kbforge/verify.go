package main

import (
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

// errNotOK ends a command whose findings are printed already.
var errNotOK = errors.New("it does not hold")

type verifyFlags struct {
	root   string
	asJSON bool
}

func (a *app) verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify [--root PEM] FILE",
		Short: "Check a package, or the signature of another file",
		Long: "Check everything a package claims: its signature, the catalog's, each payload file against catalog and update.ver,\n" +
			"and that what its INF files name is there. Exit code 0 only if all that is there holds. With --root the signatures\n" +
			"must be there and lead to one of those certificates; without, they are judged by the system's roots.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.verify(c, args[0], f) },
	}
	c.Flags().StringVar(&f.root, "root", "", "file of the certificates to trust")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	return c
}

func (a *app) verify(c *cobra.Command, path string, f verifyFlags) error {
	roots, err := loadRoots(f.root)
	if err != nil {
		return err
	}
	v, err := builder.Verify(c.Context(), path, builder.VerifyOptions{Roots: roots, At: a.now(), MustSign: roots != nil})
	if err != nil {
		return a.verifyOther(path, roots, f, err)
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

// verifyOther is for files that are no package but can be signed; err is why it is none.
func (a *app) verifyOther(path string, roots *x509.CertPool, f verifyFlags, notPackage error) error {
	r, err := sign.Verify(path, sign.VerifyOptions{Roots: roots, At: a.now()})
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

func loadRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	certs, err := sign.LoadCertificates(path)
	if err != nil {
		return nil, fmt.Errorf("read the roots: %w", err)
	}
	return sign.Pool(certs...), nil
}

func (a *app) report(v *builder.Verification) {
	w := a.stdout
	fmt.Fprintf(w, "%s\n", v.Path)
	if v.KB != "" {
		fmt.Fprintf(w, "  update     %s\n", v.KB)
	}
	fmt.Fprintf(w, "  cabinet    %s, %s\n", v.Place, count(v.Files, "file"))
	fmt.Fprintf(w, "  signature  %s\n", signerText(v.Outer))
	fmt.Fprintf(w, "  catalog    %s\n", signerText(v.Catalog))
	for _, n := range v.Notes {
		fmt.Fprintf(w, "  note       %s\n", n)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(w, "  WRONG      %s\n", f)
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
