package catalog

import "fmt"

// The tags that a catalog's outer structure has (X.690).
const (
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagContext0 = 0xa0
	tagContext1 = 0xa1
)

// der is a run of encoded elements.
type der []byte

// enter opens the single element that b begins with; what follows it is ignored, as Windows ignores padding behind a
// catalog.
func (b der) enter(tag byte) *reader {
	r := &reader{rest: b}
	return r.contents(tag)
}

// reader takes elements from the front. After the first fault it takes nothing more and keeps the error.
type reader struct {
	rest der
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
	r.rest = nil
}

// tag is the tag of the next element, 0 at the end.
func (r *reader) tag() byte {
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

// any takes the next element of whatever tag and returns its contents.
func (r *reader) any() []byte {
	if r.err != nil {
		return nil
	}
	if len(r.rest) < 2 {
		r.fail("an element is missing")
		return nil
	}
	if r.rest[0]&0x1f == 0x1f {
		r.fail("a tag of several bytes")
		return nil
	}
	n, head := int(r.rest[1]), 2
	if n >= 0x80 {
		count := n & 0x7f
		if count == 0 || count > 4 || len(r.rest) < 2+count {
			r.fail("a length that is not DER, or beyond the end")
			return nil
		}
		n = 0
		for _, b := range r.rest[2 : 2+count] {
			n = n<<8 | int(b)
		}
		if n < 0x80 || n>>(8*(count-1)) == 0 {
			r.fail("a length that is not DER")
			return nil
		}
		head += count
	}
	if n > len(r.rest)-head {
		r.fail("an element of %d bytes where %d are left", n, len(r.rest)-head)
		return nil
	}
	contents := r.rest[head : head+n]
	r.rest = r.rest[head+n:]
	return contents
}

// take takes the next element, which must have the tag.
func (r *reader) take(tag byte) []byte {
	if r.err == nil && r.tag() != tag {
		r.fail("tag %#x where %#x belongs", r.tag(), tag)
	}
	return r.any()
}

// contents opens the next element, which must have the tag.
func (r *reader) contents(tag byte) *reader {
	b := r.take(tag)
	return &reader{rest: b, err: r.err}
}

// enter opens the only element of what r has left.
func (r *reader) enter(tag byte) *reader { return r.contents(tag) }

func (r *reader) skip(tag byte) { r.take(tag) }

func (r *reader) optional(tag byte) {
	if r.tag() == tag {
		r.any()
	}
}

func (r *reader) expect(tag byte, contents string) {
	if b := r.take(tag); r.err == nil && string(b) != contents {
		r.fail("% x where % x belongs", b, contents)
	}
}
