package spuninst

import (
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// addRegForm says a value as the flags and data of an AddReg line; false if AddReg would not give back the very bytes.
func addRegForm(typ uint32, data []byte) (flags uint32, fields []inf.Field, ok bool) {
	switch typ {
	case updateinf.RegSZ, updateinf.RegExpandSZ:
		s, rest, ok := cutString(data)
		if !ok || len(rest) > 0 {
			return 0, nil, false
		}
		flags = updateinf.FlgAddRegTypeSZ
		if typ == updateinf.RegExpandSZ {
			flags = updateinf.FlgAddRegTypeExpandSZ
		}
		return flags, []inf.Field{quoted(s)}, true
	case updateinf.RegMultiSZ:
		if fields, ok := listFields(data); ok {
			return updateinf.FlgAddRegTypeMultiSZ, fields, true
		}
	case updateinf.RegDWORD:
		if len(data) == 4 {
			n := binary.LittleEndian.Uint32(data)
			return updateinf.FlgAddRegTypeDWORD, []inf.Field{inf.Bare(fmt.Sprintf("0x%08X", n))}, true
		}
	case updateinf.RegQWORD:
		if len(data) != 8 {
			return 0, nil, false
		}
		return updateinf.FlgAddRegTypeQWORD, byteFields(data), true
	case updateinf.RegBinary:
		return updateinf.FlgAddRegTypeBinary, byteFields(data), true
	case updateinf.RegNone:
		return updateinf.FlgAddRegTypeNone, byteFields(data), true
	}
	if typ > 0xFFFF {
		return 0, nil, false
	}
	return typ<<16 | updateinf.FlgAddRegBinValueType, byteFields(data), true
}

func byteFields(data []byte) []inf.Field {
	fields := make([]inf.Field, len(data))
	for i, b := range data {
		fields[i] = inf.Bare(fmt.Sprintf("%02x", b))
	}
	return fields
}

// cutString takes a string with its NUL off UTF-16LE data; false if there is none or INF text cannot say it.
func cutString(data []byte) (s string, rest []byte, ok bool) {
	var units []uint16
	for i := 0; i+1 < len(data); i += 2 {
		u := binary.LittleEndian.Uint16(data[i:])
		if u == 0 {
			s = string(utf16.Decode(units))
			return s, data[i+2:], asText(s)
		}
		units = append(units, u)
	}
	return "", nil, false
}

// listFields splits a REG_MULTI_SZ; an empty list is one empty field.
func listFields(data []byte) ([]inf.Field, bool) {
	var fields []inf.Field
	for {
		s, rest, ok := cutString(data)
		if !ok {
			return nil, false
		}
		if s == "" {
			if len(fields) == 0 {
				fields = []inf.Field{quoted("")}
			}
			return fields, len(rest) == 0
		}
		fields = append(fields, quoted(s))
		data = rest
	}
}

func utf16le(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

func fromUTF16(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	s := string(utf16.Decode(units))
	return s, utf8.ValidString(s)
}
