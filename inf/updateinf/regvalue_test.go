package updateinf

import (
	"bytes"
	"strings"
	"testing"
)

// TestValue holds every AddReg form (INF docs, "INF AddReg Directive").
func TestValue(t *testing.T) {
	b := func(s string) []byte {
		var out []byte
		for _, c := range s {
			out = append(out, byte(c), 0)
		}
		return out
	}
	tests := []struct {
		name  string
		flags uint32
		data  []string
		typ   uint32
		want  []byte
		err   string
	}{
		{"string", 0, []string{"ab"}, RegSZ, b("ab\x00"), ""},
		{"string without data", 0, nil, RegSZ, b("\x00"), ""},
		{"string, trailing comma", 0, []string{"a", ""}, RegSZ, b("a\x00"), ""},
		{"string of two fields", 0, []string{"a", "b"}, 0, nil, "put it in quotes"},
		{"expand", 0x00020000, []string{"%x%"}, RegExpandSZ, b("%x%\x00"), ""},
		{"expand and append", 0x00020008, []string{";a"}, RegExpandSZ, b(";a\x00"), ""},
		{"list", 0x00010000, []string{"a", "bc"}, RegMultiSZ, b("a\x00bc\x00\x00"), ""},
		{"empty list", 0x00010000, []string{""}, RegMultiSZ, b("\x00"), ""},
		{"binary", 1, []string{"00", "0", "10", "fF", "0x7"}, RegBinary, []byte{0, 0, 16, 255, 7}, ""},
		{"binary without data", 1, nil, RegBinary, []byte{}, ""},
		{"binary, no byte", 1, []string{"100"}, 0, nil, "two hexadecimal digits"},
		{"dword", 0x10001, []string{"3"}, RegDWORD, []byte{3, 0, 0, 0}, ""},
		{"dword hex", 0x00010001, []string{"0x12345678"}, RegDWORD, []byte{0x78, 0x56, 0x34, 0x12}, ""},
		{"dword negative", 0x10001, []string{"-1"}, RegDWORD, []byte{255, 255, 255, 255}, ""},
		{"dword of bytes", 0x10001, []string{"78", "56", "34", "12"}, RegDWORD, []byte{0x78, 0x56, 0x34, 0x12}, ""},
		{"dword of two", 0x10001, []string{"1", "2"}, 0, nil, "one number, or four bytes"},
		{"dword too big", 0x10001, []string{"0x100000000"}, 0, nil, "32 bits"},
		{"dword without data", 0x10001, nil, 0, nil, "one number"},
		{"dword, keep existing, 32-bit view", 0x00014003, []string{"1"}, RegDWORD, []byte{1, 0, 0, 0}, ""},
		{"none", 0x20001, []string{"01"}, RegNone, []byte{1}, ""},
		{"qword", 0x000B0001, []string{"1", "2", "3", "4", "5", "6", "7", "8"}, RegQWORD, []byte{1, 2, 3, 4, 5, 6, 7, 8}, ""},
		{"qword number", 0x000B0001, []string{"0x100000000"}, RegQWORD, []byte{0, 0, 0, 0, 1, 0, 0, 0}, ""},
		{"qword of three", 0x000B0001, []string{"1", "2", "3"}, 0, nil, "eight bytes"},
		{"type 8 from bytes", 0x00080001, []string{"aa"}, 8, []byte{0xAA}, ""},
		{"type 4 from bytes", 0x00040001, []string{"1", "2"}, 4, []byte{1, 2}, ""},
		{"no type", 0x00080000, []string{"aa"}, 0, nil, "name no type"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			typ, data, err := RegLine{Name: "n", Flags: tt.flags, Data: tt.data}.Value()
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q in it", err, tt.err)
				}
				return
			}
			if err != nil || typ != tt.typ || !bytes.Equal(data, tt.want) {
				t.Errorf("type %d, data %x, error %v; want %d, %x", typ, data, err, tt.typ, tt.want)
			}
		})
	}
}
