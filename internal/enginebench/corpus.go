package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// corpus is a package of n files and the files that they replace.
type corpus struct {
	files   int
	size    int    // bytes of one file, roughly
	dir     string // old\ and new\, each with n files
	pkg     string // the package
	content int64  // bytes of the new files
}

var buildTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const manifestText = `[package]
kb = "KB123456"
title = "Update for Bench (KB123456)"
kind = "update"
product = "Bench"
publisher = "Contoso"
version = "1.0.0.0"
layout = "standard"
build-time = 2026-01-02T03:04:05Z

[target]
min = "5.2"

[[file]]
source = "new/*"
to = 'program-files\Bench'
`

// makeCorpus writes old and new builds of n DLLs, half of their bytes random, and builds the package with the given kbforge.
func makeCorpus(kbforge, dir string, n, size int) (*corpus, error) {
	c := &corpus{files: n, size: size, dir: dir}
	for i, build := range []string{"old", "new"} {
		if err := os.MkdirAll(filepath.Join(dir, build), 0o755); err != nil {
			return nil, err
		}
		for f := range n {
			b, err := dll(uint16(100+100*i), uint64(f), uint64(i), size)
			if err != nil {
				return nil, err
			}
			if build == "new" {
				c.content += int64(len(b))
			}
			if err := os.WriteFile(c.file(build, f), b, 0o644); err != nil {
				return nil, err
			}
		}
	}
	path := filepath.Join(dir, "update.toml")
	if err := os.WriteFile(path, []byte(manifestText), 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command(kbforge, "build", path, "-o", filepath.Join(dir, "out"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd, err)
	}
	c.pkg = strings.TrimSpace(string(out))
	return c, nil
}

func (c *corpus) file(build string, n int) string {
	return filepath.Join(c.dir, build, fmt.Sprintf("file%04d.dll", n))
}

func dll(version uint16, seed1, seed2 uint64, size int) ([]byte, error) {
	blob := make([]byte, size)
	r := rand.New(rand.NewPCG(seed1, seed2))
	for i := 0; i+8 <= size/2; i += 8 {
		binary.LittleEndian.PutUint64(blob[i:], r.Uint64())
	}
	return samplepe.Build(samplepe.Spec{Arch: "x64", DLL: true, Version: pefile.Version{1, 0, 0, version}, FileVersionText: fmt.Sprintf("1.0.0.%d", version),
		Blob: blob, LinkTime: uint32(buildTime.Unix())})
}
