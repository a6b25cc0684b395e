package cab

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"slices"
	"testing"
)

// craft describes a cabinet byte by byte, for what no writer makes.
type craft struct {
	flags      uint16
	reserve    [3]int // header, folder, data
	folders    []craftFolder
	files      []craftFile
	noChecksum bool
	minor      byte
	tail       []byte
}

type craftFolder struct {
	kind   uint16
	blocks [][2][]byte // stored bytes; content (its length counts)
}

type craftFile struct {
	name         string
	size, offset uint32
	folder, attr uint16
}

// stored makes a folder of uncompressed blocks.
func stored(data []byte) craftFolder {
	var f craftFolder
	for b := range slices.Chunk(data, BlockSize) {
		f.blocks = append(f.blocks, [2][]byte{b, b})
	}
	return f
}

func (c craft) bytes() []byte {
	le := binary.LittleEndian
	h := make([]byte, headerSize)
	copy(h, signature)
	h[24], h[25] = 3-c.minor, 1
	le.PutUint16(h[26:], uint16(len(c.folders)))
	le.PutUint16(h[28:], uint16(len(c.files)))
	le.PutUint16(h[30:], c.flags)
	if c.flags&flagReserve != 0 {
		h = le.AppendUint16(h, uint16(c.reserve[0]))
		h = append(h, byte(c.reserve[1]), byte(c.reserve[2]))
		h = append(h, bytes.Repeat([]byte("H"), c.reserve[0])...)
	}
	foldersAt := len(h)
	for range c.folders {
		h = append(h, make([]byte, folderSize)...)
		h = append(h, bytes.Repeat([]byte("F"), c.reserve[1])...)
	}
	le.PutUint32(h[16:], uint32(len(h)))
	for _, f := range c.files {
		h = le.AppendUint32(h, f.size)
		h = le.AppendUint32(h, f.offset)
		h = le.AppendUint16(h, f.folder)
		h = append(h, 0x21, 0x28, 0xC0, 0x63)
		h = le.AppendUint16(h, f.attr)
		h = append(append(h, f.name...), 0)
	}
	for i, f := range c.folders {
		at := foldersAt + i*(folderSize+c.reserve[1])
		le.PutUint32(h[at:], uint32(len(h)))
		le.PutUint16(h[at+4:], uint16(len(f.blocks)))
		le.PutUint16(h[at+6:], f.kind)
		for _, b := range f.blocks {
			var d [dataSize]byte
			le.PutUint16(d[4:], uint16(len(b[0])))
			le.PutUint16(d[6:], uint16(len(b[1])))
			reserve := bytes.Repeat([]byte("D"), c.reserve[2])
			if !c.noChecksum {
				le.PutUint32(d[:], Checksum(append(d[4:8:8], reserve...), Checksum(b[0], 0)))
			}
			h = append(append(append(h, d[:]...), reserve...), b[0]...)
		}
	}
	h = append(h, c.tail...)
	le.PutUint32(h[8:], uint32(len(h)))
	return h
}

func open(b []byte) (*Reader, error) { return NewReader(bytes.NewReader(b), 0, int64(len(b))) }

type sink struct {
	bytes.Buffer
	closed int
}

func (s *sink) Close() error { s.closed++; return nil }

// extract reads everything.
func extract(c *Reader) (map[string][]byte, error) {
	sinks := make(map[string]*sink)
	err := c.Extract(context.Background(), func(f *File) (io.WriteCloser, error) {
		sinks[f.Name] = &sink{}
		return sinks[f.Name], nil
	})
	out := make(map[string][]byte)
	for n, s := range sinks {
		out[n] = s.Bytes()
	}
	return out, err
}

func want(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
	for n, b := range want {
		if !bytes.Equal(got[n], b) {
			t.Errorf("%s: %d bytes %.40q, want %d", n, len(got[n]), got[n], len(b))
		}
	}
}
