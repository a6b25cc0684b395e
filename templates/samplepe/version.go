package samplepe

import (
	"encoding/binary"

	"github.com/kbforge/kbforge/installer/pefile"
)

const (
	langUS  = 0x0409
	unicode = 1200 // code page
)

// resourceSection is a resource tree with one leaf: RT_VERSION, 1, US English.
func resourceSection(rva uint32, data []byte) []byte {
	le := binary.LittleEndian
	var b []byte
	for level, id := range []uint32{16, 1, langUS} {
		b = append(b, make([]byte, 14)...)
		b = le.AppendUint16(b, 1) // one entry with a number
		b = le.AppendUint32(b, id)
		next := uint32(24 * (level + 1))
		if level < 2 {
			next |= 1 << 31 // a directory
		}
		b = le.AppendUint32(b, next)
	}
	for _, v := range []uint32{rva + 88, uint32(len(data)), 0, 0} {
		b = le.AppendUint32(b, v)
	}
	return append(b, data...)
}

// versionResource is a VS_VERSIONINFO with the table 040904B0.
func versionResource(s Spec) ([]byte, error) {
	v := pefile.VersionInfo{
		File: s.Version, Product: s.product(), FlagsMask: 0x3f, OS: 0x40004, Type: 1, // Windows NT, application
		Tables:       []pefile.StringTable{{Language: langUS, CodePage: unicode, Strings: s.strings()}},
		Translations: []pefile.Translation{{Language: langUS, CodePage: unicode}},
	}
	if s.DLL {
		v.Type = 2
	}
	return v.Bytes()
}
