package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/templates"
)

func (a *app) demoCommand() *cobra.Command {
	var keep bool
	c := &cobra.Command{
		Use:   "demo [--keep]",
		Short: "Go the whole way once, from manifest to removal, and explain each step",
		Long: "Write a starter project, build and sign its package, check it, install it into an offline image of a machine,\n" +
			"look at what is installed, and remove it again. Everything happens in a temporary directory.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.demo(c.Context(), keep) },
	}
	c.Flags().BoolVar(&keep, "keep", false, "keep the directory")
	return c
}

// demo is one walk through the product.
type demo struct {
	*app
	dir, project, pkg, image string
	step                     int
}

// demoFile is what the update replaces in the image.
const demoFile = `C:\Program Files\Contoso Reader\reader.dll`

func (a *app) demo(ctx context.Context, keep bool) error {
	dir, err := os.MkdirTemp("", "kbforge-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	d := &demo{app: a, dir: dir, project: filepath.Join(dir, "project"), image: filepath.Join(dir, "image")}
	for _, step := range []func(context.Context) error{d.write, d.planned, d.build, d.verified, d.machine, d.installed, d.inspected, d.removed} {
		if err = step(ctx); err != nil {
			break
		}
	}
	if keep {
		d.tell("\nEverything is in %s", dir)
		return err
	}
	return errors.Join(err, os.RemoveAll(dir))
}

func (d *demo) tell(format string, args ...any) { fmt.Fprintf(d.stdout, format+"\n", args...) }

func (d *demo) head(command, what string) {
	d.step++
	d.tell("\n%d. %s\n   $ kbforge %s\n", d.step, what, command)
}

func (d *demo) write(context.Context) error {
	d.head("init project", "A project: a manifest, and a payload for two branches of a product.")
	made, err := templates.Write(templates.Default, d.project)
	for _, path := range made {
		d.tell("   %s", d.short(path))
	}
	return err
}

// short is a path below the demonstration's directory.
func (d *demo) short(path string) string {
	if rel, err := filepath.Rel(d.dir, path); err == nil {
		return filepath.ToSlash(rel)
	}
	return path
}

func (d *demo) planned(context.Context) error {
	d.head("plan project/update.toml", "The plan: what will be in the package, and what it will do.")
	p, err := d.plan(filepath.Join(d.project, manifestName))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := p.WriteText(&text); err != nil {
		return err
	}
	d.indent(text.String())
	return nil
}

func (d *demo) indent(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprint(d.stdout, strings.TrimRight("   "+line, " \n")+"\n")
	}
}

func (d *demo) build(ctx context.Context) error {
	d.head("build project/update.toml -o out   (with dev = true in [signing])", "The package, signed with a throw-away development key.")
	p, err := d.plan(filepath.Join(d.project, manifestName))
	if err != nil {
		return err
	}
	out := filepath.Join(d.dir, "out")
	from := d.keySource(out)
	from.Warn = func(string) {}
	signer, err := builder.OpenSigner(manifest.Signing{Dev: true}, from)
	if err != nil {
		return err
	}
	shown := d.progress()
	job := shown.job(p.FileName)
	res, err := builder.Build(ctx, p, builder.Options{OutDir: out, Signer: signer, Progress: job.stage, Count: job.count})
	shown.finish()
	if err != nil {
		return err
	}
	d.pkg = res.Package
	d.tell("   %s, %d bytes: %s, %d of them stored once for two names", d.short(res.Package), res.Size,
		count(res.Cabinet.Files, "file"), res.Cabinet.Files-res.Cabinet.Unique)
	return nil
}

func (d *demo) verified(ctx context.Context) error {
	d.head("verify --root out/"+builder.DevKeyDir+"/development-root.pem "+filepath.Base(d.pkg), "The check: signatures, catalog, hashes, and what the INF files name.")
	dev, err := sign.LoadDevelopmentKey(filepath.Join(d.dir, "out", builder.DevKeyDir))
	if err != nil {
		return err
	}
	v, err := builder.Verify(ctx, d.pkg, builder.VerifyOptions{Roots: sign.Pool(dev.Root()), At: d.now(), MustSign: true})
	if err != nil {
		return err
	}
	v.Path = d.short(v.Path)
	sub := *d.app
	var text bytes.Buffer
	sub.stdout = &text
	sub.report(v)
	d.indent(text.String())
	if !v.OK() {
		return errNotOK
	}
	return nil
}

func (d *demo) machine(context.Context) error {
	d.head("image create --system win10-x64 image", "A machine: an offline image, with the old version of the product on it.")
	h, err := createImage(d.image, "win10-x64")
	if err != nil {
		return err
	}
	old, err := os.ReadFile(filepath.Join(d.project, "installed", "reader.dll"))
	if err == nil {
		_, err = h.MkdirAll(`C:\Program Files\Contoso Reader`, host.AttrDirectory)
	}
	if err == nil {
		err = h.WriteFile(demoFile, bytes.NewReader(old), host.FileMeta{ModTime: d.now()})
	}
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	return d.showFile()
}

// showFile tells the version of the updated file in the image.
func (d *demo) showFile() error {
	h, err := openImage(d.image)
	if err != nil {
		return err
	}
	defer h.Close()
	f, err := h.Open(demoFile)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := pefile.Read(f, f.Size())
	if err != nil {
		return err
	}
	if info.Version == nil {
		return fmt.Errorf("%s has no version", demoFile)
	}
	d.tell("   %s has version %s", demoFile, info.Version.File)
	return nil
}

func (d *demo) installed(ctx context.Context) error {
	d.head("install "+filepath.Base(d.pkg)+" --image image -- /quiet /norestart", "The installation, by the engine that is inside the package.")
	if err := d.install(ctx, d.pkg, installFlags{image: d.image}, []string{"/quiet", "/norestart"}); err != nil {
		return err
	}
	return d.showFile()
}

func (d *demo) inspected(ctx context.Context) error {
	d.head("status --image image", "What is installed, and whether it is intact.")
	return d.status(ctx, statusFlags{image: d.image})
}

func (d *demo) removed(ctx context.Context) error {
	d.head("remove KB123456 --image image -- /quiet", "The removal: files and registry as they were.")
	if err := d.remove(ctx, "KB123456", d.image, []string{"/quiet"}); err != nil {
		return err
	}
	if err := d.showFile(); err != nil {
		return err
	}
	return d.status(ctx, statusFlags{image: d.image})
}
