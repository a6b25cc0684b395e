package updateinf

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/inf"
)

// Value returns the data of an AddReg line as the registry holds it: strings as UTF-16LE with their NULs, numbers little
// endian (INF docs, "INF AddReg Directive"). A name without data is an empty string. It looks at the type bits of Flags
// only; what KEYONLY, DELVAL, APPEND and the like ask for is the caller's business.
func (l RegLine) Value() (typ uint32, data []byte, err error) {
	switch flags := l.Flags & FlgAddRegTypeMask; flags {
	case FlgAddRegTypeSZ:
		typ, data, err = stringValue(RegSZ, l.Data)
	case FlgAddRegTypeExpandSZ:
		typ, data, err = stringValue(RegExpandSZ, l.Data)
	case FlgAddRegTypeMultiSZ:
		typ, data = RegMultiSZ, multiValue(l.Data)
	case FlgAddRegTypeBinary:
		typ, data, err = bytesValue(RegBinary, l.Data)
	case FlgAddRegTypeDWORD:
		typ, data, err = dwordValue(l.Data)
	case FlgAddRegTypeNone:
		typ, data, err = bytesValue(RegNone, l.Data)
	case FlgAddRegTypeQWORD:
		typ, data, err = qwordValue(l.Data)
	default:
		// Any other type: its number in the high word.
		if flags&FlgAddRegBinValueType == 0 {
			return 0, nil, fmt.Errorf("value %q: flags 0x%08X name no type; add 1 to write type %d from bytes", l.Name, l.Flags, flags>>16)
		}
		typ, data, err = bytesValue(flags>>16, l.Data)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("value %q: %w", l.Name, err)
	}
	return typ, data, nil
}

func stringValue(typ uint32, fields []string) (uint32, []byte, error) {
	fields = trimEmpty(fields)
	switch len(fields) {
	case 0:
		return typ, []byte{0, 0}, nil
	case 1:
		return typ, utf16z(fields[0]), nil
	}
	return 0, nil, fmt.Errorf("a string of %d fields; put it in quotes", len(fields))
}

// multiValue leaves empty strings out: the format has no way to hold one.
func multiValue(fields []string) []byte {
	var out []byte
	for _, f := range fields {
		if f != "" {
			out = append(out, utf16z(f)...)
		}
	}
	return append(out, 0, 0)
}

func dwordValue(fields []string) (uint32, []byte, error) {
	fields = trimEmpty(fields)
	switch len(fields) {
	case 1:
		n, err := inf.ParseUint32(fields[0])
		return RegDWORD, binary.LittleEndian.AppendUint32(nil, n), err
	case 4:
		return bytesValue(RegDWORD, fields)
	}
	return 0, nil, fmt.Errorf("a REG_DWORD of %d fields; write one number, or four bytes", len(fields))
}

// qwordValue takes eight bytes (INF docs), or one number (OURS).
func qwordValue(fields []string) (uint32, []byte, error) {
	fields = trimEmpty(fields)
	switch len(fields) {
	case 1:
		n, err := parseUint64(fields[0])
		return RegQWORD, binary.LittleEndian.AppendUint64(nil, n), err
	case 8:
		return bytesValue(RegQWORD, fields)
	}
	return 0, nil, fmt.Errorf("a REG_QWORD of %d fields; write eight bytes, or one number", len(fields))
}

func parseUint64(s string) (uint64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 0, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number; write it decimal or as 0x and hexadecimal digits", s)
	}
	return n, nil
}

func bytesValue(typ uint32, fields []string) (uint32, []byte, error) {
	fields = trimEmpty(fields)
	out := make([]byte, 0, len(fields))
	for _, f := range fields {
		digits := strings.TrimSpace(f)
		if len(digits) > 2 && (digits[:2] == "0x" || digits[:2] == "0X") {
			digits = digits[2:]
		}
		n, err := strconv.ParseUint(digits, 16, 8)
		if err != nil {
			return 0, nil, fmt.Errorf("%q is no byte; write two hexadecimal digits a field", f)
		}
		out = append(out, byte(n))
	}
	return typ, out, nil
}

// trimEmpty drops empty fields at the end: they may stand or be left out.
func trimEmpty(fields []string) []string {
	for len(fields) > 0 && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1]
	}
	return fields
}

func utf16z(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return append(out, 0, 0)
}
