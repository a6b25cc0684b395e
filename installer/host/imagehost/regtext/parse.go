package regtext

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parse reads a file. The header must be there. Errors are *ParseError.
func Parse(text []byte) ([]Entry, error) {
	p := &parser{rest: text}
	line, ok := p.next()
	if !ok || strings.TrimPrefix(line, "\ufeff") != Header {
		return nil, &ParseError{1, "the first line must be: " + Header}
	}
	return p.entries()
}

// ParseFragment reads entries without a header, as journals hold them. Errors are *ParseError.
func ParseFragment(text []byte) ([]Entry, error) { return (&parser{rest: text}).entries() }

type parser struct {
	rest []byte
	line int
}

// next gives the next line without its end; a CR before the LF is dropped.
func (p *parser) next() (string, bool) {
	if len(p.rest) == 0 {
		return "", false
	}
	line, rest, _ := bytes.Cut(p.rest, []byte("\n"))
	p.rest = rest
	p.line++
	return string(bytes.TrimSuffix(line, []byte("\r"))), true
}

func (p *parser) fail(format string, args ...any) error {
	return &ParseError{p.line, fmt.Sprintf(format, args...)}
}

func (p *parser) entries() ([]Entry, error) {
	if len(p.rest) > MaxText {
		return nil, &ParseError{1, fmt.Sprintf("larger than %d bytes", MaxText)}
	}
	var list []Entry
	for {
		line, ok := p.next()
		if !ok {
			return list, nil
		}
		switch {
		case line == "" || line[0] == ';':
		case !utf8.ValidString(line):
			return nil, p.fail("not UTF-8; save the file as UTF-8")
		case strings.ContainsRune(line, 0):
			return nil, p.fail("a NUL in the text")
		case line[0] == '[':
			e, err := p.key(line)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		case len(list) == 0:
			return nil, p.fail("a value before the first [key]")
		default:
			e := &list[len(list)-1]
			if e.Delete {
				return nil, p.fail("a value under a deleted key")
			}
			v, err := p.value(line)
			if err != nil {
				return nil, err
			}
			e.Values = append(e.Values, v)
		}
	}
}

func (p *parser) key(line string) (Entry, error) {
	body, ok := strings.CutSuffix(line[1:], "]")
	if !ok {
		return Entry{}, p.fail("no ] at the end of the key line")
	}
	var e Entry
	if body, e.Delete = strings.CutPrefix(body, "-"); strings.Count(body, `\`) >= MaxDepth {
		return Entry{}, p.fail("key nests deeper than %d", MaxDepth)
	}
	e.Path = strings.Split(body, `\`)
	for _, name := range e.Path {
		if name == "" {
			return Entry{}, p.fail("empty element in the key's path")
		}
		if utf16Len(name) > MaxName {
			return Entry{}, p.fail("element of the key's path longer than %d", MaxName)
		}
		if strings.ContainsFunc(name, func(r rune) bool { return r < 0x20 || r == 0x7f }) {
			return Entry{}, p.fail("control character in the key's path")
		}
	}
	return e, nil
}

func (p *parser) value(line string) (Value, error) {
	var v Value
	rest, isDefault := strings.CutPrefix(line, "@")
	if !isDefault {
		var err error
		if v.Name, rest, err = p.quoted(line); err != nil {
			return v, err
		}
		if v.Name == "" {
			return v, p.fail(`the default value is written @, not ""`)
		}
		if utf16Len(v.Name) > MaxValue {
			return v, p.fail("value name longer than %d", MaxValue)
		}
	}
	rest, ok := strings.CutPrefix(rest, "=")
	if !ok {
		return v, p.fail("no = after the value's name")
	}
	if rest == "-" {
		v.Delete = true
		return v, nil
	}
	if err := p.data(rest, &v); err != nil {
		return v, err
	}
	if len(v.Data) > MaxData {
		return v, p.fail("data larger than %d bytes", MaxData)
	}
	return v, nil
}

func (p *parser) data(s string, v *Value) error {
	kind, arg, _ := strings.Cut(s, ":")
	switch {
	case strings.HasPrefix(s, `"`):
		v.Type = typeSZ
		return p.text(s, v)
	case kind == "expand":
		v.Type = typeExpandSZ
		return p.text(arg, v)
	case kind == "multi":
		v.Type = typeMultiSZ
		return p.multi(arg, v)
	case kind == "dword":
		n, err := p.number(arg, 8)
		v.Type, v.Data = typeDWORD, binary.LittleEndian.AppendUint32(nil, uint32(n))
		return err
	case kind == "qword":
		n, err := p.number(arg, 16)
		v.Type, v.Data = typeQWORD, binary.LittleEndian.AppendUint64(nil, n)
		return err
	case kind == "hex":
		v.Type = typeBinary
		return p.hex(arg, v)
	case strings.HasPrefix(kind, "hex(") && strings.HasSuffix(kind, ")"):
		n, err := strconv.ParseUint(kind[4:len(kind)-1], 16, 32)
		if err != nil {
			return p.fail("%q is no type number in hex", kind[4:len(kind)-1])
		}
		v.Type = uint32(n)
		return p.hex(arg, v)
	}
	return p.fail(`unknown data %.40q: expected "text", expand:, multi:, dword:, qword:, hex: or hex(n):`, s)
}

func (p *parser) text(s string, v *Value) error {
	text, rest, err := p.quoted(s)
	if err != nil {
		return err
	}
	if rest != "" {
		return p.fail("text after the closing quote: %.40q", rest)
	}
	v.Data = encodeText(text + "\x00")
	return nil
}

func (p *parser) multi(s string, v *Value) error {
	for s != "" {
		item, rest, err := p.quoted(s)
		if err != nil {
			return err
		}
		v.Data = append(v.Data, encodeText(item+"\x00")...)
		if rest == "" {
			break
		}
		var ok bool
		if s, ok = strings.CutPrefix(rest, ","); !ok || s == "" {
			return p.fail("expected a comma and a string: %.40q", rest)
		}
	}
	v.Data = append(v.Data, 0, 0)
	return nil
}

func (p *parser) number(s string, digits int) (uint64, error) {
	if len(s) != digits {
		return 0, p.fail("%q must have %d hex digits", s, digits)
	}
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0, p.fail("%q must have %d hex digits", s, digits)
	}
	return n, nil
}

// hex reads pairs of digits between commas; a backslash at the end of the line goes on in the next one.
func (p *parser) hex(s string, v *Value) error {
	var digits []byte
	for {
		part, more := strings.CutSuffix(s, `\`)
		digits = append(digits, strings.TrimLeft(part, " \t")...)
		if !more {
			break
		}
		var ok bool
		if s, ok = p.next(); !ok {
			return p.fail("the text ends after a line that goes on")
		}
	}
	if len(digits) == 0 {
		return nil
	}
	if (len(digits)+1)%3 != 0 {
		return p.fail("hex data must be pairs of digits between commas")
	}
	if len(digits)/3 > MaxData {
		return p.fail("data larger than %d bytes", MaxData)
	}
	v.Data = make([]byte, (len(digits)+1)/3)
	for i := range v.Data {
		at := 3 * i
		if at > 0 && digits[at-1] != ',' {
			return p.fail("hex data must be pairs of digits between commas")
		}
		if _, err := hex.Decode(v.Data[i:i+1], digits[at:at+2]); err != nil {
			return p.fail("hex data must be pairs of digits between commas")
		}
	}
	return nil
}

// quoted reads a quoted text at the start of s and gives what follows it.
func (p *parser) quoted(s string) (text, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", p.fail("expected a quoted text: %.40q", s)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], nil
		case '\\':
			n, err := p.escape(s[i+1:], &b)
			if err != nil {
				return "", "", err
			}
			i += n
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", p.fail("no closing quote")
}

// escape reads what follows a backslash and says how many bytes that is.
func (p *parser) escape(s string, b *strings.Builder) (int, error) {
	if strings.HasPrefix(s, `\`) || strings.HasPrefix(s, `"`) {
		b.WriteByte(s[0])
		return 1, nil
	}
	if hexDigits, ok := strings.CutPrefix(s, "u"); ok && len(hexDigits) >= 4 {
		n, err := strconv.ParseUint(hexDigits[:4], 16, 16)
		if err == nil && n != 0 && utf8.ValidRune(rune(n)) {
			b.WriteRune(rune(n))
			return 5, nil
		}
	}
	return 0, p.fail(`unknown escape: only \\, \" and \uXXXX (a character, not NUL) are known`)
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}
