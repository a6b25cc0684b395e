// Package catalog reads security catalogs on the target: which files a catalog covers, by hash, and whether it bears a
// signature. It verifies no signature; that is the machine's business (Verifier). It is small on purpose: no encoding/asn1,
// no certificates.
//
// A catalog is a PKCS #7 SignedData around a certificate trust list (layout measured on Microsoft's own, the same that
// package sign writes):
//
//	SEQUENCE { OID signedData, [0] { SEQUENCE { version, SET digests,
//	    SEQUENCE { OID 1.3.6.1.4.1.311.10.1, [0] { list } }, [0] certificates, [1] CRLs, SET signers } } }
//	list  = SEQUENCE { SEQUENCE { OID catalogList }, OCTET STRING id, … time …, SEQUENCE { OID member, NULL }, SEQUENCE OF entry, … }
//	entry = SEQUENCE { OCTET STRING tag, SET OF SEQUENCE { OID, SET { value } } }
//
// A member's hash is in its attribute SPC_INDIRECT_DATA, or is its tag: the bytes themselves in the second version of the
// format, hexadecimal UTF-16 in the first. Only DER is read: definite lengths, one byte tags.
//
// # Limits
//
// A catalog has at most MaxBytes bytes and MaxMembers entries; structures are read to a fixed depth. What is beyond is an
// error wrapping ErrMalformed, and no byte outside the input is looked at.
package catalog

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

const (
	// MaxBytes is the size of the largest catalog that is read. Real ones of service packs have some 2 MB.
	MaxBytes = 64 << 20
	// MaxMembers is the largest number of entries; a file has two in the second version of the format.
	MaxMembers = 1 << 20
)

// ErrMalformed: the bytes are no catalog, or a damaged one.
var ErrMalformed = errors.New("not a security catalog, or a damaged one")

// Versions of the format: the object identifier of its members says which.
const (
	V1 = 1 // 1.3.6.1.4.1.311.12.1.2: SHA-1
	V2 = 2 // 1.3.6.1.4.1.311.12.1.3: SHA-256, with SHA-1 entries for older readers
)

// Catalog is what a catalog covers.
type Catalog struct {
	Version int
	// Signed tells that there is a signature. It says nothing about what the signature is worth.
	Signed  bool
	Members int // entries
	digests map[string]bool
}

// Covers reports whether a file is a member: by SHA-256 in a catalog of the second version, by SHA-1 in one of the first
// (as Windows looks them up).
func (c *Catalog) Covers(h Hash) bool {
	if c.Version == V2 {
		return c.digests[string(h.SHA256[:])]
	}
	return c.digests[string(h.SHA1[:])]
}

// Object identifiers, as DER contents.
const (
	oidSignedData  = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"     // 1.2.840.113549.1.7.2
	oidCTL         = "\x2b\x06\x01\x04\x01\x82\x37\x0a\x01"     // 1.3.6.1.4.1.311.10.1
	oidCatalogList = "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01" // 1.3.6.1.4.1.311.12.1.1
	oidMemberV1    = "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x02" // 1.3.6.1.4.1.311.12.1.2
	oidMemberV2    = "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03" // 1.3.6.1.4.1.311.12.1.3
	oidIndirect    = "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04" // 1.3.6.1.4.1.311.2.1.4
)

// Parse reads a catalog. Errors wrap ErrMalformed.
func Parse(b []byte) (*Catalog, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrMalformed, len(b), MaxBytes)
	}
	c := &Catalog{digests: map[string]bool{}}
	list, err := c.envelope(b)
	if err == nil {
		err = c.list(list)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return c, nil
}

// envelope opens the SignedData and returns the contents of the list.
func (c *Catalog) envelope(b []byte) (der, error) {
	outer := der(b).enter(tagSequence)
	outer.expect(tagOID, oidSignedData)
	data := outer.contents(tagContext0).enter(tagSequence)
	data.skip(tagInteger)
	data.skip(tagSet)
	content := data.contents(tagSequence)
	content.expect(tagOID, oidCTL)
	list := content.contents(tagContext0).enter(tagSequence)
	data.optional(tagContext0)
	data.optional(tagContext1)
	signers := data.contents(tagSet)
	for _, r := range []*reader{outer, data, content, list, signers} {
		if r.err != nil {
			return nil, r.err
		}
	}
	c.Signed = len(signers.rest) > 0
	return list.rest, nil
}

func (c *Catalog) list(body der) error {
	r := &reader{rest: body}
	kind := r.contents(tagSequence)
	kind.expect(tagOID, oidCatalogList)
	r.skip(tagOctets)
	for r.err == nil && r.tag() != tagSequence { // number, dates
		r.any()
	}
	algorithm := r.contents(tagSequence)
	switch oid := string(algorithm.take(tagOID)); oid {
	case oidMemberV1:
		c.Version = V1
	case oidMemberV2:
		c.Version = V2
	default:
		return errors.Join(r.err, kind.err, fmt.Errorf("the list is of an unknown kind (% x)", oid))
	}
	entries := r.contents(tagSequence)
	if err := errors.Join(kind.err, algorithm.err, entries.err, r.err); err != nil {
		return err
	}
	for len(entries.rest) > 0 {
		if c.Members++; c.Members > MaxMembers {
			return fmt.Errorf("more than %d members", MaxMembers)
		}
		if err := c.entry(entries.contents(tagSequence)); err != nil {
			return fmt.Errorf("member %d: %w", c.Members, err)
		}
	}
	return entries.err
}

func (c *Catalog) entry(e *reader) error {
	digest := tagDigest(e.take(tagOctets))
	attrs := e.contents(tagSet)
	for attrs.err == nil && len(attrs.rest) > 0 {
		a := attrs.contents(tagSequence)
		oid := string(a.take(tagOID))
		value := a.contents(tagSet)
		if err := errors.Join(a.err, value.err); err != nil {
			return err
		}
		if oid != oidIndirect {
			continue
		}
		// SPC_INDIRECT_DATA: SEQUENCE { SEQUENCE { OID, data }, SEQUENCE { algorithm, OCTET STRING digest } }
		data := value.contents(tagSequence)
		data.skip(tagSequence)
		info := data.contents(tagSequence)
		info.skip(tagSequence)
		digest = info.take(tagOctets)
		if err := errors.Join(value.err, data.err, info.err); err != nil {
			return err
		}
	}
	if err := errors.Join(e.err, attrs.err); err != nil {
		return err
	}
	if len(digest) > 0 {
		c.digests[string(digest)] = true
	}
	return nil
}

// tagDigest is the digest that a tag spells, or nil: 20 or 32 bytes, or their hexadecimal form in UTF-16 with a NUL.
func tagDigest(tag []byte) []byte {
	const sha1Len, sha256Len = 20, 32
	switch len(tag) {
	case sha1Len, sha256Len:
		return tag
	case sha1Len*4 + 2, sha256Len*4 + 2:
	default:
		return nil
	}
	var text strings.Builder
	for i := 0; i+1 < len(tag)-2; i += 2 {
		if tag[i+1] != 0 {
			return nil
		}
		text.WriteByte(tag[i])
	}
	sum, err := hex.DecodeString(text.String())
	if err != nil {
		return nil
	}
	return sum
}
