package sign

import (
	"bytes"
	"crypto"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"unicode/utf16"

	"github.com/sassoftware/relic/v7/lib/x509tools"
)

// Identifier octets used below (X.690 8.1.2).
const (
	tagOctets   = 0x04
	tagSequence = 0x30
	tagSet      = 0x31
	tagBMP      = 0x1e
	tagContext0 = 0x80 // primitive, context-specific 0
	tagExplicit = 0xa0 // constructed, context-specific 0; add the number
)

// maxDepth bounds the recursion of the walker; signatures nest about fifteen deep.
const maxDepth = 64

// der returns one element: identifier octet, definite length, the parts one after the other.
func der(tag byte, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b := make([]byte, 0, n+6)
	b = append(b, tag)
	switch {
	case n < 0x80:
		b = append(b, byte(n))
	case n < 0x100:
		b = append(b, 0x81, byte(n))
	case n < 0x10000:
		b = append(b, 0x82, byte(n>>8), byte(n))
	case n < 0x1000000:
		b = append(b, 0x83, byte(n>>16), byte(n>>8), byte(n))
	default:
		b = append(b, 0x84, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// derOID cannot fail for the identifiers of oid.go.
func derOID(oid asn1.ObjectIdentifier) []byte {
	b, err := asn1.Marshal(oid)
	if err != nil {
		panic("sign: invalid built-in object identifier " + oid.String())
	}
	return b
}

// derInt encodes an INTEGER.
func derInt(n int64) []byte {
	b, err := asn1.Marshal(n)
	if err != nil {
		panic("sign: an int64 did not encode")
	}
	return b
}

// derAlgorithm is AlgorithmIdentifier with NULL parameters, as Windows writes it.
func derAlgorithm(oid asn1.ObjectIdentifier) []byte {
	return der(tagSequence, derOID(oid), []byte{asn1.TagNull, 0})
}

// derSet is a SET OF with its elements in DER order.
func derSet(elements ...[]byte) []byte {
	slices.SortFunc(elements, bytes.Compare)
	return der(tagSet, elements...)
}

// bmp is UTF-16, big endian, no NUL: the contents of a BMPString.
func bmp(s string) []byte {
	u := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(u))
	for _, c := range u {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	return b
}

// utf16z is UTF-16, little endian, with a closing NUL.
func utf16z(s string) []byte {
	u := utf16.Encode([]rune(s))
	b := make([]byte, 0, 2*len(u)+2)
	for _, c := range u {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return append(b, 0, 0)
}

// fromUTF16 decodes either byte order; ok is false for an odd length or a lone surrogate, which would not encode back.
func fromUTF16(b []byte, order binary.ByteOrder) (s string, ok bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = order.Uint16(b[2*i:])
	}
	r := utf16.Decode(u)
	return string(r), slices.Equal(utf16.Encode(r), u)
}

// hashOID returns the identifier of a digest this package signs with.
func hashOID(h crypto.Hash) (asn1.ObjectIdentifier, error) {
	switch h {
	case crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512:
		return x509tools.HashOids[h], nil
	}
	return nil, fmt.Errorf("digest %v: use SHA-256, SHA-384 or SHA-512 (SHA-1 for old catalogs only)", h)
}

// hashOf is the way back. MD5 is refused: it proves nothing.
func hashOf(alg pkix.AlgorithmIdentifier) (crypto.Hash, error) {
	h, ok := x509tools.PkixDigestToHash(alg)
	if !ok || h == crypto.MD5 || h == crypto.SHA224 || !h.Available() {
		return 0, fmt.Errorf("digest algorithm %s is not accepted", alg.Algorithm)
	}
	return h, nil
}

// elements splits the contents of a constructed element.
func elements(contents []byte) ([]asn1.RawValue, error) {
	list := make([]asn1.RawValue, 0, 4)
	for len(contents) > 0 {
		list = append(list, asn1.RawValue{})
		rest, err := asn1.Unmarshal(contents, &list[len(list)-1])
		if err != nil {
			return nil, err
		}
		contents = rest
	}
	return list, nil
}

// sequence splits a SEQUENCE that must fill b.
func sequence(b []byte) ([]asn1.RawValue, error) {
	var v asn1.RawValue
	rest, err := asn1.Unmarshal(b, &v)
	if err != nil {
		return nil, err
	}
	if len(rest) != 0 || len(v.FullBytes) == 0 || v.FullBytes[0] != tagSequence {
		return nil, errors.New("not exactly one SEQUENCE")
	}
	return elements(v.Bytes)
}

// unsortedSet returns an error naming the first SET in b, at any depth, whose elements are not in DER order.
func unsortedSet(b []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("nested deeper than %d", maxDepth)
	}
	list, err := elements(b)
	if err != nil {
		return err
	}
	for _, v := range list {
		if !v.IsCompound {
			continue
		}
		if v.Class == asn1.ClassUniversal && v.Tag == asn1.TagSet {
			if err := sortedElements(v.Bytes); err != nil {
				return fmt.Errorf("SET: %w", err)
			}
		}
		if err := unsortedSet(v.Bytes, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// sortedElements checks the order of the elements themselves.
func sortedElements(contents []byte) error {
	list, err := elements(contents)
	if err != nil {
		return err
	}
	for i := 1; i < len(list); i++ {
		if bytes.Compare(list[i-1].FullBytes, list[i].FullBytes) > 0 {
			return fmt.Errorf("element %d of %d stands before a smaller one (X.690 11.6)", i, len(list))
		}
	}
	return nil
}
