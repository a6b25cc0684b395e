package lzx

// slack is the number of zero bytes kept after a staged frame, so that the reader may load eight bytes anywhere up to it.
const slack = 24

// bitReader reads a frame's bits: little-endian 16-bit words, the highest bit of each first. The words are swapped once when a
// frame is staged, so that eight bytes can be loaded at a time.
type bitReader struct {
	buf  []byte // swapped words, then slack zeros
	size int    // bytes of the frame in buf
	pos  int    // next byte of buf to load
	bits uint64 // the next bits, the first one highest
	n    uint   // how many of them are valid
}

// stage makes src the input.
func (b *bitReader) stage(src []byte) {
	need := (len(src)+1)&^1 + slack
	if cap(b.buf) < need {
		b.buf = make([]byte, need+FrameSize/4)
	}
	b.buf = b.buf[:cap(b.buf)]
	dst := b.buf[:need]
	i := 0
	const lo = 0x00FF00FF00FF00FF
	for ; i+8 <= len(src); i += 8 {
		v := le64(src[i:])
		put64(dst[i:], v&lo<<8|v>>8&lo)
	}
	for ; i+2 <= len(src); i += 2 {
		dst[i], dst[i+1] = src[i+1], src[i]
	}
	clear(dst[i:])
	if i < len(src) {
		dst[i+1] = src[i]
	}
	b.buf, b.size = dst, len(src)
	b.seek(0)
}

// seek goes on at byte at of the frame, which must be even.
func (b *bitReader) seek(at int) { b.pos, b.bits, b.n = at, 0, 0 }

// refill leaves at least 56 bits in b.bits; after the end of the frame they are zero.
func (b *bitReader) refill() {
	if b.pos > b.size+8 {
		b.pos = b.size + 8
	}
	b.bits |= be64(b.buf[b.pos:]) >> b.n
	b.pos += int(63-b.n) >> 3
	b.n |= 56
}

// used is the number of bits taken so far.
func (b *bitReader) used() int { return b.pos*8 - int(b.n) }

// over reports whether more bits were taken than the frame has. An odd last byte counts as a word.
func (b *bitReader) over() bool { return b.used() > (b.size+1)&^1*8 }

// take returns the next n bits, n at most 24.
func (b *bitReader) take(n uint) uint32 {
	b.refill()
	v := uint32(b.bits >> (64 - n))
	b.bits <<= n
	b.n -= n
	return v
}

// symbol decodes one symbol of a code.
func (b *bitReader) symbol(t *table) (uint32, error) {
	if t.empty {
		return 0, ErrCorrupt
	}
	b.refill()
	e := t.e[b.bits>>(64-tableBits)]
	if e&subFlag != 0 {
		e = t.e[e>>8+uint32(b.bits<<tableBits>>(64-subBits))]
	}
	b.bits <<= e & 31
	b.n -= uint(e & 31)
	return e >> 8, nil
}
