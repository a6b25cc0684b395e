package winhost

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/winpath"
)

// customLength is the room for the text of a custom function, in UTF-16 units: that of a long path.
const customLength = 32768

// CallDLL implements host.Programs. The process of its own leaves result and text in a file beside the DLL, in a directory
// that only administrators can write to.
func (h *Host) CallDLL(path, function string, timeout time.Duration) (uint32, string, error) {
	result, text, err := h.callDLL(path, function, timeout)
	if err != nil {
		return 0, "", fmt.Errorf("call %s of %s: %w", function, path, err)
	}
	return result, text, nil
}

func (h *Host) callDLL(path, function string, timeout time.Duration) (uint32, string, error) {
	out := winpath.Join(winpath.Dir(path), "kbcall"+strconv.Itoa(os.Getpid())+".tmp")
	defer func() { _ = h.Remove(out) }()
	if err := h.dll(path, []string{switchCall, path, function, out}, "", timeout); err != nil {
		return 0, "", err
	}
	f, err := h.Open(out)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4*customLength))
	if err != nil {
		return 0, "", err
	}
	number, text, _ := strings.Cut(string(data), "\n")
	n, err := strconv.ParseUint(number, 10, 32)
	return uint32(n), text, err
}

// callCustom is the child's part.
func callCustom(path, function, out string) uint32 {
	proc, bad := loadEntry(path, function)
	if bad != 0 {
		return bad
	}
	buffer := make([]uint16, customLength)
	n, _, _ := syscall.SyscallN(proc, uintptr(unsafe.Pointer(&buffer[0])), customLength-1)
	runtime.KeepAlive(buffer)
	text := strconv.FormatUint(uint64(uint32(n)), 10) + "\n" + windows.UTF16ToString(buffer)
	if err := os.WriteFile(out, []byte(text), 0o600); err != nil {
		return resultOf(err)
	}
	return 0
}
