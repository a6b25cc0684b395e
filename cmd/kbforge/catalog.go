package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

func (a *app) catalogCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "catalog",
		Short: "Make, show, check and sign security catalogs of any files",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.catalogCreateCommand(), a.catalogShowCommand(), a.catalogVerifyCommand(), a.catalogSignCommand())
	return c
}

func (a *app) catalogShowCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "show [--json] FILE",
		Short: "Print what a catalog holds: version, date, attributes, members, signer",
		Long:  "Print what a catalog holds, whoever made it. The signature is described, not checked: see kbforge catalog verify.",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			info, err := builder.ReadCatalog(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.stdout, info)
			}
			fmt.Fprint(a.stdout, info)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// catalogSignCommand is kbforge sign for catalogs alone: what a script means as a catalog is not signed as something else.
func (a *app) catalogSignCommand() *cobra.Command {
	var f signFlags
	c := &cobra.Command{
		Use:   "sign (--pfx FILE | --cert FILE (--key FILE | --command PROGRAM) | --pkcs11 URI | --thumbprint HEX | --subject NAME | --relic URL | --dev-key DIR | --profile FILE:NAME) FILE...",
		Short: "Sign catalogs in place, whoever made them",
		Long: "Sign catalogs in place. The list stays as it is, byte for byte, and a signature that is there is replaced: a catalog has\n" +
			"one signer. Keys and passwords are given as for kbforge sign.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			files, err := signable(args, false)
			for _, file := range files {
				if err == nil && file.format != sign.FormatCatalog {
					err = fmt.Errorf("%s is no catalog; kbforge sign signs other files", file.path)
				}
			}
			if err != nil {
				return err
			}
			return a.sign(c, args, f)
		},
	}
	f.key.add(c)
	fl := c.Flags()
	fl.BoolVar(&f.skipSigned, "skip-signed", false, "leave files alone that are signed")
	fl.BoolVar(&f.dryRun, "dry-run", false, "say what would be signed by whom, and change nothing")
	fl.BoolVar(&f.asJSON, "json", false, "print JSON")
	oneWay(c, keyWays())
	c.MarkFlagsOneRequired(keyWays()...)
	return c
}

type catalogVerifyFlags struct {
	trust   trustFlags
	exclude []string
	pkg     string
	asJSON  bool
}

func (a *app) catalogVerifyCommand() *cobra.Command {
	var f catalogVerifyFlags
	c := &cobra.Command{
		Use:   "verify [--root PEM] CATALOG [FILE | DIRECTORY]... [--package PACKAGE]",
		Short: "Check a catalog's signature, and which files it covers",
		Long: "Check a catalog's signature, and compare it with files: each must have a member, and each member must be one of them. A\n" +
			"directory stands for all files below it, without the catalog itself. With --package the files are those of a package; its\n" +
			"catalogs, its licence and what is signed by itself need no member. Exit code 0 only if everything holds.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.catalogVerify(c, args, f) },
	}
	f.trust.add(c)
	fl := c.Flags()
	fl.StringArrayVar(&f.exclude, "exclude", nil, "pattern of files that need no member, such as '*.txt'; may be repeated")
	fl.StringVar(&f.pkg, "package", "", "package whose files must be covered")
	fl.BoolVar(&f.asJSON, "json", false, "print JSON")
	return c
}

func (a *app) catalogVerify(c *cobra.Command, args []string, f catalogVerifyFlags) error {
	trust, err := f.trust.options(a.now())
	if err != nil {
		return err
	}
	paths, globErr := expand(args[1:])
	files, err := builder.CatalogFiles(paths, f.exclude, args[0])
	if err := errors.Join(globErr, err); err != nil {
		return err
	}
	k, err := builder.CompareCatalog(c.Context(), args[0], builder.CatalogOptions{VerifyOptions: trust, Files: files, Package: f.pkg})
	if err != nil {
		return err
	}
	if f.asJSON {
		err = writeJSON(a.stdout, k)
	} else {
		a.reportCatalog(k)
	}
	if err == nil && !k.OK() {
		return fmt.Errorf("%s: %w: %s", args[0], errNotOK, count(len(k.Findings), "finding"))
	}
	return err
}

func (a *app) reportCatalog(k *builder.CatalogCheck) {
	w := a.stdout
	fmt.Fprintf(w, "%s\n", k.Path)
	fmt.Fprintf(w, "  catalog    V%d, %s\n", k.Version, count(k.Members, "member"))
	fmt.Fprintf(w, "  signature  %s\n", signerText(k.Signature))
	if k.Files > 0 {
		fmt.Fprintf(w, "  files      %d of %d covered\n", k.Covered, k.Files)
	}
	for _, e := range k.Exempt {
		fmt.Fprintf(w, "  no member  %s: %s\n", e.File, e.Why)
	}
	for _, n := range k.Notes {
		fmt.Fprintf(w, "  note       %s\n", n)
	}
	for _, f := range k.Findings {
		fmt.Fprintf(w, "  WRONG      %s\n", f)
	}
	if k.OK() {
		fmt.Fprintln(w, "  everything that is there holds")
	}
}
