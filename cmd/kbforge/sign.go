package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/sign"
)

type signFlags struct {
	key        keyFlags
	appendSig  bool
	skipSigned bool
	parallel   int
	dryRun     bool
	asJSON     bool
	change     changeFlags
}

func (a *app) signCommand() *cobra.Command {
	var f signFlags
	c := &cobra.Command{
		Use:   "sign (--pfx FILE | --cert FILE (--key FILE | --command PROGRAM) | --pkcs11 URI | --thumbprint HEX | --subject NAME | --relic URL | --dev-key DIR | --profile FILE:NAME) FILE...",
		Short: "Sign packages, executables, cabinets, installers and catalogs in place, or change their signatures",
		Long: "Sign files in place: each is written aside, checked and renamed. A FILE may be a pattern such as 'out/*.exe'. All\n" +
			"files are looked at before the first is signed; one that fails later does not stop the others. Passwords come from\n" +
			"--password-env or --password-file, never from the command line. --dev-key makes a throw-away key in DIR where there is\n" +
			"none. --remove, --extract, --attach and --add-timestamp change signatures without a key. See docs/signing.md.",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			if f.change.any() {
				return a.changeSignatures(c.Context(), args, f)
			}
			return a.sign(c, args, f)
		},
	}
	f.key.add(c)
	fl := c.Flags()
	fl.BoolVar(&f.appendSig, "append", false, "keep the signatures of an executable and add this one (dual signature)")
	fl.BoolVar(&f.skipSigned, "skip-signed", false, "leave files alone that are signed")
	fl.IntVar(&f.parallel, "parallel", runtime.NumCPU(), "files that are signed at the same time, with one login to the key")
	fl.BoolVar(&f.dryRun, "dry-run", false, "say what would be signed by whom, and change nothing")
	fl.BoolVar(&f.asJSON, "json", false, "print JSON")
	f.change.add(c)
	ways := append(keyWays(), changeWays()...)
	oneWay(c, ways)
	c.MarkFlagsOneRequired(ways...)
	c.MarkFlagsMutuallyExclusive("append", "skip-signed")
	for _, change := range changeWays() {
		for _, of := range []string{"append", "skip-signed", "dry-run"} {
			c.MarkFlagsMutuallyExclusive(change, of)
		}
	}
	return c
}

// signed is what became of a file; the JSON of a run is the list.
type signed struct {
	Path     string      `json:"path"`
	Format   sign.Format `json:"format"`
	Action   string      `json:"action"`             // signed, skipped, failed, would sign, would append, would replace, would skip
	Signer   string      `json:"signer,omitempty"`   // subject of the certificate
	Replaced []string    `json:"replaced,omitempty"` // dry run: signers whose signatures would be lost
	Error    string      `json:"error,omitempty"`
}

func (a *app) sign(c *cobra.Command, args []string, f signFlags) error {
	profile, err := f.key.profile(c.Flags())
	if err != nil {
		return err
	}
	files, err := signable(args, f.appendSig)
	if err != nil {
		return err
	}
	o, err := profile.Options(a.now())
	if err != nil {
		return usageError{err}
	}
	o.Append, o.Warn = f.appendSig, a.warnOnce()
	who, err := a.openKey(profile.Source, f.dryRun)
	if err != nil {
		return err
	}
	defer who.close()
	if f.dryRun {
		return a.drySign(files, who, o, f)
	}
	return a.signAll(c.Context(), files, who.key, sign.BatchOptions{Options: o, SkipSigned: f.skipSigned, Parallel: f.parallel}, f.asJSON)
}

func (a *app) signAll(ctx context.Context, files []signableFile, k sign.Key, o sign.BatchOptions, asJSON bool) error {
	jobs := make([]sign.Job, len(files))
	for i, f := range files {
		jobs[i] = sign.Job{Src: f.path, Dst: f.path}
	}
	var errs []error
	list := make([]signed, len(files))
	for i, r := range sign.Batch(ctx, jobs, k, o) {
		s := signed{Path: files[i].path, Format: files[i].format, Action: "signed", Signer: subject(k)}
		switch {
		case r.Err != nil:
			s.Action, s.Signer, s.Error = "failed", "", r.Err.Error()
			errs = append(errs, r.Err)
		case r.Skipped:
			s.Action, s.Signer = "skipped", ""
		}
		list[i] = s
	}
	if err := a.printSigned(list, asJSON); err != nil {
		return err
	}
	return partly(list, errs)
}

// partly is the error of a run over several files, some of which may be done.
func partly(list []signed, errs []error) error {
	err := errors.Join(errs...)
	done := 0
	for _, s := range list {
		if s.Action != "failed" {
			done++
		}
	}
	if err == nil || done == 0 {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupted after %s; the others are as they were", count(done, "file")) // finish would say that nothing was written
	}
	return fmt.Errorf("%w\n%d of %s done; the others are as they were", err, done, count(len(list), "file"))
}

func (a *app) printSigned(list []signed, asJSON bool) error {
	if asJSON {
		return writeJSON(a.stdout, list)
	}
	for _, s := range list {
		switch s.Action {
		case "signed":
			fmt.Fprintln(a.stdout, s.Path)
		case "skipped":
			a.say("%s is signed; left alone", s.Path)
		case "failed":
		default:
			fmt.Fprintf(a.stdout, "%s (%s): %s", s.Path, s.Format, s.Action)
			if s.Signer != "" {
				fmt.Fprintf(a.stdout, ", by %s", s.Signer)
			}
			if len(s.Replaced) > 0 {
				fmt.Fprintf(a.stdout, "; there is a signature by %s", strings.Join(s.Replaced, " and by "))
			}
			fmt.Fprintln(a.stdout)
		}
	}
	return nil
}

// drySign says what would happen. The key is opened and checked, but signs nothing.
func (a *app) drySign(files []signableFile, who signer, o sign.Options, f signFlags) error {
	if who.key != nil {
		warnings, err := sign.CheckKey(who.key, o.Now)
		if err != nil {
			return err
		}
		for _, w := range warnings {
			o.Warn(w)
		}
	}
	list := make([]signed, len(files))
	for i, file := range files {
		s := signed{Path: file.path, Format: file.format, Action: "would sign", Signer: who.name}
		switch {
		case file.signed && f.skipSigned:
			s.Action, s.Signer = "would skip", ""
		case file.signed && f.appendSig:
			s.Action = "would append"
		case file.signed:
			s.Action, s.Replaced = "would replace", signersOf(file.path, o.Now)
		}
		list[i] = s
	}
	return a.printSigned(list, f.asJSON)
}
