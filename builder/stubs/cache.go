package stubs

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// CacheEntries is how many stubs the cache keeps, the newest.
const CacheEntries = 24

// key names a stub by all that its bytes depend on: the sources, the version of Go, the flags.
func (c Compiler) key(dir, version string, kind Kind, arch string) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%q\n%s\n%s\n", version, Flags(kind), c.Packages[kind], arch)
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := hashFile(h, dir, name); err != nil && !os.IsNotExist(err) {
			return "", fmt.Errorf("read the sources of the stubs: %w", err)
		}
	}
	for _, root := range c.Sources {
		err := filepath.WalkDir(filepath.Join(dir, root), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
				return filepath.SkipDir
			case !d.Type().IsRegular() || strings.HasSuffix(d.Name(), "_test.go"):
				return nil
			}
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			return hashFile(h, dir, name)
		})
		if err != nil {
			return "", fmt.Errorf("read the sources of the stubs: %w", err)
		}
	}
	return fmt.Sprintf("%s-%s-%x", kind, arch, h.Sum(nil)[:16]), nil
}

func hashFile(h hash.Hash, dir, name string) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	one := sha256.New()
	if _, err := io.Copy(one, f); err != nil {
		return err
	}
	fmt.Fprintf(h, "%x %s\n", one.Sum(nil), filepath.ToSlash(name))
	return nil
}

// cached returns an entry: the stub behind its SHA-256. A damaged one is as good as none.
func (c Compiler) cached(key string) ([]byte, bool) {
	if c.CacheDir == "" {
		return nil, false
	}
	b, err := os.ReadFile(filepath.Join(c.CacheDir, key))
	if err != nil || len(b) < sha256.Size {
		return nil, false
	}
	sum := sha256.Sum256(b[sha256.Size:])
	return b[sha256.Size:], bytes.Equal(sum[:], b[:sha256.Size])
}

// store writes an entry under another name first, so that no reader ever sees half of one.
func (c Compiler) store(key string, stub []byte) error {
	if c.CacheDir == "" {
		return nil
	}
	if err := os.MkdirAll(c.CacheDir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(c.CacheDir, "new-*")
	if err != nil {
		return err
	}
	sum := sha256.Sum256(stub)
	_, err = f.Write(append(sum[:], stub...))
	if err2 := f.Close(); err == nil {
		err = err2
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(c.CacheDir, key))
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	c.prune()
	return nil
}

// prune removes the oldest entries beyond CacheEntries. What cannot be removed stays; the next time will do.
func (c Compiler) prune() {
	entries, err := os.ReadDir(c.CacheDir)
	if err != nil {
		return
	}
	type entry struct {
		name string
		made time.Time
	}
	var all []entry
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, entry{e.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(all, func(a, b entry) int { return b.made.Compare(a.made) })
	for _, e := range all[min(CacheEntries, len(all)):] {
		os.Remove(filepath.Join(c.CacheDir, e.name))
	}
}
