package catalog

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// Hash is a file as catalogs know it.
type Hash struct {
	Image  bool // the digests leave out what a signature changes
	SHA1   [sha1.Size]byte
	SHA256 [sha256.Size]byte
}

// chunk is how much is read at once, in bytes. Memory does not grow with the file.
const chunk = 128 << 10

// HashFile computes both digests in one pass: for a PE image with room for a signature the Authenticode image hash (all
// bytes but the checksum, the directory entry of the certificate table and that table, filled up to a multiple of 8), for
// everything else that of all bytes (Microsoft, "Windows Authenticode Portable Executable Signature Format"). A certificate
// table that is not the end of the file is an error wrapping ErrMalformed.
func HashFile(r io.ReaderAt, size int64) (Hash, error) {
	parts, image, err := imageParts(r, size)
	if err != nil {
		return Hash{}, err
	}
	one, two := sha1.New(), sha256.New()
	w := io.MultiWriter(one, two)
	buf := make([]byte, min(chunk, max(size, 1)))
	for _, p := range parts {
		n, err := io.CopyBuffer(w, io.NewSectionReader(r, p[0], p[1]-p[0]), buf)
		if err == nil && n != p[1]-p[0] {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return Hash{}, err
		}
	}
	if image {
		end := parts[len(parts)-1][1]
		w.Write(make([]byte, -end&7))
	}
	h := Hash{Image: image}
	one.Sum(h.SHA1[:0])
	two.Sum(h.SHA256[:0])
	return h, nil
}

// imageParts are the ranges of the file that are hashed.
func imageParts(r io.ReaderAt, size int64) (parts [][2]int64, image bool, err error) {
	flat := [][2]int64{{0, size}}
	var dos [64]byte
	if size < int64(len(dos)) {
		return flat, false, nil
	}
	if err := readFull(r, dos[:], 0); err != nil {
		return nil, false, err
	}
	pe := int64(binary.LittleEndian.Uint32(dos[0x3c:]))
	var coff [24]byte
	if dos[0] != 'M' || dos[1] != 'Z' || pe+int64(len(coff)) > size {
		return flat, false, nil
	}
	if err := readFull(r, coff[:], pe); err != nil {
		return nil, false, err
	}
	at := pe + int64(len(coff))
	opt := make([]byte, binary.LittleEndian.Uint16(coff[20:]))
	if string(coff[:4]) != "PE\x00\x00" || at+int64(len(opt)) > size || len(opt) < 96 {
		return flat, false, nil
	}
	if err := readFull(r, opt, at); err != nil {
		return nil, false, err
	}
	first := 96 // of the data directories
	switch binary.LittleEndian.Uint16(opt) {
	case 0x10b:
	case 0x20b:
		first = 112
	default:
		return flat, false, nil
	}
	const security = 4
	entry := first + 8*security
	if len(opt) < entry+8 || binary.LittleEndian.Uint32(opt[first-4:]) <= security {
		return flat, false, nil
	}
	table, n := int64(binary.LittleEndian.Uint32(opt[entry:])), int64(binary.LittleEndian.Uint32(opt[entry+4:]))
	if n == 0 {
		table = size
	}
	checksum, directory := at+64, at+int64(entry)
	if table < at+int64(len(opt)) || table+n != size {
		return nil, false, fmt.Errorf("%w: the certificate table (%d bytes at %d) is not the end of the file (%d bytes)", ErrMalformed, n, table, size)
	}
	return [][2]int64{{0, checksum}, {checksum + 4, directory}, {directory + 8, table}}, true, nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	if n, err := r.ReadAt(b, at); n < len(b) {
		if err == nil || err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("read %d bytes at %d: %w", len(b), at, err)
	}
	return nil
}

// HasSignature tells whether a file is a PE image with a certificate table. What the signature is worth is not looked at.
func HasSignature(r io.ReaderAt, size int64) (bool, error) {
	parts, image, err := imageParts(r, size)
	if err != nil {
		return false, err
	}
	return image && parts[len(parts)-1][1] < size, nil
}
