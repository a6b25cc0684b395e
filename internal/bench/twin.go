package main

import (
	"bytes"
	"cmp"
	"debug/pe"
	"encoding/binary"
	"hash/fnv"
	"math/rand/v2"
	"slices"
)

// A twin is a PE file as a rebuild after a small change of its source leaves it: code is added at some places and taken
// away at others, so everything between them moves, and with it change all numbers that a linker derives: operands of calls
// and jumps, RIP-relative operands, the function table, exports, relocated pointers, the time stamp, the version. The
// result is not meant to run; it is meant to differ from the original as the next build does. Section and file sizes stay.

// gap is a change of .text: insert new bytes before offset at, or drop some there.
type gap struct{ at, insert, drop int }

// twinFile is a PE file on its way to its twin. Offsets named text… count from the beginning of .text.
type twinFile struct {
	old, out   []byte
	file       *pe.File
	is64       bool
	imageBase  uint64
	dirs       []pe.DataDirectory
	textStart  int // file offset
	textRVA    int
	textLength int
	gaps       []gap // by position; together they insert as much as they drop
}

// twinOf returns the twin of a file, the same each time for the same name and edits, the number of places to change.
func twinOf(data []byte, name string, edits int) []byte {
	h := fnv.New64a()
	h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(h.Sum64(), uint64(edits)))
	t, ok := openTwin(data)
	if !ok {
		return scatter(data, rng)
	}
	t.restamp(rng)
	t.bumpVersion()
	if t.textLength >= 4096 {
		t.planGaps(edits*(1+rng.IntN(4)), rng)
		text := t.moveCode(rng)
		t.fixOperands(text)
		copy(t.out[t.textStart:], text)
		t.fixFunctionTable()
		t.fixExports()
		t.fixRelocated()
	}
	return t.out
}

// scatter changes some bytes of a file that is no PE file.
func scatter(data []byte, rng *rand.Rand) []byte {
	out := bytes.Clone(data)
	for range min(8, len(out)) {
		out[rng.IntN(len(out))] ^= byte(1 + rng.IntN(255))
	}
	return out
}

func openTwin(data []byte) (*twinFile, bool) {
	f, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	t := &twinFile{old: data, out: bytes.Clone(data), file: f}
	switch h := f.OptionalHeader.(type) {
	case *pe.OptionalHeader64:
		t.is64, t.imageBase, t.dirs = true, h.ImageBase, h.DataDirectory[:]
	case *pe.OptionalHeader32:
		t.imageBase, t.dirs = uint64(h.ImageBase), h.DataDirectory[:]
	default:
		return nil, false
	}
	if s := f.Section(".text"); s != nil && int(s.Offset)+int(s.Size) <= len(data) {
		t.textStart, t.textRVA = int(s.Offset), int(s.VirtualAddress)
		t.textLength = int(min(s.VirtualSize, s.Size))
	}
	return t, true
}

// planGaps puts insertions into the first third of the code and as many bytes of deletions into the last third. All are
// multiples of 16 at multiples of 16, as functions are aligned.
func (t *twinFile) planGaps(edits int, rng *rand.Rand) {
	const align = 16
	pairs := max(min(edits/2, t.textLength/8192), 1)
	place := func(lowPercent int) int {
		return t.textLength * (lowPercent + rng.IntN(30)) / 100 / align * align
	}
	for range pairs {
		n := align * (1 + rng.IntN(12))
		t.gaps = append(t.gaps, gap{at: place(2), insert: n}, gap{at: place(65), drop: n})
	}
	slices.SortStableFunc(t.gaps, func(a, b gap) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(t.gaps); i++ { // a deletion must not reach into the next place
		if end := t.gaps[i-1].at + t.gaps[i-1].drop; t.gaps[i].at < end {
			t.gaps[i].at = end
		}
	}
}

// moveCode returns the new .text before any number in it is mended. Inserted code is copied from elsewhere in .text.
func (t *twinFile) moveCode(rng *rand.Rand) []byte {
	code := t.old[t.textStart : t.textStart+t.textLength]
	text := make([]byte, 0, len(code))
	pos := 0
	for _, g := range t.gaps {
		text = append(text, code[pos:g.at]...)
		from := rng.IntN(len(code) - g.insert)
		text = append(text, code[from:from+g.insert]...)
		pos = g.at + g.drop
	}
	return append(text, code[pos:]...)
}

// moved returns where the old text offset o is now.
func (t *twinFile) moved(o int) int {
	shift := 0
	for _, g := range t.gaps {
		if g.at > o {
			break
		}
		shift += g.insert - min(g.drop, o-g.at)
	}
	return o + shift
}

// dropped reports whether the byte at text offset o was taken away.
func (t *twinFile) dropped(o int) bool {
	return slices.ContainsFunc(t.gaps, func(g gap) bool { return o >= g.at && o < g.at+g.drop })
}

// fixOperands mends the 32-bit relative operands of the code that moved. Bytes that merely look like such an instruction
// are mended too where the result is plausible; in a compression corpus that does no harm.
func (t *twinFile) fixOperands(text []byte) {
	code := t.old[t.textStart : t.textStart+t.textLength]
	image := t.imageEnd()
	for o := 0; o+8 < len(code); o++ {
		operand, within := relative(code[o:], t.is64)
		if operand == 0 || t.dropped(o) {
			continue
		}
		field := o + operand
		end := field + 4 // what the operand counts from
		target := end + int(int32(binary.LittleEndian.Uint32(code[field:])))
		inText := target >= 0 && target < len(code)
		if !inText && (within || target+t.textRVA < 0 || target+t.textRVA >= image) {
			continue
		}
		if inText {
			target = t.moved(target)
		}
		if to := t.moved(field); to+4 <= len(text) {
			binary.LittleEndian.PutUint32(text[to:], uint32(int32(target-t.moved(end))))
		}
		o = end - 1
	}
}

// relative returns the offset of the relative operand of the instruction that code begins with, or 0; within says that the
// operand can only point into code.
func relative(code []byte, is64 bool) (operand int, within bool) {
	switch op, next := code[0], code[1]; {
	case op == 0xE8 || op == 0xE9: // call, jmp
		return 1, true
	case op == 0x0F && next&0xF0 == 0x80: // jcc
		return 2, true
	case is64 && next&0xC7 == 0x05: // mod 00, r/m 101: [rip+disp32], in the common instructions without an immediate
		if bytes.IndexByte([]byte{0x03, 0x10, 0x39, 0x3B, 0x63, 0x6F, 0x85, 0x89, 0x8B, 0x8D, 0xFF}, op) >= 0 {
			return 2, false
		}
	}
	return 0, false
}

func (t *twinFile) imageEnd() int {
	end := 0
	for _, s := range t.file.Sections {
		end = max(end, int(s.VirtualAddress+s.VirtualSize))
	}
	return end
}

// data returns the place of a data directory in the file: its offset and its size, 0, 0 where there is none.
func (t *twinFile) data(directory int) (offset, size int) {
	if directory >= len(t.dirs) || t.dirs[directory].Size == 0 {
		return 0, 0
	}
	d := t.dirs[directory]
	o, ok := t.offset(int(d.VirtualAddress))
	if !ok || o+int(d.Size) > len(t.out) {
		return 0, 0
	}
	return o, int(d.Size)
}

// offset turns an RVA into a file offset.
func (t *twinFile) offset(rva int) (int, bool) {
	for _, s := range t.file.Sections {
		if first := int(s.VirtualAddress); rva >= first && rva < first+int(s.Size) {
			return int(s.Offset) + rva - first, true
		}
	}
	return 0, false
}

// fixRVA mends the RVA at a file offset if it points into .text.
func (t *twinFile) fixRVA(at int) {
	if at+4 > len(t.out) {
		return
	}
	field := t.out[at:]
	if o := int(binary.LittleEndian.Uint32(field)) - t.textRVA; o >= 0 && o < t.textLength {
		binary.LittleEndian.PutUint32(field, uint32(t.moved(o)+t.textRVA))
	}
}

// fixFunctionTable mends .pdata: begin and end of each function, then its unwind data, which does not move.
func (t *twinFile) fixFunctionTable() {
	if !t.is64 {
		return
	}
	at, size := t.data(pe.IMAGE_DIRECTORY_ENTRY_EXCEPTION)
	for i := 0; i+12 <= size; i += 12 {
		t.fixRVA(at + i)
		t.fixRVA(at + i + 4)
	}
}

func (t *twinFile) fixExports() {
	at, size := t.data(pe.IMAGE_DIRECTORY_ENTRY_EXPORT)
	if size < 40 {
		return
	}
	count := int(binary.LittleEndian.Uint32(t.out[at+20:]))
	table, ok := t.offset(int(binary.LittleEndian.Uint32(t.out[at+28:])))
	for i := 0; ok && i < count && i < size; i++ {
		t.fixRVA(table + 4*i)
	}
}

// fixRelocated mends the absolute pointers into .text that the relocation table names.
func (t *twinFile) fixRelocated() {
	at, size := t.data(pe.IMAGE_DIRECTORY_ENTRY_BASERELOC)
	for table := t.old[at : at+size]; len(table) >= 8; {
		page := int(binary.LittleEndian.Uint32(table))
		n := int(binary.LittleEndian.Uint32(table[4:]))
		if n < 8 || n > len(table) {
			return
		}
		for e := table[8:n]; len(e) >= 2; e = e[2:] {
			entry := binary.LittleEndian.Uint16(e)
			t.fixPointer(page+int(entry&0xFFF), int(entry>>12))
		}
		table = table[n:]
	}
}

func (t *twinFile) fixPointer(rva, kind int) {
	if o := rva - t.textRVA; o >= 0 && o < t.textLength {
		rva = t.moved(o) + t.textRVA
	}
	at, ok := t.offset(rva)
	if !ok || at+8 > len(t.out) {
		return
	}
	first := t.imageBase + uint64(t.textRVA)
	switch field := t.out[at:]; kind {
	case 3: // IMAGE_REL_BASED_HIGHLOW
		if o := int64(binary.LittleEndian.Uint32(field)) - int64(first); o >= 0 && o < int64(t.textLength) {
			binary.LittleEndian.PutUint32(field, uint32(first)+uint32(t.moved(int(o))))
		}
	case 10: // IMAGE_REL_BASED_DIR64
		if o := int64(binary.LittleEndian.Uint64(field) - first); o >= 0 && o < int64(t.textLength) {
			binary.LittleEndian.PutUint64(field, first+uint64(t.moved(int(o))))
		}
	}
}

// restamp gives the file a link time up to a month later.
func (t *twinFile) restamp(rng *rand.Rand) {
	header := int(binary.LittleEndian.Uint32(t.old[0x3C:]))
	later := t.file.TimeDateStamp + 3600 + rng.Uint32N(30*86400)
	binary.LittleEndian.PutUint32(t.out[header+8:], later)
}

// bumpVersion adds 3 to the last number of the file version in VS_FIXEDFILEINFO, and changes the last digit of the string.
func (t *twinFile) bumpVersion() {
	signature := []byte{0xBD, 0x04, 0xEF, 0xFE}
	if i := bytes.Index(t.out, signature); i >= 0 && i+16 <= len(t.out) {
		low := t.out[i+12:] // dwFileVersionLS
		binary.LittleEndian.PutUint32(low, binary.LittleEndian.Uint32(low)+3)
	}
	var key []byte
	for _, c := range []byte("FileVersion") {
		key = append(key, c, 0)
	}
	if i := bytes.Index(t.out, key); i >= 0 {
		text := t.out[i+len(key):]
		digit := -1
		for k := 0; k+1 < min(len(text), 48); k += 2 {
			if c := text[k]; c >= '0' && c <= '9' && text[k+1] == 0 {
				digit = k
			} else if digit >= 0 && c == 0 {
				break
			}
		}
		if digit >= 0 {
			text[digit] = '0' + (text[digit]-'0'+3)%10
		}
	}
}
