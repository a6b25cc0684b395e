package imagehost

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// osError maps what the system below says to the words of the contract.
func osError(err error) error {
	switch {
	case errors.Is(err, windows.ERROR_DISK_FULL), errors.Is(err, windows.ERROR_HANDLE_DISK_FULL):
		return fmt.Errorf("%w (%w)", host.ErrDiskFull, err)
	case errors.Is(err, windows.ERROR_DIR_NOT_EMPTY):
		return fmt.Errorf("%w (%w)", host.ErrNotEmpty, err)
	case errors.Is(err, windows.ERROR_SHARING_VIOLATION), errors.Is(err, windows.ERROR_USER_MAPPED_FILE):
		return fmt.Errorf("%w (%w)", host.ErrInUse, err)
	}
	return err
}

// lockFile takes the lock that goes with the process. host.ErrBusy when it is held, also by this process. The locked
// byte is far behind the end, since a lock on Windows keeps others from reading.
func lockFile(path string) (unlock func(), err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	far := &windows.Overlapped{OffsetHigh: 0x7fffffff}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, far)
	if err != nil {
		f.Close()
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			err = host.ErrBusy
		}
		return nil, err
	}
	return func() { f.Close() }, nil
}
