package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"github.com/kbforge/kbforge/builder/stubs"
)

// Job is one package of a build.
type Job struct {
	Plan     *Plan
	Signer   *Signer            // nil: unsigned; several jobs may share one
	Progress func(stage string) // "" at the end
	Count    func(done, total int64)
}

// MaxJobs bounds the packages in work at a time: each compresses in parallel itself.
const MaxJobs = 4

// Build builds the planned package. The package appears under its name complete and checked, or not at all: it is made in a
// hidden directory beside its place, which is removed whatever happens, and renamed. A package of that name is replaced.
func Build(ctx context.Context, p *Plan, o Options) (Result, error) {
	list, err := BuildAll(ctx, []Job{{Plan: p, Signer: o.Signer, Progress: o.Progress, Count: o.Count}}, o)
	if err != nil {
		return Result{}, err
	}
	return list[0], nil
}

// BuildAll builds several packages side by side; of Options it takes where they go and where the runtime comes from. All
// packages appear, or none.
func BuildAll(ctx context.Context, jobs []Job, o Options) ([]Result, error) {
	if o.Stubs == nil {
		o.Stubs = stubs.Get
	}
	name := "nothing"
	if len(jobs) > 0 {
		name = jobs[0].Plan.FileName
	}
	var made string // the outermost directory that the build had to make
	if _, err := os.Stat(o.OutDir); errors.Is(err, fs.ErrNotExist) {
		made = outermostMissing(o.OutDir)
	}
	if err := os.MkdirAll(o.OutDir, 0o777); err != nil {
		return nil, fmt.Errorf("build %s: %w", name, err)
	}
	work, err := os.MkdirTemp(o.OutDir, ".kbforge-")
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", name, err)
	}
	list, err := stageAll(ctx, jobs, o, work)
	if err == nil {
		err = publish(list, jobs, o.OutDir, work)
	}
	if rmErr := os.RemoveAll(work); err == nil {
		err = rmErr
	}
	if err != nil {
		if made != "" {
			_ = removeEmpty(o.OutDir, made)
		}
		return nil, err
	}
	return list, nil
}

// stageAll makes the packages below work. The first that fails ends the others.
func stageAll(ctx context.Context, jobs []Job, o Options, work string) ([]Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	list, errs := make([]Result, len(jobs)), make([]error, len(jobs))
	slots := make(chan struct{}, min(MaxJobs, runtime.GOMAXPROCS(0)))
	var wg sync.WaitGroup
	for i, j := range jobs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			dir := filepath.Join(work, strconv.Itoa(i))
			if errs[i] = errors.Join(ctx.Err(), os.Mkdir(dir, 0o777)); errs[i] == nil {
				o := j.options(o)
				list[i], errs[i] = stage(ctx, j.Plan, o, dir)
				o.Progress("")
			}
			if errs[i] != nil {
				errs[i] = fmt.Errorf("build %s: %w", j.Plan.FileName, errs[i])
				cancel()
			}
		})
	}
	wg.Wait()
	return list, firstOf(errs)
}

// firstOf is the first error that is not just the end of the others.
func firstOf(errs []error) error {
	var canceled error
	for _, err := range errs {
		switch {
		case err == nil:
		case errors.Is(err, context.Canceled):
			if canceled == nil {
				canceled = err
			}
		default:
			return err
		}
	}
	return canceled
}

func (j Job) options(o Options) Options {
	o.Signer, o.Progress, o.Count = j.Signer, j.Progress, j.Count
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Count == nil {
		o.Count = func(int64, int64) {}
	}
	return o
}

// publish gives the files their names, each package after what describes it. When one cannot have its own, those before give way
// to what was there again.
func publish(list []Result, jobs []Job, dir, work string) error {
	s := settler{work: work}
	for i := range list {
		r, name := &list[i], jobs[i].Plan.FileName
		for k, from := range r.Sidecars {
			r.Sidecars[k] = s.move(from, filepath.Join(dir, filepath.Base(from)))
		}
		if r.Package = s.move(r.Package, filepath.Join(dir, name)); s.err != nil {
			return fmt.Errorf("build %s: %w", name, s.err)
		}
	}
	return nil
}

// settler renames files until one fails; then it takes back what it did.
type settler struct {
	work string
	undo []func() error
	err  error
}

func (s *settler) move(from, to string) string {
	if s.err != nil {
		return to
	}
	if s.err = s.one(from, to); s.err == nil {
		return to
	}
	for _, back := range slices.Backward(s.undo) {
		s.err = errors.Join(s.err, back())
	}
	return to
}

func (s *settler) one(from, to string) error {
	if st, err := os.Lstat(to); err == nil && st.IsDir() {
		return fmt.Errorf("%s is a directory", to)
	}
	old := filepath.Join(s.work, "old"+strconv.Itoa(len(s.undo)))
	err := os.Rename(to, old)
	switch {
	case err == nil:
		s.undo = append(s.undo, func() error { return os.Rename(old, to) })
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	replaced := err == nil
	if err = os.Rename(from, to); err == nil && !replaced {
		s.undo = append(s.undo, func() error { return os.Remove(to) })
	}
	return err
}

// outermostMissing is the highest directory of a path that does not exist.
func outermostMissing(dir string) string {
	for {
		up := filepath.Dir(dir)
		if _, err := os.Stat(up); err == nil || up == dir {
			return dir
		}
		dir = up
	}
}

// removeEmpty removes dir and its parents up to top, as long as they are empty.
func removeEmpty(dir, top string) error {
	for {
		if err := os.Remove(dir); err != nil || dir == top {
			return err
		}
		dir = filepath.Dir(dir)
	}
}
