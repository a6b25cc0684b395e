package regplan

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/installer/host"
)

// String is REG_SZ data.
func String(s string) host.Value { return host.Value{Type: host.RegSZ, Data: text(s)} }

// ExpandString is REG_EXPAND_SZ data.
func ExpandString(s string) host.Value { return host.Value{Type: host.RegExpandSZ, Data: text(s)} }

// DWORD is REG_DWORD data.
func DWORD(n uint32) host.Value {
	return host.Value{Type: host.RegDWORD, Data: binary.LittleEndian.AppendUint32(nil, n)}
}

// Number reads REG_DWORD data.
func Number(v host.Value) (uint32, bool) {
	if v.Type != host.RegDWORD || len(v.Data) != 4 {
		return 0, false
	}
	return binary.LittleEndian.Uint32(v.Data), true
}

// Text reads REG_SZ and REG_EXPAND_SZ data, without its terminator.
func Text(v host.Value) (string, bool) {
	if v.Type != host.RegSZ && v.Type != host.RegExpandSZ {
		return "", false
	}
	s, _, _ := strings.Cut(decode(v.Data), "\x00")
	return s, true
}

func text(s string) []byte {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return append(b, 0, 0)
}

func decode(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(u))
}

// multi splits REG_MULTI_SZ data; the list ends at the first empty string, as readers of the type expect.
func multi(v host.Value) []string {
	var list []string
	for _, s := range strings.Split(decode(v.Data), "\x00") {
		if s == "" {
			break
		}
		list = append(list, s)
	}
	return list
}

func multiData(list []string) []byte {
	var b []byte
	for _, s := range list {
		b = append(b, text(s)...)
	}
	return append(b, 0, 0)
}
