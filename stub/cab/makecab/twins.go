package makecab

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"
)

// twins returns for each input the first one with the same content, itself if there is none before it. Only files whose size
// occurs twice are read.
func twins(ctx context.Context, inputs []Input, workers int) ([]int, error) {
	bySize := make(map[int64]int)
	for i := range inputs {
		bySize[inputs[i].Size]++
	}
	var pending []int
	for i := range inputs {
		if inputs[i].Size > 0 && bySize[inputs[i].Size] > 1 {
			pending = append(pending, i)
		}
	}
	sums := make([][sha256.Size]byte, len(inputs))
	if err := each(ctx, len(pending), workers, func(k int) (err error) {
		sums[pending[k]], err = hashInput(&inputs[pending[k]])
		return err
	}); err != nil {
		return nil, err
	}
	same := make([]int, len(inputs))
	for i := range same {
		same[i] = i
	}
	first := make(map[[sha256.Size]byte]int, len(pending))
	for _, i := range pending {
		if j, ok := first[sums[i]]; ok {
			same[i] = j
		} else {
			first[sums[i]] = i
		}
	}
	return same, nil
}

func hashInput(in *Input) (sum [sha256.Size]byte, err error) {
	r, err := in.Open()
	if err != nil {
		return sum, err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return sum, fmt.Errorf("read %s: %w", in.Name, err)
	}
	if n != in.Size {
		return sum, sizeError(in, n)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}

func sizeError(in *Input, n int64) error {
	return fmt.Errorf("%s has %d bytes, not %d: was it changed while the cabinet was made?", in.Name, n, in.Size)
}

// each calls f for 0 to n-1 on several goroutines and returns the error of the lowest index.
func each(ctx context.Context, n, workers int, f func(int) error) error {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next, failed, first := 0, n, error(nil)
	for range min(workers, n) {
		wg.Go(func() {
			for {
				mu.Lock()
				k := next
				next++
				stop := k >= n || first != nil
				mu.Unlock()
				if stop {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = f(k)
				}
				if err != nil {
					mu.Lock()
					if k < failed {
						failed, first = k, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return first
}
