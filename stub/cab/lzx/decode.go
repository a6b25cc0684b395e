package lzx

// Decoder decodes the frames of one folder, in order. It holds the window and one frame, 2^windowBits + 32 KiB bytes, and about
// 100 KiB of tables. It is not safe for concurrent use.
type Decoder struct {
	win    []byte // a ring of window + FrameSize bytes, and a few more that copies may run over
	ring   int
	window int
	nMain  int

	at    int   // where the next frame begins in the ring
	total int64 // bytes decoded so far
	short bool  // the last frame was shorter than FrameSize

	br      bitReader
	base    int // the offset in the frame's input that br.buf starts from
	started bool
	e8Size  int32 // E8 translation size; 0: none
	e8Buf   []byte

	blockType byte
	remaining int  // bytes left in the block
	padByte   bool // an uncompressed block of odd length just ended: one byte of padding follows

	r0, r1, r2 uint32

	mainLens [maxMain]uint8
	lenLens  [numLen]uint8
	main     table
	length   table
	pre      table
	aligned  [1 << maxAlignLen]uint8 // symbol<<4 | code length
}

// NewDecoder returns a decoder for a window of 2^windowBits bytes, or ErrWindow.
func NewDecoder(windowBits int) (*Decoder, error) {
	if windowBits < MinWindowBits || windowBits > MaxWindowBits {
		return nil, ErrWindow
	}
	w := 1 << windowBits
	d := &Decoder{
		win: make([]byte, w+FrameSize+slack), ring: w + FrameSize, window: w, nMain: numChars + 8*slots(windowBits),
		main: newTable(maxMain), length: newTable(numLen), pre: newTable(numPre),
	}
	d.Reset()
	return d, nil
}

// Reset makes the decoder ready for the first frame of a folder.
func (d *Decoder) Reset() {
	d.at, d.total, d.short = 0, 0, false
	d.started, d.e8Size = false, 0
	d.blockType, d.remaining, d.padByte = 0, 0, false
	d.r0, d.r1, d.r2 = 1, 1, 1
	d.mainLens, d.lenLens = [maxMain]uint8{}, [numLen]uint8{}
}

// DecodeFrame decodes one frame of n bytes from in, the whole content of its CFDATA block. Every frame but the last has n =
// FrameSize. The result is valid until the next call. Errors are ErrCorrupt and ErrFrame.
func (d *Decoder) DecodeFrame(in []byte, n int) ([]byte, error) {
	if n <= 0 || n > FrameSize || d.short || len(in) > MaxFrameInput {
		return nil, ErrFrame
	}
	d.short = n < FrameSize
	d.base = 0
	d.br.stage(in)
	if !d.started {
		d.started = true
		if d.br.take(1) != 0 {
			hi := d.br.take(16)
			d.e8Size = int32(hi<<16 | d.br.take(16))
		}
	}
	p, end := d.at, d.at+n
	for p < end {
		if d.remaining == 0 {
			if err := d.blockHeader(in); err != nil {
				return nil, err
			}
		}
		run := min(d.remaining, end-p)
		if err := d.run(in, p, p+run); err != nil {
			return nil, err
		}
		p += run
		d.remaining -= run
	}
	if d.br.over() {
		return nil, ErrCorrupt
	}
	out := d.translate(d.win[d.at:end])
	d.total += int64(n)
	if d.at = end; d.at >= d.ring {
		d.at = 0
	}
	return out, nil
}

// run decodes the current block's bytes for the window from p to end.
func (d *Decoder) run(in []byte, p, end int) error {
	if d.blockType != blockUncompressed {
		return d.coded(p, end)
	}
	q := d.rawPos()
	if end-p > len(in)-q {
		return ErrCorrupt
	}
	copy(d.win[p:end], in[q:q+end-p])
	q += end - p
	if d.remaining == end-p && d.padByte && q < len(in) {
		q++
		d.padByte = false
	}
	d.seek(in, q)
	return nil
}

// seek goes on at byte q of the frame. Words start at an odd offset where a frame's end cut an uncompressed block so.
func (d *Decoder) seek(in []byte, q int) {
	if (q-d.base)&1 == 0 {
		d.br.seek(q - d.base)
		return
	}
	d.br.stage(in[q:])
	d.base = q
}

// rawPos is the offset in the frame's input from where bits were last loaded; it is exact only where the reader was set by
// seek or stage, as in an uncompressed block.
func (d *Decoder) rawPos() int { return d.base + d.br.pos }

func (d *Decoder) blockHeader(in []byte) error {
	br := &d.br
	if d.padByte {
		if d.padByte = false; len(in) == 0 {
			return ErrCorrupt
		}
		d.seek(in, 1) // the padding was not in the frame that the odd block ended in
	}
	d.blockType = byte(br.take(3))
	hi := br.take(16)
	d.remaining = int(hi<<8 | br.take(8))
	if d.remaining == 0 || br.over() {
		return ErrCorrupt
	}
	switch d.blockType {
	case blockVerbatim:
		return d.codes()
	case blockAligned:
		if err := d.alignedCode(); err != nil {
			return err
		}
		return d.codes()
	case blockUncompressed:
		return d.rawHeader(in)
	}
	return ErrCorrupt
}

// rawHeader reads what follows an uncompressed block's size: 1 to 16 bits up to a word, then the three repeated offsets.
func (d *Decoder) rawHeader(in []byte) error {
	at := (d.br.used()/16 + 1) * 2
	q := d.base + at
	if q+12 > len(in) {
		return ErrCorrupt
	}
	d.r0, d.r1, d.r2 = le32(in[q:]), le32(in[q+4:]), le32(in[q+8:])
	d.padByte = d.remaining&1 != 0
	d.br.seek(at + 12)
	return nil
}

func (d *Decoder) alignedCode() error {
	var lens [numAligned]uint8
	sum := 0
	for i := range lens {
		lens[i] = uint8(d.br.take(3))
		if lens[i] != 0 {
			sum += 1 << (maxAlignLen - lens[i])
		}
	}
	if sum != 1<<maxAlignLen {
		return ErrCorrupt
	}
	at := 0
	for l := uint8(1); l <= maxAlignLen; l++ {
		for s, sl := range lens {
			if sl != l {
				continue
			}
			for n := 1 << (maxAlignLen - l); n > 0; n-- {
				d.aligned[at] = uint8(s)<<4 | l
				at++
			}
		}
	}
	return nil
}

// codes reads the main and length codes: code lengths as differences from those of the block before.
func (d *Decoder) codes() error {
	for _, lens := range [][]uint8{d.mainLens[:numChars], d.mainLens[numChars:d.nMain], d.lenLens[:]} {
		if err := d.codeLengths(lens); err != nil {
			return err
		}
	}
	if err := d.main.build(d.mainLens[:d.nMain]); err != nil {
		return err
	}
	if err := d.length.build(d.lenLens[:]); err != nil {
		return err
	}
	if d.main.empty || d.br.over() {
		return ErrCorrupt
	}
	return nil
}

func (d *Decoder) codeLengths(lens []uint8) error {
	br := &d.br
	var pre [numPre]uint8
	for i := range pre {
		pre[i] = uint8(br.take(4))
	}
	if err := d.pre.build(pre[:]); err != nil {
		return err
	}
	for i := 0; i < len(lens); {
		s, err := br.symbol(&d.pre)
		if err != nil {
			return err
		}
		n, v := 1, uint8(0)
		switch {
		case s == 17:
			n = int(br.take(4)) + 4
		case s == 18:
			n = int(br.take(5)) + 20
		case s == 19:
			n = int(br.take(1)) + 4
			if s, err = br.symbol(&d.pre); err != nil || s > maxCodeLen {
				return ErrCorrupt
			}
			fallthrough
		default:
			v = uint8((int(lens[i]) + 17 - int(s)) % 17)
		}
		if n > len(lens)-i {
			return ErrCorrupt
		}
		for ; n > 0; n-- {
			lens[i] = v
			i++
		}
	}
	return nil
}
