package pefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

const chunk = 64 * 1024 // bytes read at a time; even

// ComputeChecksum computes the CheckSum field the file should have (as ImageHlp's CheckSumMappedFile does): the 16-bit
// words of the file with the field taken as zero, carries folded in, plus the file's length. It reads 64 KiB at a time.
func ComputeChecksum(r io.ReaderAt, size int64) (uint32, error) {
	h, err := needPE(r, size)
	if err != nil {
		return 0, err
	}
	var sum uint64
	patches := []patch{{off: h.checksumOff, n: 4}}
	err = h.stream(r, patches, func(b []byte) {
		for ; len(b) >= 2; b = b[2:] {
			sum += uint64(u16(b))
		}
		if len(b) == 1 {
			sum += uint64(b[0])
		}
	})
	if err != nil {
		return 0, err
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint32(sum) + uint32(size), nil
}

// ChecksumOffset is where the four bytes of the CheckSum field stand in the file.
func ChecksumOffset(r io.ReaderAt, size int64) (int64, error) {
	h, err := needPE(r, size)
	if err != nil {
		return 0, err
	}
	return h.checksumOff, nil
}

// SetChecksum puts the right checksum into an image that is in memory.
func SetChecksum(image []byte) error {
	r := bytes.NewReader(image)
	sum, err := ComputeChecksum(r, int64(len(image)))
	if err != nil {
		return err
	}
	off, err := ChecksumOffset(r, int64(len(image)))
	if err != nil {
		return err
	}
	binary.LittleEndian.PutUint32(image[off:], sum)
	return nil
}

// patch replaces n bytes of a file at off by data, or by zeros where data is nil.
type patch struct {
	off, n int64
	data   []byte
}

// apply puts the part of p that lies in b, the bytes of the file from off on, over b.
func (p patch) apply(b []byte, off int64) {
	from, to := max(p.off, off), min(p.off+p.n, off+int64(len(b)))
	if from >= to {
		return
	}
	dst := b[from-off : to-off]
	if p.data == nil {
		clear(dst)
		return
	}
	copy(dst, p.data[from-p.off:])
}

// stream calls f with the bytes of the file in order, patched; later patches win.
func (h *headers) stream(r io.ReaderAt, patches []patch, f func([]byte)) error {
	buf := make([]byte, min(chunk, max(h.size, 1)))
	for off := int64(0); off < h.size; {
		b := buf[:min(int64(len(buf)), h.size-off)]
		if err := readAt(r, b, off, "file"); err != nil {
			return fmt.Errorf("checksum: %w", err)
		}
		for _, p := range patches {
			p.apply(b, off)
		}
		f(b)
		off += int64(len(b))
	}
	return nil
}
