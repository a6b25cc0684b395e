package installer

import (
	"context"

	"github.com/kbforge/kbforge/installer/host"
)

// Recover brings the machine out of interrupted installations and removals, as the start of every run does. It returns a
// line for each. Nothing to recover is no error.
func Recover(h host.Host) ([]string, error) {
	r, release, err := begin(context.Background(), Request{Host: h})
	if err != nil {
		return nil, err
	}
	defer release()
	return r.recoverAll()
}
