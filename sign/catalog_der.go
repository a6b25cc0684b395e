package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// The layout of a catalog, measured on Microsoft's own:
//
//	SignedData.contentInfo = { 1.3.6.1.4.1.311.10.1, [0] CTL }         the CTL directly, no OCTET STRING
//	CTL ::= SEQUENCE { SEQUENCE { OID catalogList }, OCTET STRING listID, UTCTime, SEQUENCE { OID member, NULL },
//	                   SEQUENCE OF entry, [0] EXPLICIT SEQUENCE OF { OID nameValue, OCTET STRING { NameValue } } OPTIONAL }
//	entry ::= SEQUENCE { OCTET STRING tag, SET OF SEQUENCE { OID, SET { value } } }
//	NameValue ::= SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value as UTF-16LE with NUL }

// entryValue is one attribute of an entry.
func entryValue(oid asn1.ObjectIdentifier, value []byte) []byte {
	return der(tagSequence, derOID(oid), der(tagSet, value))
}

func (a Attr) der() []byte {
	flags := a.Flags
	if flags == 0 {
		flags = AttrFlags
	}
	return der(tagSequence, der(tagBMP, bmp(a.Name)), derInt(int64(flags)), der(tagOctets, utf16z(a.Value)))
}

// parseAttr is the way back; ok is false when the attribute would not encode to the same bytes.
func parseAttr(b []byte) (a Attr, ok bool) {
	parts, err := sequence(b)
	if err != nil || len(parts) != 3 || parts[0].Tag != asn1.TagBMPString {
		return a, false
	}
	if _, err := asn1.Unmarshal(parts[1].FullBytes, &a.Flags); err != nil || a.Flags == 0 || len(parts[2].Bytes) < 2 {
		return a, false
	}
	a.Name, _ = fromUTF16(parts[0].Bytes, binary.BigEndian)
	a.Value, _ = fromUTF16(parts[2].Bytes[:len(parts[2].Bytes)-2], binary.LittleEndian)
	return a, bytes.Equal(a.der(), b)
}

func (m Member) der() []byte {
	values := make([][]byte, 0, len(m.values)+len(m.Attrs))
	values = append(values, m.values...)
	for _, a := range m.Attrs {
		values = append(values, entryValue(oidNameValue, a.der()))
	}
	return der(tagSequence, der(tagOctets, m.Tag), derSet(values...))
}

// ctl encodes the list.
func (c *Catalog) ctl() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	oid := oidMemberV2
	if c.version() == CatalogV1 {
		oid = oidMemberV1
	}
	date, err := asn1.Marshal(c.Date.UTC().Truncate(time.Second)) // UTCTime until 2049
	if err != nil {
		return nil, fmt.Errorf("catalog: date %v: %w", c.Date, err)
	}
	members := c.sorted()
	entries := make([][]byte, len(members))
	for i, m := range members {
		entries[i] = m.der()
	}
	fields := [][]byte{der(tagSequence, derOID(oidCatalogList)), der(tagOctets, c.listID(members))}
	fields = append(fields, c.before...)
	fields = append(fields, date)
	fields = append(fields, c.after...)
	fields = append(fields, derAlgorithm(oid), der(tagSequence, entries...))
	var ext [][]byte
	for _, a := range c.Attrs {
		ext = append(ext, der(tagSequence, derOID(oidNameValue), der(tagOctets, a.der())))
	}
	if ext = append(ext, c.extensions...); len(ext) > 0 {
		fields = append(fields, der(tagExplicit, der(tagSequence, ext...)))
	}
	return der(tagSequence, fields...), nil
}

// Marshal returns the catalog without a signature: a SignedData without digest algorithms, certificates and signers, which
// osslsigncode, signtool and jsign sign as it is.
func (c *Catalog) Marshal() ([]byte, error) {
	list, err := c.ctl()
	if err != nil {
		return nil, err
	}
	return envelope(list), nil
}

func envelope(list []byte) []byte {
	data := der(tagSequence, derInt(1), der(tagSet), der(tagSequence, derOID(oidCTL), der(tagExplicit, list)), der(tagSet))
	return der(tagSequence, derOID(pkcs7.OidSignedData), der(tagExplicit, data))
}

// Sign returns the signed catalog. A catalog has one signer: it cannot be signed twice.
func (c *Catalog) Sign(ctx context.Context, k Key, o Options) ([]byte, error) {
	list, err := c.ctl()
	if err != nil {
		return nil, err
	}
	return signList(ctx, list, k, o)
}

func signList(ctx context.Context, list []byte, k Key, o Options) ([]byte, error) {
	if err := o.check(k); err != nil {
		return nil, fmt.Errorf("sign the catalog: %w", err)
	}
	if o.PageHashes || o.Append {
		return nil, fmt.Errorf("sign the catalog: page hashes and additional signatures exist for PE images only")
	}
	b, err := signCMS(ctx, k, oidCTL, list, o)
	if err != nil {
		return nil, fmt.Errorf("sign the catalog: %w", err)
	}
	return b, nil
}

// CatalogFile signs a catalog file, whoever made it; its list stays as it is, byte for byte. A signature that is there is
// replaced.
func CatalogFile(ctx context.Context, src, dst string, k Key, o Options) error {
	err := replace(src, dst, func(in *os.File, tmp string) error {
		b, err := readCatalog(in)
		if err != nil {
			return err
		}
		psd, err := parseEnvelope(b)
		if err != nil {
			return err
		}
		list, err := catalogContent(psd)
		if err != nil {
			return err
		}
		signed, err := signList(ctx, list, k, o)
		if err != nil {
			return err
		}
		return os.WriteFile(tmp, signed, 0o600)
	}, verified(o.result()))
	if err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	return nil
}

func readCatalog(f *os.File) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(f, MaxCatalogBytes+1))
	if err == nil && len(b) > MaxCatalogBytes {
		err = fmt.Errorf("%w: a catalog of more than %d bytes", CheckFormat, MaxCatalogBytes)
	}
	return b, err
}

// catalogContent returns the DER of the list.
func catalogContent(psd *pkcs7.ContentInfoSignedData) ([]byte, error) {
	if !psd.Content.ContentInfo.ContentType.Equal(oidCTL) {
		return nil, fmt.Errorf("%w: the CMS structure holds no catalog (content type %s)", CheckFormat, psd.Content.ContentInfo.ContentType)
	}
	element, _, err := contentOf(psd)
	return element, err
}

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
		case bytes.Equal(fields[0].FullBytes, derOID(oidNameValue)):
			if a, ok := parseAttr(content); ok {
				m.Attrs = append(m.Attrs, a)
				return
			}
		case bytes.Equal(fields[0].FullBytes, derOID(oidIndirectData)):
			if d, err := parseIndirect(content); err == nil {
				m.Hash, m.Digest, m.PE = d.hash, d.sum, d.kind.Equal(oidPEImageData)
			}
		case bytes.Equal(fields[0].FullBytes, derOID(oidMemberInfoV2)):
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
		if err == nil && len(fields) == 2 && bytes.Equal(fields[0].FullBytes, derOID(oidNameValue)) && len(c.extensions) == 0 {
			if a, ok := parseAttr(fields[1].Bytes); ok {
				c.Attrs = append(c.Attrs, a)
				continue
			}
		}
		c.extensions = append(c.extensions, e.FullBytes)
	}
	return nil
}

// catalog verifies a catalog file: signature, order, and that its list can be read.
func (v *verifier) catalog() error {
	b, err := readCatalog(v.file)
	if err != nil {
		return err
	}
	psd, err := parseEnvelope(b)
	if err != nil {
		return err
	}
	list, err := catalogContent(psd)
	if err != nil {
		return err
	}
	c, err := parseList(list)
	if err != nil {
		return fmt.Errorf("%w: catalog: %w", CheckFormat, err)
	}
	v.rep.Members = len(c.Members)
	if len(psd.Content.SignerInfos) == 0 {
		return fmt.Errorf("%w: the catalog has no signature", CheckNotSigned)
	}
	v.signature(b, false)
	return nil
}
