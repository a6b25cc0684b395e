package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/internal/bench/measure"
	"github.com/kbforge/kbforge/stub/cab/makecab"
)

// child runs what bench starts itself for, so that the process that measures stays small: Linux charges a program with the
// peak memory of the process that started it.
func child(ctx context.Context, verb string, args []string) error {
	switch {
	case verb == "corpora" && len(args) == 2:
		return makeCorpora(ctx, args[0], args[1] == "true")
	case verb == "cabinet" && len(args) == 2:
		return cabinet(ctx, args[0], args[1])
	case verb == "measure" && len(args) > 2:
		return measure.To(ctx, args[0], args[1], args[2:])
	}
	return fmt.Errorf("internal command %s %q", verb, args)
}

// cabinet packs a tree, in the order of its names, into an LZX cabinet: what `kbforge build` does with a payload, alone.
func cabinet(ctx context.Context, out, root string) error {
	c := corpus{dir: filepath.Dir(root)}
	names, _, err := c.files(filepath.Base(root))
	if err != nil {
		return err
	}
	var inputs []makecab.Input
	for _, n := range names {
		path := filepath.Join(root, n)
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		inputs = append(inputs, makecab.Input{
			Name: strings.ReplaceAll(n, "/", `\`), Size: info.Size(), ModTime: info.ModTime(),
			Open: func() (io.ReadCloser, error) { return os.Open(path) },
		})
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if _, err := makecab.Write(ctx, f, inputs, makecab.Options{}); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// measure runs a command through a small process of ours.
func (b *bench) measure(ctx context.Context, dir string, args ...string) (measure.Run, error) {
	return measure.By(ctx, b.self, filepath.Join(b.dir, "measured.json"), dir, args...)
}
