package pefile

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// CRC is the fifth field of a line of update.ver: CRC-32 (polynomial and conventions of zlib) over the file
//
//   - with the optional header's CheckSum taken as zero, and
//   - where the bound import directory is not empty, with that directory's entry and bytes taken as zero, TimeDateStamp and
//     ForwarderChain of each import descriptor taken as zero, and each import address table taken as the table that
//     OriginalFirstThunk points to, the terminating zero included.
//
// So binding an executable, or setting its checksum, does not change its CRC. (Measured on 11 real PE32 files; 8-byte thunks
// for PE32+, and plain CRC-32 for everything else, are OURS. A PE whose headers or import tables cannot be followed counts
// as "everything else": any file can be in a package.) Only errors of the reader are returned. Memory: 64 KiB, and the
// touched tables (at most MaxThunks entries).
func CRC(r io.ReaderAt, size int64) (uint32, error) {
	h, kind, err := readHeaders(r, size)
	var patches []patch
	if err == nil && kind == KindPE {
		patches, err = h.unbind(r)
	}
	if errors.Is(err, ErrMalformed) {
		patches, err = nil, nil
	}
	if err != nil {
		return 0, fmt.Errorf("CRC: %w", err)
	}
	sum := crc32.NewIEEE()
	if err := (&headers{size: size}).stream(r, patches, func(b []byte) { sum.Write(b) }); err != nil {
		return 0, err
	}
	return sum.Sum32(), nil
}

// unbind lists what CRC reads differently from the file.
func (h *headers) unbind(r io.ReaderAt) ([]patch, error) {
	patches := []patch{{off: h.checksumOff, n: 4}}
	bound := h.dirs[dirBound]
	if bound.addr == 0 {
		return patches, nil
	}
	off, avail, ok := h.offset(bound.addr)
	if !ok {
		return nil, malformed("the bound import directory at 0x%x is outside the file", bound.addr)
	}
	patches = append(patches,
		patch{off: h.dirOff + dirBound*8, n: 8},
		patch{off: off, n: min(int64(bound.size), avail)})
	if h.dirs[dirImport].addr == 0 {
		return patches, nil
	}
	return h.unbindImports(r, patches)
}

func (h *headers) unbindImports(r io.ReaderAt, patches []patch) ([]patch, error) {
	off, avail, ok := h.offset(h.dirs[dirImport].addr)
	if !ok {
		return nil, malformed("the import directory at 0x%x is outside the file", h.dirs[dirImport].addr)
	}
	thunks := MaxThunks
	for range MaxImports {
		if avail < 20 {
			return nil, malformed("the import directory has no end")
		}
		var d [20]byte
		if err := readAt(r, d[:], off, "import descriptor"); err != nil {
			return nil, err
		}
		if d == [20]byte{} {
			return patches, nil
		}
		patches = append(patches, patch{off: off + 4, n: 8})
		if names, addresses := u32(d[:]), u32(d[16:]); names != 0 {
			p, err := h.unboundThunks(r, names, addresses, &thunks)
			if err != nil {
				return nil, err
			}
			patches = append(patches, p)
		}
		off, avail = off+20, avail-20
	}
	return nil, malformed("more than %d import descriptors", MaxImports)
}

// unboundThunks reads the table of names, its terminating zero included, as what the table of addresses was.
func (h *headers) unboundThunks(r io.ReaderAt, names, addresses uint32, left *int) (patch, error) {
	src, have, ok := h.offset(names)
	dst, room, ok2 := h.offset(addresses)
	if !ok || !ok2 {
		return patch{}, malformed("an import table at 0x%x or 0x%x is outside the file", names, addresses)
	}
	width := 4
	if h.is64 {
		width = 8
	}
	var data []byte
	buf := make([]byte, 512)
	for limit := min(have, room); ; {
		n := min(int64(len(buf)), limit-int64(len(data))) / int64(width) * int64(width)
		if n <= 0 {
			return patch{}, malformed("the import table at 0x%x has no end", names)
		}
		if err := readAt(r, buf[:n], src+int64(len(data)), "import table"); err != nil {
			return patch{}, err
		}
		for b := buf[:n]; len(b) > 0; b = b[width:] {
			data = append(data, b[:width]...)
			if *left--; *left < 0 {
				return patch{}, malformed("more than %d imports", MaxThunks)
			}
			if allZero(b[:width]) {
				return patch{off: dst, n: int64(len(data)), data: data}, nil
			}
		}
	}
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
