package cab

import (
	"bufio"
	"io"

	"github.com/kbforge/kbforge/stub/cab/lzx"
	"github.com/kbforge/kbforge/stub/cab/mszip"
)

// blocks decodes a folder's CFDATA blocks in order.
type blocks struct {
	c      *Reader
	folder int
	br     *bufio.Reader
	left   int   // blocks not yet read
	pos    int64 // uncompressed bytes so far
	buf    [MaxBlockData]byte
	lzx    *lzx.Decoder
	mszip  *mszip.Decoder
	method Method
	window int
}

// start begins with a folder, reusing the decoders where they fit.
func (b *blocks) start(folder int) error {
	f := &b.c.Folders[folder]
	b.folder, b.left, b.pos = folder, f.Blocks, 0
	src := io.NewSectionReader(b.c.r, b.c.off+f.Offset, b.c.Size-f.Offset)
	if b.br == nil {
		b.br = bufio.NewReaderSize(src, readChunk)
	} else {
		b.br.Reset(src)
	}
	switch f.Method {
	case MSZIP:
		if b.mszip == nil {
			b.mszip = mszip.NewDecoder()
		}
		b.mszip.Reset()
	case LZX:
		if b.lzx == nil || b.window != f.WindowBits {
			d, err := lzx.NewDecoder(f.WindowBits)
			if err != nil {
				return b.fault(ErrFormat, err.Error())
			}
			b.lzx, b.window = d, f.WindowBits
		}
		b.lzx.Reset()
	}
	b.method = f.Method
	return nil
}

func (b *blocks) fault(kind error, what string) error {
	return faulty(kind, "folder "+itoa(b.folder)+", block "+itoa(b.c.Folders[b.folder].Blocks-b.left)+": "+what)
}

// next decodes one block. The result is valid until the next call; io.EOF means that there are no more.
func (b *blocks) next() ([]byte, error) {
	if b.left == 0 {
		return nil, io.EOF
	}
	data, n, err := b.read()
	if err != nil {
		return nil, err
	}
	switch b.method {
	case LZX:
		data, err = b.lzx.DecodeFrame(data, n)
	case MSZIP:
		data, err = b.mszip.DecodeBlock(data, n)
	default:
		if len(data) != n {
			return nil, b.fault(ErrData, "stored and uncompressed sizes differ")
		}
	}
	if err != nil {
		return nil, b.fault(ErrData, err.Error())
	}
	b.left--
	b.pos += int64(n)
	return data, nil
}

// read takes the next block's stored bytes from the cabinet and checks them.
func (b *blocks) read() (data []byte, n int, err error) {
	var h [dataSize]byte
	if _, err := io.ReadFull(b.br, h[:]); err != nil {
		return nil, 0, readError(err)
	}
	var reserve [255]byte
	res := reserve[:b.c.dataReserve]
	if _, err := io.ReadFull(b.br, res); err != nil {
		return nil, 0, readError(err)
	}
	data = b.buf[:le16(h[4:])]
	n = int(le16(h[6:]))
	if n == 0 || n > BlockSize {
		return nil, 0, b.fault(ErrFormat, "it claims to hold "+itoa(n)+" bytes")
	}
	if _, err := io.ReadFull(b.br, data); err != nil {
		return nil, 0, readError(err)
	}
	want := le32(h[:])
	if want == 0 { // not computed
		return data, n, nil
	}
	// [MS-CAB] has the checksum begin at cbData, so that it covers the reserved bytes; other writers leave these out.
	sum := Checksum(data, 0)
	if Checksum(h[4:], sum) != want && Checksum(append(h[4:8:8], res...), sum) != want {
		return nil, 0, b.fault(ErrChecksum, "its bytes were altered")
	}
	return data, n, nil
}
