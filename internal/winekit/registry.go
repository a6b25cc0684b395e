package winekit

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/kbforge/kbforge/internal/winekit/wire"
)

// RegValue is registry data as stored: for the string types UTF-16LE with its terminators.
type RegValue = wire.RegValue

// SZ, ExpandSZ, MultiSZ, DWORD and Binary make the common kinds of values.
func SZ(s string) RegValue            { return RegValue{Type: 1, Data: encode(s + "\x00")} }
func ExpandSZ(s string) RegValue      { return RegValue{Type: 2, Data: encode(s + "\x00")} }
func MultiSZ(list ...string) RegValue { return RegValue{Type: 7, Data: encode(joinMulti(list))} }
func Binary(b []byte) RegValue        { return RegValue{Type: 3, Data: b} }
func DWORD(n uint32) RegValue {
	return RegValue{Type: 4, Data: binary.LittleEndian.AppendUint32(nil, n)}
}

// RegSet writes a value, making its key where it is missing. Keys of all Reg methods begin with HKLM, HKCU, HKCR or HKU; a
// 32 behind the root selects the 32-bit view: HKLM32\SOFTWARE\X.
func (p *Prefix) RegSet(t testing.TB, key, name string, v RegValue) {
	t.Helper()
	p.reg(t, wire.RegOp{Op: "set", Key: key, Name: name, Value: v})
}

// RegGet reads a value; ok is false where it or its key does not exist.
func (p *Prefix) RegGet(t testing.TB, key, name string) (v RegValue, ok bool) {
	t.Helper()
	a := p.reg(t, wire.RegOp{Op: "get", Key: key, Name: name})
	return a.Value, a.Found
}

// RegText reads a value as RegDump shows it, "" where there is none.
func (p *Prefix) RegText(t testing.TB, key, name string) string {
	t.Helper()
	v, ok := p.RegGet(t, key, name)
	if !ok {
		return ""
	}
	return FormatValue(v)
}

// RegDeleteValue and RegDeleteTree delete a value and a key with all below it; what does not exist is no error.
func (p *Prefix) RegDeleteValue(t testing.TB, key, name string) {
	t.Helper()
	p.reg(t, wire.RegOp{Op: "delete-value", Key: key, Name: name})
}

func (p *Prefix) RegDeleteTree(t testing.TB, key string) {
	t.Helper()
	p.reg(t, wire.RegOp{Op: "delete-tree", Key: key})
}

// RegDump returns a key and all below it as sorted text, "" where the key does not exist:
//
//	[HKLM\SOFTWARE\X]
//	Name = sz "text"
//	Count = dword 0x00000001
func (p *Prefix) RegDump(t testing.TB, key string) string {
	t.Helper()
	var b strings.Builder
	for _, k := range p.reg(t, wire.RegOp{Op: "dump", Key: key}).Keys {
		fmt.Fprintf(&b, "[%s]\n", k.Path)
		for i, n := range k.Names {
			if n == "" {
				n = "(default)"
			}
			fmt.Fprintf(&b, "%s = %s\n", n, FormatValue(k.Values[i]))
		}
	}
	return b.String()
}

func (p *Prefix) reg(t testing.TB, op wire.RegOp) wire.RegAnswer {
	t.Helper()
	linux, windows := p.temp(".answers")
	request := p.writeRequest(t, wire.RegRequest{Ops: []wire.RegOp{op}, Result: windows})
	if err := command(p.env, p.in.loader, p.helper, "reg", request); err != nil {
		t.Fatalf("winekit: registry: %v", err)
	}
	b, err := os.ReadFile(linux)
	if err != nil {
		t.Fatalf("winekit: registry: %v", err)
	}
	var answers []wire.RegAnswer
	if err := json.Unmarshal(b, &answers); err != nil || len(answers) != 1 {
		t.Fatalf("winekit: registry: %d answers, %v", len(answers), err)
	}
	if answers[0].Error != "" {
		t.Fatalf("winekit: %s %s %q: %s", op.Op, op.Key, op.Name, answers[0].Error)
	}
	return answers[0]
}

// FormatValue shows a value in one line: its type and its text, or its bytes in hexadecimal where they are not
// well-formed data of the type.
func FormatValue(v RegValue) string {
	names := []string{"none", "sz", "expand_sz", "binary", "dword", "dword_be", "link", "multi_sz"}
	name := fmt.Sprintf("type%d", v.Type)
	if int(v.Type) < len(names) {
		name = names[v.Type]
	}
	switch v.Type {
	case 1, 2:
		if s, ok := decode(v.Data); ok && strings.HasSuffix(s, "\x00") && strings.Count(s, "\x00") == 1 {
			return fmt.Sprintf("%s %q", name, strings.TrimSuffix(s, "\x00"))
		}
	case 4:
		if len(v.Data) == 4 {
			return fmt.Sprintf("%s 0x%08x", name, binary.LittleEndian.Uint32(v.Data))
		}
	case 7:
		if s, ok := decode(v.Data); ok {
			list := strings.Split(strings.TrimSuffix(s, "\x00\x00"), "\x00")
			if s == joinMulti(list) {
				return fmt.Sprintf("%s %q", name, list)
			}
		}
	}
	return fmt.Sprintf("%s hex:%x", name, v.Data)
}

func joinMulti(list []string) string { return strings.Join(list, "\x00") + "\x00\x00" }

func encode(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

// decode reads UTF-16LE; ok is false where encoding the text again would not give the same bytes.
func decode(b []byte) (s string, ok bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	s = string(utf16.Decode(units))
	return s, slices.Equal(encode(s), b)
}
