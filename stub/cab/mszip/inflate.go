package mszip

import "math/bits"

const (
	tableBits = 10
	subBits   = maxCodeLen - tableBits
	subFlag   = 0x80
)

// table is a decoding table, indexed by bits as they come (the first one lowest). An entry is symbol<<8 | code length; 0 is no
// code; with subFlag the upper part is the index of a second table of 2^subBits entries.
type table struct{ e []uint32 }

func newTable(n int) table { return table{make([]uint32, 1<<tableBits+n<<subBits)} }

// build makes the table. An incomplete code is only let pass where RFC 1951 has one: a single code of one bit, or none.
func (t *table) build(lens []uint8) error {
	var count, next [maxCodeLen + 1]int
	for _, l := range lens {
		count[l]++
	}
	used := len(lens) - count[0]
	count[0] = 0
	left := 1
	for l := 1; l <= maxCodeLen; l++ {
		next[l] = (next[l-1] + count[l-1]) << 1
		left = left<<1 - count[l]
		if left < 0 {
			return ErrCorrupt
		}
	}
	clear(t.e[:1<<tableBits])
	if left > 0 && (used > 1 || used != count[1]) {
		return ErrCorrupt
	}
	free := uint32(1 << tableBits)
	for s, l := range lens {
		if l == 0 {
			continue
		}
		code := uint32(bits.Reverse16(uint16(next[l]))) >> (16 - l)
		next[l]++
		v := uint32(s)<<8 | uint32(l)
		if l <= tableBits {
			for i := code; i < 1<<tableBits; i += 1 << l {
				t.e[i] = v
			}
			continue
		}
		p := code & (1<<tableBits - 1)
		if t.e[p] == 0 {
			t.e[p] = free<<8 | subFlag
			clear(t.e[free : free+1<<subBits])
			free += 1 << subBits
		}
		sub := t.e[t.e[p]>>8:][:1<<subBits]
		for i := code >> tableBits; i < 1<<subBits; i += 1 << (l - tableBits) {
			sub[i] = v
		}
	}
	return nil
}

// find looks up the next symbol and the length of its code; 0 is no code.
func (t *table) find(b uint64) (sym uint32, length uint) {
	e := t.e[b&(1<<tableBits-1)]
	if e&subFlag != 0 {
		e = t.e[e>>8+uint32(b>>tableBits)&(1<<subBits-1)]
	}
	return e >> 8, uint(e & 31)
}

// Base values and extra bits of the length symbols 257 to 285 and of the distance symbols (RFC 1951 3.2.5).
var (
	lengthBase = [29]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
		163, 195, 227, 258}
	lengthBits = [29]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distBase   = [30]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
		3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distBits = [30]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// coded decodes one block's symbols to the window from p on, up to its end code. It returns where it stopped.
func (d *Decoder) coded(p, end int) (int, error) {
	floor := BlockSize - d.hist
	for {
		if d.pos > d.size+8 {
			return 0, ErrCorrupt
		}
		d.refill()
		s, l := d.lit.find(d.bits)
		d.bits >>= l
		d.n -= l
		switch {
		case l == 0:
			return 0, ErrCorrupt
		case s < 256:
			if p == end {
				return 0, ErrCorrupt
			}
			d.win[p] = byte(s)
			p++
			continue
		case s == 256:
			return p, nil
		case s > 285:
			return 0, ErrCorrupt
		}
		// 15 + 5 + 15 + 13 bits at most: one refill is enough.
		eb := uint(lengthBits[s-257])
		length := int(lengthBase[s-257]) + int(d.bits&(1<<eb-1))
		d.bits >>= eb
		d.n -= eb
		ds, l := d.dist.find(d.bits)
		if l == 0 || ds > 29 {
			return 0, ErrCorrupt
		}
		d.bits >>= l
		eb = uint(distBits[ds])
		dist := int(distBase[ds]) + int(d.bits&(1<<eb-1))
		d.bits >>= eb
		d.n -= l + eb
		src := p - dist
		if src < floor || length > end-p {
			return 0, ErrCorrupt
		}
		if dist >= length {
			copy(d.win[p:p+length], d.win[src:])
		} else {
			for done := 0; done < length; {
				done += copy(d.win[p+done:p+length], d.win[src:p+done])
			}
		}
		p += length
	}
}
