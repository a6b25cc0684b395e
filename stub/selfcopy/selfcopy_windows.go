package selfcopy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/winpath"
	"github.com/kbforge/kbforge/stub/process"
)

// copySwitch begins the copy's first argument: handles of the parent process, of the pipe and of the copy's file in
// hexadecimal, then the original's path.
const copySwitch = "/kbforge-copy:"

// Time-outs. The original only has to exit; a virus scanner may hold its file a little longer.
const (
	waitForOriginal = 60 * time.Second
	waitForDelete   = 10 * time.Second
)

// ErrNoCode: the copy ended without a word.
var ErrNoCode = errors.New("the copy of the program ended without a result")

// Run runs the work of the program in a copy of image and returns the exit code it reports.
func Run(image string, args []string, output *os.File) (code uint32, err error) {
	clone, err := copyProgram(image)
	if err != nil {
		return 0, fmt.Errorf("copy %s: %w", image, err)
	}
	self, err := deleteOnClose(clone)
	if err != nil {
		_ = os.Remove(clone)
		return 0, fmt.Errorf("open %s: %w", clone, err)
	}
	defer windows.CloseHandle(self)
	read, write, err := inheritablePipe()
	if err != nil {
		return 0, err
	}
	defer read.Close()
	me, err := inheritableSelf()
	if err != nil {
		windows.CloseHandle(write)
		return 0, err
	}
	child, err := startCopy(clone, image, args, output, []windows.Handle{me, write, self})
	windows.CloseHandle(write)
	windows.CloseHandle(me)
	if err != nil {
		return 0, fmt.Errorf("start %s: %w", clone, err)
	}
	defer windows.CloseHandle(child)
	var answer [4]byte
	if _, err := io.ReadFull(read, answer[:]); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrNoCode, err)
	}
	return binary.LittleEndian.Uint32(answer[:]), nil
}

// copyProgram copies the executable to a new file in the Windows directory, where only administrators write.
func copyProgram(image string) (path string, err error) {
	dir, err := windows.GetSystemWindowsDirectory()
	if err != nil {
		return "", err
	}
	from, err := os.Open(image)
	if err != nil {
		return "", err
	}
	defer from.Close()
	to, err := os.CreateTemp(dir, "kb*.exe")
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		_ = os.Remove(to.Name())
		return "", err
	}
	return to.Name(), nil
}

// deleteOnClose opens a file so that it is deleted with the last handle to it. The handle can be inherited.
func deleteOnClose(path string) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	return windows.CreateFile(p, windows.GENERIC_READ|windows.DELETE, windows.FILE_SHARE_READ|windows.FILE_SHARE_DELETE,
		inheritable(), windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_DELETE_ON_CLOSE, 0)
}

func inheritable() *windows.SecurityAttributes {
	sa := &windows.SecurityAttributes{InheritHandle: 1}
	sa.Length = uint32(unsafe.Sizeof(*sa))
	return sa
}

// inheritablePipe returns a pipe whose writing end can be inherited.
func inheritablePipe() (read *os.File, write windows.Handle, err error) {
	var r windows.Handle
	if err := windows.CreatePipe(&r, &write, inheritable(), 0); err != nil {
		return nil, 0, fmt.Errorf("make a pipe: %w", err)
	}
	if err := windows.SetHandleInformation(r, windows.HANDLE_FLAG_INHERIT, 0); err != nil {
		windows.CloseHandle(r)
		windows.CloseHandle(write)
		return nil, 0, fmt.Errorf("make a pipe: %w", err)
	}
	return os.NewFile(uintptr(r), "pipe"), write, nil
}

// inheritableSelf is a handle of this process that another one can wait on.
func inheritableSelf() (windows.Handle, error) {
	me := windows.CurrentProcess()
	var h windows.Handle
	if err := windows.DuplicateHandle(me, me, me, &h, windows.SYNCHRONIZE, true, 0); err != nil {
		return 0, fmt.Errorf("duplicate the process handle: %w", err)
	}
	return h, nil
}

func startCopy(clone, image string, args []string, output *os.File, handles []windows.Handle) (windows.Handle, error) {
	first := copySwitch
	c := process.Child{Exe: clone, Dir: winpath.Dir(clone), Output: output, Inherit: handles, Flags: windows.CREATE_BREAKAWAY_FROM_JOB}
	for _, h := range handles {
		first += strconv.FormatUint(uint64(h), 16) + ","
	}
	c.Args = append([]string{first + image}, args...)
	child, err := c.Start()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) { // the job does not let its processes go
		c.Flags = 0
		child, err = c.Start()
	}
	return child, err
}

// Job is the copy's side.
type Job struct {
	Image  string // full path of the original
	parent windows.Handle
	pipe   windows.Handle
}

// Detect recognizes the copy by its first argument and returns the switches after it.
func Detect(args []string) (job *Job, rest []string, ok bool) {
	if len(args) == 0 || !strings.HasPrefix(args[0], copySwitch) {
		return nil, args, false
	}
	parts := strings.SplitN(args[0][len(copySwitch):], ",", 4)
	if len(parts) != 4 {
		return nil, args, false
	}
	var handles [3]windows.Handle
	for i := range handles {
		n, err := strconv.ParseUint(parts[i], 16, 64)
		if err != nil {
			return nil, args, false
		}
		handles[i] = windows.Handle(n)
	}
	// The third handle, of the copy's own file, is only held: closing it, at the end of the process, deletes the file.
	return &Job{Image: parts[3], parent: handles[0], pipe: handles[1]}, args[1:], true
}

// Report tells the original its exit code.
func (j *Job) Report(code uint32) {
	f := os.NewFile(uintptr(j.pipe), "pipe")
	// An original that is gone needs no code.
	_, _ = f.Write(binary.LittleEndian.AppendUint32(nil, code))
	_ = f.Close()
}

// Clean waits for the original to end and deletes it with the directories that held it, as far as they are empty. What
// resists is left to the next start of the machine.
func (j *Job) Clean() {
	_, _ = windows.WaitForSingleObject(j.parent, uint32(waitForOriginal.Milliseconds()))
	dir := winpath.Dir(j.Image)
	for _, path := range []string{j.Image, dir, winpath.Dir(dir)} {
		if err := removePatiently(path); err != nil && !errors.Is(err, windows.ERROR_DIR_NOT_EMPTY) {
			if p, perr := windows.UTF16PtrFromString(path); perr == nil {
				_ = windows.MoveFileEx(p, nil, windows.MOVEFILE_DELAY_UNTIL_REBOOT)
			}
		}
	}
}

// removePatiently deletes a file or an empty directory, trying again while somebody holds it.
func removePatiently(path string) error {
	deadline := time.Now().Add(waitForDelete)
	for {
		err := os.Remove(path)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if errors.Is(err, windows.ERROR_DIR_NOT_EMPTY) || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
