package pefile

import (
	"encoding/binary"
	"fmt"
	"io"
)

// Indexes of data directories.
const (
	dirImport   = 1
	dirResource = 2
	dirSecurity = 4
	dirBound    = 11
	dirCount    = 16
)

type directory struct{ addr, size uint32 }

type section struct{ virtSize, virtAddr, rawSize, rawOff uint32 }

type headers struct {
	size            int64 // of the file
	is64            bool
	machine         uint16
	characteristics uint16
	linkTime        uint32
	checksum        uint32
	checksumOff     int64 // file offset of the CheckSum field
	dirOff          int64 // file offset of the first data directory
	sizeOfHeaders   uint32
	subsystem       uint16
	dirs            [dirCount]directory
	sections        []section
}

// readHeaders tells the kind of a file and, for a PE, reads its headers.
func readHeaders(r io.ReaderAt, size int64) (*headers, Kind, error) {
	var dos [64]byte
	if size < 2 {
		return nil, KindOther, nil
	}
	if err := readAt(r, dos[:min(size, 64)], 0, "DOS header"); err != nil {
		return nil, KindOther, err
	}
	if dos[0] != 'M' || dos[1] != 'Z' {
		return nil, KindOther, nil
	}
	pe := int64(u32(dos[60:]))
	if size < 64 || pe > size-4 {
		return nil, KindMZ, nil
	}
	var head [24]byte
	n := min(size-pe, 24)
	if err := readAt(r, head[:n], pe, "PE header"); err != nil {
		return nil, KindOther, err
	}
	if head[0] == 'N' && head[1] == 'E' {
		return nil, KindNE, nil
	}
	if string(head[:4]) != "PE\x00\x00" {
		return nil, KindMZ, nil
	}
	if n < 24 {
		return nil, KindPE, malformed("the file ends inside the PE header")
	}
	h := &headers{size: size, machine: u16(head[4:]), linkTime: u32(head[8:]), characteristics: u16(head[22:])}
	optSize := int64(u16(head[20:]))
	if err := h.readOptional(r, pe+24, optSize); err != nil {
		return nil, KindPE, err
	}
	if err := h.readSections(r, pe+24+optSize, int(u16(head[6:]))); err != nil {
		return nil, KindPE, err
	}
	return h, KindPE, nil
}

func (h *headers) readOptional(r io.ReaderAt, off, n int64) error {
	if n < 2 || n > MaxOptionalHeader || off+n > h.size {
		return malformed("optional header of %d bytes at %d, file of %d bytes", n, off, h.size)
	}
	b := make([]byte, n)
	if err := readAt(r, b, off, "optional header"); err != nil {
		return err
	}
	fixed := 96
	switch magic := u16(b); magic {
	case 0x10b:
	case 0x20b:
		h.is64, fixed = true, 112
	default:
		return malformed("optional header of an unknown kind, 0x%x", magic)
	}
	if len(b) < fixed {
		return malformed("optional header of %d bytes; %d are needed", n, fixed)
	}
	h.sizeOfHeaders, h.checksum, h.subsystem = u32(b[60:]), u32(b[64:]), u16(b[68:])
	h.checksumOff, h.dirOff = off+64, off+int64(fixed)
	count := min(u32(b[fixed-4:]), dirCount)
	for i := range int(count) {
		if fixed+i*8+8 > len(b) {
			break
		}
		d := b[fixed+i*8:]
		h.dirs[i] = directory{u32(d), u32(d[4:])}
	}
	return nil
}

func (h *headers) readSections(r io.ReaderAt, off int64, n int) error {
	if n > MaxSections || off+int64(n)*40 > h.size {
		return malformed("%d section headers at %d, file of %d bytes", n, off, h.size)
	}
	b := make([]byte, n*40)
	if err := readAt(r, b, off, "section headers"); err != nil {
		return err
	}
	h.sections = make([]section, n)
	for i := range h.sections {
		s := b[i*40+8:]
		h.sections[i] = section{u32(s), u32(s[4:]), u32(s[8:]), u32(s[12:])}
	}
	return nil
}

// offset maps an address of the image to a file offset and the number of bytes of the file that follow it in its section.
// ok is false where the file has no byte for the address. Addresses before the first section lie in the headers.
func (h *headers) offset(rva uint32) (off, avail int64, ok bool) {
	for _, s := range h.sections {
		if rva < s.virtAddr || uint64(rva) >= uint64(s.virtAddr)+uint64(max(s.virtSize, s.rawSize)) {
			continue
		}
		d := int64(rva - s.virtAddr)
		off, avail = int64(s.rawOff)+d, min(int64(s.rawSize)-d, h.size-int64(s.rawOff)-d)
		return off, avail, avail > 0
	}
	avail = min(int64(h.sizeOfHeaders), h.size) - int64(rva)
	return int64(rva), avail, avail > 0
}

// readAt fills b; the caller has checked that the file is long enough, so a short read is the reader's fault.
func readAt(r io.ReaderAt, b []byte, off int64, what string) error {
	if n, err := r.ReadAt(b, off); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read %s at %d: %w", what, off, err)
	}
	return nil
}

func u16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
