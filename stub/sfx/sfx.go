// Package sfx knows where the cabinet is in a self-extracting package, and puts it there.
//
// Packages of Microsoft's SFXCAB keep it in the resource section: its raw data goes on, after the resources, with the
// cabinet from PointerToRawData + VirtualSize rounded up to 0x200; after it a zero byte if its size is odd, then four bytes T,
// little endian, with T = NOT CRC32(cabinet and that byte). (Measured on packages of 2005 and 2009.) kbforge appends it after
// the last section's raw data instead, where cabinet tools find it (OURS). An Authenticode signature comes after either, so
// the cabinet is looked for from the front of the file, never from its end.
package sfx

import (
	"bytes"
	"errors"
	"io"
	"strconv"

	"github.com/kbforge/kbforge/stub/cab"
)

// Place is where in a file a cabinet was found.
type Place uint8

const (
	// Appended: right after the raw data of the executable's last section, or at the next multiple of Alignment.
	Appended Place = iota + 1
	// Resource: inside the raw data of .rsrc, after the resources.
	Resource
	// Bare: the file is a cabinet.
	Bare
	// Scanned: somewhere else, found by looking for a cabinet's header.
	Scanned
)

// String says the place in words.
func (p Place) String() string {
	switch p {
	case Appended:
		return "appended"
	case Resource:
		return "in the resource section"
	case Bare:
		return "bare"
	case Scanned:
		return "found by scanning"
	}
	return "nowhere"
}

// Location is where a cabinet is: its offset in the file and its size, in bytes.
type Location struct {
	Offset, Size int64
	Place        Place
}

const (
	// Alignment is that of the Authenticode certificate table (PE format: entries are quadword aligned).
	Alignment = 8
	// MaxCandidates is how many places that look like a cabinet's header a scan tries.
	MaxCandidates = 64

	resourceAlign = 0x200
	cabHeader     = 36
)

// Errors that callers tell apart; those returned wrap them.
var (
	// ErrNone reports a file without a cabinet.
	ErrNone = errors.New("no cabinet found in the file")
	// ErrTrailer reports a cabinet that does not agree with the check value after it.
	ErrTrailer = errors.New("the package is damaged: its cabinet does not agree with the check value after it")
	// ErrStub reports an executable that no cabinet can be appended to.
	ErrStub = errors.New("not an executable to append a cabinet to")
)

// Find looks for the cabinet in a file of size bytes: a cabinet, a package of ours, one of SFXCAB, or any file with a cabinet
// in it. Errors wrap ErrNone, or cab.ErrTruncated where a cabinet begins but the file ends too early; others are the reader's.
// What the cabinet holds is not looked at.
func Find(r io.ReaderAt, size int64) (Location, error) {
	if size >= 4 {
		if loc, ok, err := probe(r, 0, size, Bare); ok || err != nil {
			return loc, err
		}
	}
	p, err := parsePE(r, size)
	switch {
	case err == nil:
		for _, c := range p.candidates() {
			if loc, ok, err := probe(r, c.Offset, size, c.Place); ok || err != nil {
				return loc, err
			}
		}
	case !errors.Is(err, errNotPE):
		return Location{}, err
	}
	return scan(r, size)
}

// probe looks whether a cabinet begins at off. A header that is right but for a file that ends too early is an error.
func probe(r io.ReaderAt, off, size int64, place Place) (Location, bool, error) {
	if off < 0 || off+cabHeader > size {
		return Location{}, false, nil
	}
	var h [cabHeader]byte
	if _, err := r.ReadAt(h[:], off); err != nil {
		return Location{}, false, err
	}
	n, ok := plausible(h[:])
	if !ok {
		return Location{}, false, nil
	}
	if n > size-off {
		return Location{}, false, &truncated{n, size - off}
	}
	return Location{off, n, place}, true, nil
}

type truncated struct{ want, have int64 }

func (e *truncated) Error() string {
	return "the file is cut short: its cabinet has " + strconv.FormatInt(e.want, 10) + " bytes, there are " +
		strconv.FormatInt(e.have, 10)
}

func (e *truncated) Unwrap() error { return cab.ErrTruncated }

// plausible reports whether h can be a CFHEADER, and the cabinet's size.
func plausible(h []byte) (int64, bool) {
	n, files := int64(le32(h[8:])), int64(le32(h[16:]))
	ok := string(h[:4]) == "MSCF" && le32(h[4:]) == 0 && le32(h[12:]) == 0 && le32(h[20:]) == 0 && h[25] == 1 &&
		n >= cabHeader && files >= cabHeader && files <= n && le16(h[30:]) < 8
	return n, ok
}

// scan is the last resort: the first place where a cabinet's header stands and its directory can be read.
func scan(r io.ReaderAt, size int64) (Location, error) {
	const chunk = 64 << 10
	buf := make([]byte, chunk+3)
	tried := 0
	for at := int64(0); at+cabHeader <= size && tried < MaxCandidates; at += chunk {
		b := buf[:min(int64(len(buf)), size-at)]
		if _, err := r.ReadAt(b, at); err != nil && err != io.EOF {
			return Location{}, err
		}
		for i := 0; tried < MaxCandidates; {
			j := bytes.Index(b[i:], []byte("MSCF"))
			if j < 0 {
				break
			}
			i += j
			loc, ok, _ := probe(r, at+int64(i), size, Scanned)
			i++
			if !ok {
				continue
			}
			tried++
			if _, err := cab.NewReader(r, loc.Offset, loc.Size); err == nil {
				return loc, nil
			}
		}
	}
	return Location{}, ErrNone
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
