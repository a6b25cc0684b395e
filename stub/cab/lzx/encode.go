package lzx

import (
	"io"
	"math/bits"
)

const (
	// superBlock is how much is parsed before it is cut into blocks, in bytes.
	superBlock = 16 * FrameSize
	hashBits   = 18
	hashLoad   = 8 // bytes that are loaded to hash a position
	hash3Bits  = 16
	near       = 1 << 14 // how far back a match of three bytes pays
	niceLength = 64      // a match of this length is taken without looking further
	goodLength = 16      // after one of this length, little is looked for at the next byte
	// Where nothing matches (what is compressed already), less and less is looked for: the depth halves every missesHalve bytes,
	// and each missesSkip bytes one byte more is passed over, up to maxSkip in a row.
	missesHalve = 32
	missesSkip  = 2048
	maxSkip     = 8
	lookahead   = hashLoad
	maxFolder   = 65535 * FrameSize // a CFFOLDER counts its blocks in 16 bits
	maxIdle     = 100               // empty reads in a row
	// DefaultDepth is how many earlier places a match is looked for in by default.
	DefaultDepth = 8
)

// An Encoder codes folders. It holds the window twice, and tables of 8 MiB + 1 MiB for a window of 21 bits, whatever the size of
// its input. The output depends on the input and the settings alone. It is not safe for concurrent use.
type Encoder struct {
	window int
	depth  int
	nMain  int

	buf  []byte // input from position base on
	base int
	end  int // position after the last byte in buf

	head []int32 // the last position with a hash, or -1
	prev []int32 // the position before with the same hash, by position in the window
	near []int32 // the last position with a hash of three bytes, or -1

	rep    [3]int  // repeated offsets as the decoder will have them
	misses int     // bytes since the last match
	toks   []token // of the super-block

	logs               *logTable
	cur, seg           *block    // the block being put together, and the segment that may be added to it
	coded              [3]uint32 // repeated offsets after the segments counted so far
	mainLens, prevMain [maxMain]uint8
	lenLens, prevLen   [numLen]uint8

	w    bitWriter
	emit func(frame []byte, n int) error
}

// token is a literal (length 0, the byte in v) or a match (v is the formatted offset, 0 to 2 for a repeated one).
type token struct {
	v      uint32
	length uint16
}

// NewEncoder returns an encoder for a window of 2^windowBits bytes that looks for each match in depth earlier places (0 means
// DefaultDepth). The error is ErrWindow.
func NewEncoder(windowBits, depth int) (*Encoder, error) {
	if windowBits < MinWindowBits || windowBits > MaxWindowBits {
		return nil, ErrWindow
	}
	if depth <= 0 {
		depth = DefaultDepth
	}
	w := 1 << windowBits
	return &Encoder{
		window: w, depth: depth, nMain: numChars + 8*slots(windowBits),
		buf: make([]byte, 2*w+superBlock+lookahead), head: make([]int32, 1<<hashBits), prev: make([]int32, w),
		near: make([]int32, 1<<hash3Bits), logs: newLogTable(), cur: &block{}, seg: &block{},
		toks: make([]token, 0, superBlock),
	}, nil
}

// Encode reads src to its end as the content of one folder and hands each frame to emit: its coded bytes, which are only valid
// during the call, and the number of bytes it decodes to. It returns the number of bytes read. Errors are those of src and of
// emit, and ErrTooLong.
func (e *Encoder) Encode(src io.Reader, emit func(frame []byte, n int) error) (int64, error) {
	e.reset(emit)
	e.w.put(0, 1) // no E8 translation
	for at := 0; ; {
		if err := e.fill(src, at); err != nil {
			return int64(e.end), err
		}
		stop := min(e.end, at+superBlock)
		if stop == at {
			return int64(e.end), nil
		}
		if err := e.super(at, stop); err != nil {
			return int64(e.end), err
		}
		at = stop
	}
}

func (e *Encoder) reset(emit func([]byte, int) error) {
	e.base, e.end, e.misses, e.emit = 0, 0, 0, emit
	for i := range e.head {
		e.head[i] = -1
	}
	for i := range e.near {
		e.near[i] = -1
	}
	e.rep, e.coded = [3]int{1, 1, 1}, [3]uint32{1, 1, 1}
	e.prevMain, e.prevLen = [maxMain]uint8{}, [numLen]uint8{}
	e.w = bitWriter{out: e.w.out[:0]}
}

// fill makes sure that the super-block at position at is in the buffer with lookahead bytes after it, and before it what the
// window needs. It reads no further, so that the output does not depend on how src cuts its data.
func (e *Encoder) fill(src io.Reader, at int) error {
	want := at + superBlock + lookahead
	if want-e.base > len(e.buf) {
		keep := max(at-e.window, e.base)
		copy(e.buf, e.buf[keep-e.base:e.end-e.base])
		e.base = keep
	}
	for idle := 0; e.end < want && idle < maxIdle; {
		n, err := src.Read(e.buf[e.end-e.base : want-e.base])
		e.end += n
		if e.end > maxFolder {
			return ErrTooLong
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if idle++; n > 0 {
			idle = 0
		}
		if idle == maxIdle {
			return io.ErrNoProgress
		}
	}
	return nil
}

// hash3 is of the three bytes at index i of buf.
func (e *Encoder) hash3(i int) uint32 { return le32(e.buf[i:]) << 8 * 506832829 >> (32 - hash3Bits) }

// hash is of the five bytes at index i of buf.
func (e *Encoder) hash(i int) uint32 {
	return uint32(le64(e.buf[i:]) << 24 * 0x9E3779B185EBCA87 >> (64 - hashBits))
}

// insert puts position p into the chains. Positions are indexes into buf plus base.
func (e *Encoder) insert(p int) {
	if p+hashLoad > e.end {
		return
	}
	h := e.hash(p - e.base)
	e.prev[p&(e.window-1)] = e.head[h]
	e.head[h] = int32(p)
	e.near[e.hash3(p-e.base)] = int32(p)
}

// matchLen is how many bytes agree at positions a < b of buf, up to limit.
func matchLen(buf []byte, a, b, limit int) int {
	n := 0
	for n+8 <= limit {
		if x := le64(buf[a+n:]) ^ le64(buf[b+n:]); x != 0 {
			return n + bits.TrailingZeros64(x)>>3
		}
		n += 8
	}
	for n < limit && buf[a+n] == buf[b+n] {
		n++
	}
	return n
}

// match is a candidate: gain is roughly the bits it saves, rep its repeated offset, or -1.
type match struct{ length, off, gain, rep int }

// gain estimates what a match saves: a literal costs about 6 bits, a match about 10 and its offset's extra bits.
func gain(length, off int) int { return length*6 - 10 - int(extraBits[slotOf(uint32(off+2))]) }

// find looks for the best match at position p that does not cross the end of its frame, in up to depth places.
func (e *Encoder) find(p, depth int) match {
	limit := min(maxMatch, e.end-p, FrameSize-p%FrameSize)
	if limit < minMatch {
		return match{rep: -1}
	}
	best := e.repeated(p-e.base, limit)
	if p+hashLoad > e.end || best.length >= niceLength {
		return best
	}
	buf, at := e.buf, p-e.base
	if best.length < 3 {
		if q := int(e.near[e.hash3(at)]); q >= 0 && p-q < near {
			if n := matchLen(buf, at-(p-q), at, limit); n >= 3 && gain(n, p-q) > best.gain {
				best = match{n, p - q, gain(n, p-q), -1}
			}
		}
	}
	q := int(e.head[e.hash(at)])
	for ; depth > 0 && q >= 0 && p-q <= e.window-3; depth-- {
		a := at - (p - q)
		if best.length < limit && buf[a+best.length] == buf[at+best.length] {
			if n := matchLen(buf, a, at, limit); n >= 3 {
				if g := gain(n, p-q); g > best.gain {
					best = match{n, p - q, g, -1}
					if n >= niceLength || n == limit {
						break
					}
				}
			}
		}
		next := int(e.prev[q&(e.window-1)])
		if next >= q {
			break // overwritten by a later position
		}
		q = next
	}
	return best
}

// repeated looks for the best match at one of the repeated offsets.
func (e *Encoder) repeated(at, limit int) match {
	best := match{rep: -1}
	for k, off := range e.rep {
		if off > at {
			continue
		}
		if n := matchLen(e.buf, at-off, at, limit); n >= minMatch {
			if g := n*6 - 2 - k; g > best.gain {
				best = match{n, off, g, k}
			}
		}
	}
	return best
}

// parse turns the bytes from position p to end into tokens, lazily: a match gives way to a clearly better one that begins at the
// next byte.
func (e *Encoder) parse(p, end int) {
	e.toks = e.toks[:0]
	m, have := match{}, false
	for p < end {
		if !have {
			m = e.find(p, max(1, e.depth>>(e.misses/missesHalve)))
		}
		have = false
		e.insert(p)
		if m.length < minMatch {
			p += e.literals(p, min(1+e.misses/missesSkip, maxSkip, end-p))
			continue
		}
		e.misses = 0
		if m.length < niceLength && p+1 < end {
			depth := e.depth
			if m.length >= goodLength {
				depth >>= 2
			}
			if next := e.find(p+1, depth); next.gain > m.gain+2 {
				p += e.literals(p, 1)
				e.misses = 0
				m, have = next, true
				continue
			}
		}
		e.accept(m)
		for i := 1; i < m.length; i++ {
			e.insert(p + i)
		}
		p += m.length
	}
}

// literals appends n bytes from position p as they are, and returns n.
func (e *Encoder) literals(p, n int) int {
	for _, b := range e.buf[p-e.base : p-e.base+n] {
		e.toks = append(e.toks, token{v: uint32(b)})
	}
	e.misses += n
	return n
}

// accept appends a match and updates the repeated offsets as the decoder does.
func (e *Encoder) accept(m match) {
	v := uint32(m.off + 2)
	switch m.rep {
	case 0:
		v = 0
	case 1:
		v = 1
		e.rep[0], e.rep[1] = e.rep[1], e.rep[0]
	case 2:
		v = 2
		e.rep[0], e.rep[2] = e.rep[2], e.rep[0]
	default:
		e.rep[2], e.rep[1], e.rep[0] = e.rep[1], e.rep[0], m.off
	}
	e.toks = append(e.toks, token{v: v, length: uint16(m.length)})
}

// slotOf is the position slot of a formatted offset.
func slotOf(v uint32) int {
	if v < 2 {
		return int(v)
	}
	if v >= 1<<18 {
		return int(v>>17) + 34
	}
	n := bits.Len32(v) - 1
	return 2*n + int(v>>(n-1)&1)
}
