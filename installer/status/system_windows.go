package status

import (
	"errors"
	"syscall"
)

// systemCode finds a Win32 code in err. Numbers from 1<<29 up are Go's own inventions for missing POSIX errors, except
// those of the Setup API.
func systemCode(err error) (uint32, bool) {
	var n syscall.Errno
	if !errors.As(err, &n) || n == 0 {
		return 0, false
	}
	code := uint32(n)
	return code, code < 1<<29 || code >= 1<<31
}
