package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// mapped gives a Win32 error the word of the contract. errors.Is knows by itself that 2 and 3 are fs.ErrNotExist, 80 and
// 183 fs.ErrExist and 5 fs.ErrPermission.
func mapped(err error) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	word := error(nil)
	switch errno {
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION, windows.ERROR_USER_MAPPED_FILE:
		word = host.ErrInUse
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL:
		word = host.ErrDiskFull
	case windows.ERROR_DIR_NOT_EMPTY:
		word = host.ErrNotEmpty
	case windows.ERROR_INVALID_DRIVE, windows.ERROR_NOT_READY, windows.ERROR_BAD_NETPATH, windows.ERROR_KEY_DELETED,
		windows.ERROR_BAD_PATHNAME, windows.ERROR_UNRECOGNIZED_VOLUME:
		word = fs.ErrNotExist
	default:
		return err
	}
	return fmt.Errorf("%w (%w)", word, err)
}

// denied explains error 5 for a file that is to be replaced, renamed or deleted and is not read-only: when the right to
// delete is there, the file is mapped or running; when it is not, the error is what it says.
func denied(err error, ext string) error {
	if !errors.Is(err, windows.ERROR_ACCESS_DENIED) || ext == "" {
		return mapped(err)
	}
	flags := uint32(windows.FILE_FLAG_OPEN_REPARSE_POINT)
	if a, err := windows.GetFileAttributes(wide(ext)); err == nil && a&windows.FILE_ATTRIBUTE_DIRECTORY != 0 {
		flags |= windows.FILE_FLAG_BACKUP_SEMANTICS // a directory opens with it only; for a file it would grant the right to SeRestorePrivilege
	}
	f, e := createFile(ext, windows.DELETE, shareAll, windows.OPEN_EXISTING, flags)
	if e == nil {
		windows.CloseHandle(f)
		return fmt.Errorf("%w (%w)", host.ErrInUse, err)
	}
	if errors.Is(e, windows.ERROR_SHARING_VIOLATION) {
		return fmt.Errorf("%w (%w)", host.ErrInUse, err)
	}
	return err
}

const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE

func createFile(ext string, access, share, disposition, flags uint32) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(ext)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(p, access, share, nil, disposition, flags, 0)
}

// wide is for text that was checked for NUL before.
func wide(s string) *uint16 {
	p, err := windows.UTF16PtrFromString(s)
	if err != nil {
		return new(uint16)
	}
	return p
}
