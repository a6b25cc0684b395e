// Package cab reads cabinets: uncompressed, MSZIP and LZX folders of a single file. Package makecab, below, writes them.
//
// The layout is that of Microsoft's "Cabinet File Format" ([MS-CAB]): a CFHEADER, the CFFOLDER entries, the CFFILE entries,
// and each folder's CFDATA blocks. All numbers are little endian. The package formats no text and imports little, so that a
// self-extractor that links it stays small.
//
// Names from a cabinet are outside input: pass them through CheckName, or a NameSet, before a file is made.
package cab

import (
	"errors"
	"strconv"
	"time"
)

// Limits of the format, and of this reader.
const (
	// MaxFiles and MaxFolders are the most entries a cabinet can count (16 bits).
	MaxFiles   = 65535
	MaxFolders = 65535
	// MaxBlocks is the most CFDATA blocks of one folder (16 bits).
	MaxBlocks = 65535
	// BlockSize is the number of uncompressed bytes in every block but the last of a folder.
	BlockSize = 32768
	// MaxFolderSize is the most uncompressed bytes in one folder, and so in one file: MaxBlocks * BlockSize.
	MaxFolderSize = MaxBlocks * BlockSize
	// MaxBlockData is the most stored bytes in a block that the reader takes ([MS-CAB] allows BlockSize + 6144 for LZX).
	MaxBlockData = 65535
	// MaxName is the longest file name, in bytes as stored, without the terminating zero ([MS-CAB]: 256 with it).
	MaxName = 255
	// MaxSize is the largest cabinet, in bytes (32 bits).
	MaxSize = 1<<32 - 1
	// MaxOpen is how many files of one folder Extract holds open at a time. More than that many files that share one place
	// make it decode the folder again.
	MaxOpen = 256
)

// Attributes of a file ([MS-CAB] CFFILE.attribs). AttrUTF8 says how the name is stored.
const (
	AttrReadOnly = 0x01
	AttrHidden   = 0x02
	AttrSystem   = 0x04
	AttrArchive  = 0x20
	AttrExec     = 0x40
	AttrUTF8     = 0x80
)

// Errors that callers tell apart. Those returned wrap one of them, or come from the underlying reader.
var (
	// ErrFormat reports a file that is no cabinet or whose structure is broken.
	ErrFormat = errors.New("not a valid cabinet")
	// ErrTruncated reports a cabinet that is longer than what there is of it.
	ErrTruncated = errors.New("cabinet is cut short")
	// ErrChecksum reports a block whose checksum does not agree with its bytes.
	ErrChecksum = errors.New("cabinet block has a wrong checksum")
	// ErrData reports compressed data that cannot be decoded, or that decodes to less than a file needs.
	ErrData = errors.New("compressed data in the cabinet is damaged")
	// ErrUnsupported reports a cabinet this package does not read: Quantum compression, or a part of a set of cabinets.
	ErrUnsupported = errors.New("unsupported cabinet")
)

// fault is an error with the place it was found in.
type fault struct {
	kind error
	what string
}

func (f *fault) Error() string { return f.kind.Error() + ": " + f.what }
func (f *fault) Unwrap() error { return f.kind }

func faulty(kind error, what string) error { return &fault{kind, what} }

func itoa(n int) string { return strconv.Itoa(n) }

// Method is how a folder is compressed.
type Method uint8

// Methods, as numbered in CFFOLDER.typeCompress.
const (
	None Method = iota
	MSZIP
	quantum
	LZX
)

// String returns the method's name.
func (m Method) String() string {
	switch m {
	case None:
		return "None"
	case MSZIP:
		return "MSZIP"
	case quantum:
		return "Quantum"
	case LZX:
		return "LZX"
	}
	return "method " + itoa(int(m))
}

// Folder is a run of data compressed as one.
type Folder struct {
	Method     Method
	WindowBits int   // of an LZX folder, 15 to 21
	Blocks     int   // CFDATA blocks
	Offset     int64 // of the first block, from the beginning of the cabinet
}

// File is an entry of the cabinet. Several entries may name the same data.
type File struct {
	// Name is the path, with backslashes; a slash in the cabinet counts as one. Nothing about it is checked.
	Name string
	// Size is the uncompressed size in bytes.
	Size int64
	// ModTime is the local time that the cabinet holds, to two seconds, given as UTC.
	ModTime time.Time
	// Attr are the attribute bits.
	Attr uint16
	// Folder is the index of the folder that the data is in, Offset the place in its uncompressed bytes.
	Folder int
	Offset int64
}

// FromDOSTime turns a date and a time as CFFILE has them into a time of UTC. Fields out of range run over. The arithmetic is
// our own because time.Date links what reads the time zone, 47 KB in the extractor.
func FromDOSTime(date, clock uint16) time.Time {
	year, month, day := 1980+int64(date>>9), int64(date>>5&15), int64(date&31)
	// Years that begin in March, so that leap days come last.
	if month <= 2 {
		year--
		month += 12
	}
	days := 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
	seconds := int64(clock>>11)*3600 + int64(clock>>5&63)*60 + int64(clock&31)*2
	return time.Unix(days*86400+seconds, 0).UTC()
}

// ToDOSTime is the reverse; times outside 1980 to 2107 become the nearest that can be said.
func ToDOSTime(t time.Time) (date, clock uint16) {
	t = t.UTC()
	switch y := t.Year(); {
	case y < 1980:
		return 1<<5 | 1, 0
	case y > 2107:
		return 127<<9 | 12<<5 | 31, 23<<11 | 59<<5 | 29
	}
	return uint16((t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day()), uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
}

// Checksum is the checksum of a block's bytes, started from seed ([MS-CAB] 3.1).
func Checksum(b []byte, seed uint32) uint32 {
	var wide uint64
	for len(b) >= 8 {
		wide ^= uint64(le32(b)) | uint64(le32(b[4:]))<<32
		b = b[8:]
	}
	s := seed ^ uint32(wide) ^ uint32(wide>>32)
	if len(b) >= 4 {
		s ^= le32(b)
		b = b[4:]
	}
	switch len(b) {
	case 3:
		s ^= uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	case 2:
		s ^= uint32(b[0])<<8 | uint32(b[1])
	case 1:
		s ^= uint32(b[0])
	}
	return s
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
