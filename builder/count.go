package builder

import (
	"io"
	"sync/atomic"

	"github.com/kbforge/kbforge/stub/cab/makecab"
)

// counted reports how much of the inputs was read. Files that are compared with others of their size first are read more often;
// no more than the whole is reported.
func counted(list []makecab.Input, report func(done, total int64)) []makecab.Input {
	if report == nil {
		return list
	}
	var total int64
	for _, in := range list {
		total += in.Size
	}
	var done atomic.Int64
	for i := range list {
		open := list[i].Open
		list[i].Open = func() (io.ReadCloser, error) {
			r, err := open()
			if err != nil {
				return nil, err
			}
			return &countingReader{r, func(n int) { report(min(done.Add(int64(n)), total), total) }}, nil
		}
	}
	return list
}

type countingReader struct {
	io.ReadCloser
	read func(n int)
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if n > 0 {
		c.read(n)
	}
	return n, err
}
