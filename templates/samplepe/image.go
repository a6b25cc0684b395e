package samplepe

import (
	"encoding/binary"

	"github.com/kbforge/kbforge/installer/pefile"
)

// Section characteristics and alignments of the PE format.
const (
	scnCode    = 0x60000020 // code, execute, read
	scnRead    = 0x40000040 // initialised data, read
	scnWrite   = 0x80000000
	scnDiscard = 0x02000000

	fileAlign = 0x200
	pageAlign = 0x1000
	headSize  = 0x400 // all headers, rounded
	codeSize  = 32    // room for the entry code of any machine
)

type directory struct{ rva, size uint32 }

type section struct {
	name  string
	flags uint32
	rva   uint32
	data  []byte
}

type image struct {
	machine                         uint16
	is64, dll                       bool
	linkTime                        uint32
	entry                           uint32
	imports, resources, relocs, iat directory
	sections                        []*section
	nextRVA                         uint32
}

func newImage(s Spec) *image {
	m, _ := machineOf(s.Arch)
	return &image{machine: m, is64: m != pefile.MachineX86, dll: s.DLL, linkTime: s.LinkTime, nextRVA: pageAlign}
}

func machineOf(arch string) (uint16, bool) {
	switch arch {
	case "x86":
		return pefile.MachineX86, true
	case "x64":
		return pefile.MachineX64, true
	case "arm64":
		return pefile.MachineARM64, true
	}
	return 0, false
}

func (im *image) width() int {
	if im.is64 {
		return 8
	}
	return 4
}

func (im *image) base() uint64 {
	switch {
	case im.is64 && im.dll:
		return 0x180000000
	case im.is64:
		return 0x140000000
	case im.dll:
		return 0x10000000
	}
	return 0x400000
}

// addSection places a section at the next page. A section whose data depend on its address is given them afterwards, and
// then sealed.
func (im *image) addSection(name string, flags uint32, data []byte) *section {
	s := &section{name: name, flags: flags, rva: im.nextRVA, data: data}
	im.sections = append(im.sections, s)
	im.seal(s)
	return s
}

func (im *image) seal(s *section) {
	im.nextRVA = s.rva + roundUp(max(uint32(len(s.data)), 1), pageAlign)
}

func (im *image) fileSize() int {
	n := headSize
	for _, s := range im.sections {
		n += int(roundUp(uint32(len(s.data)), fileAlign))
	}
	return n
}

func (im *image) bytes() []byte {
	out := make([]byte, 0, im.fileSize())
	out = append(out, im.headers()...)
	out = append(out, make([]byte, headSize-len(out))...)
	for _, s := range im.sections {
		out = append(out, s.data...)
		out = append(out, make([]byte, roundUp(uint32(len(s.data)), fileAlign)-uint32(len(s.data)))...)
	}
	return out
}

func (im *image) headers() []byte {
	le := binary.LittleEndian
	b := make([]byte, 64, headSize)
	copy(b, "MZ")
	le.PutUint32(b[60:], 64)
	b = append(b, "PE\x00\x00"...)
	optSize, flags := uint16(224), uint16(0x0102) // executable, 32-bit machine
	if im.is64 {
		optSize, flags = 240, 0x0022 // executable, large addresses
	}
	if im.dll {
		flags |= 0x2000
	}
	b = le.AppendUint16(b, im.machine)
	b = le.AppendUint16(b, uint16(len(im.sections)))
	b = le.AppendUint32(b, im.linkTime)
	b = append(b, make([]byte, 8)...) // no symbols
	b = le.AppendUint16(b, optSize)
	b = le.AppendUint16(b, flags)
	b = im.appendOptional(b)
	raw := uint32(headSize)
	for _, s := range im.sections {
		rawSize := roundUp(uint32(len(s.data)), fileAlign)
		b = append(b, (s.name + "\x00\x00\x00\x00\x00\x00\x00\x00")[:8]...)
		for _, v := range []uint32{uint32(len(s.data)), s.rva, rawSize, raw, 0, 0, 0, s.flags} {
			b = le.AppendUint32(b, v)
		}
		raw += rawSize
	}
	return b
}

func (im *image) appendOptional(b []byte) []byte {
	le := binary.LittleEndian
	word := func(v uint64) {
		if im.is64 {
			b = le.AppendUint64(b, v)
		} else {
			b = le.AppendUint32(b, uint32(v))
		}
	}
	magic := uint16(0x10b)
	if im.is64 {
		magic = 0x20b
	}
	b = le.AppendUint16(b, magic)
	b = append(b, 1, 0) // linker version
	code, data := uint32(0), uint32(0)
	for i, s := range im.sections {
		if n := roundUp(uint32(len(s.data)), fileAlign); i == 0 {
			code += n
		} else {
			data += n
		}
	}
	for _, v := range []uint32{code, data, 0, im.entry, im.sections[0].rva} {
		b = le.AppendUint32(b, v)
	}
	if !im.is64 {
		b = le.AppendUint32(b, im.sections[1].rva) // BaseOfData
	}
	word(im.base())
	b = le.AppendUint32(b, pageAlign)
	b = le.AppendUint32(b, fileAlign)
	minor := uint16(0)
	if im.machine == pefile.MachineARM64 {
		minor = 2 // the first Windows on that machine was 6.2
	}
	subsystem, features := uint16(3), uint16(0x0140) // console; dynamic base, NX
	if im.dll {
		subsystem = 2
	}
	if im.is64 {
		features |= 0x20 // high-entropy addresses
	}
	for _, v := range []uint16{6, minor, 0, 0, 6, minor, 0, 0} { // system, image, subsystem version, reserved
		b = le.AppendUint16(b, v)
	}
	b = le.AppendUint32(b, im.nextRVA)
	b = le.AppendUint32(b, headSize)
	b = le.AppendUint32(b, 0) // checksum, set at the end
	b = le.AppendUint16(b, subsystem)
	b = le.AppendUint16(b, features)
	for _, v := range []uint64{1 << 20, 1 << 12, 1 << 20, 1 << 12} { // stack and heap, reserved and committed
		word(v)
	}
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, 16)
	dirs := [16]directory{1: im.imports, 2: im.resources, 5: im.relocs, 12: im.iat}
	for _, d := range dirs {
		b = le.AppendUint32(b, d.rva)
		b = le.AppendUint32(b, d.size)
	}
	return b
}

func roundUp(n, to uint32) uint32 { return (n + to - 1) / to * to }
