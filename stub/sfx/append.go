package sfx

import (
	"bytes"
	"hash/crc32"
	"io"
)

// fault is an error with what it is about.
type fault struct {
	kind error
	what string
}

func (f *fault) Error() string { return f.kind.Error() + ": " + f.what }
func (f *fault) Unwrap() error { return f.kind }

// End checks that a cabinet can be appended to the executable stub and returns the offset at which it must begin. The stub must
// end with its last section: no signature, symbols or other overlay. Errors wrap ErrStub.
func End(stub []byte) (int64, error) {
	p, err := parsePE(bytes.NewReader(stub), int64(len(stub)))
	switch {
	case err != nil:
		return 0, &fault{ErrStub, err.Error()}
	case p.end > int64(len(stub)):
		return 0, &fault{ErrStub, "it is cut short"}
	case p.end < int64(len(stub)):
		return 0, &fault{ErrStub, "something follows its last section (a signature, symbols, or a cabinet already)"}
	}
	return roundUp(p.end, Alignment), nil
}

// Padding is the number of zero bytes to write after a file of size bytes so that a signature can follow at once.
func Padding(size int64) int64 { return roundUp(size, Alignment) - size }

// Append writes stub, the cabinet, and the padding up to Alignment to dst. It returns where the cabinet is. Errors wrap ErrStub
// or are those of dst and cabinet.
func Append(dst io.Writer, stub []byte, cabinet io.Reader) (Location, error) {
	at, err := End(stub)
	if err != nil {
		return Location{}, err
	}
	var zeros [Alignment]byte
	if _, err := dst.Write(stub); err != nil {
		return Location{}, err
	}
	if _, err := dst.Write(zeros[:at-int64(len(stub))]); err != nil {
		return Location{}, err
	}
	n, err := io.Copy(dst, cabinet)
	if err != nil {
		return Location{}, err
	}
	if _, err := dst.Write(zeros[:Padding(at+n)]); err != nil {
		return Location{}, err
	}
	return Location{at, n, Appended}, nil
}

// CheckTrailer verifies the check value that SFXCAB puts after a cabinet in the resource section. Elsewhere there is none, and
// the result is nil, as it is where four zero bytes or the end of the file stand in its place. The error is ErrTrailer, or the
// reader's. It reads the whole cabinet.
func CheckTrailer(r io.ReaderAt, loc Location) error {
	if loc.Place != Resource {
		return nil
	}
	end := loc.Size + loc.Size&1
	var t [4]byte
	if _, err := r.ReadAt(t[:], loc.Offset+end); err == io.EOF || err == nil && le32(t[:]) == 0 {
		return nil
	} else if err != nil {
		return err
	}
	h := crc32.NewIEEE()
	if _, err := io.Copy(h, io.NewSectionReader(r, loc.Offset, end)); err != nil {
		return err
	}
	if ^h.Sum32() != le32(t[:]) {
		return ErrTrailer
	}
	return nil
}
