package inf

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how a file's text is stored.
type Encoding uint8

const (
	// Auto is for files that are built: ANSI if the text is pure ASCII, else UTF16LE (OURS; all package INFs that we
	// have seen are ASCII).
	Auto Encoding = iota
	// ANSI is one byte, or two, a character in a code page.
	ANSI
	// UTF16LE has the byte order mark FF FE in front.
	UTF16LE
)

func (e Encoding) String() string {
	return [...]string{"auto", "ansi", "utf-16le"}[e]
}

// CodePage converts the text of ANSI files. Decode never fails; Encode reports a character that the page lacks.
type CodePage interface {
	Decode(b []byte) string
	Encode(s string) ([]byte, error)
}

// Windows1252 returns the code page of Western Windows, the default of Parse. Its five free positions decode to the
// control character of the same number, as Windows does. Other pages: package inf/codepage.
func Windows1252() CodePage { return cp1252{} }

type cp1252 struct{}

// upper1252 is what 0x80..0x9F mean.
const upper1252 = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
	"\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178"

func (cp1252) Decode(b []byte) string {
	if isASCII(b) {
		return string(b)
	}
	upper := []rune(upper1252)
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
		if c >= 0x80 && c < 0xA0 {
			out[i] = upper[c-0x80]
		}
	}
	return string(out)
}

func (cp1252) Encode(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
next:
	for _, r := range s {
		if r < 0x80 || r >= 0xA0 && r < 0x100 {
			out = append(out, byte(r))
			continue
		}
		n := 0
		for _, u := range upper1252 {
			if u == r {
				out = append(out, byte(0x80+n))
				continue next
			}
			n++
		}
		return nil, fmt.Errorf("code page 1252 has no %q; store the file as UTF-16LE", r)
	}
	return out, nil
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func decode16(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

func encode16(s string) []byte {
	units := utf16.Encode([]rune(s))
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = append(out, byte(u), byte(u>>8))
	}
	return out
}
