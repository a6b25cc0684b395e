package lzx

// bitWriter collects a frame's bits as little-endian 16-bit words, the first bit highest.
type bitWriter struct {
	out []byte
	acc uint64
	n   uint
}

// put appends the low n bits of v, n at most 32.
func (w *bitWriter) put(v uint32, n uint) {
	w.acc = w.acc<<(n&63) | uint64(v)
	w.n += n
	for w.n >= 16 {
		w.n -= 16
		x := uint16(w.acc >> (w.n & 63))
		w.out = append(w.out, byte(x), byte(x>>8))
	}
}

// align pads with zero bits to a word.
func (w *bitWriter) align() {
	if w.n > 0 {
		w.put(0, 16-w.n)
	}
}
