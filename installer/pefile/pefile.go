// Package pefile reads what an update needs to know of a Portable Executable: machine, version resource, checksum, link
// time, where its parts end, and the CRC of update.ver.
//
// Layouts are those of the PE Format specification (Microsoft). Nothing of a file is trusted: counts and offsets are
// checked against the file's size and the limits below before anything is allocated.
package pefile

import (
	"errors"
	"fmt"
	"io"
)

// Limits of what is read; a file beyond them is ErrMalformed.
const (
	MaxSections        = 1024      // section headers (the loader of Windows allows 96)
	MaxOptionalHeader  = 4096      // bytes of the optional header
	MaxResourceEntries = 8192      // entries of one resource directory
	MaxVersionResource = 64 * 1024 // bytes; the length field of VS_VERSIONINFO has 16 bits
	MaxVersionStrings  = 4096      // strings of all tables together
	MaxImports         = 8192      // import descriptors followed by CRC
	MaxThunks          = 1 << 20   // import thunks followed by CRC, all descriptors together
)

// ErrMalformed is wrapped by all errors about the content of a file (not by those of its reader).
var ErrMalformed = errors.New("malformed executable")

// ErrVersion is wrapped, beside ErrMalformed, where only the version resource is damaged.
var ErrVersion = errors.New("damaged version resource")

// Kind is the format of a file as its first bytes tell it.
type Kind int

// The kinds. A file with a DOS header and none of the newer ones behind it is MZ.
const (
	KindOther Kind = iota
	KindMZ         // DOS program, or LE, LX and the like
	KindNE         // 16-bit Windows
	KindPE         // PE32 or PE32+
)

func (k Kind) String() string {
	switch k {
	case KindMZ:
		return "MZ"
	case KindNE:
		return "NE"
	case KindPE:
		return "PE"
	}
	return "other"
}

// Machine numbers of the COFF header.
const (
	MachineX86   = 0x014c
	MachineX64   = 0x8664
	MachineARM64 = 0xaa64
	MachineIA64  = 0x0200
)

// Arch names a machine as packages do: "x86", "x64", "arm64", "ia64"; "" for any other.
func Arch(machine uint16) string {
	switch machine {
	case MachineX86:
		return "x86"
	case MachineX64:
		return "x64"
	case MachineARM64:
		return "arm64"
	case MachineIA64:
		return "ia64"
	}
	return ""
}

// Info is what Read found. For a file that is no PE only Kind is set.
type Info struct {
	Kind      Kind
	IsPE      bool // Kind == KindPE
	Is64      bool // PE32+
	DLL       bool
	Signed    bool         // has a certificate table; says nothing about its validity
	Machine   uint16       // COFF machine, see Arch
	LinkTime  uint32       // TimeDateStamp: seconds since 1970, or a hash in reproducible builds
	Checksum  uint32       // the optional header's field, as stored
	Subsystem uint16       // 2 is graphical, 3 console, 1 native
	Version   *VersionInfo // nil: the file has no version resource
}

// Read reads a file of size bytes. A file that is no PE is no error. A PE with impossible headers is ErrMalformed; where
// only its version resource is damaged, Read returns the rest together with an error that wraps ErrVersion.
func Read(r io.ReaderAt, size int64) (*Info, error) {
	h, kind, err := readHeaders(r, size)
	if err != nil {
		return nil, err
	}
	if kind != KindPE {
		return &Info{Kind: kind}, nil
	}
	in := &Info{
		Kind: kind, IsPE: true, Is64: h.is64, DLL: h.characteristics&0x2000 != 0,
		Signed: h.dirs[dirSecurity].addr != 0 && h.dirs[dirSecurity].size != 0, Machine: h.machine,
		LinkTime: h.linkTime, Checksum: h.checksum, Subsystem: h.subsystem,
	}
	raw, err := h.versionResource(r)
	if err == nil && raw != nil {
		in.Version, err = ParseVersionInfo(raw)
	}
	if errors.Is(err, ErrMalformed) {
		return in, fmt.Errorf("%w: %w", ErrVersion, err)
	}
	if err != nil {
		return nil, err
	}
	return in, nil
}

// ImageEnd is where the last section's data ends in the file: an overlay, such as a cabinet, or the certificate table begins
// there or later. It is never beyond size. A file that is no PE is ErrMalformed.
func ImageEnd(r io.ReaderAt, size int64) (int64, error) {
	h, err := needPE(r, size)
	if err != nil {
		return 0, err
	}
	end := int64(h.sizeOfHeaders)
	for _, s := range h.sections {
		if s.rawSize != 0 {
			end = max(end, int64(s.rawOff)+int64(s.rawSize))
		}
	}
	if end > size {
		return 0, malformed("the sections end at %d, the file at %d: it is cut short", end, size)
	}
	return end, nil
}

// Certificates is the place of the certificate table (Authenticode) in the file, both 0 where there is none.
func Certificates(r io.ReaderAt, size int64) (offset, length int64, err error) {
	h, err := needPE(r, size)
	if err != nil {
		return 0, 0, err
	}
	d := h.dirs[dirSecurity] // the one directory whose address is a file offset
	if d.addr == 0 || d.size == 0 {
		return 0, 0, nil
	}
	if int64(d.addr)+int64(d.size) > size {
		return 0, 0, malformed("the certificate table ends at %d, the file at %d", int64(d.addr)+int64(d.size), size)
	}
	return int64(d.addr), int64(d.size), nil
}

func needPE(r io.ReaderAt, size int64) (*headers, error) {
	h, kind, err := readHeaders(r, size)
	if err != nil {
		return nil, err
	}
	if kind != KindPE {
		return nil, malformed("not a PE file (%s)", kind)
	}
	return h, nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
