package winhost

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

type shell32 struct{ getFolderPath *windows.LazyProc }

func loadShell32() (*shell32, error) {
	s := &shell32{windows.NewLazySystemDLL("shell32.dll").NewProc("SHGetFolderPathW")}
	return s, s.getFolderPath.Find()
}

// csidlDontVerify (CSIDL_FLAG_DONT_VERIFY): the path is wanted also where the folder has not been made yet.
const csidlDontVerify = 0x4000

func (s *shell32) FolderPath(csidl int) (string, error) {
	var buf [windows.MAX_PATH]uint16
	hr, _, _ := s.getFolderPath.Call(0, uintptr(csidl|csidlDontVerify), 0, 0, uintptr(unsafe.Pointer(&buf[0])))
	if hr != 0 {
		return "", syscall.Errno(hr)
	}
	return windows.UTF16ToString(buf[:]), nil
}
