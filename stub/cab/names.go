package cab

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// ErrName is what errors of CheckName and NameSet wrap.
var ErrName = errors.New("file name is not safe")

// MaxDepth is the most elements of a path that CheckName lets pass.
const MaxDepth = 64

func badName(name, why string) error { return faulty(ErrName, `"`+name+`" `+why) }

// CheckName reports whether a path from a cabinet, with backslashes, may be made below a directory: it must be relative, stay
// inside, and mean the same file to every part of Windows. Refused are absolute paths, drive letters, streams, "." and "..",
// empty elements, device names with or without an extension, trailing dots and blanks, characters that Windows forbids, and
// text that is not UTF-8. (Win32 "Naming Files, Paths, and Namespaces".)
func CheckName(name string) error {
	switch {
	case name == "":
		return badName(name, "is empty")
	case !utf8.ValidString(name):
		return badName(strings.ToValidUTF8(name, "?"), "is not valid UTF-8")
	case name[0] == '\\' || name[0] == '/':
		return badName(name, "is an absolute path")
	case len(name) >= 2 && name[1] == ':':
		return badName(name, "begins with a drive letter")
	}
	for _, r := range name {
		switch {
		case r == ':':
			return badName(name, "names a stream")
		case r == '/':
			return badName(name, "has a slash; elements are separated by backslashes")
		case r < 0x20 || r == 0x7F || r == utf8.RuneError || strings.ContainsRune(`<>"|?*`, r):
			return badName(strings.ToValidUTF8(name, "?"), "has a character that Windows forbids")
		}
	}
	elements := strings.Split(name, `\`)
	if len(elements) > MaxDepth {
		return badName(name, "has too many directories")
	}
	for _, e := range elements {
		switch {
		case e == "":
			return badName(name, "has an empty element")
		case e == "." || e == "..":
			return badName(name, "has the element "+e)
		case e[len(e)-1] == '.' || e[len(e)-1] == ' ':
			return badName(name, "has an element that ends in a dot or a blank")
		case e[0] == ' ':
			return badName(name, "has an element that begins with a blank")
		case isDevice(e):
			return badName(name, "has the element "+e+", which is a device")
		}
	}
	return nil
}

// isDevice reports whether a path element is a DOS device, whatever its extension.
func isDevice(e string) bool {
	if i := strings.IndexByte(e, '.'); i >= 0 {
		e = e[:i]
	}
	e = strings.ToUpper(strings.TrimRight(e, " "))
	switch e {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	if strings.HasPrefix(e, "COM") || strings.HasPrefix(e, "LPT") {
		switch e[3:] {
		case "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "\u00b9", "\u00b2", "\u00b3":
			return true
		}
	}
	return false
}

// FoldName is the form in which two names are equal if Windows takes them for the same file: each character in upper case.
func FoldName(name string) string { return strings.ToUpper(name) }

// NameSet finds names that cannot be in one tree together. Its zero value is ready.
type NameSet struct {
	kind map[string]byte // by folded path: 'f' file, 'd' directory
}

// Add checks a name with CheckName, and against those added before: no file twice, whatever its case, and no name both a file
// and a directory. Errors wrap ErrName.
func (s *NameSet) Add(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if s.kind == nil {
		s.kind = make(map[string]byte)
	}
	key := FoldName(name)
	switch s.kind[key] {
	case 'f':
		return badName(name, "is there twice (upper and lower case count as the same)")
	case 'd':
		return badName(name, "is a file and a directory")
	}
	for i := strings.LastIndexByte(key, '\\'); i > 0; i = strings.LastIndexByte(key[:i], '\\') {
		k := s.kind[key[:i]]
		if k == 'f' {
			return badName(name, "has an element that is a file")
		}
		if k == 'd' {
			break
		}
		s.kind[key[:i]] = 'd'
	}
	s.kind[key] = 'f'
	return nil
}

// CheckNames checks the names of all files. It returns the first fault, as NameSet does.
func (c *Reader) CheckNames() error {
	var s NameSet
	for i := range c.Files {
		if err := s.Add(c.Files[i].Name); err != nil {
			return err
		}
	}
	return nil
}
