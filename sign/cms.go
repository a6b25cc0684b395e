package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
	"github.com/sassoftware/relic/v7/lib/x509tools"
)

// signCMS is the one place where signatures are put together. content is the DER of what is signed, of type kind. It signs,
// stamps and checks its own work, so a key that does not belong to its certificate is found before any file changes.
func signCMS(ctx context.Context, k Key, kind asn1.ObjectIdentifier, content []byte, o Options) ([]byte, error) {
	ci, err := pkcs7.NewContentInfo(kind, asn1.RawValue{FullBytes: content})
	if err != nil {
		return nil, err
	}
	attrs, err := signedAttributes(ci, o)
	if err != nil {
		return nil, err
	}
	si, err := signerInfo(ctx, k, attrs, o)
	if err != nil {
		return nil, err
	}
	if o.Stamper != nil {
		if err := stamp(ctx, si, k, o); err != nil {
			return nil, err
		}
	}
	psd := &pkcs7.ContentInfoSignedData{
		ContentType: pkcs7.OidSignedData,
		Content: pkcs7.SignedData{
			Version:                    1,
			DigestAlgorithmIdentifiers: []pkix.AlgorithmIdentifier{si.DigestAlgorithm},
			ContentInfo:                ci,
			Certificates:               sortedCertificates(k),
			SignerInfos:                []pkcs7.SignerInfo{*si},
		},
	}
	raw, err := psd.Marshal()
	if err != nil {
		return nil, err
	}
	return raw, selfCheck(raw)
}

// signedAttributes are contentType, messageDigest, statement type and opus info, in DER order. messageDigest is over the
// content without its outer header (RFC 5652 5.4 as Authenticode reads it).
func signedAttributes(ci pkcs7.ContentInfo, o Options) (pkcs7.AttributeList, error) {
	blob, err := ci.Bytes()
	if err != nil {
		return nil, err
	}
	d := o.hash().New()
	d.Write(blob)
	var attrs pkcs7.AttributeList
	for _, a := range []struct {
		oid   asn1.ObjectIdentifier
		value []byte
	}{
		{oidContentType, derOID(ci.ContentType)},
		{oidMessageDigest, der(tagOctets, d.Sum(nil))},
		{oidStatementType, der(tagSequence, derOID(oidIndividual))},
		{oidOpusInfo, opusInfo(o.Description, o.URL)},
	} {
		if err := attrs.Add(a.oid, asn1.RawValue{FullBytes: a.value}); err != nil {
			return nil, err
		}
	}
	return attrs, sortAttributes(attrs)
}

// sortAttributes puts a list into DER order.
func sortAttributes(attrs pkcs7.AttributeList) error {
	enc := make(map[string][]byte, len(attrs))
	for _, a := range attrs {
		b, err := asn1.Marshal(a)
		if err != nil {
			return err
		}
		enc[a.Type.String()] = b
	}
	slices.SortFunc(attrs, func(a, b pkcs7.Attribute) int {
		return bytes.Compare(enc[a.Type.String()], enc[b.Type.String()])
	})
	return nil
}

func signerInfo(ctx context.Context, k Key, attrs pkcs7.AttributeList, o Options) (*pkcs7.SignerInfo, error) {
	h := o.hash()
	digestAlg, keyAlg, err := x509tools.PkixAlgorithms(k.Public(), h)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	blob, err := attrs.Bytes()
	if err != nil {
		return nil, err
	}
	sig, err := SignMessage(ctx, k, blob, h)
	if err != nil {
		return nil, fmt.Errorf("sign the digest: %w", err)
	}
	leaf := k.Certificates()[0]
	return &pkcs7.SignerInfo{
		Version: 1,
		IssuerAndSerialNumber: pkcs7.IssuerAndSerial{
			IssuerName:   asn1.RawValue{FullBytes: leaf.RawIssuer},
			SerialNumber: leaf.SerialNumber,
		},
		DigestAlgorithm:           digestAlg,
		DigestEncryptionAlgorithm: keyAlg,
		AuthenticatedAttributes:   attrs,
		EncryptedDigest:           sig,
	}, nil
}

// stamp adds the token as the unsigned attribute Authenticode looks for.
func stamp(ctx context.Context, si *pkcs7.SignerInfo, k Key, o Options) error {
	token, err := stampToken(ctx, si.EncryptedDigest, o.hash(), k.Certificates()[0], o.Stamper)
	if err != nil {
		return err
	}
	return si.UnauthenticatedAttributes.Add(oidSpcToken, asn1.RawValue{FullBytes: token})
}

// stampToken gets a token and checks it: it must be about the signature, verify, and state a time at which the signer's
// certificate is valid.
func stampToken(ctx context.Context, signature []byte, h crypto.Hash, leaf *x509.Certificate, s Stamper) ([]byte, error) {
	token, err := s.Stamp(ctx, signature, h)
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	t, err := parseToken(token)
	if err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	if err := t.check(signature, nil); err != nil {
		return nil, fmt.Errorf("time stamp: %w", err)
	}
	if t.time.Before(leaf.NotBefore) || t.time.After(leaf.NotAfter) {
		return nil, fmt.Errorf("%w: the authority says it is %s, when the certificate of %s is not valid", CheckTimestamp, day(t.time), name(leaf))
	}
	return token, nil
}

func sortedCertificates(k Key) pkcs7.RawCertificates {
	var raw pkcs7.RawCertificates
	for _, c := range embedded(k) {
		raw = append(raw, asn1.RawValue{FullBytes: c.Raw})
	}
	slices.SortFunc(raw, func(a, b asn1.RawValue) int { return bytes.Compare(a.FullBytes, b.FullBytes) })
	return raw
}

// selfCheck parses what was written and verifies signature and order.
func selfCheck(raw []byte) error {
	c, err := parseCMS(raw)
	if err == nil {
		err = c.checkSignature()
	}
	if err == nil {
		err = c.checkOrder(true)
	}
	if err != nil {
		return fmt.Errorf("the signature just made does not verify; is the certificate that of the key? %w", err)
	}
	return nil
}
