// Command signing measures kbforge sign, verify and catalog beside osslsigncode and writes docs/benchmarks-signing.md.
//
//	go run ./internal/bench/signing -o docs/benchmarks-signing.md     about five minutes; needs 6 GB of disk in the temporary directory
//	go run ./internal/bench/signing -smoke                            small files, seconds, to standard output
//
// One run on one machine: the contenders take turns, several rounds, and whole processes are measured: wall time and peak memory.
// Needs osslsigncode.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/kbforge/kbforge/internal/bench/measure"
)

type config struct {
	out    string
	rounds int
	smoke  bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "signing:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 3 && args[0] == "measure" {
		return measure.To(ctx, args[1], args[2], args[3:])
	}
	var c config
	fs := flag.NewFlagSet("signing", flag.ContinueOnError)
	fs.StringVar(&c.out, "o", "", "write the report to this `file`; none: standard output")
	fs.IntVar(&c.rounds, "rounds", 3, "rounds; the report has the medians")
	fs.BoolVar(&c.smoke, "smoke", false, "small files and one round: shows that it works, proves nothing")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("peak memory is measured as Linux counts it, not %s", runtime.GOOS)
	}
	dir, err := os.MkdirTemp("", "kbforge-bench-signing-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, sizes: []int64{64 << 20, 1 << 30}, members: 5000, rounds: c.rounds}
	if c.smoke {
		b.sizes, b.members, b.rounds = []int64{1 << 20, 8 << 20}, 50, 1
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for _, t := range b.tasks() {
		if err := b.race(ctx, t); err != nil {
			return err
		}
	}
	if c.out == "" {
		return b.report(ctx, os.Stdout)
	}
	f, err := os.Create(c.out)
	if err != nil {
		return err
	}
	if err := b.report(ctx, f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

type bench struct {
	dir     string
	self    string
	kbforge string
	ossl    string
	sizes   []int64
	members int
	rounds  int
	results []result
}

type result struct {
	group, tool, does string
	size              int64 // of the file, 0 for catalogs
	runs              []measure.Run
}

func (r result) seconds() float64 {
	return median(r.runs, func(m measure.Run) float64 { return m.Seconds })
}
func (r result) peak() float64 {
	return median(r.runs, func(m measure.Run) float64 { return m.PeakMiB })
}

func median(runs []measure.Run, of func(measure.Run) float64) float64 {
	list := make([]float64, len(runs))
	for i, m := range runs {
		list[i] = of(m)
	}
	slices.Sort(list)
	return list[len(list)/2]
}

// race lets the contenders of a task take turns.
func (b *bench) race(ctx context.Context, t task) error {
	list := make([]result, len(t.contenders))
	for round := range b.rounds {
		for i, c := range t.contenders {
			fmt.Fprintf(os.Stderr, "%s, round %d: %s %s\n", t.group, round+1, c.tool, c.does)
			if c.before != nil {
				if err := c.before(); err != nil {
					return err
				}
			}
			m, err := b.measure(ctx, c.args...)
			if err != nil {
				return err
			}
			list[i] = result{t.group, c.tool, c.does, t.size, append(list[i].runs, m)}
		}
	}
	b.results = append(b.results, list...)
	return nil
}

func (b *bench) measure(ctx context.Context, args ...string) (measure.Run, error) {
	return measure.By(ctx, b.self, filepath.Join(b.dir, "measured.json"), b.dir, args...)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
