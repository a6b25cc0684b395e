// Package shelllink writes shortcuts, .lnk files, in the form that Microsoft publishes as [MS-SHLLINK]. A link names its target
// by path alone, without an item list of the shell, which Windows resolves when it is opened.
package shelllink

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
)

// Link is one shortcut. Empty texts are left out.
type Link struct {
	Target      string // absolute path on a drive
	Description string
	WorkingDir  string
	Icon        string // file that holds the icon
	IconIndex   int32
	HotKey      uint16 // as the shell has it: key code, and modifiers in the high byte
}

// Flags of the header ([MS-SHLLINK] 2.1.1).
const (
	hasLinkInfo   = 0x02
	hasName       = 0x04
	hasWorkingDir = 0x10
	hasIcon       = 0x40
	isUnicode     = 0x80
)

// maxText is the longest text of a link in UTF-16 units; the shell reads 260.
const maxText = 259

// Encode returns the file.
func Encode(l Link) ([]byte, error) {
	for _, s := range []string{l.Target, l.Description, l.WorkingDir, l.Icon} {
		if len(utf16.Encode([]rune(s))) > maxText || strings.ContainsRune(s, 0) {
			return nil, errors.New("a text of a shortcut has at most 259 characters and no NUL: " + s)
		}
	}
	if len(l.Target) < 4 || l.Target[1] != ':' {
		return nil, errors.New("a shortcut needs the absolute path of its target, not " + l.Target)
	}
	flags := uint32(hasLinkInfo | isUnicode)
	var texts []byte
	for _, t := range []struct {
		flag uint32
		text string
	}{{hasName, l.Description}, {hasWorkingDir, l.WorkingDir}, {hasIcon, l.Icon}} { // in the order of 2.4
		if t.text != "" {
			flags |= t.flag
			units := utf16.Encode([]rune(t.text))
			texts = append(binary.LittleEndian.AppendUint16(texts, uint16(len(units))), utf16le(units)...)
		}
	}
	out := header(flags, l)
	out = append(out, linkInfo(l.Target)...)
	out = append(out, texts...)
	return append(out, 0, 0, 0, 0), nil // 2.5.10 TerminalBlock
}

func header(flags uint32, l Link) []byte {
	const size, archive, normal = 0x4C, 0x20, 1 // FILE_ATTRIBUTE_ARCHIVE, SW_SHOWNORMAL
	b := binary.LittleEndian.AppendUint32(nil, size)
	b = append(b, 0x01, 0x14, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46) // 00021401-0000-0000-C000-000000000046
	b = binary.LittleEndian.AppendUint32(b, flags)
	b = binary.LittleEndian.AppendUint32(b, archive)
	b = append(b, make([]byte, 3*8+4)...) // times and size of the target: not known
	b = binary.LittleEndian.AppendUint32(b, uint32(l.IconIndex))
	b = binary.LittleEndian.AppendUint32(b, normal)
	b = binary.LittleEndian.AppendUint16(b, l.HotKey)
	return append(b, make([]byte, 10)...)
}

// linkInfo is 2.3, with the path in ASCII and in Unicode.
func linkInfo(target string) []byte {
	const headerSize, volumeSize, fixed = 0x24, 0x11, 3 // DRIVE_FIXED
	ansi := strings.Map(func(r rune) rune {
		if r > 0x7E {
			return '_'
		}
		return r
	}, target)
	base := headerSize + volumeSize
	suffix := base + len(ansi) + 1
	wide := suffix + 1
	units := utf16le(append(utf16.Encode([]rune(target)), 0))
	wideSuffix := wide + len(units)
	size := wideSuffix + 2
	var b []byte
	for _, n := range []int{size, headerSize, 1, headerSize, base, 0, suffix, wide, wideSuffix, volumeSize, fixed, 0, 0x10} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	b = append(b, 0) // volume label
	b = append(append(b, ansi...), 0, 0)
	return append(append(b, units...), 0, 0)
}

func utf16le(units []uint16) []byte {
	var b []byte
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}
