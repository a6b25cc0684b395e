package sign

import (
	"context"
	"sync"
)

// Job is one file of a batch.
type Job struct {
	Src, Dst string // may be the same
}

// Result is what became of a job.
type Result struct {
	Job     Job
	Skipped bool  // it was signed already
	Err     error // nil when signed or skipped
}

// BatchOptions say how to work through many files.
type BatchOptions struct {
	Options
	Parallel   int  // files at a time; 0 and 1 are one after the other
	SkipSigned bool // leave files alone that have a signature of any kind
}

// Batch signs many files with one key, which must be safe for concurrent use when Parallel is above 1 (all keys
// of this package are). A failure does not stop the others. The results are in the order of the jobs.
func Batch(ctx context.Context, jobs []Job, k Key, o BatchOptions) []Result {
	results := make([]Result, len(jobs))
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(1, o.Parallel) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				results[i] = batchOne(ctx, jobs[i], k, o)
			}
		}()
	}
	for i := range jobs {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

func batchOne(ctx context.Context, j Job, k Key, o BatchOptions) Result {
	if err := ctx.Err(); err != nil {
		return Result{Job: j, Err: err}
	}
	if o.SkipSigned {
		if _, err := Extract(j.Src); err == nil {
			return Result{Job: j, Skipped: true}
		}
	}
	return Result{Job: j, Err: File(ctx, j.Src, j.Dst, k, o.Options)}
}
