// Command bench compares kbforge with other packagers and writes the report docs/benchmarks.md.
//
//	go run ./internal/bench -o docs/benchmarks.md        everything, about half an hour
//	go run ./internal/bench -smoke                       a small subset, a minute, to standard output
//
// It makes the corpora (corpus.go) from the DLLs of the machine's Wine, runs every contender on them in turn, several
// rounds, on this one machine, and measures whole processes: wall time, peak memory, size. Missing contenders are named in
// the report and left out.
//
// Needs libwine, binutils-mingw-w64-x86-64, and as contenders nsis, 7zip, gcab and cabextract.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
)

// config is what the command line says.
type config struct {
	out    string
	dir    string
	rounds int
	warm   int
	smoke  bool
	only   string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "corpora", "cabinet", "measure":
			return child(ctx, args[0], args[1:])
		}
	}
	var c config
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.StringVar(&c.out, "o", "", "write the report to this `file`; none: standard output")
	fs.StringVar(&c.dir, "dir", "", "work in this `directory` and keep it; none: a temporary one")
	fs.IntVar(&c.rounds, "rounds", 3, "counted rounds")
	fs.IntVar(&c.warm, "warm", 1, "rounds before them that are not counted")
	fs.BoolVar(&c.smoke, "smoke", false, "a twentieth of the rollup and one round: shows that it works, proves nothing")
	fs.StringVar(&c.only, "only", "", "only contenders whose name contains this `text`, and no extraction")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the contenders and the corpora are those of a Debian machine, not %s", runtime.GOOS)
	}
	if c.smoke {
		c.rounds = 1
	}
	return compare(ctx, c)
}

func compare(ctx context.Context, c config) error {
	if c.dir == "" {
		dir, err := os.MkdirTemp("", "kbforge-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.dir = dir
	}
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return err
	}
	b := &bench{dir: dir, rounds: c.rounds, warm: c.warm, only: c.only, progress: os.Stderr}
	if err := b.prepare(ctx, c.smoke); err != nil {
		return err
	}
	if err := b.run(ctx); err != nil {
		return err
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
