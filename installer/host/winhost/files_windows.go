package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// Stat implements host.Files.
func (h *Host) Stat(path string) (host.FileInfo, error) {
	defer h.native()()
	p, err := existing(path)
	if err != nil {
		return host.FileInfo{}, fmt.Errorf("stat %s: %w", path, err)
	}
	return p.info, nil
}

// ReadDir implements host.Files.
func (h *Host) ReadDir(path string) ([]host.FileInfo, error) {
	defer h.native()()
	list, err := readDir(path)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", path, err)
	}
	return list, nil
}

func readDir(path string) ([]host.FileInfo, error) {
	p, err := existing(path)
	if err != nil {
		return nil, err
	}
	if err := notALink(p); err != nil {
		return nil, err
	}
	if !p.isDir() {
		return nil, fmt.Errorf("not a directory: %w", fs.ErrInvalid)
	}
	var d windows.Win32finddata
	f, err := windows.FindFirstFile(wide(strings.TrimSuffix(p.ext(), `\`)+`\*`), &d)
	if errors.Is(err, windows.ERROR_FILE_NOT_FOUND) {
		return nil, nil // the root of an empty drive has no . and ..
	}
	if err != nil {
		return nil, mapped(err)
	}
	defer windows.FindClose(f)
	var list []host.FileInfo
	for {
		if i, _ := describe(&d); i.Name != "." && i.Name != ".." {
			list = append(list, i)
		}
		err := windows.FindNextFile(f, &d)
		if errors.Is(err, windows.ERROR_NO_MORE_FILES) {
			break
		}
		if err != nil {
			return nil, mapped(err)
		}
	}
	slices.SortFunc(list, func(a, b host.FileInfo) int { return strings.Compare(host.Fold(a.Name), host.Fold(b.Name)) })
	return list, nil
}

// file is an open file.
type file struct {
	*os.File
	size int64
}

func (f *file) Size() int64 { return f.size }

// Open implements host.Files.
func (h *Host) Open(path string) (host.File, error) {
	defer h.native()()
	f, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return f, nil
}

func open(path string) (*file, error) {
	p, err := existing(path)
	if err == nil {
		err = notALink(p)
	}
	if err == nil && p.isDir() {
		err = fmt.Errorf("is a directory: %w", fs.ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	handle, err := createFile(p.ext(), windows.GENERIC_READ, shareAll, windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT)
	if err != nil {
		return nil, mapped(err)
	}
	link, reparse, err := handleLink(handle)
	if err == nil && link {
		err = notALink(place{link: true}) // it was put there after the look at the path
	}
	if err == nil && reparse {
		windows.CloseHandle(handle) // a deduplicated file and the like: read what it stands for
		handle, err = createFile(p.ext(), windows.GENERIC_READ, shareAll, windows.OPEN_EXISTING, 0)
		if err != nil {
			return nil, mapped(err)
		}
	}
	var i windows.ByHandleFileInformation
	if err == nil {
		err = windows.GetFileInformationByHandle(handle, &i)
	}
	if err != nil {
		windows.CloseHandle(handle)
		return nil, mapped(err)
	}
	return &file{os.NewFile(uintptr(handle), path), int64(i.FileSizeHigh)<<32 | int64(i.FileSizeLow)}, nil
}

// handleLink looks at an open file's own reparse point.
func handleLink(f windows.Handle) (link, reparse bool, err error) {
	var tag struct{ attr, tag uint32 } // FILE_ATTRIBUTE_TAG_INFO
	err = windows.GetFileInformationByHandleEx(f, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&tag)), uint32(unsafe.Sizeof(tag)))
	reparse = tag.attr&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0
	return reparse && tag.tag&nameSurrogate != 0, reparse, err
}

// MkdirAll implements host.Files.
func (h *Host) MkdirAll(path string, attr host.Attr) (made []string, err error) {
	defer h.native()()
	if made, err = mkdirAll(path, attr); err != nil {
		return nil, fmt.Errorf("make directory %s: %w", path, err)
	}
	return made, nil
}

func mkdirAll(path string, attr host.Attr) ([]string, error) {
	drive, elems, err := host.SplitPath(path)
	if err != nil {
		return nil, err
	}
	p, err := root(drive)
	if err != nil {
		return nil, err
	}
	var made []place
	for i, name := range elems {
		if p, err = lookup(p.ext(), name); err == nil {
			err = mkdir(p, &made, i == len(elems)-1)
		}
		if err != nil {
			break
		}
		p.there, p.info.Attr = true, host.AttrDirectory
	}
	if n := len(made); err == nil && n > 0 && attr&settable != 0 {
		err = mapped(windows.SetFileAttributes(wide(made[n-1].ext()), uint32(attr&settable)))
	}
	if err != nil {
		for i := len(made) - 1; i >= 0; i-- {
			_ = windows.RemoveDirectory(wide(made[i].ext()))
		}
		return nil, err
	}
	var list []string
	for _, m := range made {
		list = append(list, m.ext()[len(extended):])
	}
	return list, nil
}

// mkdir makes one directory if it is not there.
func mkdir(p place, made *[]place, last bool) error {
	switch {
	case p.link && !last:
		return fmt.Errorf("%s is a link, which is not followed: %w", p.ext()[len(extended):], host.ErrInvalidPath)
	case p.isDir():
		return nil
	case p.there:
		return fmt.Errorf("%s is not a directory: %w", p.ext()[len(extended):], fs.ErrExist)
	}
	if err := windows.CreateDirectory(wide(p.ext()), nil); err != nil {
		return mapped(err)
	}
	*made = append(*made, p)
	return nil
}

// SetMeta implements host.Files.
func (h *Host) SetMeta(path string, meta host.FileMeta) error {
	defer h.native()()
	if err := setMeta(path, meta); err != nil {
		return fmt.Errorf("set times and attributes of %s: %w", path, err)
	}
	return nil
}

func setMeta(path string, meta host.FileMeta) error {
	p, err := existing(path)
	if err == nil {
		err = notALink(p)
	}
	if err != nil {
		return err
	}
	f, err := createFile(p.ext(), windows.FILE_WRITE_ATTRIBUTES, shareAll, windows.OPEN_EXISTING,
		windows.FILE_FLAG_OPEN_REPARSE_POINT|windows.FILE_FLAG_BACKUP_SEMANTICS)
	if err != nil {
		return mapped(err)
	}
	defer windows.CloseHandle(f)
	return mapped(setBasic(f, meta, p.attr, p.isDir()))
}

// basicInfo is FILE_BASIC_INFO.
type basicInfo struct {
	creation, access, write, change int64
	attr                            uint32
	_                               uint32
}

// keptAttrs are those of the attributes that FILE_BASIC_INFO sets and the contract does not know.
const keptAttrs = windows.FILE_ATTRIBUTE_NOT_CONTENT_INDEXED

// setBasic sets time and attributes in one call; a zero in the structure leaves that part as it is.
func setBasic(f windows.Handle, meta host.FileMeta, old uint32, dir bool) error {
	attr := uint32(meta.Attr & settable)
	if attr == 0 && !dir {
		attr = uint32(host.AttrArchive)
	}
	attr |= old & keptAttrs
	if attr == 0 {
		attr = windows.FILE_ATTRIBUTE_NORMAL
	}
	i := basicInfo{attr: attr}
	if !meta.ModTime.IsZero() {
		ft := windows.NsecToFiletime(meta.ModTime.UnixNano())
		i.write = int64(ft.HighDateTime)<<32 | int64(ft.LowDateTime)
	}
	return windows.SetFileInformationByHandle(f, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&i)), uint32(unsafe.Sizeof(i)))
}
