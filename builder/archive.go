package builder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/stub/sfx"
)

// MaxExtracted is the most bytes that Extract writes, so that a small damaged or hostile file cannot fill the disk.
const MaxExtracted = 16 << 30

var errNoFile = errors.New("it is not a file")

// Archive is an open package: one of ours, one of SFXCAB, or a bare cabinet.
type Archive struct {
	*cab.Reader
	Location sfx.Location
	file     *os.File
}

// OpenArchive opens a package and checks its structure and every name in it.
func OpenArchive(path string) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open package: %w", err)
	}
	a := &Archive{file: f}
	if err := a.open(); err != nil {
		f.Close()
		return nil, fmt.Errorf("open package %s: %w", path, err)
	}
	return a, nil
}

func (a *Archive) open() error {
	st, err := a.file.Stat()
	if err != nil {
		return err
	}
	if !st.Mode().IsRegular() {
		return errNoFile
	}
	if a.Location, err = sfx.Find(a.file, st.Size()); err != nil {
		return err
	}
	if err := sfx.CheckTrailer(a.file, a.Location); err != nil {
		return err
	}
	if a.Reader, err = cab.NewReader(a.file, a.Location.Offset, a.Location.Size); err != nil {
		return err
	}
	return a.CheckNames()
}

// Close closes the file.
func (a *Archive) Close() error { return a.file.Close() }

// Extract writes the files of the package below dir, which must not exist or be empty, and returns their paths in the order
// of the package. When it fails, dir is as it was before.
func Extract(ctx context.Context, path, dir string) ([]string, error) {
	a, err := OpenArchive(path)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	existed, err := EmptyDir(dir)
	if err != nil {
		return nil, fmt.Errorf("extract: %w", err)
	}
	if err := a.extract(ctx, dir); err != nil {
		clean := os.RemoveAll(dir)
		if existed {
			clean = errors.Join(clean, os.Mkdir(dir, 0o777))
		}
		return nil, errors.Join(fmt.Errorf("extract %s: %w", path, err), clean)
	}
	made := make([]string, len(a.Files))
	for i, f := range a.Files {
		made[i] = filepath.Join(dir, localName(f.Name))
	}
	return made, nil
}

// EmptyDir reports whether a directory exists, and refuses one that has anything in it.
func EmptyDir(dir string) (existed bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return true, err
	case len(entries) > 0:
		return true, fmt.Errorf("%s is not empty; name a new directory", dir)
	}
	return true, nil
}

func localName(name string) string {
	return filepath.FromSlash(strings.ReplaceAll(name, `\`, "/"))
}

func (a *Archive) extract(ctx context.Context, dir string) error {
	if n := a.TotalSize(); n > MaxExtracted {
		return fmt.Errorf("the files have %d bytes together; at most %d are written", n, int64(MaxExtracted))
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = a.Reader.Extract(ctx, func(f *cab.File) (io.WriteCloser, error) {
		name := localName(f.Name)
		if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return nil, err
		}
		return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	})
	if err != nil {
		return err
	}
	for _, f := range a.Files {
		if err := root.Chtimes(localName(f.Name), f.ModTime, f.ModTime); err != nil {
			return err
		}
	}
	return nil
}
