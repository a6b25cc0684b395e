package makecab

import (
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"strings"

	"github.com/kbforge/kbforge/stub/cab"
)

const (
	headerSize = 36
	folderSize = 8
	fileSize   = 16
	// worthTranslating is how many bytes of files without twins have a folder of their own.
	worthTranslating = 1 << 20
)

// layout is where everything of the cabinet is.
type layout struct {
	inputs  []Input
	entries []entry
	folders []*folder
	method  Method
	unique  int
	size    int64 // of the cabinet so far
}

// entry is a CFFILE.
type entry struct {
	in     int // index of the input
	folder int
	offset int64
}

// folder is a CFFOLDER: the inputs stored in it, and after compression its place.
type folder struct {
	inputs []int
	twins  bool // holds several files of one name, most probably versions of one file
	size   int64
	offset int64
	blocks int
}

// newLayout assigns inputs to folders; same[i] is the input whose data input i shares, or i.
func newLayout(inputs []Input, same []int, o Options) (*layout, error) {
	l := &layout{inputs: inputs, method: o.Method}
	limit := o.FolderSize
	if limit <= 0 {
		total := int64(0)
		for i := range inputs {
			if same[i] == i {
				total += inputs[i].Size
			}
		}
		limit = LargeFolder
		if total <= SmallPayload {
			limit = SmallFolder
		}
	}
	at := make([]entry, len(inputs))
	for i := 0; i < len(inputs); {
		// A group: neighbours with one base name.
		n, size, versions := i, int64(0), 0
		for ; n < len(inputs) && baseName(inputs[n].Name) == baseName(inputs[i].Name); n++ {
			if same[n] == n && inputs[n].Size > 0 {
				size += inputs[n].Size
				versions++
			}
		}
		if versions > 1 {
			l.endSingles()
		}
		for ; i < n; i++ {
			if same[i] != i {
				at[i] = entry{i, at[same[i]].folder, at[same[i]].offset}
				continue
			}
			l.place(i, size, limit, at)
			size = 0 // only the first of a group looks at the whole
			l.unique++
			if versions > 1 {
				l.folders[len(l.folders)-1].twins = true
			}
		}
	}
	if len(l.folders) > cab.MaxFolders {
		return nil, fmt.Errorf("a cabinet can hold %d folders, this one needs %d: give a larger folder size", cab.MaxFolders,
			len(l.folders))
	}
	l.entries = at
	// Readers that go through the files in order, such as FDI, decode each folder once if this is also the order of the data.
	sort.SliceStable(at, func(a, b int) bool {
		if at[a].folder != at[b].folder {
			return at[a].folder < at[b].folder
		}
		return at[a].offset < at[b].offset
	})
	return l, nil
}

// endSingles begins a new folder before twins if the last one has enough other files, whose calls are worth translating: the
// runtime of a package, above all.
func (l *layout) endSingles() {
	if last := len(l.folders) - 1; last >= 0 && !l.folders[last].twins && l.folders[last].size >= worthTranslating {
		l.folders = append(l.folders, &folder{})
	}
}

// place puts input i into the last folder or a new one. group is the size of the group that begins with i, or 0 inside one.
func (l *layout) place(i int, group, limit int64, at []entry) {
	size := l.inputs[i].Size
	last := len(l.folders) - 1
	room := limit
	if group == 0 {
		room = 2 * limit
	}
	if last < 0 || l.folders[last].size > 0 && size > 0 && l.folders[last].size+max(size, group) > room {
		l.folders = append(l.folders, &folder{})
		last++
	}
	f := l.folders[last]
	at[i] = entry{i, last, f.size}
	if size > 0 {
		f.inputs = append(f.inputs, i)
		f.size += size
	}
}

// baseName is the last element of a path, folded.
func baseName(name string) string { return cab.FoldName(name[strings.LastIndexByte(name, '\\')+1:]) }

func (l *layout) directorySize() int64 {
	n := int64(headerSize + folderSize*len(l.folders))
	for i := range l.inputs {
		n += int64(fileSize + len(l.inputs[i].Name) + 1)
	}
	return n
}

// pad brings the cabinet to a multiple of Alignment.
func (l *layout) pad(w io.Writer) error {
	zeros := make([]byte, (Alignment-l.size%Alignment)%Alignment)
	l.size += int64(len(zeros))
	_, err := w.Write(zeros)
	return err
}

// writeDirectory writes header, folders and files at start, and goes to the end of the cabinet.
func (l *layout) writeDirectory(w io.WriteSeeker, start int64) error {
	le := binary.LittleEndian
	b := make([]byte, headerSize, l.directorySize())
	copy(b, "MSCF")
	le.PutUint32(b[8:], uint32(l.size))
	le.PutUint32(b[16:], uint32(headerSize+folderSize*len(l.folders)))
	b[24], b[25] = 3, 1
	le.PutUint16(b[26:], uint16(len(l.folders)))
	le.PutUint16(b[28:], uint16(len(l.entries)))
	kind := uint16(cab.None)
	switch l.method {
	case LZX:
		kind = uint16(cab.LZX) | windowBits<<8
	case MSZIP:
		kind = uint16(cab.MSZIP)
	}
	for _, f := range l.folders {
		b = le.AppendUint32(b, uint32(f.offset))
		b = le.AppendUint16(b, uint16(f.blocks))
		b = le.AppendUint16(b, kind)
	}
	for _, e := range l.entries {
		b = appendFile(b, &l.inputs[e.in], e)
	}
	if _, err := w.Seek(start, io.SeekStart); err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	_, err := w.Seek(start+l.size, io.SeekStart)
	return err
}

func appendFile(b []byte, in *Input, e entry) []byte {
	le := binary.LittleEndian
	attr := in.Attr &^ cab.AttrUTF8
	if attr == 0 {
		attr = cab.AttrArchive
	}
	for i := range len(in.Name) {
		if in.Name[i] >= 0x80 {
			attr |= cab.AttrUTF8
			break
		}
	}
	date, clock := cab.ToDOSTime(in.ModTime)
	b = le.AppendUint32(b, uint32(in.Size))
	b = le.AppendUint32(b, uint32(e.offset))
	b = le.AppendUint16(b, uint16(e.folder))
	b = le.AppendUint16(b, date)
	b = le.AppendUint16(b, clock)
	b = le.AppendUint16(b, attr)
	return append(append(b, in.Name...), 0)
}

func (l *layout) stats() Stats {
	s := Stats{Files: len(l.inputs), Unique: l.unique, Folders: len(l.folders), Size: l.size}
	for i := range l.inputs {
		s.Input += l.inputs[i].Size
	}
	for _, f := range l.folders {
		s.Stored += f.size
	}
	return s
}
