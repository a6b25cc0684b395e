package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

type signFlags struct {
	key         manifest.Signing
	devDir      string
	description string
	url         string
}

func (a *app) signCommand() *cobra.Command {
	var f signFlags
	c := &cobra.Command{
		Use:   "sign (--pfx FILE | --cert FILE --key FILE | --dev-key DIR) FILE...",
		Short: "Sign packages, executables, cabinets, installers and catalogs in place",
		Long: "Sign files in place: each is written aside, checked and renamed. Passwords come from the environment variable that\n" +
			"--password-env names, never from the command line. --dev-key makes a throw-away key in DIR where there is none.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error { return a.sign(c, args, f) },
	}
	fl := c.Flags()
	fl.StringVar(&f.key.PFX, "pfx", "", "PKCS#12 file with key and certificates")
	fl.StringVar(&f.key.PasswordEnv, "password-env", "", "environment variable that holds the password")
	fl.StringVar(&f.key.Cert, "cert", "", "PEM file of the certificate and its chain")
	fl.StringVar(&f.key.Key, "key", "", "PEM file of the private key")
	fl.StringVar(&f.devDir, "dev-key", "", "directory of a throw-away development key")
	fl.StringArrayVar(&f.key.Timestamp, "timestamp", nil, "address of an RFC 3161 time stamp server; may be repeated")
	fl.StringVar(&f.description, "description", "", "what the consent dialog calls the program")
	fl.StringVar(&f.url, "url", "", "where the dialog's link leads")
	c.MarkFlagsMutuallyExclusive("pfx", "cert", "dev-key")
	c.MarkFlagsRequiredTogether("cert", "key")
	c.MarkFlagsOneRequired("pfx", "cert", "dev-key")
	return c
}

func (a *app) sign(c *cobra.Command, files []string, f signFlags) error {
	f.key.Dev = f.devDir != ""
	from := a.keySource("")
	from.DevDir = filepath.Clean(f.devDir)
	s, err := builder.OpenSigner(f.key, from)
	if err != nil {
		return err
	}
	o := s.Options
	o.Description, o.URL = f.description, f.url
	for _, path := range files {
		if err := sign.File(c.Context(), path, path, s.Key, o); err != nil {
			return fmt.Errorf("sign %s: %w", path, err)
		}
		fmt.Fprintln(a.stdout, path)
	}
	return nil
}
