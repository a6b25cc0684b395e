package host

import (
	"encoding/binary"
	"unicode/utf16"
)

// StringValue is a REG_SZ, or with expand a REG_EXPAND_SZ, with its terminator.
func StringValue(s string, expand bool) Value {
	t := RegSZ
	if expand {
		t = RegExpandSZ
	}
	return Value{Type: t, Data: EncodeUTF16(s + "\x00")}
}

// DWORDValue is a REG_DWORD.
func DWORDValue(n uint32) Value {
	return Value{Type: RegDWORD, Data: binary.LittleEndian.AppendUint32(nil, n)}
}

// MultiValue is a REG_MULTI_SZ. Empty strings are kept where they stand, as PendingFileRenameOperations needs them;
// other readers take the first empty string for the end.
func MultiValue(list []string) Value {
	var b []byte
	for _, s := range list {
		b = append(b, EncodeUTF16(s+"\x00")...)
	}
	return Value{Type: RegMultiSZ, Data: append(b, 0, 0)}
}

// Text is the text of a REG_SZ or REG_EXPAND_SZ up to its terminator, if it has one. ok is false for other types.
func (v Value) Text() (s string, ok bool) {
	if v.Type != RegSZ && v.Type != RegExpandSZ {
		return "", false
	}
	u := units16(v.Data)
	for i, c := range u {
		if c == 0 {
			u = u[:i]
			break
		}
	}
	return string(utf16.Decode(u)), true
}

// Uint32 is the number of a REG_DWORD of four bytes. ok is false for everything else.
func (v Value) Uint32() (n uint32, ok bool) {
	if v.Type != RegDWORD || len(v.Data) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(v.Data), true
}

// Strings is the list in a REG_MULTI_SZ with its empty strings, the inverse of MultiValue. A missing terminator at the
// end is forgiven. ok is false for other types.
func (v Value) Strings() (list []string, ok bool) {
	if v.Type != RegMultiSZ {
		return nil, false
	}
	u := units16(v.Data)
	if n := len(u); n > 0 && u[n-1] == 0 {
		u = u[:n-1] // the terminator of the list
	}
	for len(u) > 0 {
		end := 0
		for end < len(u) && u[end] != 0 {
			end++
		}
		list = append(list, string(utf16.Decode(u[:end])))
		if end == len(u) {
			break
		}
		u = u[end+1:]
	}
	return list, true
}

// EncodeUTF16 gives UTF-16LE without a mark and without a terminator.
func EncodeUTF16(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// units16 reads UTF-16LE; a last odd byte is dropped.
func units16(b []byte) []uint16 {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return u
}
