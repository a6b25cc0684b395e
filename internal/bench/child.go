package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/kbforge/kbforge/stub/cab/makecab"
)

// measurement is one run of a command as a whole process.
type measurement struct {
	Seconds float64 // wall
	PeakMiB float64 // largest resident set of the process or one of its children
}

// child runs what bench starts itself for, so that the process that measures stays small: Linux charges a program with the
// peak memory of the process that started it.
func child(ctx context.Context, verb string, args []string) error {
	switch {
	case verb == "corpora" && len(args) == 2:
		return makeCorpora(ctx, args[0], args[1] == "true")
	case verb == "cabinet" && len(args) == 2:
		return cabinet(ctx, args[0], args[1])
	case verb == "measure" && len(args) > 2:
		return measureTo(ctx, args[0], args[1], args[2:])
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

// measureTo runs a command in dir and writes what it took as JSON to a file. The command's output is its error text.
func measureTo(ctx context.Context, result, dir string, args []string) error {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	log, err := os.Create(result + ".log")
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	begin := time.Now()
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(result + ".log")
		return fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	m := measurement{Seconds: time.Since(begin).Seconds(), PeakMiB: peakMiB(cmd.ProcessState)}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(result, b, 0o644)
}

// measure runs a command through a small process of ours.
func (b *bench) measure(ctx context.Context, dir string, args ...string) (measurement, error) {
	var m measurement
	result := filepath.Join(b.dir, "measured.json")
	cmd := exec.CommandContext(ctx, b.self, append([]string{"measure", result, dir}, args...)...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return m, fmt.Errorf("%s: %w", strings.TrimSpace(string(said)), err)
	}
	data, err := os.ReadFile(result)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(data, &m)
}
