package lzx

// coded decodes verbatim and aligned blocks into the window from p to end. It is the decoder's inner loop: the reader's state
// is in local variables, eight bytes are loaded at a time, and copies may write up to 16 bytes more than asked, which fall
// where nothing can reach any more: ahead in the frame, or in the oldest bytes of the ring, beyond the window.
func (d *Decoder) coded(p, end int) error {
	win, mainT, ring := d.win, d.main.e, d.ring
	buf, limit := d.br.buf, d.br.size+8
	pos, bits, n := d.br.pos, d.br.bits, d.br.n
	r0, r1, r2 := d.r0, d.r1, d.r2
	// reach is the number of bytes before ring position 0 of this frame that a match may use, window the most it may.
	reach := min(d.total, int64(d.window)) - int64(d.at)
	aligned := d.blockType == blockAligned
	if len(mainT) < 1<<tableBits {
		return ErrCorrupt
	}
	for p < end {
		if pos > limit {
			return ErrCorrupt
		}
		bits |= be64(buf[pos:]) >> (n & 63)
		pos += int(63-n) >> 3
		n |= 56

		e := mainT[bits>>(64-tableBits)]
		if e&subFlag != 0 {
			e = mainT[e>>8+uint32(bits<<tableBits>>(64-subBits))]
		}
		bits <<= e & 31
		n -= uint(e & 31)
		if e < numChars<<8 {
			win[p] = byte(e >> 8)
			p++
			if p >= end {
				break
			}
			// 40 bits are left: two more symbols of 16.
			e = mainT[bits>>(64-tableBits)]
			if e >= numChars<<8 {
				continue
			}
			bits <<= e & 31
			n -= uint(e & 31)
			win[p] = byte(e >> 8)
			p++
			if p >= end {
				break
			}
			e = mainT[bits>>(64-tableBits)]
			if e >= numChars<<8 {
				continue
			}
			bits <<= e & 31
			n -= uint(e & 31)
			win[p] = byte(e >> 8)
			p++
			continue
		}

		// A match: 16 bits are gone, 16 for the length and 21 for the offset fit in what is left.
		m := e>>8 - numChars
		length := int(m&7) + minMatch
		if m&7 == numPrimary {
			if d.length.empty {
				return ErrCorrupt
			}
			l := d.length.e[bits>>(64-tableBits)]
			if l&subFlag != 0 {
				l = d.length.e[l>>8+uint32(bits<<tableBits>>(64-subBits))]
			}
			bits <<= l & 31
			n -= uint(l & 31)
			length += int(l >> 8)
		}
		var off uint32
		switch slot := m >> 3; slot {
		case 0:
			off = r0
		case 1:
			off, r1 = r1, r0
			r0 = off
		case 2:
			off, r2 = r2, r0
			r0 = off
		default:
			eb := uint(extraBits[slot%maxSlots])
			off = posBase[slot%maxSlots] - 2
			if aligned && eb >= 3 {
				off += uint32(bits>>1>>((66-eb)&63)) << 3
				bits <<= (eb - 3) & 63
				a := d.aligned[bits>>(64-maxAlignLen)]
				bits <<= a & 15
				n -= eb - 3 + uint(a&15)
				off += uint32(a >> 4)
			} else {
				off += uint32(bits >> 1 >> ((63 - eb) & 63))
				bits <<= eb & 63
				n -= eb
			}
			r2, r1, r0 = r1, r0, off
		}
		if length > end-p || off == 0 || int64(off) > reach+int64(p) || int(off) > d.window {
			return ErrCorrupt
		}
		src := p - int(off)
		if src < 0 {
			src += ring
		}
		switch {
		case length <= 16 && off >= 8 && src+16 <= len(win):
			put64(win[p:], le64(win[src:]))
			put64(win[p+8:], le64(win[src+8:]))
			if src+length > ring {
				d.wrapped(p, src, length)
			}
		case src+length > ring:
			d.wrapped(p, src, length)
		case int(off) >= length:
			copy(win[p:p+length], win[src:src+length])
		default:
			for done := 0; done < length; {
				done += copy(win[p+done:p+length], win[src:p+done])
			}
		}
		p += length
	}
	d.br.pos, d.br.bits, d.br.n = pos, bits, n
	d.r0, d.r1, d.r2 = r0, r1, r2
	return nil
}

// wrapped copies a match whose source runs over the ring's end.
func (d *Decoder) wrapped(p, src, length int) {
	for ; length > 0; length-- {
		if src == d.ring {
			src = 0
		}
		d.win[p] = d.win[src]
		p++
		src++
	}
}

// translate undoes the E8 preprocessing of a frame (Cabinet SDK: E8 call translation): in frames of the folder's first 32768,
// except in their last ten bytes, the operand of each byte E8 is an absolute target that becomes relative again. The window
// keeps the untranslated bytes, so the result is a copy.
func (d *Decoder) translate(frame []byte) []byte {
	const maxFrames = 32768
	if d.e8Size == 0 || len(frame) <= 10 || d.total >= maxFrames*FrameSize {
		return frame
	}
	d.e8Buf = append(d.e8Buf[:0], frame...)
	b := d.e8Buf
	start := int32(d.total)
	for i := 0; i < len(b)-10; i++ {
		if b[i] != 0xE8 {
			continue
		}
		pos, abs := start+int32(i), int32(le32(b[i+1:]))
		if abs >= -pos && abs < d.e8Size {
			if abs >= 0 {
				put32(b[i+1:], uint32(abs-pos))
			} else {
				put32(b[i+1:], uint32(abs+d.e8Size))
			}
		}
		i += 4
	}
	return b
}
