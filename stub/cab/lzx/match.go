package lzx

import "math/bits"

const (
	bucketBits = 16
	places     = 8  // in a bucket
	tagShift   = 24 // a place is the low 24 bits of a position, and above them 8 more bits of its hash
	hashLoad   = 8  // bytes that are loaded to hash a position
	hash3Bits  = 14
	near       = 1 << 14 // how far back a match of three bytes pays
)

// bucket holds the last places whose five bytes have a hash, the newest first. All of them are in one line of the processor's
// cache, and the tag says of most others with the same bucket that they are not worth a look at their bytes: a look costs more
// than everything else here. A place of a window ago or more may be taken for a nearer one; its bytes then decide.
type bucket [places]uint32

// put makes room for the newest place.
func (b *bucket) put(place uint32) {
	b[7], b[6], b[5], b[4], b[3], b[2], b[1], b[0] = b[6], b[5], b[4], b[3], b[2], b[1], b[0], place
}

// hash3 is of the three bytes at index i of buf.
func (e *Encoder) hash3(i int) uint32 { return le32(e.buf[i:]) << 8 * 506832829 >> (32 - hash3Bits) }

// bucketOf returns the bucket and the tag of the five bytes at index i of buf.
func (e *Encoder) bucketOf(i int) (*bucket, uint32) {
	h := le64(e.buf[i:]) << 24 * 0x9E3779B185EBCA87
	return &e.far[h>>(64-bucketBits)], uint32(h>>(64-bucketBits-8)) << tagShift
}

// insert puts position p into the tables. Positions are indexes into buf plus base.
func (e *Encoder) insert(p int) {
	if p+hashLoad > e.end {
		return
	}
	b, tag := e.bucketOf(p - e.base)
	b.put(tag | uint32(p)&(1<<tagShift-1))
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
	b, tag := e.bucketOf(at)
	for _, place := range b[:depth] {
		if place^tag >= 1<<tagShift {
			continue
		}
		off := int((uint32(p) - place) & (1<<tagShift - 1))
		if off == 0 || off > e.window-3 || off > at {
			continue
		}
		a := at - off
		if best.length < limit && buf[a+best.length] == buf[at+best.length] {
			if n := matchLen(buf, a, at, limit); n >= 3 {
				if g := gain(n, off); g > best.gain {
					best = match{n, off, g, -1}
					if n >= niceLength || n == limit {
						break
					}
				}
			}
		}
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
