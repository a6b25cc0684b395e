package pefile_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
)

var le = binary.LittleEndian

// layout is a second, plain reading of a well-formed image, by which the streaming one is judged.
type layout struct {
	d            []byte
	opt, dirs, w int
	sectionTable int
	sections     int
}

func layoutOf(d []byte) layout {
	pe := int(le.Uint32(d[0x3c:]))
	l := layout{d: d, opt: pe + 24, w: 4, sections: int(le.Uint16(d[pe+6:]))}
	l.dirs = l.opt + 96
	if le.Uint16(d[l.opt:]) == 0x20b {
		l.dirs, l.w = l.opt+112, 8
	}
	l.sectionTable = l.opt + int(le.Uint16(d[pe+20:]))
	return l
}

func (l layout) off(rva uint32) int {
	for i := range l.sections {
		s := l.d[l.sectionTable+40*i:]
		vs, va, rs, ro := le.Uint32(s[8:]), le.Uint32(s[12:]), le.Uint32(s[16:]), le.Uint32(s[20:])
		if rva >= va && rva < va+max(vs, rs) {
			return int(rva - va + ro)
		}
	}
	return int(rva)
}

// imports calls f with the file offset of each descriptor and of its two thunk tables, and with the number of thunks, the
// terminating one included.
func (l layout) imports(f func(descriptor, names, addresses, count int)) {
	rva := le.Uint32(l.d[l.dirs+8:])
	if rva == 0 {
		return
	}
	for o := l.off(rva); !bytes.Equal(l.d[o:o+20], make([]byte, 20)); o += 20 {
		names, addresses, n := 0, l.off(le.Uint32(l.d[o+16:])), 0
		if oft := le.Uint32(l.d[o:]); oft != 0 {
			names = l.off(oft)
			for n = 1; !bytes.Equal(l.d[names+(n-1)*l.w:names+n*l.w], make([]byte, l.w)); n++ {
			}
		}
		f(o, names, addresses, n)
	}
}

// referenceCRC is the rule of update.ver's last field on a copy in memory.
func referenceCRC(image []byte) uint32 {
	d := bytes.Clone(image)
	l := layoutOf(d)
	clear(d[l.opt+64 : l.opt+68])
	if bound := d[l.dirs+88 : l.dirs+96]; le.Uint32(bound) != 0 {
		o := l.off(le.Uint32(bound))
		clear(d[o : o+int(le.Uint32(bound[4:]))])
		clear(bound)
		l.imports(func(desc, names, addresses, n int) {
			clear(d[desc+4 : desc+12])
			copy(d[addresses:addresses+n*l.w], d[names:])
		})
	}
	return crc32.ChecksumIEEE(d)
}

// bind does to a copy what bind.exe does: address tables hold addresses, descriptors are stamped, a bound import directory
// stands in the headers, the checksum is renewed. ok is false where the headers have no room.
func bind(t *testing.T, image []byte) (out []byte, ok bool) {
	t.Helper()
	d := bytes.Clone(image)
	l := layoutOf(d)
	start := (l.sectionTable + 40*l.sections + 15) &^ 15
	end := int(le.Uint32(d[l.opt+60:])) // SizeOfHeaders
	l.imports(func(desc, names, addresses, n int) {
		le.PutUint32(d[desc+4:], 0xffffffff)
		le.PutUint32(d[desc+8:], 0xffffffff)
		for i := range n - 1 {
			if l.w == 8 {
				le.PutUint64(d[addresses+i*8:], 0x7ff812340000+uint64(i)*16)
			} else {
				le.PutUint32(d[addresses+i*4:], 0x77120000+uint32(i)*16)
			}
		}
	})
	dir := append(le.AppendUint32(nil, 0x41107B81), 16, 0, 0, 0)
	dir = append(append(dir, make([]byte, 8)...), "KERNEL32.dll\x00\x00\x00\x00"...)
	if start+len(dir) > end || !bytes.Equal(d[start:start+len(dir)], make([]byte, len(dir))) {
		return nil, false
	}
	copy(d[start:], dir)
	le.PutUint32(d[l.dirs+88:], uint32(start))
	le.PutUint32(d[l.dirs+92:], uint32(len(dir)))
	if err := pefile.SetChecksum(d); err != nil {
		t.Fatal(err)
	}
	return d, true
}
