// Package samplepe writes small executables and DLLs that are valid, run, and differ only as asked: the payload of starter
// projects, and the fixtures of tests.
//
// An executable calls ExitProcess with the chosen code; a DLL loads and does nothing. Same Spec, same bytes.
package samplepe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/installer/pefile"
)

// MaxSize is the largest Spec.Size and len(Spec.Blob), in bytes.
const MaxSize = 1 << 30

// ErrSpec is wrapped by all errors of Build.
var ErrSpec = errors.New("sample executable")

// Spec describes a file. Only Arch is required.
type Spec struct {
	Arch            string          // "x86", "x64" or "arm64"
	DLL             bool            // else a console program
	ExitCode        uint32          // of the program
	Version         pefile.Version  // of the file, in VS_FIXEDFILEINFO
	ProductVersion  pefile.Version  // zero: Version
	FileVersionText string          // FileVersion string, "5.2.3790.100 (srv03_gdr.040101-0000)"; empty: Version
	Strings         []pefile.String // further strings of the version resource, in this order; FileVersion and ProductVersion may be among them
	NoVersion       bool            // no version resource at all
	Blob            []byte          // put into the data section, to make contents differ
	LinkTime        uint32          // TimeDateStamp, seconds since 1970
	Size            int             // pad the data section with zeros until the file has this many bytes (rounded up to 512)
}

// Build writes the file. The checksum in its header is right.
func Build(s Spec) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	im := newImage(s)
	code := im.addSection(".text", scnCode, make([]byte, codeSize))
	idata := im.addSection(".idata", scnRead|scnWrite, nil)
	idata.data = imports(idata.rva, im.is64)
	im.entry = code.rva
	im.imports = directory{idata.rva, 40}
	im.iat = directory{idata.rva + 40, uint32(2 * im.width())}
	im.seal(idata)
	program, fixups := entryCode(s, im, code.rva)
	copy(code.data, program)
	if !s.NoVersion {
		version, err := versionResource(s)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrSpec, err)
		}
		rsrc := im.addSection(".rsrc", scnRead, nil)
		rsrc.data = resourceSection(rsrc.rva, version)
		im.resources = directory{rsrc.rva, uint32(len(rsrc.data))}
		im.seal(rsrc)
	}
	reloc := im.addSection(".reloc", scnRead|scnDiscard, relocations(code.rva, fixups))
	im.relocs = directory{reloc.rva, uint32(len(reloc.data))}
	if len(s.Blob) > 0 || s.Size > im.fileSize() {
		data := append([]byte(nil), s.Blob...)
		if short := s.Size - im.fileSize() - len(data); short > 0 {
			data = append(data, make([]byte, short)...)
		}
		im.addSection(".data", scnRead|scnWrite, data)
	}
	out := im.bytes()
	if err := pefile.SetChecksum(out); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSpec, err)
	}
	return out, nil
}

func (s Spec) check() error {
	var faults []error
	if _, ok := machineOf(s.Arch); !ok {
		faults = append(faults, fmt.Errorf("%w: architecture %q; use x86, x64 or arm64", ErrSpec, s.Arch))
	}
	if s.Size < 0 || s.Size > MaxSize || len(s.Blob) > MaxSize {
		faults = append(faults, fmt.Errorf("%w: sizes from 0 to %d are possible", ErrSpec, MaxSize))
	}
	for _, t := range s.Strings {
		if t.Name == "" {
			faults = append(faults, fmt.Errorf("%w: a version string, %q, has no name", ErrSpec, t.Value))
		}
	}
	return errors.Join(faults...)
}

// strings are the entries of the version table: FileVersion and ProductVersion first unless Strings holds them.
func (s Spec) strings() []pefile.String {
	has := func(name string) bool {
		return slices.ContainsFunc(s.Strings, func(t pefile.String) bool { return strings.EqualFold(t.Name, name) })
	}
	var out []pefile.String
	if !has("FileVersion") {
		text := s.FileVersionText
		if text == "" {
			text = s.Version.String()
		}
		out = append(out, pefile.String{Name: "FileVersion", Value: text})
	}
	if !has("ProductVersion") {
		out = append(out, pefile.String{Name: "ProductVersion", Value: s.product().String()})
	}
	return append(out, s.Strings...)
}

func (s Spec) product() pefile.Version {
	if s.ProductVersion.IsZero() {
		return s.Version
	}
	return s.ProductVersion
}
