package lzx

import (
	"io"
	"math/bits"
)

const (
	// superBlock is how much is parsed before it is cut into blocks, in bytes.
	superBlock = 16 * FrameSize
	niceLength = 64 // a match of this length is taken without looking further
	goodLength = 16 // after one of this length, little is looked for at the next byte
	sparse     = 32 // of a longer match, not every place is remembered
	// Where nothing matches (what is compressed already), less and less is looked for: the depth halves every missesHalve bytes,
	// and each missesSkip bytes one byte more is passed over, up to maxSkip in a row.
	missesHalve = 32
	missesSkip  = 2048
	maxSkip     = 8
	lookahead   = hashLoad
	maxFolder   = 65535 * FrameSize // a CFFOLDER counts its blocks in 16 bits
	maxIdle     = 100               // empty reads in a row
)

// An Encoder codes folders. It holds the window twice, and tables of 2 MiB, whatever the size of its input. The output depends on the input and the settings alone. It is not safe for concurrent use.
type Encoder struct {
	window int
	nMain  int

	buf  []byte // input from position base on
	base int
	end  int // position after the last byte in buf

	far  []bucket
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

// NewEncoder returns an encoder for a window of 2^windowBits bytes. The error is ErrWindow.
func NewEncoder(windowBits int) (*Encoder, error) {
	if windowBits < MinWindowBits || windowBits > MaxWindowBits {
		return nil, ErrWindow
	}
	w := 1 << windowBits
	return &Encoder{
		window: w, nMain: numChars + 8*slots(windowBits),
		buf: make([]byte, 2*w+superBlock+lookahead), far: make([]bucket, 1<<bucketBits),
		near: make([]int32, 1<<hash3Bits), logs: newLogTable(), cur: &block{}, seg: &block{},
		toks: make([]token, 0, superBlock),
	}, nil
}

// Encode reads src to its end as the content of one folder and hands each frame to emit: its coded bytes, which are only valid
// during the call, and the number of bytes it decodes to. It returns the number of bytes read. Errors are those of src and of
// emit, and ErrTooLong.
//
// calls asks for the translation of x86 calls. It makes programs smaller (by 4 to 5 %), but two versions of one program in a
// folder larger, since their calls become different bytes.
func (e *Encoder) Encode(src io.Reader, calls bool, emit func(frame []byte, n int) error) (int64, error) {
	e.reset(emit)
	if calls {
		e.w.put(1, 1)
		e.w.put(callSize>>16, 16)
		e.w.put(callSize&0xFFFF, 16)
	} else {
		e.w.put(0, 1)
	}
	for at := 0; ; {
		if err := e.fill(src, at); err != nil {
			return int64(e.end), err
		}
		stop := min(e.end, at+superBlock)
		if stop == at {
			return int64(e.end), nil
		}
		if calls {
			e.translate(at, stop)
		}
		if err := e.super(at, stop); err != nil {
			return int64(e.end), err
		}
		at = stop
	}
}

func (e *Encoder) reset(emit func([]byte, int) error) {
	e.base, e.end, e.misses, e.emit = 0, 0, 0, emit
	clear(e.far)
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

// parse turns the bytes from position p to end into tokens, lazily: a match gives way to a clearly better one that begins at the
// next byte.
func (e *Encoder) parse(p, end int) {
	e.toks = e.toks[:0]
	m, have := match{}, false
	for p < end {
		if !have {
			m = e.find(p, max(1, places>>(e.misses/missesHalve)))
		}
		have = false
		e.insert(p)
		if m.length < minMatch {
			p += e.literals(p, min(1+e.misses/missesSkip, maxSkip, end-p))
			continue
		}
		e.misses = 0
		if m.length < niceLength && p+1 < end {
			depth := places
			if m.length >= goodLength {
				depth >>= 2
			}
			if next := e.find(p+1, depth); next.gain > m.gain+4 {
				p += e.literals(p, 1)
				e.misses = 0
				m, have = next, true
				continue
			}
		}
		e.accept(m)
		for i := 1; i < m.length; i += 1 + m.length/sparse {
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
