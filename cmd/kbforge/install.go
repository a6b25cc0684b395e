package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/ui"
)

func (a *app) installCommand() *cobra.Command {
	var f installFlags
	c := &cobra.Command{
		Use:   "install PACKAGE --image DIR [-- SWITCHES]",
		Short: "Install a package into an offline image",
		Long: "Install a package into an offline image, with the engine that runs on the target. Where DIR holds no image one is\n" +
			"made. Switches are those of the package, for example: -- /quiet /nobackup\n" +
			"The catalog of the package is verified as it is on the target: with --root by those certificates, without by the\n" +
			"system's roots. An unsigned or untrusted package is installed with a warning unless --require-signature is given.",
		Args: usageArgs(packageAndSwitches),
		RunE: func(c *cobra.Command, args []string) error { return a.install(c.Context(), args[0], f, args[1:]) },
	}
	imageFlag(c, &f.image)
	c.Flags().StringArrayVar(&f.roots, "root", nil, "file of the certificates to trust; may be repeated")
	c.Flags().BoolVar(&f.requireSignature, "require-signature", false, "refuse a package whose catalog has no trusted signature")
	c.Flags().StringArrayVar(&f.answers, "answer", nil, "what a function of the package's own DLL would return, which an image cannot ask: dll,function=number[,text]; may be repeated")
	return c
}

type installFlags struct {
	image            string
	roots            []string
	requireSignature bool
	answers          []string
}

// answersOf reads --answer.
func answersOf(list []string) (map[string]installer.Answer, error) {
	answers := map[string]installer.Answer{}
	for _, s := range list {
		key, a, err := installer.ParseAnswer(s)
		if err != nil {
			return nil, usageError{err}
		}
		answers[key] = a
	}
	return answers, nil
}

// packageAndSwitches: one argument, and after -- any number.
func packageAndSwitches(c *cobra.Command, args []string) error {
	before := len(args)
	if dash := c.ArgsLenAtDash(); dash >= 0 {
		before = dash
	}
	if before != 1 {
		return fmt.Errorf("one argument is needed before --, there are %d", before)
	}
	return nil
}

func imageFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "image", "", "directory of the image")
	if err := c.MarkFlagRequired("image"); err != nil {
		panic(err) // the flag was made in the line before
	}
}

func (a *app) install(ctx context.Context, pkg string, f installFlags, switches []string) error {
	opts, err := cmdline.Parse(cmdline.Install, switches)
	if err != nil {
		return usageError{err}
	}
	roots, err := loadRoots(f.roots)
	if err != nil {
		return err
	}
	answers, err := answersOf(f.answers)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "kbforge-install-")
	if err != nil {
		return fmt.Errorf("install: %w", err)
	}
	defer os.RemoveAll(tmp)
	p := a.progress()
	defer p.finish()
	job := p.job(filepath.Base(pkg))
	job.stage("extracting")
	if _, err := builder.Extract(ctx, pkg, filepath.Join(tmp, "package")); err != nil {
		return err
	}
	job.stage("installing")
	tree, err := source.Open(filepath.Join(tmp, "package"))
	if err != nil {
		return err
	}
	defer tree.Close()
	h, err := imageFor(f.image, filepath.Join(tmp, "package"))
	if err != nil {
		return err
	}
	req := a.request(h, opts)
	req.Package, req.Answers = tree, answers
	req.OpenSelf = func() (io.ReadCloser, error) { return os.Open(pkg) }
	req.Verify, req.RequireSignature = judgeCatalogs(roots, a.now()), f.requireSignature
	req.UI = imageUI{ui.NewConsole(a.stderr), job}
	res, err := installer.Install(ctx, req)
	p.finish()
	return errors.Join(a.outcome("installed", res, err), h.Close())
}

// request is what installation and removal share. The engine asks nobody: an image has no one in front of it.
func (a *app) request(h *imagehost.Host, opts cmdline.Options) installer.Request {
	return installer.Request{Host: h, Options: opts, Image: `C:\kbforge\update\update.exe`,
		Version: builder.InstallerVersion().String(), Start: a.now()}
}

// imageUI shows messages, and progress as every other command does.
type imageUI struct {
	*ui.Console
	job *progressJob
}

func (u imageUI) Progress(_ ui.Stage, done, total int64) { u.job.count(done, total) }

// imageFor opens the image, or makes one that suits the architecture of the package.
func imageFor(dir, pkg string) (*imagehost.Host, error) {
	if imagehost.Exists(dir) {
		return imagehost.Open(dir)
	}
	return createImage(dir, "win10-"+archOf(runtimeIn(pkg)))
}

// runtimeIn is the update.exe of an extracted package of any layout.
func runtimeIn(pkg string) string {
	for _, name := range []string{"update", "common", "i386/update", "amd64/update", "arm64/update"} {
		path := filepath.Join(pkg, filepath.FromSlash(name), "update.exe")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return pkg
}

// archOf is the architecture of an executable, x64 where it cannot be told.
func archOf(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "x64"
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "x64"
	}
	info, err := pefile.Read(f, st.Size())
	if err != nil || pefile.Arch(info.Machine) == "" || pefile.Arch(info.Machine) == "ia64" {
		return "x64"
	}
	return pefile.Arch(info.Machine)
}

// outcome tells what a run of the engine did.
func (a *app) outcome(done string, res installer.Result, err error) error {
	for _, w := range res.Warnings {
		a.say("warning: %s", w)
	}
	if res.LogPath != "" {
		a.say("the log of the image is %s", res.LogPath)
	}
	if err != nil {
		return fmt.Errorf("%w (code 0x%X)", err, status.Code(err))
	}
	if res.DryRun {
		_, err := io.WriteString(a.stdout, res.Plan.String())
		return err
	}
	line := res.KB + " " + done
	if res.Branch != "" {
		line += ", branch " + res.Branch
	}
	if res.RestartNeeded {
		line += ", restart needed"
	}
	fmt.Fprintln(a.stdout, line)
	return nil
}

func (a *app) removeCommand() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "remove KB --image DIR [-- SWITCHES]",
		Short: "Remove an update from an offline image",
		Args:  usageArgs(packageAndSwitches),
		RunE:  func(c *cobra.Command, args []string) error { return a.remove(c.Context(), args[0], dir, args[1:]) },
	}
	imageFlag(c, &dir)
	return c
}

func (a *app) remove(ctx context.Context, kb, dir string, switches []string) error {
	opts, err := cmdline.Parse(cmdline.Remove, switches)
	if err != nil {
		return usageError{err}
	}
	h, err := openImage(dir)
	if err != nil {
		return err
	}
	req := a.request(h, opts)
	if req.UninstallDir, err = uninstallDir(h, kb); err != nil {
		return errors.Join(err, h.Close())
	}
	p := a.progress()
	defer p.finish()
	job := p.job(kb)
	job.stage("removing")
	req.UI = imageUI{ui.NewConsole(a.stderr), job}
	res, err := installer.Remove(ctx, req)
	p.finish()
	return errors.Join(a.outcome("removed", res, err), h.Close())
}

// uninstallDir finds the backup directory of an installed update; its number may be given without KB.
func uninstallDir(h *imagehost.Host, kb string) (string, error) {
	r, err := installer.Status(h)
	if err != nil {
		return "", err
	}
	var known []string
	for _, u := range r.Updates {
		known = append(known, u.KB)
		if !strings.EqualFold(u.KB, kb) && !strings.EqualFold(u.KB, "KB"+kb) {
			continue
		}
		if !u.Removable || u.Dir == "" {
			return "", fmt.Errorf("%s cannot be removed: it was installed without a backup", u.KB)
		}
		return u.Dir, nil
	}
	if known == nil {
		return "", fmt.Errorf("%s is not installed; nothing is", kb)
	}
	return "", fmt.Errorf("%s is not installed; installed are: %s", kb, strings.Join(known, ", "))
}
