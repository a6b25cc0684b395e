// Package mszip decodes MSZIP blocks: the letters CK, then a complete DEFLATE stream (RFC 1951) of at most 32 KiB whose
// matches may reach into the blocks before it ([MS-MCI]).
//
// It is our own because compress/flate imports fmt, and because a block can be decoded at once into memory.
package mszip

import "errors"

// BlockSize is the most bytes one block decodes to.
const BlockSize = 32768

// ErrCorrupt reports a block that no MSZIP encoder makes.
var ErrCorrupt = errors.New("mszip: the compressed data is damaged")

const (
	slack      = 24
	maxLitLen  = 288
	maxDist    = 32
	maxCodeLen = 15
)

// Decoder decodes the blocks of one folder, in order. It holds 64 KiB of window and about 30 KiB of tables.
type Decoder struct {
	win  [2*BlockSize + slack]byte // the block being decoded is in the second half, history before it
	hist int                       // bytes of history

	in   []byte // the block, then slack zeros
	size int
	pos  int
	bits uint64 // the next bits, the first one lowest
	n    uint

	lit, dist, cl table
}

// NewDecoder returns a decoder at the start of a folder.
func NewDecoder() *Decoder {
	return &Decoder{lit: newTable(maxLitLen), dist: newTable(maxDist), cl: newTable(19)}
}

// Reset goes back to the start of a folder.
func (d *Decoder) Reset() { d.hist = 0 }

// DecodeBlock decodes one block that holds n bytes from in, the whole content of its CFDATA block. The result is valid until
// the next call. The error is ErrCorrupt.
func (d *Decoder) DecodeBlock(in []byte, n int) ([]byte, error) {
	if len(in) < 2 || in[0] != 'C' || in[1] != 'K' || n < 0 || n > BlockSize {
		return nil, ErrCorrupt
	}
	d.in = append(d.in[:0], in[2:]...)
	d.size = len(d.in)
	d.in = append(d.in, make([]byte, slack)...)
	d.pos, d.bits, d.n = 0, 0, 0
	p, end := BlockSize, BlockSize+n
	for final := false; !final; {
		final = d.take(1) != 0
		var err error
		switch d.take(2) {
		case 0:
			p, err = d.stored(p, end)
		case 1:
			if err = d.fixed(); err == nil {
				p, err = d.coded(p, end)
			}
		case 2:
			if err = d.dynamic(); err == nil {
				p, err = d.coded(p, end)
			}
		default:
			err = ErrCorrupt
		}
		if err != nil || d.over() {
			return nil, ErrCorrupt
		}
	}
	if p != end {
		return nil, ErrCorrupt
	}
	d.remember(n)
	return d.win[BlockSize-n : BlockSize], nil
}

// remember moves the block to the end of the history.
func (d *Decoder) remember(n int) {
	copy(d.win[:BlockSize], d.win[n:n+BlockSize])
	d.hist = min(d.hist+n, BlockSize)
}

func (d *Decoder) refill() {
	if d.pos > d.size+8 {
		d.pos = d.size + 8
	}
	d.bits |= le64(d.in[d.pos:]) << d.n
	d.pos += int(63-d.n) >> 3
	d.n |= 56
}

// over reports whether more bits were taken than there are.
func (d *Decoder) over() bool { return d.pos*8-int(d.n) > d.size*8 }

// take returns the next n bits, n at most 16.
func (d *Decoder) take(n uint) uint32 {
	d.refill()
	v := uint32(d.bits & (1<<n - 1))
	d.bits >>= n
	d.n -= n
	return v
}

// stored copies a stored block.
func (d *Decoder) stored(p, end int) (int, error) {
	at := (d.pos*8 - int(d.n) + 7) / 8
	if at+4 > d.size {
		return 0, ErrCorrupt
	}
	n, inverse := int(d.in[at])|int(d.in[at+1])<<8, int(d.in[at+2])|int(d.in[at+3])<<8
	at += 4
	if n^inverse != 0xFFFF || n > end-p || n > d.size-at {
		return 0, ErrCorrupt
	}
	copy(d.win[p:p+n], d.in[at:])
	d.pos, d.bits, d.n = at+n, 0, 0
	return p + n, nil
}

func (d *Decoder) fixed() error {
	var lens [maxLitLen]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	var dist [maxDist]uint8
	for i := range dist {
		dist[i] = 5
	}
	if err := d.lit.build(lens[:]); err != nil {
		return err
	}
	return d.dist.build(dist[:])
}

// dynamic reads the codes of a block (RFC 1951 3.2.7).
func (d *Decoder) dynamic() error {
	const order = "\x10\x11\x12\x00\x08\x07\x09\x06\x0a\x05\x0b\x04\x0c\x03\x0d\x02\x0e\x01\x0f"
	nLit, nDist, nLen := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nLit > 286 || nDist > 30 {
		return ErrCorrupt
	}
	var cl [19]uint8
	for i := range nLen {
		cl[order[i]] = uint8(d.take(3))
	}
	if err := d.cl.build(cl[:]); err != nil {
		return err
	}
	var lens [maxLitLen + maxDist]uint8
	for i := 0; i < nLit+nDist; {
		d.refill()
		s, l := d.cl.find(d.bits)
		if l == 0 {
			return ErrCorrupt
		}
		d.bits >>= l
		d.n -= l
		n, v := 1, uint8(s)
		switch s {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			n, v = int(d.take(2))+3, lens[i-1]
		case 17:
			n, v = int(d.take(3))+3, 0
		case 18:
			n, v = int(d.take(7))+11, 0
		}
		if n > nLit+nDist-i {
			return ErrCorrupt
		}
		for ; n > 0; n-- {
			lens[i] = v
			i++
		}
	}
	if err := d.lit.build(lens[:nLit]); err != nil {
		return err
	}
	return d.dist.build(lens[nLit : nLit+nDist])
}

func le64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}
