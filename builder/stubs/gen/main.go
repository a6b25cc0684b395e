// Command gen compiles the stubs from this checkout and packs them for a release build of kbforge, which embeds them:
//
//	go run ./builder/stubs/gen
//	go build -tags kbforge_embed ./cmd/kbforge
//
// With -check it changes nothing and fails unless the packed stubs are those of the sources.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/kbforge/kbforge/builder/stubs"
)

func main() {
	dir := flag.String("o", filepath.Join("builder", "stubs", "prebuilt"), "`folder` for the packed stubs")
	check := flag.Bool("check", false, "only compare the folder with the sources")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := generate(ctx, stubs.Default(), *dir, *check, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func generate(ctx context.Context, c stubs.Compiler, dir string, check bool, out io.Writer) error {
	exes := map[string][]byte{}
	for _, kind := range stubs.Kinds() {
		for _, arch := range stubs.Arches() {
			s, err := c.Compile(ctx, kind, arch)
			if err != nil {
				return err
			}
			exes[stubs.ArchiveName(kind, arch)] = s.Bytes
		}
	}
	files, err := stubs.Archive(exes)
	if err != nil {
		return err
	}
	if check {
		return compare(dir, files)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%d bytes\n", path, len(files[name]))
	}
	return nil
}

func compare(dir string, files map[string][]byte) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		b, err := os.ReadFile(path)
		if err == nil && !bytes.Equal(b, files[name]) {
			err = fmt.Errorf("%s is not what the sources give; run go run ./builder/stubs/gen", path)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}
