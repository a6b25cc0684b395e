package inventory

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/pefile"
)

// File is what the inventory reads: a file of the package or of the machine.
type File interface {
	io.ReadCloser
	io.ReaderAt
	Size() int64
}

// Facts is what is known of one file.
type Facts struct {
	Exists     bool
	Size       int64
	Attr       host.Attr
	HasVersion bool
	Version    pefile.Version
	Branch     string // from the FileVersion text: "SP2QFE"; empty: not known
	BuildToken string // of that text: "xpsp_sp2_qfe"
	LinkTime   uint32 // seconds since 1970, as in the PE header
	Checksum   uint32 // of the PE header
	MD5        [md5.Size]byte
}

// VersionText is the version, or empty.
func (f Facts) VersionText() string {
	if !f.HasVersion {
		return ""
	}
	return f.Version.String()
}

// Read gathers the facts of an open file.
func Read(f File) (Facts, error) {
	facts := Facts{Exists: true, Size: f.Size()}
	info, err := pefile.Read(f, f.Size())
	if err == nil {
		facts.LinkTime, facts.Checksum = info.LinkTime, info.Checksum
		if v := info.Version; v != nil {
			facts.HasVersion = v.HasFixed
			facts.Version = v.File
			text := v.Lookup("FileVersion")
			facts.Branch, facts.BuildToken = pefile.Branch(text), pefile.BuildToken(text)
		}
	}
	// A file whose headers are broken is still a file: it has no version, and its hash decides.
	sum := md5.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, f.Size())); err != nil {
		return facts, fmt.Errorf("read: %w", err)
	}
	sum.Sum(facts.MD5[:0])
	return facts, nil
}

// OfHost gathers the facts of a file of the machine; a missing one gives zero Facts.
func OfHost(h host.Files, path string) (Facts, error) {
	st, err := h.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Facts{}, nil
	}
	if err != nil {
		return Facts{}, err
	}
	if st.IsDir() {
		return Facts{}, fmt.Errorf("%s is a directory", path)
	}
	f, err := h.Open(path)
	if err != nil {
		return Facts{}, err
	}
	defer f.Close()
	facts, err := Read(f)
	if err != nil {
		return facts, fmt.Errorf("%s: %w", path, err)
	}
	facts.Attr = st.Attr
	return facts, nil
}
