package cab

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"testing"
)

// largest is a cabinet whose one folder has every block it can have, made up as it is read: each block begins with its number.
type largest struct {
	front []byte
	block []byte
}

func newLargest() *largest {
	le := binary.LittleEndian
	c := craft{folders: []craftFolder{{}}, files: []craftFile{{name: "large", size: MaxFolderSize}}}
	l := &largest{front: c.bytes(), block: make([]byte, dataSize+BlockSize)}
	le.PutUint16(l.block[4:], BlockSize)
	le.PutUint16(l.block[6:], BlockSize)
	le.PutUint16(l.front[headerSize+4:], MaxBlocks)
	le.PutUint32(l.front[8:], uint32(l.size()))
	return l
}

func (l *largest) size() int64 { return int64(len(l.front)) + MaxBlocks*int64(len(l.block)) }

func (l *largest) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off < l.size() {
		src := l.front
		at := off
		if off >= int64(len(l.front)) {
			src = l.block
			at = (off - int64(len(l.front))) % int64(len(l.block))
			number := uint32((off - int64(len(l.front))) / int64(len(l.block)))
			binary.LittleEndian.PutUint32(l.block[dataSize:], number)
		}
		k := copy(p[n:], src[at:])
		n += k
		off += int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

type blockChecker struct {
	t    *testing.T
	n    int64
	zero []byte
}

func (c *blockChecker) Write(p []byte) (int, error) {
	if number := binary.LittleEndian.Uint32(p); int64(number) != c.n/BlockSize || !bytes.Equal(p[4:], c.zero[4:len(p)]) {
		c.t.Fatalf("wrong bytes at %d", c.n)
	}
	c.n += int64(len(p))
	return len(p), nil
}

func (c *blockChecker) Close() error { return nil }

// The largest folder and file: 65535 blocks.
func TestLargest(t *testing.T) {
	if testing.Short() {
		t.Skip("short: reads 2 GiB")
	}
	l := newLargest()
	r, err := NewReader(l, 0, l.size())
	if err != nil {
		t.Fatal(err)
	}
	w := &blockChecker{t: t, zero: make([]byte, BlockSize)}
	if err := r.Extract(context.Background(), func(*File) (io.WriteCloser, error) { return w, nil }); err != nil {
		t.Fatal(err)
	}
	if w.n != MaxFolderSize {
		t.Errorf("%d bytes, want %d", w.n, int64(MaxFolderSize))
	}
	if _, err := NewReader(l, 0, l.size()-1); err == nil {
		t.Error("one byte short, and no error")
	}
}
