package main

import (
	"errors"
	"io"
	"syscall"

	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/stub/sfx"
)

// image is the running executable, opened for reading.
type image struct {
	h    syscall.Handle
	path string
	size int64
}

func openSelf() (*image, *failure) {
	path, err := modulePath()
	if err != nil {
		return nil, failed("The package could not find its own file", err)
	}
	m := &image{path: path}
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, failed(path+" could not be opened", err)
	}
	m.h, err = syscall.CreateFile(p, syscall.GENERIC_READ, syscall.FILE_SHARE_READ|syscall.FILE_SHARE_DELETE, nil,
		syscall.OPEN_EXISTING, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, failed(path+" could not be opened", err)
	}
	if m.size, err = syscall.Seek(m.h, 0, io.SeekEnd); err != nil {
		m.close()
		return nil, failed(path+" could not be read", err)
	}
	return m, nil
}

func (m *image) close() { _ = syscall.CloseHandle(m.h) } // opened for reading: there is nothing to lose

// ReadAt is io.ReaderAt.
func (m *image) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) {
		at := off + int64(done)
		if at >= m.size {
			return done, io.EOF
		}
		o := syscall.Overlapped{Offset: uint32(at), OffsetHigh: uint32(at >> 32)}
		var n uint32
		err := syscall.ReadFile(m.h, p[done:], &n, &o)
		done += int(n)
		if err == syscall.ERROR_HANDLE_EOF || err == nil && n == 0 {
			return done, io.EOF
		}
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// cabinet finds and opens the cabinet, and checks all that can be checked before something is written.
func (m *image) cabinet() (*cab.Reader, *failure) {
	loc, err := sfx.Find(m, m.size)
	if err == nil {
		err = sfx.CheckTrailer(m, loc)
	}
	if err != nil {
		return nil, damaged(m.path, err)
	}
	c, err := cab.NewReader(m, loc.Offset, loc.Size)
	if err == nil {
		err = c.CheckNames()
	}
	if err != nil {
		return nil, damaged(m.path, err)
	}
	return c, nil
}

// damaged makes a failure of an error in the package itself.
func damaged(path string, err error) *failure {
	var no syscall.Errno
	if errors.As(err, &no) {
		return failed(path+" could not be read", no)
	}
	return &failure{codeFileCorrupt, path + " is damaged: " + err.Error() + ". Get the package again."}
}
