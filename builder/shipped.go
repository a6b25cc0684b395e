package builder

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
)

// shipped is what a built package holds, for those who ask where software comes from. Everything in it comes from the plan and
// the bytes, so the same build gives the same.
type shipped struct {
	plan    *Plan
	pkg     shippedFile
	files   []shippedFile   // sorted by path
	modules []*debug.Module // Go modules linked into update.exe, sorted by path; none if it is not a Go program
	tool    string          // version of kbforge
}

// shippedFile is one file and its digests, in lower case hexadecimal.
type shippedFile struct {
	Path         string // with slashes
	Role         Role
	Branch       string
	Version      string // file version; empty: none
	Size         int64
	SHA1, SHA256 string
}

// ship reads the package at path and every file of the tree once.
func ship(p *Plan, tree *Tree, exe Executables, path string) (*shipped, error) {
	s := &shipped{plan: p, tool: toolVersion()}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s.pkg = shippedFile{Path: p.FileName, Version: p.Manifest.Version.String()}
	if err := s.pkg.hash(f); err != nil {
		return nil, err
	}
	for _, t := range tree.Files {
		file := shippedFile{Path: strings.ReplaceAll(t.Path, `\`, "/"), Role: t.Role}
		if t.Role == Payload {
			v := p.version(t.Path)
			file.Version, file.Branch = v.Version, v.Branch
		}
		if t.Role == Runtime {
			file.Version = InstallerVersion().String()
		}
		r, err := t.Open()
		if err != nil {
			return nil, err
		}
		err = file.hash(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", t.Path, err)
		}
		s.files = append(s.files, file)
	}
	slices.SortFunc(s.files, func(a, b shippedFile) int { return strings.Compare(a.Path, b.Path) })
	if info, err := buildinfo.Read(bytes.NewReader(exe.Runtime)); err == nil {
		s.modules = info.Deps
		slices.SortFunc(s.modules, func(a, b *debug.Module) int { return strings.Compare(a.Path, b.Path) })
	}
	return s, nil
}

func (f *shippedFile) hash(r io.Reader) error {
	one, two := sha1.New(), sha256.New()
	n, err := io.Copy(io.MultiWriter(one, two), r)
	f.Size, f.SHA1, f.SHA256 = n, hex.EncodeToString(one.Sum(nil)), hex.EncodeToString(two.Sum(nil))
	return err
}

// id is a UUID made of the package's digest (RFC 9562 version 8): the same package has the same, another one another.
func (s *shipped) id() string {
	b, err := hex.DecodeString(s.pkg.SHA256)
	if err != nil || len(b) != sha256.Size {
		panic("builder: a digest is not hexadecimal")
	}
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// toolVersion is that of the running kbforge, "(devel)" where it was built from a checkout.
func toolVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
