package cab

import (
	"bufio"
	"cmp"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	headerSize   = 36
	folderSize   = 8
	fileSize     = 16
	dataSize     = 8
	flagPrev     = 1
	flagNext     = 2
	flagReserve  = 4
	signature    = "MSCF"
	readChunk    = 256 << 10
	continuedMin = 0xFFFD // folder indexes from here on mean a file that goes on in another cabinet
)

// Reader gives access to one cabinet. Files and Folders are in the order of the cabinet and must not be altered. Extract and
// Open may be called as often as wanted, also at the same time.
type Reader struct {
	Files   []File
	Folders []Folder
	// Size is the size of the cabinet in bytes, as its header has it.
	Size int64
	// SetID and Index are the header's fields.
	SetID, Index uint16

	r           io.ReaderAt
	off         int64
	dataReserve int
}

// NewReader reads the directory of the cabinet that begins at off in r and is at most size bytes long; what follows the
// cabinet does not matter. It reads no file data. Errors wrap ErrFormat, ErrTruncated or ErrUnsupported.
func NewReader(r io.ReaderAt, off, size int64) (*Reader, error) {
	c := &Reader{r: r, off: off}
	var h [headerSize]byte
	if size < headerSize {
		return nil, faulty(ErrFormat, "too short for a header")
	}
	if _, err := r.ReadAt(h[:], off); err != nil {
		return nil, readError(err)
	}
	if string(h[:4]) != signature {
		return nil, faulty(ErrFormat, "no MSCF at its start")
	}
	c.Size = int64(le32(h[8:]))
	switch {
	case c.Size > size:
		return nil, faulty(ErrTruncated, "the header says "+itoa(int(c.Size))+" bytes, there are "+itoa(int(size)))
	case h[25] != 1:
		return nil, faulty(ErrUnsupported, "version "+itoa(int(h[25]))+"."+itoa(int(h[24])))
	}
	c.SetID, c.Index = le16(h[32:]), le16(h[34:])
	return c, c.readDirectory(h[:])
}

func readError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return ErrTruncated
	}
	return err
}

// directory reads the entries in order and keeps count of where it is.
type directory struct {
	br  *bufio.Reader
	at  int64
	buf [fileSize]byte
}

func (c *Reader) section(at int64) *directory {
	return &directory{br: bufio.NewReaderSize(io.NewSectionReader(c.r, c.off+at, c.Size-at), 16<<10), at: at}
}

func (d *directory) read(n int) ([]byte, error) {
	_, err := io.ReadFull(d.br, d.buf[:n])
	d.at += int64(n)
	if err != nil {
		return nil, readError(err)
	}
	return d.buf[:n], nil
}

func (d *directory) skip(n int) error {
	_, err := d.br.Discard(n)
	d.at += int64(n)
	if err != nil {
		return readError(err)
	}
	return nil
}

// text reads up to a zero byte.
func (d *directory) text() ([]byte, error) {
	var s []byte
	for {
		b, err := d.br.ReadByte()
		if err != nil {
			return nil, readError(err)
		}
		d.at++
		if b == 0 {
			return s, nil
		}
		if s = append(s, b); len(s) > MaxName {
			return nil, faulty(ErrFormat, "a name longer than "+itoa(MaxName)+" bytes")
		}
	}
}

func (c *Reader) readDirectory(h []byte) error {
	flags := le16(h[30:])
	if flags&(flagPrev|flagNext) != 0 {
		return faulty(ErrUnsupported, "it is one part of a set of several cabinets")
	}
	d := c.section(headerSize)
	folderReserve := 0
	if flags&flagReserve != 0 {
		b, err := d.read(4)
		if err != nil {
			return err
		}
		headerReserve := int(le16(b))
		folderReserve, c.dataReserve = int(b[2]), int(b[3])
		if err := d.skip(headerReserve); err != nil {
			return err
		}
	}
	if err := c.readFolders(d, int(le16(h[26:])), folderReserve); err != nil {
		return err
	}
	return c.readFiles(int64(le32(h[16:])), d.at, int(le16(h[28:])))
}

func (c *Reader) readFolders(d *directory, n, reserve int) error {
	if int64(n)*int64(folderSize+reserve) > c.Size {
		return faulty(ErrFormat, "more folders than it has room for")
	}
	c.Folders = make([]Folder, n)
	for i := range c.Folders {
		b, err := d.read(folderSize)
		if err != nil {
			return err
		}
		t := le16(b[6:])
		f := Folder{Method: Method(t & 15), Blocks: int(le16(b[4:])), Offset: int64(le32(b))}
		if f.Method == LZX {
			f.WindowBits = int(t >> 8 & 31)
		}
		switch {
		case f.Method == quantum:
			return faulty(ErrUnsupported, "folder "+itoa(i)+" is compressed with Quantum")
		case f.Method > LZX:
			return faulty(ErrUnsupported, "folder "+itoa(i)+" is compressed with "+f.Method.String())
		case f.Method == LZX && (f.WindowBits < 15 || f.WindowBits > 21):
			return faulty(ErrFormat, "folder "+itoa(i)+" has an LZX window of "+itoa(f.WindowBits)+" bits")
		case f.Offset+int64(f.Blocks)*dataSize > c.Size:
			return faulty(ErrFormat, "folder "+itoa(i)+" lies outside the cabinet")
		}
		c.Folders[i] = f
		if err := d.skip(reserve); err != nil {
			return err
		}
	}
	return nil
}

func (c *Reader) readFiles(at, after int64, n int) error {
	if at < after && n > 0 || at > c.Size || int64(n)*(fileSize+1) > c.Size-at {
		return faulty(ErrFormat, "its list of files lies in the wrong place or is too long")
	}
	d := c.section(at)
	c.Files = make([]File, n)
	for i := range c.Files {
		b, err := d.read(fileSize)
		if err != nil {
			return err
		}
		f := File{Size: int64(le32(b)), Offset: int64(le32(b[4:])), Folder: int(le16(b[8:])),
			ModTime: FromDOSTime(le16(b[10:]), le16(b[12:])), Attr: le16(b[14:])}
		raw, err := d.text()
		if err != nil {
			return err
		}
		f.Name = decodeName(raw, f.Attr&AttrUTF8 != 0)
		switch {
		case f.Folder >= continuedMin:
			return faulty(ErrUnsupported, f.Name+" goes on in another cabinet")
		case f.Folder >= len(c.Folders):
			return faulty(ErrFormat, f.Name+" is in folder "+itoa(f.Folder)+" of "+itoa(len(c.Folders)))
		case f.Offset+f.Size > int64(c.Folders[f.Folder].Blocks)*BlockSize:
			return faulty(ErrFormat, f.Name+" reaches beyond the end of its folder")
		}
		c.Files[i] = f
	}
	return nil
}

// cp1252 is what the bytes 0x80 to 0x9F mean in Windows code page 1252; those it leaves open stay as they are.
const cp1252 = "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
	"\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178"

// decodeName decodes a name and gives it backslashes. Without the UTF-8 flag the code page is that of whoever wrote the
// cabinet, which it does not tell: 1252 is assumed.
func decodeName(raw []byte, isUTF8 bool) string {
	s := string(raw)
	ascii := true
	for _, b := range raw {
		ascii = ascii && b < utf8.RuneSelf
	}
	if !isUTF8 && !ascii {
		high := []rune(cp1252)
		r := make([]rune, len(raw))
		for i, b := range raw {
			if r[i] = rune(b); b >= 0x80 && b < 0xA0 {
				r[i] = high[b-0x80]
			}
		}
		s = string(r)
	}
	return strings.ReplaceAll(s, "/", `\`)
}

// TotalSize is the sum of the sizes of all files: what extracting everything writes, in bytes.
func (c *Reader) TotalSize() int64 {
	n := int64(0)
	for i := range c.Files {
		n += c.Files[i].Size
	}
	return n
}

// byPlace returns the indexes of a folder's files by offset, in the order of the cabinet where offsets are equal.
func (c *Reader) byPlace() [][]int {
	in := make([][]int, len(c.Folders))
	for i := range c.Files {
		in[c.Files[i].Folder] = append(in[c.Files[i].Folder], i)
	}
	for _, l := range in {
		slices.SortStableFunc(l, func(a, b int) int { return cmp.Compare(c.Files[a].Offset, c.Files[b].Offset) })
	}
	return in
}
