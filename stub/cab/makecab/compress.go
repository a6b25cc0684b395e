package makecab

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/stub/cab/lzx"
)

const (
	windowBits = 21
	// chunkSize is about how much compressed data a worker hands over at a time.
	chunkSize = 256 << 10
	// headBytes is how much of the folder being written may wait besides QueueBytes.
	headBytes = 4 << 20
)

// compress compresses all folders and writes them in order.
func (l *layout) compress(ctx context.Context, w io.Writer, o Options) error {
	q := newQueue(len(l.folders))
	defer context.AfterFunc(ctx, func() { q.fail(context.Cause(ctx)) })()
	var wg sync.WaitGroup
	for range min(o.Workers, len(l.folders)) {
		wg.Go(func() {
			c := &compressor{l: l, q: q}
			for {
				i, ok := q.take()
				if !ok {
					return
				}
				if err := c.folder(i); err != nil {
					q.fail(err)
					return
				}
				q.done(i)
			}
		})
	}
	for i := range l.folders {
		l.folders[i].offset = l.size
		for {
			b, ok := q.next(i)
			if !ok {
				break
			}
			if l.size += int64(len(b)); l.size > cab.MaxSize {
				q.fail(fmt.Errorf("the cabinet would be larger than %d bytes", int64(cab.MaxSize)))
				break
			}
			if _, err := w.Write(b); err != nil {
				q.fail(err)
				break
			}
			q.recycle(b)
		}
	}
	wg.Wait()
	return q.failure()
}

// compressor is one worker: the encoders it keeps and the chunk it fills.
type compressor struct {
	l     *layout
	q     *queue
	lzx   *lzx.Encoder
	flate *flate.Writer
	zip   bytes.Buffer
	block [cab.BlockSize]byte
	chunk []byte
	index int
}

func (c *compressor) folder(i int) error {
	c.index, c.chunk = i, c.q.buffer()
	f := c.l.folders[i]
	src := &folderReader{inputs: c.l.inputs, left: f.inputs}
	defer src.close()
	var err error
	switch c.l.method {
	case LZX:
		if c.lzx == nil {
			if c.lzx, err = lzx.NewEncoder(windowBits); err != nil {
				return err
			}
		}
		_, err = c.lzx.Encode(src, !f.twins, c.emit)
	case MSZIP:
		err = c.zipBlocks(src)
	default:
		err = c.eachBlock(src, func(b []byte) error { return c.emit(b, len(b)) })
	}
	if err != nil {
		return err
	}
	return c.q.put(i, c.chunk)
}

// emit appends a CFDATA block.
func (c *compressor) emit(data []byte, n int) error {
	c.l.folders[c.index].blocks++
	var h [8]byte
	binary.LittleEndian.PutUint16(h[4:], uint16(len(data)))
	binary.LittleEndian.PutUint16(h[6:], uint16(n))
	binary.LittleEndian.PutUint32(h[:], cab.Checksum(h[4:], cab.Checksum(data, 0)))
	c.chunk = append(append(c.chunk, h[:]...), data...)
	if len(c.chunk) < chunkSize {
		return nil
	}
	err := c.q.put(c.index, c.chunk)
	c.chunk = c.q.buffer()
	return err
}

func (c *compressor) eachBlock(src io.Reader, do func([]byte) error) error {
	for {
		n, err := io.ReadFull(src, c.block[:])
		if n > 0 {
			if derr := do(c.block[:n]); derr != nil {
				return derr
			}
		}
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			return nil
		default:
			return err
		}
	}
}

// zipBlocks makes MSZIP blocks. One DEFLATE writer runs through the folder, so that matches reach back 32 KiB into the block
// before; it is flushed at each block's end, and an empty final block after that completes the block's stream.
func (c *compressor) zipBlocks(src io.Reader) error {
	if c.flate == nil {
		var err error
		if c.flate, err = flate.NewWriter(nil, flate.DefaultCompression); err != nil {
			return err
		}
	}
	c.flate.Reset(&c.zip)
	return c.eachBlock(src, func(b []byte) error {
		c.zip.Reset()
		c.zip.WriteString("CK")
		if _, err := c.flate.Write(b); err != nil {
			return err
		}
		if err := c.flate.Flush(); err != nil {
			return err
		}
		c.zip.WriteString("\x01\x00\x00\xff\xff")
		// A stored block is never more than 7 bytes longer than its content. Readers have room for 12 ([MS-CAB]).
		if stored := 2 + 5 + len(b); c.zip.Len() > stored {
			c.zip.Reset()
			c.zip.WriteString("CK\x01")
			n := uint16(len(b))
			c.zip.Write([]byte{byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)})
			c.zip.Write(b)
		}
		return c.emit(c.zip.Bytes(), len(b))
	})
}

// folderReader is the content of a folder: its files one after the other, each of the size that was announced.
type folderReader struct {
	inputs []Input
	left   []int
	cur    io.ReadCloser
	n      int64
}

func (r *folderReader) Read(p []byte) (int, error) {
	for {
		if r.cur == nil {
			if len(r.left) == 0 {
				return 0, io.EOF
			}
			f, err := r.inputs[r.left[0]].Open()
			if err != nil {
				return 0, err
			}
			r.cur, r.n = f, 0
		}
		in := &r.inputs[r.left[0]]
		n, err := r.cur.Read(p)
		if r.n += int64(n); r.n > in.Size {
			return 0, sizeError(in, r.n)
		}
		if err == nil || n > 0 {
			if err == io.EOF {
				err = nil // comes again
			}
			return n, err
		}
		if err != io.EOF {
			return 0, fmt.Errorf("read %s: %w", in.Name, err)
		}
		if r.n != in.Size {
			return 0, sizeError(in, r.n)
		}
		r.close()
		r.left = r.left[1:]
	}
}

func (r *folderReader) close() {
	if r.cur != nil {
		r.cur.Close()
		r.cur = nil
	}
}
