package lzx

// block is a run of tokens that share codes, with its histograms.
type block struct {
	toks       []token
	start, end int       // positions
	rep        [3]uint32 // the repeated offsets after it
	main       [maxMain]uint32
	length     [numLen]uint32
	aligned    [numAligned]uint32
}

// symbols returns the main symbol of a token, its length symbol or -1, and its slot.
func (t token) symbols() (main, length, slot int) {
	if t.length == 0 {
		return int(t.v), -1, 0
	}
	slot = slotOf(t.v)
	short := int(t.length) - minMatch
	length = -1
	if short >= numPrimary {
		length, short = short-numPrimary, numPrimary
	}
	return numChars + slot<<3 + short, length, slot
}

// count makes the histograms; rep are the repeated offsets before the block, and after it when count returns.
func (b *block) count(rep *[3]uint32) {
	for _, t := range b.toks {
		m, l, slot := t.symbols()
		b.main[m]++
		if l >= 0 {
			b.length[l]++
		}
		if t.length == 0 {
			continue
		}
		if extraBits[slot] >= 3 {
			b.aligned[(t.v-posBase[slot])&7]++
		}
		switch t.v {
		case 0:
		case 1:
			rep[0], rep[1] = rep[1], rep[0]
		case 2:
			rep[0], rep[2] = rep[2], rep[0]
		default:
			rep[2], rep[1], rep[0] = rep[1], rep[0], t.v-2
		}
	}
	b.rep = *rep
}

// add appends the block that follows.
func (b *block) add(next *block) {
	for i, n := range next.main {
		b.main[i] += n
	}
	for i, n := range next.length {
		b.length[i] += n
	}
	for i, n := range next.aligned {
		b.aligned[i] += n
	}
	b.toks = b.toks[:len(b.toks)+len(next.toks)]
	b.end, b.rep = next.end, next.rep
}

// write codes one block.
func (e *Encoder) write(b *block) error {
	huffman(b.main[:e.nMain], maxCodeLen, e.mainLens[:e.nMain])
	huffman(b.length[:], maxCodeLen, e.lenLens[:])
	alignedLens, aligned := alignedCode(&b.aligned)
	if e.rawIsSmaller(b, &alignedLens, aligned) {
		return e.writeRaw(b)
	}
	kind := uint32(blockVerbatim)
	if aligned {
		kind = blockAligned
	}
	e.blockStart(kind, b.end-b.start)
	if aligned {
		for _, l := range alignedLens {
			e.w.put(uint32(l), 3)
		}
	}
	e.w.lengths(e.prevMain[:numChars], e.mainLens[:numChars])
	e.w.lengths(e.prevMain[numChars:e.nMain], e.mainLens[numChars:e.nMain])
	e.w.lengths(e.prevLen[:], e.lenLens[:])
	e.prevMain, e.prevLen = e.mainLens, e.lenLens
	return e.writeTokens(b, &alignedLens, aligned)
}

func (e *Encoder) blockStart(kind uint32, size int) {
	e.w.put(kind, 3)
	e.w.put(uint32(size)>>8, 16)
	e.w.put(uint32(size)&0xFF, 8)
}

// alignedCode makes the code of the offsets' lowest three bits and says whether it saves more than its 24 bits of lengths.
func alignedCode(counts *[numAligned]uint32) (lens [numAligned]uint8, use bool) {
	var all [numAligned]uint32 // every symbol gets a code
	total, coded := uint32(0), uint32(0)
	for i, c := range counts {
		all[i] = c + 1
		total += c
	}
	huffman(all[:], maxAlignLen, lens[:])
	for i, c := range counts {
		coded += c * uint32(lens[i])
	}
	return lens, coded+24 < total*3
}

// rawIsSmaller estimates whether the block is smaller uncompressed.
func (e *Encoder) rawIsSmaller(b *block, alignedLens *[numAligned]uint8, aligned bool) bool {
	bits := 100 * 8 // code lengths take at least this in practice
	for s, c := range b.main[:e.nMain] {
		bits += int(c) * int(e.mainLens[s])
		if s >= numChars {
			bits += int(c) * int(extraBits[(s-numChars)>>3])
		}
	}
	for s, c := range b.length {
		bits += int(c) * int(e.lenLens[s])
	}
	if aligned {
		for s, c := range b.aligned {
			bits += int(c) * (int(alignedLens[s]) - 3)
		}
	}
	return bits > (b.end-b.start)*8
}

// writeRaw writes an uncompressed block. Its header sets the repeated offsets to what the tokens left out would have made them.
func (e *Encoder) writeRaw(b *block) error {
	e.blockStart(blockUncompressed, b.end-b.start)
	e.w.put(0, 16-e.w.n) // 1 to 16 bits
	for _, r := range b.rep {
		e.w.out = append(e.w.out, byte(r), byte(r>>8), byte(r>>16), byte(r>>24))
	}
	for p := b.start; p < b.end; {
		n := min(b.end-p, FrameSize-p%FrameSize)
		e.w.out = append(e.w.out, e.buf[p-e.base:p-e.base+n]...)
		p += n
		if p == b.end && (b.end-b.start)&1 != 0 {
			e.w.out = append(e.w.out, 0)
		}
		if err := e.frameEnd(p); err != nil {
			return err
		}
	}
	return nil
}

// frameEnd hands out the frame if position p ends one.
func (e *Encoder) frameEnd(p int) error {
	if p%FrameSize != 0 && p != e.end {
		return nil
	}
	e.w.align()
	n := p % FrameSize
	if n == 0 {
		n = FrameSize
	}
	err := e.emit(e.w.out, n)
	e.w.out = e.w.out[:0]
	return err
}

func (e *Encoder) writeTokens(b *block, alignedLens *[numAligned]uint8, aligned bool) error {
	var mainCodes [maxMain]uint16
	var lenCodes [numLen]uint16
	var alignedCodes [numAligned]uint16
	canonical(e.mainLens[:e.nMain], mainCodes[:])
	canonical(e.lenLens[:], lenCodes[:])
	canonical(alignedLens[:], alignedCodes[:])
	w := &e.w
	p := b.start
	frame := p - p%FrameSize + FrameSize
	for _, t := range b.toks {
		m, l, slot := t.symbols()
		w.put(uint32(mainCodes[m]), uint(e.mainLens[m]))
		if l >= 0 {
			w.put(uint32(lenCodes[l]), uint(e.lenLens[l]))
		}
		if t.length == 0 {
			p++
		} else {
			p += int(t.length)
			if eb := uint(extraBits[slot]); eb > 0 {
				low := t.v - posBase[slot]
				if aligned && eb >= 3 {
					w.put(low>>3, eb-3)
					w.put(uint32(alignedCodes[low&7]), uint(alignedLens[low&7]))
				} else {
					w.put(low, eb)
				}
			}
		}
		if p == frame || p == e.end {
			if err := e.frameEnd(p); err != nil {
				return err
			}
			frame += FrameSize
		}
	}
	return nil
}

// lengths writes code lengths as differences from those of the block before, with runs (Cabinet SDK: pretree symbols 0 to 19).
func (w *bitWriter) lengths(prev, cur []uint8) {
	type op struct{ sym, extra, bits, sym2 uint8 }
	var ops [maxMain]op
	var counts [numPre]uint32
	n := 0
	for i := 0; i < len(cur); {
		run := 1
		for i+run < len(cur) && cur[i+run] == cur[i] {
			run++
		}
		delta := uint8((int(prev[i]) - int(cur[i]) + 17) % 17)
		switch {
		case cur[i] == 0 && run >= 20:
			run = min(run, 51)
			ops[n] = op{sym: 18, extra: uint8(run - 20), bits: 5}
		case cur[i] == 0 && run >= 4:
			ops[n] = op{sym: 17, extra: uint8(run - 4), bits: 4}
		case run >= 4:
			run = min(run, 5)
			ops[n] = op{sym: 19, extra: uint8(run - 4), bits: 1, sym2: delta}
			counts[delta]++
		default:
			run = 1
			ops[n] = op{sym: delta}
		}
		counts[ops[n].sym]++
		n++
		i += run
	}
	var lens [numPre]uint8
	var codes [numPre]uint16
	huffman(counts[:], maxPreLen, lens[:])
	canonical(lens[:], codes[:])
	for _, l := range lens {
		w.put(uint32(l), 4)
	}
	for _, o := range ops[:n] {
		w.put(uint32(codes[o.sym]), uint(lens[o.sym]))
		if o.bits > 0 {
			w.put(uint32(o.extra), uint(o.bits))
		}
		if o.sym == 19 {
			w.put(uint32(codes[o.sym2]), uint(lens[o.sym2]))
		}
	}
}
