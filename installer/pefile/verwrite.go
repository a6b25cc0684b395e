package pefile

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Bytes encodes a VS_VERSIONINFO resource: the fixed part (always), the string tables, the translations, all in the order
// they have here. Strings that hold a NUL, and more than the 64 KiB a length field can say, are errors.
func (v *VersionInfo) Bytes() ([]byte, error) {
	var tables, children []byte
	for _, t := range v.Tables {
		key := fmt.Sprintf("%04X%04X", t.Language, t.CodePage)
		var entries []byte
		for _, s := range t.Strings {
			if strings.ContainsRune(s.Name+s.Value, 0) {
				return nil, fmt.Errorf("version string %q holds a NUL", s.Name)
			}
			e, err := appendNode(nil, s.Name, append(utf16le(s.Value), 0, 0), true, nil)
			if err != nil {
				return nil, fmt.Errorf("version string %q: %w", s.Name, err)
			}
			entries = append(entries, e...)
		}
		var err error
		if tables, err = appendNode(tables, key, nil, true, entries); err != nil {
			return nil, fmt.Errorf("version strings of block %s: %w", key, err)
		}
	}
	var err error
	if len(v.Tables) > 0 {
		if children, err = appendNode(children, "StringFileInfo", nil, true, tables); err != nil {
			return nil, fmt.Errorf("version strings: %w", err)
		}
	}
	if len(v.Translations) > 0 {
		var pairs, list []byte
		for _, t := range v.Translations {
			pairs = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(pairs, t.Language), t.CodePage)
		}
		if list, err = appendNode(nil, "Translation", pairs, false, nil); err == nil {
			children, err = appendNode(children, "VarFileInfo", nil, true, list)
		}
		if err != nil {
			return nil, fmt.Errorf("version translations: %w", err)
		}
	}
	b, err := appendNode(nil, "VS_VERSION_INFO", v.appendFixed(nil), false, children)
	if err != nil {
		return nil, fmt.Errorf("version resource: %w", err)
	}
	return b, nil
}

func (v *VersionInfo) appendFixed(b []byte) []byte {
	pair := func(v Version) (uint32, uint32) {
		return uint32(v[0])<<16 | uint32(v[1]), uint32(v[2])<<16 | uint32(v[3])
	}
	fh, fl := pair(v.File)
	ph, pl := pair(v.Product)
	for _, n := range []uint32{0xFEEF04BD, 0x10000, fh, fl, ph, pl, v.FlagsMask, v.Flags, v.OS, v.Type, v.Subtype, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return b
}

// appendNode appends one structure, padded to a multiple of four bytes; its length leaves that padding out.
func appendNode(to []byte, key string, value []byte, text bool, children []byte) ([]byte, error) {
	b := append(make([]byte, 6), append(utf16le(key), 0, 0)...)
	b = append(pad4(b), value...)
	if len(children) > 0 {
		b = append(pad4(b), children...)
	}
	n, kind := len(value), uint16(0)
	if text {
		n, kind = n/2, 1
	}
	if len(b) > 0xffff {
		return nil, fmt.Errorf("%d bytes; at most 65535 fit", len(b))
	}
	binary.LittleEndian.PutUint16(b, uint16(len(b)))
	binary.LittleEndian.PutUint16(b[2:], uint16(n))
	binary.LittleEndian.PutUint16(b[4:], kind)
	return append(to, pad4(b)...), nil
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
