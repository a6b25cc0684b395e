package builder

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/sign"
)

// CatalogSpec says what a catalog of any files is to hold.
type CatalogSpec struct {
	Version   int // sign.CatalogV1 or sign.CatalogV2; 0 is V2
	Date      time.Time
	Attrs     []sign.Attr // of the catalog
	FileAttrs []FileAttr  // of members
	Files     []CatalogFile
}

// FileAttr is an attribute of the members whose name, or last element of it, matches Pattern (package path, Match).
type FileAttr struct {
	Pattern string
	sign.Attr
}

// CatalogFile is a file that a catalog is to cover.
type CatalogFile struct {
	Name string // with slashes; relative to the directory that was named, else the last element
	Path string
}

// CatalogFiles finds the regular files of paths: a directory stands for everything below it. Names that match a pattern of
// exclude, in whole or in their last element, are left out, and so is the file except, if it is not "". The result is
// sorted. A pattern that leaves nothing out is a mistake, and so is something that is neither file nor directory.
func CatalogFiles(paths, exclude []string, except string) ([]CatalogFile, error) {
	var files []CatalogFile
	var errs []error
	used := make([]bool, len(exclude))
	add := func(name, path string) {
		if except != "" && sameFile(path, except) {
			return
		}
		for i, p := range exclude {
			ok, err := matchName(p, name)
			if err != nil {
				return // reported below
			}
			if ok {
				used[i] = true
				return
			}
		}
		files = append(files, CatalogFile{Name: name, Path: path})
	}
	for _, p := range paths {
		errs = append(errs, walkFiles(p, add))
	}
	for i, p := range exclude {
		if _, err := path.Match(p, ""); err != nil {
			errs = append(errs, fmt.Errorf("pattern %q: %w", p, err))
		} else if !used[i] {
			errs = append(errs, fmt.Errorf("no file matches the pattern %q that should leave some out", p))
		}
	}
	slices.SortFunc(files, func(a, b CatalogFile) int {
		return strings.Compare(a.Name+"\x00"+a.Path, b.Name+"\x00"+b.Path)
	})
	return files, errors.Join(errs...)
}

// walkFiles calls add for every regular file of a path.
func walkFiles(root string, add func(name, path string)) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if path == root { // what the command line names may be a link
			if st, err := os.Stat(path); err != nil || st.IsDir() {
				return errors.Join(err, fmt.Errorf("%s is a link to a directory; name the directory itself", path))
			}
			add(filepath.Base(path), path)
			return nil
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is not a regular file; a catalog cannot cover it", path)
		}
		rel, err := filepath.Rel(root, path)
		if err == nil {
			add(filepath.ToSlash(rel), path)
		}
		return err
	})
}

func sameFile(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// matchName compares without case, as Windows does with file names.
func matchName(pattern, name string) (bool, error) {
	p, n := strings.ToLower(pattern), strings.ToLower(name)
	ok, err := path.Match(p, n)
	if err == nil && !ok {
		ok, err = path.Match(p, path.Base(n))
	}
	return ok, err
}

// NewCatalog hashes the files, one pass each, and makes the unsigned catalog. Every fault is in the error.
func NewCatalog(ctx context.Context, spec CatalogSpec) (*sign.Catalog, error) {
	c := &sign.Catalog{Version: spec.Version, Date: spec.Date, Attrs: spec.Attrs}
	errs := []error{checkAttrs("the catalog", spec.Attrs)}
	used := make([]bool, len(spec.FileAttrs))
	for _, f := range spec.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var attrs []sign.Attr
		for i, a := range spec.FileAttrs {
			ok, err := matchName(a.Pattern, f.Name)
			if err != nil {
				errs = append(errs, fmt.Errorf("attribute %s: pattern %q: %w", a.Name, a.Pattern, err))
			}
			if ok {
				used[i] = true
				attrs = append(attrs, a.Attr)
			}
		}
		errs = append(errs, checkAttrs(f.Name, attrs), addFile(c, f.Name, f.Path, attrs...))
	}
	for i, a := range spec.FileAttrs {
		if !used[i] {
			errs = append(errs, fmt.Errorf("attribute %s: no file matches %q", a.Attr, a.Pattern))
		}
	}
	if len(spec.Files) == 0 {
		errs = append(errs, errors.New("there is no file for the catalog to cover"))
	}
	return c, errors.Join(errs...)
}

// checkAttrs refuses attributes that nobody could read back.
func checkAttrs(of string, attrs []sign.Attr) error {
	var errs []error
	seen := map[string]bool{}
	for _, a := range attrs {
		if a.Name == "" {
			errs = append(errs, fmt.Errorf("an attribute of %s has no name; write NAME=VALUE", of))
		}
		if key := strings.ToLower(a.Name); seen[key] {
			errs = append(errs, fmt.Errorf("%s has the attribute %s twice", of, a.Name))
		} else {
			seen[key] = true
		}
	}
	return errors.Join(errs...)
}

// WriteCatalog writes the catalog to path, signed if s is not nil. The file is written aside, checked (a signed one by the
// verifier, an unsigned one by reading it back) and renamed; whatever fails leaves path as it was.
func WriteCatalog(ctx context.Context, c *sign.Catalog, path string, s *Signer) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the catalog %s: %w", path, err)
		}
	}()
	b, err := c.Marshal()
	if err != nil {
		return err
	}
	if _, _, err := sign.ParseCatalog(b); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	tmp := f.Name()
	defer os.Remove(tmp) // gone by then if all went well
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if s == nil {
		return os.Rename(tmp, path)
	}
	return sign.CatalogFile(ctx, tmp, path, s.Key, s.Options)
}
