package pefile

import "io"

const (
	typeVersion  = 16      // RT_VERSION
	nameVersion  = 1       // VS_VERSION_INFO; others are taken too
	subdirectory = 1 << 31 // flag of an entry's offset
)

func typeRank(id uint32) int {
	if id == typeVersion {
		return 0
	}
	return -1
}

func nameRank(id uint32) int {
	if id == nameVersion {
		return 0
	}
	return 1
}

// Languages in the order in which a version resource is chosen where a file has several: US English, neutral; then the
// first of the directory. (OURS; the version functions of Windows follow the user's language, an update must not.)
func languageRank(lang uint32) int {
	switch lang {
	case 0x0409:
		return 0
	case 0:
		return 1
	}
	return 2
}

type resourceEntry struct{ id, off uint32 }

// versionResource returns the bytes of VS_VERSIONINFO, nil where the file has none.
func (h *headers) versionResource(r io.ReaderAt) ([]byte, error) {
	d := h.dirs[dirResource]
	if d.addr == 0 || d.size == 0 {
		return nil, nil
	}
	base, avail, ok := h.offset(d.addr)
	if !ok {
		return nil, malformed("the resource directory at 0x%x is outside the file", d.addr)
	}
	ranks := [3]func(uint32) int{typeRank, nameRank, languageRank} // the three levels of the tree
	at := uint32(0)
	for level, rank := range ranks {
		e, found, err := bestEntry(r, base, avail, at, rank)
		if err != nil || !found {
			return nil, err
		}
		if leaf := e.off&subdirectory == 0; leaf != (level == len(ranks)-1) {
			return nil, malformed("the resource directory at 0x%x is not three levels deep", d.addr)
		}
		at = e.off &^ subdirectory
	}
	if int64(at)+16 > avail {
		return nil, malformed("the version resource's data entry at 0x%x is outside the resource section", at)
	}
	var b [16]byte
	if err := readAt(r, b[:], base+int64(at), "resource data entry"); err != nil {
		return nil, err
	}
	return h.readResource(r, u32(b[:]), u32(b[4:]))
}

func (h *headers) readResource(r io.ReaderAt, rva, size uint32) ([]byte, error) {
	if size > MaxVersionResource {
		return nil, malformed("version resource of %d bytes; at most %d are possible", size, MaxVersionResource)
	}
	off, avail, ok := h.offset(rva)
	if !ok || int64(size) > avail {
		return nil, malformed("version resource of %d bytes at 0x%x is outside the file", size, rva)
	}
	data := make([]byte, size)
	if err := readAt(r, data, off, "version resource"); err != nil {
		return nil, err
	}
	return data, nil
}

// bestEntry picks the entry of a resource directory with the lowest rank, the first of equals; a negative rank is none.
func bestEntry(r io.ReaderAt, base, avail int64, dir uint32, rank func(uint32) int) (best resourceEntry, found bool, err error) {
	if int64(dir)+16 > avail {
		return best, false, malformed("resource directory at 0x%x is outside its section", dir)
	}
	var head [16]byte
	if err := readAt(r, head[:], base+int64(dir), "resource directory"); err != nil {
		return best, false, err
	}
	n := int(u16(head[12:])) + int(u16(head[14:]))
	if n > MaxResourceEntries || int64(dir)+16+int64(n)*8 > avail {
		return best, false, malformed("resource directory at 0x%x claims %d entries", dir, n)
	}
	b := make([]byte, n*8)
	if err := readAt(r, b, base+int64(dir)+16, "resource directory"); err != nil {
		return best, false, err
	}
	lowest := 0
	for i := range n {
		e := resourceEntry{u32(b[i*8:]), u32(b[i*8+4:])}
		if k := rank(e.id); k >= 0 && (!found || k < lowest) {
			best, found, lowest = e, true, k
		}
	}
	return best, found, nil
}
