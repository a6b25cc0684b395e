package sign

import (
	"bytes"
	"context"
	"encoding/asn1"
	"encoding/binary"
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
