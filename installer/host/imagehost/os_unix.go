//go:build unix

package imagehost

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/kbforge/kbforge/installer/host"
)

// osError maps what the system below says to the words of the contract.
func osError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w (%w)", host.ErrDiskFull, err)
	case errors.Is(err, syscall.ENOTEMPTY):
		return fmt.Errorf("%w (%w)", host.ErrNotEmpty, err)
	}
	return err
}

// lockFile takes the lock that goes with the process. host.ErrBusy when it is held, also by this process.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = host.ErrBusy
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
