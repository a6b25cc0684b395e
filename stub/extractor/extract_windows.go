package main

import (
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/kbforge/kbforge/stub/cab"
)

const (
	attributeReparsePoint = 0x400
	flagSequentialScan    = 0x08000000
	cluster               = 4096 // what each file may take besides its size
	maxRandomTries        = 16
)

// extraction writes a cabinet's files below a directory.
type extraction struct {
	root      string // in extended form
	overwrite bool
	made      map[string]bool // directories below root that are there, folded
	progress  *progress
}

// all extracts every file; shown is the directory as messages name it.
func (x *extraction) all(u *ui, c *cab.Reader, shown string) *failure {
	x.progress = newProgress(u, c.TotalSize())
	defer x.progress.close()
	x.made = make(map[string]bool)
	if err := makeAll(x.root); err != nil {
		return failed(shown+" could not be made", err)
	}
	err := c.Extract(x.progress, x.create)
	var no syscall.Errno
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errCancelled):
		return &failure{code: codeUserCancelled} // who cancels need not be told
	case errors.As(err, &no):
		return failed("The files could not be extracted to "+shown, no)
	}
	return &failure{codeFileCorrupt, "The package is damaged: " + err.Error() + ". Get the package again."}
}

// create opens the file for an entry whose name was checked before.
func (x *extraction) create(f *cab.File) (io.WriteCloser, error) {
	for i := range len(f.Name) {
		if f.Name[i] == '\\' {
			if err := x.directory(f.Name[:i]); err != nil {
				return nil, err
			}
		}
	}
	path := x.root + `\` + f.Name
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	disposition := uint32(syscall.CREATE_NEW)
	if x.overwrite {
		disposition = syscall.CREATE_ALWAYS
		if a, err := syscall.GetFileAttributes(p); err == nil {
			switch {
			case a&attributeReparsePoint != 0:
				return nil, syscall.ERROR_ACCESS_DENIED
			case a&(syscall.FILE_ATTRIBUTE_READONLY|syscall.FILE_ATTRIBUTE_HIDDEN|syscall.FILE_ATTRIBUTE_SYSTEM) != 0:
				if err := syscall.SetFileAttributes(p, syscall.FILE_ATTRIBUTE_NORMAL); err != nil {
					return nil, err
				}
			}
		}
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_WRITE, 0, nil, disposition,
		syscall.FILE_ATTRIBUTE_NORMAL|flagSequentialScan, 0)
	if err != nil {
		return nil, err
	}
	return &outFile{h: h, progress: x.progress, path: p, time: syscall.NsecToFiletime(f.ModTime.UnixNano()), attributes: uint32(f.Attr)}, nil
}

// directory makes a directory below root. One that is a link is refused: it would lead outside.
func (x *extraction) directory(rel string) error {
	key := strings.ToUpper(rel)
	if x.made[key] {
		return nil
	}
	p, err := syscall.UTF16PtrFromString(x.root + `\` + rel)
	if err != nil {
		return err
	}
	if err := syscall.CreateDirectory(p, nil); err != nil {
		if err != syscall.ERROR_ALREADY_EXISTS {
			return err
		}
		a, err := syscall.GetFileAttributes(p)
		if err != nil {
			return err
		}
		if a&syscall.FILE_ATTRIBUTE_DIRECTORY == 0 || a&attributeReparsePoint != 0 {
			return errNotDirectory
		}
	}
	x.made[key] = true
	return nil
}

// errNotDirectory is ERROR_DIRECTORY: a file, or a link, is where a directory is needed.
const errNotDirectory = syscall.Errno(267)

// makeAll makes a directory with its parents. That the directory itself is a link is the user's choice.
func makeAll(path string) error {
	p, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	if a, err := syscall.GetFileAttributes(p); err == nil {
		if a&syscall.FILE_ATTRIBUTE_DIRECTORY == 0 {
			return errNotDirectory
		}
		return nil
	}
	err = syscall.CreateDirectory(p, nil)
	if err == nil || err == syscall.ERROR_ALREADY_EXISTS {
		return nil
	}
	i := strings.LastIndexByte(path, '\\')
	if err != syscall.ERROR_PATH_NOT_FOUND || i <= len(`\\?\C:`) {
		return err
	}
	if err := makeAll(path[:i]); err != nil {
		return err
	}
	return syscall.CreateDirectory(p, nil)
}

// outFile writes one file; Close gives it its time and attributes.
type outFile struct {
	h          syscall.Handle
	path       *uint16
	progress   *progress
	time       syscall.Filetime
	attributes uint32
}

func (o *outFile) Write(b []byte) (int, error) {
	for done := 0; done < len(b); {
		var n uint32
		if err := syscall.WriteFile(o.h, b[done:], &n, nil); err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.ErrShortWrite
		}
		done += int(n)
		o.progress.add(int(n))
	}
	return len(b), nil
}

func (o *outFile) Close() error {
	err := syscall.SetFileTime(o.h, nil, nil, &o.time)
	if cerr := syscall.CloseHandle(o.h); err == nil {
		err = cerr
	}
	const settable = syscall.FILE_ATTRIBUTE_READONLY | syscall.FILE_ATTRIBUTE_HIDDEN | syscall.FILE_ATTRIBUTE_SYSTEM
	if a := o.attributes & settable; a != 0 && err == nil {
		err = syscall.SetFileAttributes(o.path, a|syscall.FILE_ATTRIBUTE_ARCHIVE)
	}
	return err
}

// privateDirectory makes the directory for an installation, on the best drive that has room.
func privateDirectory(c *cab.Reader) (string, *failure) {
	drives := ranked(fixedDrives())
	need := uint64(c.TotalSize()) + uint64(len(c.Files)+1)*cluster
	f := &failure{codeNotEnoughSpace, "There is not enough disk space: the files of the package take " +
		decimal(need>>20+1) + " MB."}
	sd, err := ownersOnly()
	if err != nil {
		return "", failed("The permissions of the extraction directory could not be made", err)
	}
	for _, d := range drives {
		if d.free < need {
			continue
		}
		dir, err := makeRandom(d.root, sd)
		if err == nil {
			return dir, nil
		}
		f = failed("A directory in "+d.root+" could not be made", err)
	}
	return "", f
}

// makeRandom makes a directory with a random name that did not exist before, with a security descriptor from its first moment.
func makeRandom(root string, sd *securityDescriptor) (string, error) {
	for try := 0; ; try++ {
		var random [16]byte
		if err := randomBytes(random[:]); err != nil {
			return "", err
		}
		dir := root + hexName(random)
		p, err := syscall.UTF16PtrFromString(extended(dir))
		if err != nil {
			return "", err
		}
		err = syscall.CreateDirectory(p, sd.attributes())
		if err == nil {
			return dir, nil
		}
		if err != syscall.ERROR_ALREADY_EXISTS || try == maxRandomTries {
			return "", err
		}
	}
}

func decimal(n uint64) string {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}
