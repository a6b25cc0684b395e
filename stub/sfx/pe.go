package sfx

import (
	"errors"
	"io"
)

// errNotPE reports a file that is no PE image.
var errNotPE = errors.New("not a PE executable")

// maxSections is the most sections that the Windows loader takes in an image.
const maxSections = 96

// image is what this package needs to know of a PE file: where its last section's raw data ends and where .rsrc is. debug/pe
// would do, but weighs 0.15 MB in the extractor.
type image struct {
	end  int64 // after the raw data of the last section
	rsrc struct{ raw, rawSize, virtualSize int64 }
}

func parsePE(r io.ReaderAt, size int64) (*image, error) {
	var dos [64]byte
	if size < int64(len(dos)) {
		return nil, errNotPE
	}
	if _, err := r.ReadAt(dos[:], 0); err != nil {
		return nil, err
	}
	at := int64(le32(dos[60:]))
	if dos[0] != 'M' || dos[1] != 'Z' || at+24 > size {
		return nil, errNotPE
	}
	var h [24]byte
	if _, err := r.ReadAt(h[:], at); err != nil {
		return nil, err
	}
	n := int(le16(h[6:]))
	at += 24 + int64(le16(h[20:]))
	if string(h[:4]) != "PE\x00\x00" || n == 0 || n > maxSections || at+int64(n)*40 > size {
		return nil, errNotPE
	}
	sections := make([]byte, n*40)
	if _, err := r.ReadAt(sections, at); err != nil {
		return nil, err
	}
	p := &image{end: at + int64(n)*40}
	for ; len(sections) > 0; sections = sections[40:] {
		virtual, rawSize, raw := int64(le32(sections[8:])), int64(le32(sections[16:])), int64(le32(sections[20:]))
		if rawSize == 0 {
			continue
		}
		p.end = max(p.end, raw+rawSize)
		if string(sections[:8]) == ".rsrc\x00\x00\x00" {
			p.rsrc.raw, p.rsrc.rawSize, p.rsrc.virtualSize = raw, rawSize, virtual
		}
	}
	return p, nil
}

// candidates are the places where a cabinet may be, in the order to try them.
func (p *image) candidates() []Location {
	c := []Location{{Offset: p.end, Place: Appended}}
	if a := roundUp(p.end, Alignment); a != p.end {
		c = append(c, Location{Offset: a, Place: Appended})
	}
	if in := roundUp(p.rsrc.virtualSize, resourceAlign); in < p.rsrc.rawSize {
		c = append(c, Location{Offset: p.rsrc.raw + in, Place: Resource})
	}
	return c
}

func roundUp(n, to int64) int64 { return (n + to - 1) / to * to }
