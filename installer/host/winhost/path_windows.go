package winhost

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/host"
)

// place is what a path leads to.
type place struct {
	parent string // extended path of the directory; "" for the root of a drive
	name   string // last element in the case it has on disk, or as given
	there  bool
	info   host.FileInfo
	attr   uint32 // all attributes
	link   bool
}

const extended = `\\?\`

// ext is the extended path.
func (p place) ext() string {
	if p.parent == "" {
		return p.name
	}
	return strings.TrimSuffix(p.parent, `\`) + `\` + p.name
}

func (p place) isDir() bool { return p.there && p.info.IsDir() }

// find resolves path. A missing parent is fs.ErrNotExist, a missing last element is not an error.
func find(path string) (place, error) {
	drive, elems, err := host.SplitPath(path)
	if err != nil {
		return place{}, err
	}
	p, err := root(drive)
	if err != nil {
		return place{}, err
	}
	for _, name := range elems {
		switch {
		case p.link:
			return place{}, fmt.Errorf("%s is a link, which is not followed: %w", p.ext()[len(extended):], host.ErrInvalidPath)
		case !p.isDir():
			return place{}, fmt.Errorf("directory %s: %w", p.ext()[len(extended):], fs.ErrNotExist)
		}
		if p, err = lookup(p.ext(), name); err != nil {
			return place{}, err
		}
	}
	return p, nil
}

func root(drive string) (place, error) {
	p := place{name: extended + drive + `\`, there: true}
	attr, err := windows.GetFileAttributes(wide(p.name))
	if err != nil {
		if errors.Is(mapped(err), fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		return p, fmt.Errorf("drive %s: %w", drive, err)
	}
	p.attr = attr
	p.info = host.FileInfo{Name: drive + `\`, Attr: known(attr)}
	return p, nil
}

// lookup finds one name in a directory given by its extended path.
func lookup(parent, name string) (place, error) {
	p := place{parent: parent, name: name}
	var d windows.Win32finddata
	f, err := windows.FindFirstFile(wide(p.ext()), &d)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, windows.ERROR_NO_MORE_FILES) {
		return p, nil
	}
	if err != nil {
		return p, mapped(err)
	}
	windows.FindClose(f)
	p.there, p.attr = true, d.FileAttributes
	p.info, p.link = describe(&d)
	p.name = p.info.Name
	return p, nil
}

// nameSurrogate is IsReparseTagNameSurrogate.
const nameSurrogate = 0x20000000

func describe(d *windows.Win32finddata) (i host.FileInfo, link bool) {
	i = host.FileInfo{
		Name:    windows.UTF16ToString(d.FileName[:]),
		Size:    int64(d.FileSizeHigh)<<32 | int64(d.FileSizeLow),
		ModTime: time.Unix(0, d.LastWriteTime.Nanoseconds()),
		Attr:    known(d.FileAttributes),
	}
	link = d.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 && d.Reserved0&nameSurrogate != 0
	if link {
		i.Attr |= host.AttrReparse
	}
	if link || i.IsDir() {
		i.Size = 0
	}
	return i, link
}

const settable = host.AttrReadOnly | host.AttrHidden | host.AttrSystem | host.AttrArchive

func known(attr uint32) host.Attr { return host.Attr(attr) & (settable | host.AttrDirectory) }

// existing finds what must be there.
func existing(path string) (place, error) {
	p, err := find(path)
	if err == nil && !p.there {
		err = fs.ErrNotExist
	}
	return p, err
}

func notALink(p place) error {
	if p.link {
		return fmt.Errorf("a link, which is not followed: %w", host.ErrInvalidPath)
	}
	return nil
}
