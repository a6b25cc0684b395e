package sign

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// The identifiers that every member of a catalog is looked through for.
var (
	encodedNameValue    = derOID(oidNameValue)
	encodedIndirectData = derOID(oidIndirectData)
	encodedMemberInfoV2 = derOID(oidMemberInfoV2)
)

// ParseCatalog reads a catalog of any origin. The signature is nil when the catalog has none; it is described, not
// verified: see Verify. Marshal of the result gives a list equal to the parsed one if that was in DER order.
func ParseCatalog(b []byte) (*Catalog, *Signature, error) {
	psd, err := parseEnvelope(b)
	if err != nil {
		return nil, nil, err
	}
	list, err := catalogContent(psd)
	if err != nil {
		return nil, nil, err
	}
	c, err := parseList(list)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: catalog: %w", CheckFormat, err)
	}
	if len(psd.Content.SignerInfos) == 0 {
		return c, nil, nil
	}
	signed, err := openCMS(psd)
	if err != nil {
		return nil, nil, err
	}
	s := &Signature{Number: 1, Hash: signed.hash.String(), Signer: describe(signed.signer), Development: IsDevelopment(signed.signer)}
	s.Description, s.URL = signed.opus()
	if t, err := signed.token(); err == nil && t != nil {
		s.Timestamp = &Timestamp{Time: t.time.UTC(), Authority: describe(t.signer)}
	}
	return c, s, nil
}

// parseList reads a CTL (RFC-less; [MS-CAESO] has the general form): the optional fields are an INTEGER sequence number
// before the date and a second time after it.
func parseList(b []byte) (*Catalog, error) {
	f, err := sequence(b)
	if err != nil {
		return nil, err
	}
	bad := func(what string) (*Catalog, error) { return nil, fmt.Errorf("%s is missing or damaged", what) }
	if len(f) < 5 || !bytes.Equal(f[0].Bytes, derOID(oidCatalogList)) {
		return bad("the usage (catalog list)")
	}
	c := new(Catalog)
	if c.ListID = f[1].Bytes; f[1].Tag != asn1.TagOctetString || f[1].Class != 0 {
		return bad("the list identifier")
	}
	f = f[2:]
	if f[0].Tag == asn1.TagInteger && f[0].Class == 0 {
		c.before, f = [][]byte{f[0].FullBytes}, f[1:]
	}
	if c.Date, err = pkcs7.ParseTime(f[0]); err != nil {
		return bad("the date")
	}
	c.Date = c.Date.UTC()
	if f = f[1:]; len(f) > 0 && f[0].Class == 0 && (f[0].Tag == asn1.TagUTCTime || f[0].Tag == asn1.TagGeneralizedTime) {
		c.after, f = [][]byte{f[0].FullBytes}, f[1:]
	}
	if len(f) < 2 {
		return bad("the list of members")
	}
	switch {
	case bytes.Equal(f[0].FullBytes, derAlgorithm(oidMemberV1)):
		c.Version = CatalogV1
	case bytes.Equal(f[0].FullBytes, derAlgorithm(oidMemberV2)):
		c.Version = CatalogV2
	default:
		return bad("the member type")
	}
	if err := c.parseMembers(f[1]); err != nil {
		return nil, err
	}
	if len(f) > 2 {
		return c, c.parseExtensions(f[2])
	}
	return c, nil
}

func (c *Catalog) parseMembers(list asn1.RawValue) error {
	entries, err := sequence(list.FullBytes)
	if err != nil {
		return fmt.Errorf("the list of members: %w", err)
	}
	if len(entries) > MaxMembers {
		return fmt.Errorf("%d members (limit %d)", len(entries), MaxMembers)
	}
	for i, e := range entries {
		m, err := parseMember(e.FullBytes)
		if err != nil {
			return fmt.Errorf("member %d: %w", i+1, err)
		}
		c.Members = append(c.Members, m)
	}
	return nil
}

func parseMember(b []byte) (m Member, err error) {
	parts, err := sequence(b)
	if err != nil || len(parts) != 2 || parts[0].Tag != asn1.TagOctetString || parts[1].Tag != asn1.TagSet {
		return m, fmt.Errorf("not a tag and a set of attributes")
	}
	m.Tag = parts[0].Bytes
	values, err := elements(parts[1].Bytes)
	if err != nil {
		return m, err
	}
	for _, v := range values {
		m.parseValue(v)
	}
	if m.Digest == nil {
		m.digestFromTag()
	}
	return m, nil
}

// parseValue interprets one attribute, and keeps those it does not know as they are.
func (m *Member) parseValue(v asn1.RawValue) {
	fields, err := elements(v.Bytes)
	if err == nil && len(fields) == 2 {
		content := fields[1].Bytes
		switch {
		case bytes.Equal(fields[0].FullBytes, encodedNameValue):
			if a, ok := parseAttr(content); ok {
				m.Attrs = append(m.Attrs, a)
				return
			}
		case bytes.Equal(fields[0].FullBytes, encodedIndirectData):
			if d, err := parseIndirect(content); err == nil {
				m.Hash, m.Digest, m.PE = d.hash, d.sum, d.kind.Equal(oidPEImageData)
			}
		case bytes.Equal(fields[0].FullBytes, encodedMemberInfoV2):
			m.PE = m.PE || bytes.Equal(content, []byte{0x80, 0})
		}
	}
	m.values = append(m.values, v.FullBytes)
}

// digestFromTag understands raw digests and their hexadecimal form.
func (m *Member) digestFromTag() {
	digest := m.Tag
	if s, ok := fromUTF16(m.Tag, binary.LittleEndian); ok && len(m.Tag) >= 80 {
		if b, err := hex.DecodeString(string(bytes.TrimRight([]byte(s), "\x00"))); err == nil {
			digest = b
		}
	}
	switch len(digest) {
	case crypto.SHA1.Size():
		m.Hash, m.Digest = crypto.SHA1, digest
	case crypto.SHA256.Size():
		m.Hash, m.Digest = crypto.SHA256, digest
	}
}

func (c *Catalog) parseExtensions(v asn1.RawValue) error {
	list, err := sequence(v.Bytes)
	if err != nil || v.Class != asn1.ClassContextSpecific || v.Tag != 0 {
		return fmt.Errorf("the catalog's own attributes are damaged")
	}
	for _, e := range list {
		fields, err := elements(e.Bytes)
		if err == nil && len(fields) == 2 && bytes.Equal(fields[0].FullBytes, encodedNameValue) && len(c.extensions) == 0 {
			if a, ok := parseAttr(fields[1].Bytes); ok {
				c.Attrs = append(c.Attrs, a)
				continue
			}
		}
		c.extensions = append(c.extensions, e.FullBytes)
	}
	return nil
}
