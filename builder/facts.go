package builder

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
)

// Fact is what the builder knows of one payload file.
type Fact struct {
	Size       int64 // bytes
	MD5        [md5.Size]byte
	CRC        uint32 // of update.ver, see pefile.CRC
	PE         *pefile.Info
	BadVersion bool // there is a version resource, but it is damaged
	path       string
}

// Version is the file version, and whether the file has one.
func (f *Fact) Version() (pefile.Version, bool) {
	if f.PE == nil || f.PE.Version == nil || !f.PE.Version.HasFixed {
		return pefile.Version{}, false
	}
	return f.PE.Version.File, true
}

func hexMD5(f *Fact) string { return fmt.Sprintf("%X", f.MD5) }

func hexCRC(f *Fact) string { return fmt.Sprintf("%08X", f.CRC) }

// Facts maps the path of a source (manifest.File.Sources) to what is in the file.
type Facts map[string]*Fact

// ReadFacts reads every payload file of the manifests once. Files are read as streams; memory does not grow with them. Each
// file that cannot be understood is a fault at the key that names it.
func ReadFacts(list ...*manifest.Manifest) (Facts, error) { return ReadSignedFacts(nil, list...) }

// ReadSignedFacts is ReadFacts where the build takes the copies that SignPayload made instead of their sources.
func ReadSignedFacts(copies map[string]string, list ...*manifest.Manifest) (Facts, error) {
	facts := Facts{}
	var faults manifest.Faults
	for _, m := range list {
		faults = append(faults, facts.read(m, copies)...)
	}
	if len(faults) > 0 {
		return nil, faults.Sort()
	}
	return facts, nil
}

func (facts Facts) read(m *manifest.Manifest, copies map[string]string) (faults manifest.Faults) {
	read := func(key, path string) {
		if facts[path] != nil {
			return
		}
		from := path
		if c, ok := copies[path]; ok {
			from = c
		}
		fact, err := readFact(from)
		if err != nil {
			faults = append(faults, m.Warn(key, fmt.Sprintf("%s cannot be used: %v", m.Relative(path), err)))
			return
		}
		facts[path] = fact
	}
	for _, f := range m.Files {
		for _, b := range m.Branches {
			if path, ok := f.Sources[b.Name]; ok {
				read(sourceKey(f, b.Name), path)
			}
		}
	}
	for _, f := range m.RawFiles {
		read(f.Key+".source", f.Source)
	}
	for _, h := range m.Helpers {
		read(h.Key+".source", h.Source)
	}
	return faults
}

// sourceKey is the manifest key that names the source of a branch.
func sourceKey(f manifest.File, branch string) string {
	if branch == "" {
		return f.Key + ".source"
	}
	return f.Key + ".source." + branch
}

func readFact(path string) (*Fact, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	st, err := file.Stat()
	if err != nil {
		return nil, err
	}
	fact, err := factOf(file, st.Size())
	if fact != nil {
		fact.path = path
	}
	return fact, err
}

func factOf(file io.ReaderAt, size int64) (*Fact, error) {
	fact := &Fact{Size: size}
	h := md5.New()
	if n, err := io.Copy(h, io.NewSectionReader(file, 0, size)); err != nil || n != fact.Size {
		return nil, errors.Join(err, fmt.Errorf("read %d of %d bytes", n, fact.Size))
	}
	h.Sum(fact.MD5[:0])
	var err error
	fact.PE, err = pefile.Read(file, fact.Size)
	fact.BadVersion = errors.Is(err, pefile.ErrVersion)
	if err != nil && !fact.BadVersion {
		return nil, err
	}
	fact.CRC, err = pefile.CRC(file, fact.Size)
	return fact, err
}
