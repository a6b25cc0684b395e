package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/source"
)

// times is one round, in seconds.
type times struct{ plain, plainSync, inventory, install, remove float64 }

const installedTo = "drive/C/Program Files/Bench"

// copyAndHash is the plain way: each file copied and its SHA-256 computed, with or without flushing each to disk.
func copyAndHash(c *corpus, to string, sync bool) (float64, error) {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return 0, err
	}
	defer os.RemoveAll(to)
	begin := time.Now()
	for n := range c.files {
		if err := copyOne(c.file("new", n), filepath.Join(to, filepath.Base(c.file("new", n))), sync); err != nil {
			return 0, err
		}
	}
	return time.Since(begin).Seconds(), nil
}

func copyOne(from, to string, sync bool) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.MultiWriter(out, sha256.New()), in)
	if err == nil && sync {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// onImage installs the package in a new image that has the old files, and removes it.
func onImage(ctx context.Context, c *corpus, dir string, sync bool) (t times, err error) {
	defer os.RemoveAll(dir)
	m, ok := imagehost.Preset("win10-x64")
	if !ok {
		return t, errors.New("no preset win10-x64")
	}
	opt := imagehost.Options{NoSync: !sync}
	h, err := opt.Create(dir, m)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := os.MkdirAll(filepath.Join(dir, installedTo), 0o755); err != nil {
		return t, err
	}
	for n := range c.files {
		name := filepath.Base(c.file("old", n))
		if err := copyOne(c.file("old", n), filepath.Join(dir, installedTo, name), false); err != nil {
			return t, err
		}
	}
	tree, err := source.Open(filepath.Join(c.dir, "tree"))
	if err != nil {
		return t, err
	}
	defer tree.Close()
	req := installer.Request{Host: h, Package: tree, Options: cmdline.Options{Quiet: true}, Image: `C:\bench\update\update.exe`, Version: "7.0.0.0", Start: time.Now()}
	for _, part := range []struct {
		into *float64
		run  func() error
	}{
		{&t.inventory, func() error {
			dry := req
			dry.Options.DryRun = true
			_, err := installer.Install(ctx, dry)
			return err
		}},
		{&t.install, func() error { _, err := installer.Install(ctx, req); return err }},
		{&t.remove, func() error {
			rem := req
			rem.Package, rem.UninstallDir = nil, `C:\Windows\$NtUninstallKB123456$`
			_, err := installer.Remove(ctx, rem)
			return err
		}},
	} {
		begin := time.Now()
		if err := part.run(); err != nil {
			return t, err
		}
		*part.into = time.Since(begin).Seconds()
	}
	return t, c.restored(dir)
}

// restored checks that the run did what was measured: every file is the old one again.
func (c *corpus) restored(dir string) error {
	for n := range c.files {
		want, err := sum(c.file("old", n))
		if err != nil {
			return err
		}
		got, err := sum(filepath.Join(dir, installedTo, filepath.Base(c.file("old", n))))
		if err != nil || got != want {
			return fmt.Errorf("after the removal %s is not the old file: %v", c.file("old", n), err)
		}
	}
	return nil
}

func sum(path string) (s [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	h.Sum(s[:0])
	return s, err
}

// extract unpacks the package once, beside the corpus.
func (c *corpus) extract(ctx context.Context) error {
	_, err := builder.Extract(ctx, c.pkg, filepath.Join(c.dir, "tree"))
	return err
}

// memory is the largest resident set, in MiB, of a process that installs and removes the package.
func memory(c *corpus, dir string) (float64, error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(exe, "-child", c.dir, "-files", fmt.Sprint(c.files), "-scratch", dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", cmd, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}
