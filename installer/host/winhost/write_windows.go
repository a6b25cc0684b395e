package winhost

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// WriteFile implements host.Files.
func (h *Host) WriteFile(path string, src io.Reader, meta host.FileMeta) error {
	defer h.native()()
	if err := h.writeFile(path, src, meta); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (h *Host) writeFile(path string, src io.Reader, meta host.FileMeta) error {
	p, err := replaceable(path)
	if err != nil {
		return err
	}
	tmp, f, err := h.temp(p.parent)
	if err != nil {
		return err
	}
	err = fill(f, src, func() error {
		if p.there {
			if err := copySecurity(p.ext(), tmp); err != nil {
				return err
			}
		}
		return setBasic(f, meta, 0, false)
	})
	return commit(tmp, p, err)
}

// replaceable finds the place of a file to be written.
func replaceable(path string) (place, error) {
	p, err := find(path)
	switch {
	case err != nil:
	case p.link:
		err = notALink(p)
	case p.isDir():
		err = fmt.Errorf("a directory of that name: %w", fs.ErrExist)
	}
	return p, err
}

// temp makes a new file beside the target.
func (h *Host) temp(dir string) (ext string, f windows.Handle, err error) {
	for range 10000 {
		h.mu.Lock()
		h.temps++
		n := h.temps
		h.mu.Unlock()
		ext = place{parent: dir, name: fmt.Sprintf("~kb%x-%x.tmp", windows.GetCurrentProcessId(), n)}.ext()
		f, err = createFile(ext, windows.GENERIC_WRITE, 0, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL)
		if !errors.Is(err, windows.ERROR_FILE_EXISTS) {
			break
		}
	}
	return ext, f, mapped(err)
}

// fill writes the temporary file, flushes it, lets finish set what is not content and closes it. Security comes before
// attributes, since Wine keeps both in one place.
func fill(f windows.Handle, src io.Reader, finish func() error) error {
	out := os.NewFile(uintptr(f), "temporary file")
	_, err := io.Copy(struct{ io.Writer }{out}, src)
	if err == nil {
		err = windows.FlushFileBuffers(f)
	}
	if err == nil {
		err = finish()
	}
	if e := out.Close(); err == nil {
		err = e
	}
	return mapped(err)
}

// commit moves the finished temporary file over its target, or takes it away if err or the move says so.
func commit(tmp string, p place, err error) error {
	if err == nil {
		err = replace(tmp, p)
	}
	if err != nil {
		_ = windows.SetFileAttributes(wide(tmp), windows.FILE_ATTRIBUTE_NORMAL)
		_ = windows.DeleteFile(wide(tmp))
	}
	return err
}

// replace moves a file over p, which may be read-only, or belong to somebody else.
func replace(from string, p place) error {
	err := withRights(p, func() error {
		restore, err := writable(p)
		if err != nil {
			return err
		}
		err = windows.MoveFileEx(wide(from), wide(p.ext()), windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
		if err != nil {
			restore()
		}
		return err
	})
	if err == nil {
		return nil
	}
	if p.there {
		return denied(err, p.ext())
	}
	return mapped(err)
}

// writable takes the read-only attribute off, which forbids replacing and deleting.
func writable(p place) (restore func(), err error) {
	if !p.there || p.attr&windows.FILE_ATTRIBUTE_READONLY == 0 {
		return func() {}, nil
	}
	attr := p.attr &^ windows.FILE_ATTRIBUTE_READONLY
	if attr&^windows.FILE_ATTRIBUTE_DIRECTORY == 0 {
		attr = windows.FILE_ATTRIBUTE_NORMAL
	}
	if err := windows.SetFileAttributes(wide(p.ext()), attr); err != nil {
		return nil, mapped(err)
	}
	return func() { _ = windows.SetFileAttributes(wide(p.ext()), p.attr) }, nil
}

const securityParts = windows.OWNER_SECURITY_INFORMATION | windows.GROUP_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION

// copySecurity gives to the owner, group and DACL of from. Where the two are alike, nothing is set, so that a caller
// without the right to set owners can still replace its own files.
func copySecurity(from, to string) error {
	sd, err := windows.GetNamedSecurityInfo(from, windows.SE_FILE_OBJECT, securityParts)
	if err != nil {
		return fmt.Errorf("read the security of the file: %w", mapped(err))
	}
	has, err := windows.GetNamedSecurityInfo(to, windows.SE_FILE_OBJECT, securityParts)
	if err != nil {
		return fmt.Errorf("read the security of the temporary file: %w", mapped(err))
	}
	if sd.String() == has.String() {
		return nil
	}
	owner, _, err1 := sd.Owner()
	group, _, err2 := sd.Group()
	dacl, _, err3 := sd.DACL()
	control, _, err4 := sd.Control()
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return fmt.Errorf("read the security of the file: %w", err)
	}
	parts := windows.SECURITY_INFORMATION(securityParts | windows.UNPROTECTED_DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 {
		parts = securityParts | windows.PROTECTED_DACL_SECURITY_INFORMATION
	}
	if err := windows.SetNamedSecurityInfo(to, windows.SE_FILE_OBJECT, parts, owner, group, dacl, nil); err != nil {
		return fmt.Errorf("keep the security of the file: %w", mapped(err))
	}
	return nil
}

// CopyFile implements host.Files. CopyFileW brings alternate streams and extended attributes along.
func (h *Host) CopyFile(from, to string) error {
	defer h.native()()
	if err := h.copyFile(from, to); err != nil {
		return fmt.Errorf("copy %s to %s: %w", from, to, err)
	}
	return nil
}

func (h *Host) copyFile(from, to string) error {
	src, err := existing(from)
	switch {
	case err != nil:
	case src.link:
		err = notALink(src)
	case src.isDir():
		err = fmt.Errorf("is a directory: %w", fs.ErrInvalid)
	}
	if err != nil {
		return err
	}
	p, err := replaceable(to)
	if err != nil {
		return err
	}
	tmp, f, err := h.temp(p.parent)
	if err != nil {
		return err
	}
	windows.CloseHandle(f)
	err = mapped(h.kernel32.CopyFile(wide(src.ext()), wide(tmp)))
	if err == nil {
		err = mapped(flushCopy(tmp, src))
	}
	return commit(tmp, p, err)
}

// flushCopy puts a copy on disk and gives it the source's security, attributes and time: opening a file to flush it needs it to be
// writable.
func flushCopy(tmp string, src place) error {
	if err := windows.SetFileAttributes(wide(tmp), windows.FILE_ATTRIBUTE_NORMAL); err != nil {
		return err
	}
	f, err := createFile(tmp, windows.GENERIC_WRITE, 0, windows.OPEN_EXISTING, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(f)
	if err := windows.FlushFileBuffers(f); err != nil {
		return err
	}
	if err := copySecurity(src.ext(), tmp); err != nil {
		return err
	}
	return setBasic(f, host.FileMeta{ModTime: src.info.ModTime, Attr: src.info.Attr}, src.attr, false)
}

// AppendFile implements host.Files.
func (h *Host) AppendFile(path string, data []byte, sync bool) error {
	defer h.native()()
	if err := appendFile(path, data, sync); err != nil {
		return fmt.Errorf("append to %s: %w", path, err)
	}
	return nil
}

func appendFile(path string, data []byte, sync bool) error {
	p, err := replaceable(path)
	if err != nil {
		return err
	}
	flags := uint32(windows.FILE_ATTRIBUTE_ARCHIVE)
	f, err := createFile(p.ext(), windows.FILE_APPEND_DATA|windows.SYNCHRONIZE, shareAll, windows.OPEN_ALWAYS, flags)
	if err != nil {
		return mapped(err)
	}
	for len(data) > 0 && err == nil {
		var n uint32
		err = windows.WriteFile(f, data[:min(len(data), 1<<20)], &n, nil)
		data = data[n:]
	}
	if err == nil && sync {
		err = windows.FlushFileBuffers(f)
	}
	if e := windows.CloseHandle(f); err == nil {
		err = e
	}
	return mapped(err)
}
