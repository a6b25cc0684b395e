package sign

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// Page hashes (Microsoft, "Authenticode PE", SpcPeImagePageHashes): a list of (file offset, digest of the page filled with
// zeros), the headers as the first page, an entry with a zero digest as the last. Windows checks them when a page of a
// protected process is read in.

// rawSection is the part of a section header that counts.
type rawSection struct{ offset, size uint32 }

// readSections returns the sections with data, by file offset; sizes are rounded up to the file alignment, as the loader does.
func (im *image) readSections() ([]rawSection, error) {
	table := make([]byte, im.sections*sectionSize)
	if im.sectionTable+int64(len(table)) > im.table {
		return nil, fmt.Errorf("%w: the section table reaches past the end of the image", CheckFormat)
	}
	if _, err := im.r.ReadAt(table, im.sectionTable); err != nil && err != io.EOF {
		return nil, err
	}
	var list []rawSection
	for ; len(table) > 0; table = table[sectionSize:] {
		s := rawSection{offset: binary.LittleEndian.Uint32(table[20:]), size: binary.LittleEndian.Uint32(table[16:])}
		if s.size == 0 {
			continue
		}
		if a := im.fileAlignment; a != 0 && s.size%a != 0 {
			s.size += a - s.size%a
		}
		if int64(s.offset)+int64(s.size) > im.table {
			return nil, fmt.Errorf("%w: a section (%d bytes at offset %#x) reaches past the end of the image; page hashes need whole sections", CheckFormat, s.size, s.offset)
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b rawSection) int { return int(int64(a.offset) - int64(b.offset)) })
	return list, nil
}

// pageHashes computes the list.
func (im *image) pageHashes(h crypto.Hash) ([]byte, error) {
	sections, err := im.readSections()
	if err != nil {
		return nil, err
	}
	headers := int64(im.sizeOfHeaders)
	if len(sections) > 0 {
		headers = min(headers, int64(sections[0].offset))
	}
	if headers > int64(im.pageSize) || headers < im.directory+8 || headers > im.table {
		return nil, fmt.Errorf("%w: headers of %d bytes do not fit a page of %d; sign without page hashes", CheckFormat, headers, im.pageSize)
	}
	page := make([]byte, im.pageSize)
	if _, err := im.r.ReadAt(page[:headers], 0); err != nil {
		return nil, err
	}
	d := h.New()
	d.Write(page[:im.checksum])
	d.Write(page[im.checksum+4 : im.directory])
	d.Write(page[im.directory+8:])
	out := appendPage(nil, 0, d.Sum(nil))
	last := uint32(0)
	for _, s := range sections {
		for done := uint32(0); done < s.size; done += im.pageSize {
			n := min(im.pageSize, s.size-done)
			clear(page)
			if _, err := im.r.ReadAt(page[:n], int64(s.offset+done)); err != nil {
				return nil, err
			}
			d.Reset()
			d.Write(page)
			out = appendPage(out, s.offset+done, d.Sum(nil))
			last = s.offset + done + n
		}
	}
	return appendPage(out, last, make([]byte, h.Size())), nil
}

func appendPage(b []byte, offset uint32, sum []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(b, offset), sum...)
}

// pageHashLink is the SpcLink that carries the list: [1] SpcSerializedObject { class, SET { SEQUENCE { OID, SET { list } } } }.
func pageHashLink(h crypto.Hash, list []byte) ([]byte, error) {
	oid := oidPageHashV2
	switch h {
	case crypto.SHA1:
		oid = oidPageHashV1
	case crypto.SHA256:
	default:
		return nil, fmt.Errorf("page hashes exist for SHA-256 and SHA-1, not for %v", h)
	}
	object := der(tagSet, der(tagSequence, derOID(oid), der(tagSet, der(tagOctets, list))))
	return der(tagExplicit|1, der(tagOctets, uuidPageHashes), der(tagOctets, object)), nil
}

// parsePageHashes reads such a link; ok is false when it is another kind of link.
func parsePageHashes(link []byte) (h crypto.Hash, list []byte, ok bool, err error) {
	bad := fmt.Errorf("%w: the page hashes are damaged", CheckFormat)
	moniker, err := elements(link)
	if err != nil || len(moniker) != 1 || moniker[0].Class != 2 || moniker[0].Tag != 1 {
		return 0, nil, false, nil
	}
	parts, err := elements(moniker[0].Bytes)
	if err != nil || len(parts) != 2 || !bytes.Equal(parts[0].Bytes, uuidPageHashes) {
		return 0, nil, false, nil
	}
	set, err := elements(parts[1].Bytes)
	if err != nil || len(set) != 1 {
		return 0, nil, false, bad
	}
	attr, err := elements(set[0].Bytes)
	if err != nil || len(attr) != 1 {
		return 0, nil, false, bad
	}
	fields, err := elements(attr[0].Bytes)
	if err != nil || len(fields) != 2 {
		return 0, nil, false, bad
	}
	switch {
	case bytes.Equal(fields[0].FullBytes, derOID(oidPageHashV1)):
		h = crypto.SHA1
	case bytes.Equal(fields[0].FullBytes, derOID(oidPageHashV2)):
		h = crypto.SHA256
	default:
		return 0, nil, false, bad
	}
	octets, err := elements(fields[1].Bytes)
	if err != nil || len(octets) != 1 || len(octets[0].Bytes) == 0 || len(octets[0].Bytes)%(4+h.Size()) != 0 {
		return 0, nil, false, bad
	}
	return h, octets[0].Bytes, true, nil
}
