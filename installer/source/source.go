// Package source reads an extracted package: the files beside update\update.exe. Names are relative to the package root,
// with backslashes, and compare without regard to case, as the INF files of real packages need it.
package source

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// MaxFiles is the largest number of files an extracted package may have.
const MaxFiles = 1 << 20

// Tree is an extracted package in a directory. Its files are opened below that directory only; links that lead out of it
// are refused by the operating system's root confinement.
type Tree struct {
	root  *os.Root
	dir   string
	names map[string]string // folded package name -> path below dir
}

// File is an open file of the package.
type File struct {
	*os.File
	size int64
}

// Size is the file's size in bytes when it was opened.
func (f *File) Size() int64 { return f.size }

// Open indexes the directory.
func Open(dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open package directory: %w", err)
	}
	t := &Tree{root: root, dir: dir, names: map[string]string{}}
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if len(t.names) >= MaxFiles {
			return fmt.Errorf("more than %d files", MaxFiles)
		}
		name := fold(p)
		if other, dup := t.names[name]; dup {
			return fmt.Errorf("%s and %s differ in case only", other, p)
		}
		t.names[name] = p
		return nil
	})
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("read package directory %s: %w", dir, err)
	}
	return t, nil
}

func fold(name string) string {
	return strings.ToLower(strings.ReplaceAll(filepath.ToSlash(name), "/", `\`))
}

// Close releases the directory.
func (t *Tree) Close() error { return t.root.Close() }

// View is the same package with files under further names: rename says under which, or nothing. Where two files would have one
// name, the one that has it already keeps it. The view is closed with its tree.
func (t *Tree) View(rename func(name string) (as string, ok bool)) *Tree {
	v := &Tree{root: t.root, dir: t.dir, names: maps.Clone(t.names)}
	for _, n := range t.Names() {
		as, ok := rename(n)
		if _, taken := v.names[fold(as)]; ok && !taken {
			v.names[fold(as)] = t.names[n]
		}
	}
	return v
}

// Dir is the directory the package was extracted to, as the operating system of this process spells it.
func (t *Tree) Dir() string { return t.dir }

// Path is where the operating system of this process finds the file; empty when the package has none of that name.
func (t *Tree) Path(name string) string {
	p, ok := t.names[fold(name)]
	if !ok {
		return ""
	}
	return filepath.Join(t.dir, filepath.FromSlash(p))
}

// Has reports whether the package has the file.
func (t *Tree) Has(name string) bool {
	_, ok := t.names[fold(name)]
	return ok
}

// Names lists the files in lower case, sorted.
func (t *Tree) Names() []string {
	list := make([]string, 0, len(t.names))
	for n := range t.names {
		list = append(list, n)
	}
	sort.Strings(list)
	return list
}

// Open opens a file for reading; fs.ErrNotExist when the package has none of that name.
func (t *Tree) Open(name string) (*File, error) {
	p, ok := t.names[fold(name)]
	if !ok {
		return nil, fmt.Errorf("open %s in the package: %w", name, fs.ErrNotExist)
	}
	f, err := t.root.Open(p)
	if err != nil {
		return nil, fmt.Errorf("open %s in the package: %w", name, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("not a regular file")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %s in the package: %w", name, err)
	}
	return &File{f, st.Size()}, nil
}

// ReadFile reads a whole file of at most limit bytes.
func (t *Tree) ReadFile(name string, limit int64) ([]byte, error) {
	f, err := t.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.Size() > limit {
		return nil, fmt.Errorf("read %s in the package: %d bytes, the limit is %d", name, f.Size(), limit)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, fmt.Errorf("read %s in the package: %w", name, err)
	}
	return b, nil
}
