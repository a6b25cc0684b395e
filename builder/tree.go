package builder

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
)

// Tree is the content of a package, ready to be packed: WP table 8, 9 or 10.
type Tree struct {
	Files []TreeFile // in the order of Plan.Contents
	Time  time.Time  // of every file
}

// TreeFile is one file. It is opened, never held in memory, if it is payload.
type TreeFile struct {
	Path string // with backslashes
	Role Role
	Size int64
	data []byte
	open string   // path of a file, if data is nil
	sum  [16]byte // MD5 that the content of open must have
}

// ErrChanged is wrapped where a payload file is no longer what the plan was made of.
var ErrChanged = errors.New("the file changed while the package was built")

// Open opens the content. For payload the reader checks the bytes against the plan as they pass: the error at the end of a
// file that changed wraps ErrChanged.
func (f TreeFile) Open() (io.ReadCloser, error) {
	if f.data != nil || f.open == "" {
		return io.NopCloser(bytes.NewReader(f.data)), nil
	}
	file, err := os.Open(f.open)
	if err != nil {
		return nil, err
	}
	return &checkedFile{f: file, h: md5.New(), want: f}, nil
}

type checkedFile struct {
	f    *os.File
	h    hash.Hash
	want TreeFile
}

func (c *checkedFile) Read(p []byte) (int, error) {
	n, err := c.f.Read(p)
	c.h.Write(p[:n])
	if err == io.EOF && [16]byte(c.h.Sum(nil)) != c.want.sum {
		return n, fmt.Errorf("%s: %w; build again", c.want.open, ErrChanged)
	}
	return n, err
}

func (c *checkedFile) Close() error { return c.f.Close() }

// Write writes the tree into dir, which it makes: the layout that /extract gives.
func (t *Tree) Write(ctx context.Context, dir string) error {
	for _, f := range t.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.write(filepath.Join(dir, filepath.FromSlash(strings.ReplaceAll(f.Path, `\`, "/"))), t.Time); err != nil {
			return fmt.Errorf("write package tree: %w", err)
		}
	}
	return nil
}

func (f TreeFile) write(path string, at time.Time) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.Chtimes(path, at, at)
}

// Executables are the runtime files of a package as they go into it: linked, and signed if there is a key.
type Executables struct {
	Runtime  []byte // update.exe and spuninst.exe, one content
	Messages []byte // spmsg.dll
}

// NewTree makes the content of the planned package. The catalog is signed if s is not nil.
func NewTree(ctx context.Context, p *Plan, exe Executables, s *Signer) (*Tree, error) {
	generated, err := p.generate()
	if err != nil {
		return nil, err
	}
	t := &Tree{Time: p.BuildTime}
	for _, c := range p.Contents {
		f := TreeFile{Path: c.Path, Role: c.Role}
		switch c.Role {
		case Text:
			if f.data, err = readText(p.licenceSource(c.Path)); err != nil {
				return nil, err
			}
		case Runtime:
			if f.data = exe.Runtime; strings.HasSuffix(c.Path, ".dll") {
				f.data = exe.Messages
			}
		case Payload, Helper:
			v := p.version(c.Path)
			f.open, f.sum, f.Size = v.open, v.fact.MD5, v.Size
		}
		t.Files = append(t.Files, f)
	}
	if err := t.describe(ctx, p, generated, s); err != nil {
		return nil, err
	}
	for i, f := range t.Files {
		if f.Role != Payload && f.Role != Helper {
			t.Files[i].Size = int64(len(f.data))
		}
	}
	return t, nil
}

// describe fills in what is made of the other files: lists of their hashes, and the catalogs.
func (t *Tree) describe(ctx context.Context, p *Plan, generated map[string][]byte, s *Signer) error {
	if p.Manifest.Layout == manifest.DualMode {
		ver, err := commonVer(t.Files)
		if err != nil {
			return err
		}
		generated[`common\update.ver`] = ver
	}
	catalogs := map[string][]byte{}
	for _, root := range p.roots() {
		b, err := p.buildCatalog(ctx, root, generated, s)
		if err != nil {
			return err
		}
		catalogs[p.catalogPath(root)] = b
	}
	for i, f := range t.Files {
		switch f.Role {
		case Generated:
			t.Files[i].data = generated[f.Path]
		case Catalog:
			t.Files[i].data = catalogs[f.Path]
		}
	}
	return nil
}

// maxText is the largest licence text, in bytes (OURS: a person is to read it).
const maxText = 1 << 20

// readText reads a text for Windows: line ends become CRLF. UTF-16 with its mark stays as it is.
func readText(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the licence: %w", err)
	}
	if st.Size() > maxText {
		return nil, fmt.Errorf("read the licence: %s has %d bytes; at most %d are allowed", path, st.Size(), maxText)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the licence: %w", err)
	}
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return b, nil
	}
	b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")), nil
}
