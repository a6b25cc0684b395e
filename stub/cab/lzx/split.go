package lzx

import "math/bits"

const (
	// segmentBytes is about how much data a block grows by.
	segmentBytes = 8192
	// headerBits is what a new block must save, besides its codes' own size. (Tried on PE files: 700 and 1500 do worse.)
	headerBits = 1000
	// fracBits are the fractional bits of logarithms. Integers, because floating point may differ between processors.
	fracBits = 8
)

// super parses the bytes from start to end, which begin a frame, and writes them as blocks: a segment joins the block before if
// their common codes are not much worse than two codes.
func (e *Encoder) super(start, end int) error {
	e.parse(start, end)
	cost := uint64(0)
	for p, toks := start, e.toks; len(toks) > 0; {
		n, q := 0, p
		for n < len(toks) && q-p < segmentBytes {
			q += max(1, int(toks[n].length))
			n++
		}
		*e.seg = block{toks: toks[:n], start: p, end: q}
		e.seg.count(&e.coded)
		own := e.logs.cost(e.seg)
		switch {
		case p == start:
			e.cur, e.seg, cost = e.seg, e.cur, own
		default:
			if both := e.logs.joint(e.cur, e.seg); both <= cost+own+headerBits<<fracBits {
				e.cur.add(e.seg)
				cost = both
				break
			}
			if err := e.write(e.cur); err != nil {
				return err
			}
			e.cur, e.seg, cost = e.seg, e.cur, own
		}
		p, toks = q, toks[n:]
	}
	return e.write(e.cur)
}

// logTable holds binary logarithms, in units of 2^-fracBits.
type logTable [4096]uint32

func newLogTable() *logTable {
	t := &logTable{}
	for i := 1; i < len(t); i++ {
		t[i] = log2(uint32(i))
	}
	return t
}

// log2 finds the fraction bit by bit: squaring a number from 1 to 2 doubles its logarithm.
func log2(n uint32) uint32 {
	whole := uint32(bits.Len32(n) - 1)
	x := uint64(n) << (31 - whole) // 1 <= x < 2, with 31 fractional bits
	r := whole
	for range fracBits {
		x = x * x >> 31
		r <<= 1
		if x >= 1<<32 {
			x >>= 1
			r |= 1
		}
	}
	return r
}

func (t *logTable) of(n uint32) uint64 {
	if n < uint32(len(t)) {
		return uint64(t[n])
	}
	shift := bits.Len32(n) - bits.Len32(uint32(len(t)-1))
	return uint64(t[n>>shift]) + uint64(shift)<<fracBits
}

// entropy is the size of symbols with these counts under an ideal code, without the code itself.
func (t *logTable) entropy(counts []uint32) uint64 {
	total, sum := uint32(0), uint64(0)
	for _, c := range counts {
		if c > 0 {
			total += c
			sum += uint64(c) * t.of(c)
		}
	}
	return uint64(total)*t.of(total) - sum
}

// jointEntropy is the entropy of the sums of counts.
func (t *logTable) jointEntropy(a, b []uint32) uint64 {
	total, sum := uint32(0), uint64(0)
	for i, c := range a {
		if c += b[i]; c > 0 {
			total += c
			sum += uint64(c) * t.of(c)
		}
	}
	return uint64(total)*t.of(total) - sum
}

func (t *logTable) cost(b *block) uint64 {
	return t.entropy(b.main[:]) + t.entropy(b.length[:]) + t.entropy(b.aligned[:])
}

func (t *logTable) joint(a, b *block) uint64 {
	return t.jointEntropy(a.main[:], b.main[:]) + t.jointEntropy(a.length[:], b.length[:]) +
		t.jointEntropy(a.aligned[:], b.aligned[:])
}
