package installer

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// blob is content made for one run. It is written beside the journal before the plan starts, so that every step names
// content that is on disk.
type blob struct {
	name string
	open func() (io.ReadCloser, error)
	time time.Time
}

func bytesBlob(name string, data []byte, t time.Time) blob {
	return blob{name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }, t}
}

func (b blob) path(dir string) string { return winpath.Join(dir, b.name) }
func (b blob) from(dir string) string { return step.FromHost + b.path(dir) }
func (b blob) write(h host.Host, dir string) error {
	r, err := b.open()
	if err != nil {
		return err
	}
	defer r.Close()
	if err := h.WriteFile(b.path(dir), r, host.FileMeta{ModTime: b.time}); err != nil {
		return fmt.Errorf("write %s: %w", b.path(dir), err)
	}
	return nil
}
