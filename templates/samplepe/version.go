package samplepe

import (
	"encoding/binary"
	"unicode/utf16"

	"github.com/kbforge/kbforge/installer/pefile"
)

const (
	langUS   = 0x0409
	codePage = 1200
)

// resourceSection is a resource tree with one leaf: RT_VERSION, 1, US English.
func resourceSection(rva uint32, data []byte) []byte {
	le := binary.LittleEndian
	var b []byte
	for level, id := range []uint32{16, 1, langUS} {
		b = append(b, make([]byte, 14)...)
		b = le.AppendUint16(b, 1) // one entry with a number
		b = le.AppendUint32(b, id)
		next := uint32(24 * (level + 1))
		if level < 2 {
			next |= 1 << 31 // a directory
		}
		b = le.AppendUint32(b, next)
	}
	for _, v := range []uint32{rva + 88, uint32(len(data)), 0, 0} {
		b = le.AppendUint32(b, v)
	}
	return append(b, data...)
}

// versionResource is a VS_VERSIONINFO with the table 040904B0.
func versionResource(s Spec) []byte {
	fileType := uint32(1)
	if s.DLL {
		fileType = 2
	}
	var fixed []byte
	quad := func(v pefile.Version) (uint32, uint32) {
		return uint32(v[0])<<16 | uint32(v[1]), uint32(v[2])<<16 | uint32(v[3])
	}
	fh, fl := quad(s.Version)
	ph, pl := quad(s.product())
	for _, v := range []uint32{0xFEEF04BD, 0x10000, fh, fl, ph, pl, 0x3f, 0, 0x40004, fileType, 0, 0, 0} {
		fixed = binary.LittleEndian.AppendUint32(fixed, v)
	}
	var table []byte
	for _, t := range s.strings() {
		table = append(table, block(t.Name, append(utf16le(t.Value), 0, 0), true, nil)...)
	}
	children := block("StringFileInfo", nil, true, block("040904B0", nil, true, table))
	pair := binary.LittleEndian.AppendUint32(nil, langUS|codePage<<16)
	children = append(children, block("VarFileInfo", nil, true, block("Translation", pair, false, nil))...)
	return block("VS_VERSION_INFO", fixed, false, children)
}

// block is one structure of a version resource, padded to a multiple of four bytes; its length leaves that padding out.
func block(key string, value []byte, text bool, children []byte) []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 6), append(utf16le(key), 0, 0)...)
	b = pad4(b)
	b = append(b, value...)
	if len(children) > 0 {
		b = append(pad4(b), children...)
	}
	n, kind := len(value), uint16(0)
	if text {
		n, kind = n/2, 1
	}
	le.PutUint16(b, uint16(len(b)))
	le.PutUint16(b[2:], uint16(n))
	le.PutUint16(b[4:], kind)
	return pad4(b)
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func pad4(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
