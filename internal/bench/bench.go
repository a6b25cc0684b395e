package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/internal/bench/measure"
)

// bench is one run of the comparison.
type bench struct {
	dir      string // everything is made here
	rounds   int
	warm     int    // rounds that are not counted
	only     string // contenders whose name contains this; empty: all, and extraction
	progress io.Writer

	self     string // this program
	kbforge  string // the author's command line, built from this checkout
	corpora  []corpus
	built    []row
	unpacked []row
	missing  []string // contenders whose program is not installed
}

// row is what the runs of one contender on one corpus gave.
type row struct {
	name, shape, corpus, note string
	runs                      []measure.Run
	size                      int64 // bytes of what was made
}

// seconds is the median wall time.
func (r row) seconds() float64 {
	var s []float64
	for _, m := range r.runs {
		s = append(s, m.Seconds)
	}
	slices.Sort(s)
	return s[len(s)/2]
}

// spread is the longest run divided by the shortest.
func (r row) spread() float64 {
	low, high := r.runs[0].Seconds, r.runs[0].Seconds
	for _, m := range r.runs {
		low, high = min(low, m.Seconds), max(high, m.Seconds)
	}
	return high / low
}

func (r row) peak() (mib float64) {
	for _, m := range r.runs {
		mib = max(mib, m.PeakMiB)
	}
	return mib
}

// prepare builds the programs and the corpora.
func (b *bench) prepare(ctx context.Context, smoke bool) error {
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if strings.Contains(contenders()[0].name, b.only) {
		b.kbforge = filepath.Join(b.dir, "bin", "kbforge")
		b.say("building kbforge")
		build := exec.CommandContext(ctx, "go", "build", "-o", b.kbforge, "github.com/kbforge/kbforge/cmd/kbforge")
		if said, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", build, err, said)
		}
	}
	b.say("making the corpora")
	made := exec.CommandContext(ctx, b.self, "corpora", b.dir, fmt.Sprint(smoke))
	if said, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("make the corpora: %w\n%s", err, said)
	}
	b.corpora = corpora(b.dir, smoke)
	return nil
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

// run runs every contender in turn, round by round, so that a machine that grows slower is unfair to all.
func (b *bench) run(ctx context.Context) error {
	list := slices.DeleteFunc(b.present(contenders()), func(k contender) bool { return !strings.Contains(k.name, b.only) })
	for _, c := range b.corpora {
		first := len(b.built)
		for _, k := range list {
			b.built = append(b.built, row{name: k.name, shape: k.shape, corpus: c.name, note: k.note})
		}
		for round := range b.rounds + b.warm {
			for i, k := range list {
				m, size, err := b.build(ctx, c, k)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", k.name, c.name, err)
				}
				r := &b.built[first+i]
				r.size = size
				if round >= b.warm {
					r.runs = append(r.runs, m)
				}
				b.say("%-9s round %d  %-36s %-8s %7.2f s %9d bytes", c.name, round, k.name, k.shape, m.Seconds, size)
			}
		}
	}
	if b.only != "" {
		return nil
	}
	return b.extract(ctx)
}

// present returns the contenders whose program is installed, and remembers the others.
func (b *bench) present(list []contender) []contender {
	return slices.DeleteFunc(list, func(k contender) bool {
		if k.tool == "" {
			return false
		}
		_, err := exec.LookPath(k.tool)
		if err != nil && !slices.Contains(b.missing, k.tool) {
			b.missing = append(b.missing, k.tool)
		}
		return err != nil
	})
}

// output is where a contender puts its package: a file, or a directory for kbforge build.
func (b *bench) output(c corpus, k contender) string {
	return filepath.Join(b.dir, "out", c.name+"-"+k.shape+k.ext)
}

func (b *bench) build(ctx context.Context, c corpus, k contender) (measure.Run, int64, error) {
	out, tmp := b.output(c, k), filepath.Join(b.dir, "tmp")
	for _, dir := range []string{tmp, filepath.Dir(out)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return measure.Run{}, 0, err
		}
	}
	if err := os.RemoveAll(out); err != nil {
		return measure.Run{}, 0, err
	}
	args, dir, err := k.make(b, filepath.Join(c.dir, k.shape), out, tmp)
	if err != nil {
		return measure.Run{}, 0, err
	}
	m, err := b.measure(ctx, dir, args...)
	if err != nil {
		return measure.Run{}, 0, err
	}
	size, err := sizeOf(out)
	return m, size, err
}

// sizeOf is the size of a file, or of all files in a directory.
func sizeOf(path string) (size int64, err error) {
	err = filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

// extract takes the packages that kbforge built apart again, with kbforge and with the tools an administrator has.
func (b *bench) extract(ctx context.Context) error {
	to := filepath.Join(b.dir, "extracted")
	list := b.present([]contender{
		{name: "kbforge extract", make: func(b *bench, pkg, to, _ string) ([]string, string, error) {
			return []string{b.kbforge, "extract", pkg, to}, "", nil
		}},
		{name: "cabextract", tool: "cabextract", make: func(_ *bench, pkg, to, _ string) ([]string, string, error) {
			return []string{"cabextract", "-q", "-d", to, pkg}, "", nil
		}},
		{name: "7zz x", tool: "7zz", make: func(_ *bench, pkg, to, _ string) ([]string, string, error) {
			return []string{"7zz", "x", "-bd", "-o" + to, pkg}, "", nil
		}},
	})
	for _, c := range b.corpora {
		packages, err := filepath.Glob(filepath.Join(b.output(c, contenders()[0]), "*.exe"))
		if err != nil || len(packages) != 1 {
			return fmt.Errorf("%d packages of %s: %w", len(packages), c.name, err)
		}
		first := len(b.unpacked)
		for _, k := range list {
			b.unpacked = append(b.unpacked, row{name: k.name, corpus: c.name})
		}
		for round := range b.rounds + b.warm {
			for i, k := range list {
				if err := os.RemoveAll(to); err != nil {
					return err
				}
				args, dir, err := k.make(b, packages[0], to, "")
				if err != nil {
					return err
				}
				m, err := b.measure(ctx, dir, args...)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", k.name, c.name, err)
				}
				r := &b.unpacked[first+i]
				if round >= b.warm {
					r.runs = append(r.runs, m)
				}
				if r.size, err = sizeOf(to); err != nil {
					return err
				}
				b.say("%-9s round %d  %-36s %7.2f s", c.name, round, k.name, m.Seconds)
			}
		}
	}
	return os.RemoveAll(to)
}
