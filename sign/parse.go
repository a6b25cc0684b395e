package sign

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// Limits for signatures from outside.
const (
	MaxSignatureBytes = 64 << 20 // one CMS structure: page hashes of a 4 GiB image are 36 MiB
	MaxNested         = 16       // signatures in one file
)

// cms is one parsed SignedData with its only signer.
type cms struct {
	psd    *pkcs7.ContentInfoSignedData
	si     *pkcs7.SignerInfo
	raw    []asn1.RawValue // the SignerInfo's fields as they were encoded
	certs  []*x509.Certificate
	signer *x509.Certificate
	hash   crypto.Hash
}

// parseEnvelope reads a SignedData that may have no signer.
func parseEnvelope(b []byte) (*pkcs7.ContentInfoSignedData, error) {
	if len(b) > MaxSignatureBytes {
		return nil, fmt.Errorf("%w: a CMS structure of %d bytes (limit %d)", CheckFormat, len(b), MaxSignatureBytes)
	}
	psd, err := pkcs7.Unmarshal(b)
	if err != nil {
		return nil, fmt.Errorf("%w: not a CMS structure: %w", CheckFormat, err)
	}
	if !psd.ContentType.Equal(pkcs7.OidSignedData) {
		return nil, fmt.Errorf("%w: the CMS structure is no SignedData", CheckFormat)
	}
	return psd, nil
}

// parseCMS reads a SignedData with exactly one signer, whose certificate must be there.
func parseCMS(b []byte) (*cms, error) {
	psd, err := parseEnvelope(b)
	if err != nil {
		return nil, err
	}
	return openCMS(psd)
}

func openCMS(psd *pkcs7.ContentInfoSignedData) (*cms, error) {
	switch n := len(psd.Content.SignerInfos); {
	case n == 0:
		return nil, fmt.Errorf("%w: it has no signer", CheckNotSigned)
	case n > 1:
		return nil, fmt.Errorf("%w: it has %d signers in one structure; Authenticode allows one", CheckFormat, n)
	}
	c := &cms{psd: psd, si: &psd.Content.SignerInfos[0]}
	var err error
	if c.hash, err = hashOf(c.si.DigestAlgorithm); err != nil {
		return nil, fmt.Errorf("%w: %w", CheckSignature, err)
	}
	if c.raw, err = sequence(c.si.RawContent); err != nil {
		return nil, fmt.Errorf("%w: signer: %w", CheckFormat, err)
	}
	var bad error
	for _, raw := range psd.Content.Certificates {
		cert, err := x509.ParseCertificate(raw.FullBytes)
		if err != nil {
			bad = err // only a problem when something is missing later
			continue
		}
		c.certs = append(c.certs, cert)
	}
	if c.signer, err = c.si.FindCertificate(c.certs); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: the signer's certificate is not in the signature", CheckFormat), bad)
	}
	return c, nil
}

// content is the DER of what is signed, and the part of it that is digested: its value without the header.
func (c *cms) content() (element, value []byte, err error) { return contentOf(c.psd) }

func contentOf(psd *pkcs7.ContentInfoSignedData) (element, value []byte, err error) {
	var v asn1.RawValue
	if err := psd.Content.ContentInfo.Unmarshal(&v); err != nil {
		return nil, nil, fmt.Errorf("%w: the signature holds no content", CheckFormat)
	}
	return v.FullBytes, v.Bytes, nil
}

// checkSignature verifies the signed attributes against the content and the signature against the attributes.
func (c *cms) checkSignature() error {
	_, value, err := c.content()
	if err != nil {
		return err
	}
	return verifySigner(c.si, c.psd.Content.ContentInfo.ContentType, value, c.hash, c.certs)
}

// verifySigner checks one SignerInfo over value. Unlike relic's it insists on contentType (RFC 5652 11.1).
func verifySigner(si *pkcs7.SignerInfo, kind asn1.ObjectIdentifier, value []byte, h crypto.Hash, certs []*x509.Certificate) error {
	if len(si.AuthenticatedAttributes) > 0 {
		var sum []byte
		if err := si.AuthenticatedAttributes.GetOne(oidMessageDigest, &sum); err != nil {
			return fmt.Errorf("%w: no single messageDigest", CheckAttributes)
		}
		var ct asn1.ObjectIdentifier
		if err := si.AuthenticatedAttributes.GetOne(oidContentType, &ct); err != nil || (kind != nil && !ct.Equal(kind)) {
			return fmt.Errorf("%w: contentType is missing or is not that of the content", CheckAttributes)
		}
		d := h.New()
		d.Write(value)
		if !bytes.Equal(d.Sum(nil), sum) {
			return fmt.Errorf("%w: messageDigest is not the digest of the signed content; the content was changed", CheckAttributes)
		}
	}
	if _, err := si.Verify(value, false, certs); err != nil {
		return fmt.Errorf("%w: it does not verify with the signer's key; the signature or its attributes were changed: %w", CheckSignature, err)
	}
	return nil
}

// checkOrder verifies DER order. The signed attributes and the content must be in order; certificates and unsigned
// attributes, which no signature covers and other tools leave as they come, only when all is set.
func (c *cms) checkOrder(all bool) error {
	for i, v := range c.raw {
		if v.Class != asn1.ClassContextSpecific || (v.Tag == 1 && !all) {
			continue
		}
		if err := sortedElements(v.Bytes); err != nil {
			return fmt.Errorf("%w: attributes (field %d of the signer): %w", CheckOrder, i+1, err)
		}
		if v.Tag != 0 {
			continue
		}
		if err := unsortedSet(v.Bytes, 0); err != nil {
			return fmt.Errorf("%w: signed attributes: %w", CheckOrder, err)
		}
	}
	element, _, err := c.content()
	if err != nil {
		return err
	}
	if err := unsortedSet(element, 0); err != nil {
		return fmt.Errorf("%w: signed content: %w", CheckOrder, err)
	}
	if all && !slices.IsSortedFunc(c.psd.Content.Certificates, func(a, b asn1.RawValue) int { return bytes.Compare(a.FullBytes, b.FullBytes) }) {
		return fmt.Errorf("%w: the certificates", CheckOrder)
	}
	return nil
}

// attribute returns the values of an unsigned attribute, DER each.
func (c *cms) unsigned(oid asn1.ObjectIdentifier) ([][]byte, error) {
	var out [][]byte
	for _, a := range c.si.UnauthenticatedAttributes {
		if !a.Type.Equal(oid) {
			continue
		}
		values, err := elements(a.Values.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: unsigned attribute %s: %w", CheckFormat, oid, err)
		}
		for _, v := range values {
			out = append(out, v.FullBytes)
		}
	}
	return out, nil
}

// opus returns description and URL.
func (c *cms) opus() (description, url string) {
	var v asn1.RawValue
	if c.si.AuthenticatedAttributes.GetOne(oidOpusInfo, &v) != nil {
		return "", ""
	}
	return parseOpus(v.FullBytes)
}
