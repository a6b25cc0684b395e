package lzx

// tableBits is the number of bits the first lookup of a code table takes; longer codes need a second lookup of subBits.
const (
	tableBits = 11
	subBits   = maxCodeLen - tableBits
	subFlag   = 0x80
)

// table is a decoding table of a canonical Huffman code. An entry is symbol<<8 | code length; with subFlag set, the upper part
// is the index of a second table of 2^subBits entries.
type table struct {
	e     []uint32
	empty bool
}

// newTable makes a table big enough for a code of n symbols. A code is complete, so that every second table holds at least two
// symbols: n/2 of them at most.
func newTable(n int) table {
	return table{e: make([]uint32, 1<<tableBits+(n/2)<<subBits), empty: true}
}

// build makes the table from code lengths. The code must be complete, or empty (Cabinet SDK; an encoder writes an empty
// length code when a block has no long match).
func (t *table) build(lens []uint8) error {
	var count [maxCodeLen + 1]int
	for _, l := range lens {
		count[l]++
	}
	var next [maxCodeLen + 2]uint32
	code := uint32(0)
	for l := 1; l <= maxCodeLen; l++ {
		next[l] = code
		code = (code + uint32(count[l])) << 1
	}
	t.empty = count[0] == len(lens)
	if t.empty {
		clear(t.e[:1<<tableBits])
		return nil
	}
	if code != 1<<(maxCodeLen+1) {
		return ErrCorrupt
	}
	t.fill(lens, &next)
	return nil
}

func (t *table) fill(lens []uint8, next *[maxCodeLen + 2]uint32) {
	free := uint32(1 << tableBits)
	lastPrefix := ^uint32(0)
	// Short codes first, then long ones in the order of their codes: those that share a prefix then follow each other.
	long := false
	for s, l := range lens {
		if l == 0 {
			continue
		}
		if l > tableBits {
			long = true
			continue
		}
		c := next[l] << (tableBits - l)
		next[l]++
		v := uint32(s)<<8 | uint32(l)
		run := t.e[c : c+1<<(tableBits-l)]
		for i := range run {
			run[i] = v
		}
	}
	for l := uint8(tableBits + 1); long && l <= maxCodeLen; l++ {
		for s, sl := range lens {
			if sl != l {
				continue
			}
			c := next[l] << (maxCodeLen - l)
			next[l]++
			if p := c >> subBits; p != lastPrefix {
				lastPrefix = p
				t.e[p] = free<<8 | subFlag
				free += 1 << subBits
			}
			at := t.e[c>>subBits]>>8 + c&(1<<subBits-1)
			v := uint32(s)<<8 | uint32(l)
			run := t.e[at : at+1<<(maxCodeLen-l)]
			for i := range run {
				run[i] = v
			}
		}
	}
}
