package regtext

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"
)

// wrapAt is the column after which hex data goes on in the next line, as regedit does it.
const wrapAt = 76

// AppendHeader appends the first line of a file and an empty one.
func AppendHeader(b []byte) []byte { return append(append(b, Header...), "\n\n"...) }

// AppendEntry appends one entry. The order of the values is the caller's.
func AppendEntry(b []byte, e Entry) []byte {
	b = append(b, '[')
	if e.Delete {
		b = append(b, '-')
	}
	b = append(b, strings.Join(e.Path, `\`)...)
	b = append(b, "]\n"...)
	for _, v := range e.Values {
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v Value) []byte {
	start := len(b)
	if v.Name == "" {
		b = append(b, '@')
	} else {
		b = appendQuoted(b, v.Name)
	}
	b = append(b, '=')
	if v.Delete {
		return append(b, "-\n"...)
	}
	if s, ok := appendReadable(b, v.Type, v.Data); ok {
		return append(s, '\n')
	}
	if v.Type == typeBinary {
		b = append(b, "hex:"...)
	} else {
		b = append(b, "hex("...)
		b = strconv.AppendUint(b, uint64(v.Type), 16)
		b = append(b, "):"...)
	}
	return appendHex(b, v.Data, len(b)-start)
}

// appendReadable writes the forms for data of exactly the shape its type promises.
func appendReadable(b []byte, typ uint32, data []byte) ([]byte, bool) {
	switch {
	case typ == typeDWORD && len(data) == 4:
		return append(b, "dword:"+pad(uint64(binary.LittleEndian.Uint32(data)), 8)...), true
	case typ == typeQWORD && len(data) == 8:
		return append(b, "qword:"+pad(binary.LittleEndian.Uint64(data), 16)...), true
	case typ == typeSZ || typ == typeExpandSZ:
		s, ok := decodeText(data)
		if !ok || !strings.HasSuffix(s, "\x00") || strings.Count(s, "\x00") != 1 {
			return nil, false
		}
		if typ == typeExpandSZ {
			b = append(b, "expand:"...)
		}
		return appendQuoted(b, s[:len(s)-1]), true
	case typ == typeMultiSZ:
		s, ok := decodeText(data)
		if !ok || s != "\x00" && !strings.HasSuffix(s, "\x00\x00") {
			return nil, false
		}
		return appendMulti(b, s), true
	}
	return nil, false
}

// appendMulti writes each terminated string of s but the list's own terminator; an empty list has none.
func appendMulti(b []byte, s string) []byte {
	b = append(b, "multi:"...)
	if s == "\x00" {
		return b
	}
	for i, item := range strings.Split(s[:len(s)-2], "\x00") {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, item)
	}
	return b
}

// decodeText reads UTF-16LE that is whole: an even length, no surrogate without its partner.
func decodeText(data []byte) (string, bool) {
	if len(data)%2 != 0 {
		return "", false
	}
	u := make([]uint16, len(data)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(data[2*i:])
	}
	for i := 0; i < len(u); i++ {
		if utf16.IsSurrogate(rune(u[i])) {
			if i+1 == len(u) || utf16.DecodeRune(rune(u[i]), rune(u[i+1])) == '\uFFFD' {
				return "", false
			}
			i++
		}
	}
	return string(utf16.Decode(u)), true
}

func encodeText(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// appendQuoted escapes what would end the text or the line, and what an editor would not show.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < 0x20 || 0x7f <= r && r <= 0x9f || r == '\u2028' || r == '\u2029' || r == '\ufeff':
			b = append(b, `\u`+pad(uint64(r), 4)...)
		default:
			b = append(b, string(r)...)
		}
	}
	return append(b, '"')
}

func appendHex(b, data []byte, col int) []byte {
	for i, c := range data {
		if i > 0 {
			b = append(b, ',')
			col++
			if col >= wrapAt {
				b = append(b, "\\\n  "...)
				col = 2
			}
		}
		b = hex.AppendEncode(b, []byte{c})
		col += 2
	}
	return append(b, '\n')
}

func pad(n uint64, digits int) string {
	s := strconv.FormatUint(n, 16)
	return strings.Repeat("0", max(0, digits-len(s))) + s
}
