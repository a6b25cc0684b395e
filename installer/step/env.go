package step

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// Package gives the files of the package that a plan was made for. Removal has none.
type Package interface {
	// Open opens a file by its name in the package.
	Open(name string) (io.ReadCloser, error)
}

// Env is what steps work on.
type Env struct {
	Host    host.Host
	Package Package // nil: steps with FromPackage fail
	// Logf receives one line for each file operation, in the words of the white paper's sample logs. May be nil.
	Logf func(format string, args ...any)
}

func (e Env) logf(format string, args ...any) {
	if e.Logf != nil {
		e.Logf(format, args...)
	}
}

// open opens the content that From names.
func (e Env) open(from string) (io.ReadCloser, error) {
	if name, ok := strings.CutPrefix(from, FromPackage); ok {
		if e.Package == nil {
			return nil, fmt.Errorf("%s: this run has no package", from)
		}
		return e.Package.Open(name)
	}
	if path, ok := strings.CutPrefix(from, FromHost); ok {
		return e.Host.Open(path)
	}
	return nil, fmt.Errorf("content %q has no known origin", from)
}

func notExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// gone turns "it is not there" into success: the wanted state of a deletion.
func gone(err error) error {
	if notExist(err) {
		return nil
	}
	return err
}

func exists(h host.Host, path string) (bool, error) {
	_, err := h.Stat(path)
	if notExist(err) {
		return false, nil
	}
	return err == nil, err
}

// sameFile reports whether two files of the machine have equal content.
func sameFile(h host.Host, a, b string) (bool, error) {
	fa, err := h.Open(a)
	if err != nil {
		return false, err
	}
	defer fa.Close()
	fb, err := h.Open(b)
	if err != nil {
		return false, err
	}
	defer fb.Close()
	if fa.Size() != fb.Size() {
		return false, nil
	}
	return SameContent(fa, fb)
}

// SameContent reports whether two readers yield the same bytes.
func SameContent(a, b io.Reader) (bool, error) {
	ba, bb := make([]byte, 64<<10), make([]byte, 64<<10)
	for {
		na, ea := io.ReadFull(a, ba)
		nb, eb := io.ReadFull(b, bb)
		if na != nb || string(ba[:na]) != string(bb[:nb]) {
			return false, nil
		}
		switch {
		case ea == nil && eb == nil:
		case endOf(ea) && endOf(eb):
			return true, nil
		default:
			return false, errors.Join(ea, eb)
		}
	}
}

func endOf(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }

// SameFile reports whether two files of the machine have equal content.
func SameFile(h host.Host, a, b string) (bool, error) { return sameFile(h, a, b) }
