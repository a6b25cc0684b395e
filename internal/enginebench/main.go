// Command enginebench measures the engine: inventory, installation and removal of packages of several sizes, in an image
// and under Wine, beside a plain copy with SHA-256 of the same files, and the largest memory against the size of a file. It
// writes docs/benchmarks-engine.md.
//
//	go run ./internal/enginebench -o docs/benchmarks-engine.md
//	go run ./internal/enginebench -sizes 10 -megabytes 1 -wine 0         the smoke form
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

type options struct {
	sizes, megabytes []int
	bytes, rounds    int
	wine             int // largest number of files that is installed under Wine, too; 0: none
	out              string
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "enginebench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var o options
	sizes := flag.String("sizes", "10,300,3000", "numbers of files")
	megabytes := flag.String("megabytes", "1,32,256", "sizes of the one file whose installation's memory is measured")
	flag.IntVar(&o.bytes, "bytes", 16<<10, "size of a file in bytes")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds in an image; the median counts")
	flag.IntVar(&o.wine, "wine", 3000, "largest number of files that is measured under Wine, too")
	flag.StringVar(&o.out, "o", "", "file of the report; standard output without")
	child := flag.String("child", "", "internal: install and remove the corpus in this directory")
	files := flag.Int("files", 0, "internal: its number of files")
	scratch := flag.String("scratch", "", "internal: directory for the image")
	flag.Parse()
	if *child != "" {
		if _, err := onImage(ctx, &corpus{files: *files, dir: *child}, *scratch, true); err != nil {
			return err
		}
		peak, err := ownPeakMiB()
		fmt.Println(peak)
		return err
	}
	var err error
	if o.sizes, err = numbers(*sizes); err != nil {
		return err
	}
	if o.megabytes, err = numbers(*megabytes); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "kbforge-enginebench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	kbforge := filepath.Join(dir, "kbforge")
	if said, err := exec.Command("go", "build", "-o", kbforge, "github.com/kbforge/kbforge/cmd/kbforge").CombinedOutput(); err != nil {
		return fmt.Errorf("build kbforge: %w\n%s", err, said)
	}
	r, err := measure(ctx, o, kbforge, dir)
	if err != nil {
		return err
	}
	if o.out == "" {
		return r.write(os.Stdout)
	}
	return r.save()
}

// save writes what is measured so far to the file of the report, if there is one.
func (r *report) save() error {
	if r.o.out == "" {
		return nil
	}
	f, err := os.Create(r.o.out)
	if err != nil {
		return err
	}
	return errors.Join(r.write(f), f.Close())
}

func numbers(s string) ([]int, error) {
	var list []int
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("%q is no list of positive numbers", s)
		}
		list = append(list, n)
	}
	return list, nil
}

// row is what was measured of one package.
type row struct {
	c            *corpus
	sync, noSync times
	wine         *times
}

type memoryRow struct {
	megabytes int
	peak      float64
}

type report struct {
	o    options
	rows []row
	mem  []memoryRow
}

func measure(ctx context.Context, o options, kbforge, dir string) (*report, error) {
	r := &report{o: o}
	for _, mb := range o.megabytes {
		fmt.Fprintf(os.Stderr, "one file of %d MiB\n", mb)
		c, err := makeCorpus(kbforge, filepath.Join(dir, "size"+strconv.Itoa(mb)), 1, mb<<20)
		if err == nil {
			err = c.extract(ctx)
		}
		if err != nil {
			return nil, err
		}
		peak, err := memory(c, filepath.Join(c.dir, "image"))
		if err != nil {
			return nil, err
		}
		r.mem = append(r.mem, memoryRow{mb, peak})
		if err := os.RemoveAll(c.dir); err != nil {
			return nil, err
		}
	}
	for _, n := range o.sizes {
		fmt.Fprintf(os.Stderr, "%d files\n", n)
		c, err := makeCorpus(kbforge, filepath.Join(dir, "files"+strconv.Itoa(n)), n, o.bytes)
		if err == nil {
			err = c.extract(ctx)
		}
		if err != nil {
			return nil, err
		}
		line, err := measureFiles(ctx, o, c)
		if err != nil {
			return nil, err
		}
		r.rows = append(r.rows, line)
		if err := r.save(); err != nil { // the next one takes much longer
			return nil, err
		}
		if err := os.RemoveAll(c.dir); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// measureFiles takes turns, so that a busy machine is unfair to all alike.
func measureFiles(ctx context.Context, o options, c *corpus) (row, error) {
	line := row{c: c}
	var sync, noSync []times
	for range o.rounds {
		s, err := onImage(ctx, c, filepath.Join(c.dir, "image"), true)
		if err != nil {
			return line, err
		}
		f, err := onImage(ctx, c, filepath.Join(c.dir, "image"), false)
		if err != nil {
			return line, err
		}
		if s.plain, err = copyAndHash(c, filepath.Join(c.dir, "plain"), false); err != nil {
			return line, err
		}
		if s.plainSync, err = copyAndHash(c, filepath.Join(c.dir, "plain"), true); err != nil {
			return line, err
		}
		sync, noSync = append(sync, s), append(noSync, f)
	}
	line.sync, line.noSync = median(sync), median(noSync)
	if c.files > o.wine {
		return line, nil
	}
	w, err := underWine(c)
	line.wine = &w
	return line, err
}

// median is that of each figure by itself.
func median(list []times) times {
	mid := func(f func(times) float64) float64 {
		var v []float64
		for _, t := range list {
			v = append(v, f(t))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	return times{
		plain: mid(func(t times) float64 { return t.plain }), plainSync: mid(func(t times) float64 { return t.plainSync }),
		inventory: mid(func(t times) float64 { return t.inventory }), install: mid(func(t times) float64 { return t.install }),
		remove: mid(func(t times) float64 { return t.remove }),
	}
}
