package step

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/installer/host"
)

// maxShown bounds how much of a value a plan prints, in bytes.
const maxShown = 120

func valueText(v host.Value) string {
	switch {
	case v.Type == host.RegSZ || v.Type == host.RegExpandSZ:
		return typeName(v.Type) + " " + strconv.Quote(shorten(decode(v.Data)))
	case v.Type == host.RegMultiSZ:
		s := strings.Split(strings.TrimRight(decodeAll(v.Data), "\x00"), "\x00")
		return typeName(v.Type) + " " + strconv.Quote(shorten(strings.Join(s, "|")))
	case v.Type == host.RegDWORD && len(v.Data) == 4:
		return "REG_DWORD 0x" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(v.Data)), 16)
	}
	d := v.Data
	if len(d) > maxShown/2 {
		d = d[:maxShown/2]
	}
	return typeName(v.Type) + " " + hex.EncodeToString(d)
}

func shorten(s string) string {
	if len(s) > maxShown {
		return s[:maxShown] + "…"
	}
	return s
}

func typeName(t uint32) string {
	names := map[uint32]string{host.RegNone: "REG_NONE", host.RegSZ: "REG_SZ", host.RegExpandSZ: "REG_EXPAND_SZ",
		host.RegBinary: "REG_BINARY", host.RegDWORD: "REG_DWORD", host.RegMultiSZ: "REG_MULTI_SZ", host.RegQWORD: "REG_QWORD"}
	if n, ok := names[t]; ok {
		return n
	}
	return "type " + strconv.FormatUint(uint64(t), 10)
}

func decodeAll(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, binary.LittleEndian.Uint16(b[i:]))
	}
	return string(utf16.Decode(u))
}

func decode(b []byte) string {
	s, _, _ := strings.Cut(decodeAll(b), "\x00")
	return s
}
