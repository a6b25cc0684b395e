package sign

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// token is an RFC 3161 time stamp token, or a PKCS #9 counter signature as files of before 2013 have it.
type token struct {
	cms     *cms // of the token; nil for a counter signature
	imprint []byte
	hash    crypto.Hash
	nonce   *big.Int
	time    time.Time

	counter *pkcs7.SignerInfo // counter signature
	signer  *x509.Certificate
	certs   []*x509.Certificate
}

// parseToken reads a token; nothing is verified yet.
func parseToken(b []byte) (*token, error) {
	c, err := parseCMS(b)
	if err != nil {
		return nil, fmt.Errorf("%w: token: %w", CheckTimestamp, err)
	}
	if !c.psd.Content.ContentInfo.ContentType.Equal(oidTSTInfo) {
		return nil, fmt.Errorf("%w: token: its content is no TSTInfo", CheckTimestamp)
	}
	_, info, err := c.content()
	if err != nil {
		return nil, fmt.Errorf("%w: token: %w", CheckTimestamp, err)
	}
	t := &token{cms: c, signer: c.signer, certs: c.certs}
	if err := t.parseInfo(info); err != nil {
		return nil, fmt.Errorf("%w: token: %w", CheckTimestamp, err)
	}
	return t, nil
}

// parseInfo reads TSTInfo (RFC 3161 2.4.2): version, policy, imprint, serial, time, then optional fields.
func (t *token) parseInfo(b []byte) error {
	fields, err := sequence(b)
	if err != nil || len(fields) < 5 {
		return errors.New("TSTInfo is damaged")
	}
	var imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Sum       []byte
	}
	if _, err := asn1.Unmarshal(fields[2].FullBytes, &imprint); err != nil {
		return errors.New("its message imprint is damaged")
	}
	if t.hash, err = hashOf(imprint.Algorithm); err != nil {
		return err
	}
	t.imprint = imprint.Sum
	if t.time, err = pkcs7.ParseTime(fields[4]); err != nil {
		return fmt.Errorf("its time: %w", err)
	}
	for _, f := range fields[5:] {
		if f.Class == asn1.ClassUniversal && f.Tag == asn1.TagInteger {
			if _, err := asn1.Unmarshal(f.FullBytes, &t.nonce); err != nil {
				return errors.New("its nonce is damaged")
			}
		}
	}
	return nil
}

// check verifies that the token is about signature, is signed, and by a certificate for time stamping. A nonce that is not
// nil must be in it.
func (t *token) check(signature []byte, nonce *big.Int) error {
	if err := checkStampUsage(t.signer); err != nil {
		return err
	}
	if t.counter != nil {
		h, err := hashOf(t.counter.DigestAlgorithm)
		if err != nil {
			return fmt.Errorf("%w: %w", CheckTimestamp, err)
		}
		// The content type of a counter signature is id-data or absent; relic checks digest and signature.
		if _, err := t.counter.Verify(signature, false, t.certs); err != nil {
			return fmt.Errorf("%w: the counter signature (%v) does not verify: %w", CheckTimestamp, h, err)
		}
		return nil
	}
	if err := t.cms.checkSignature(); err != nil {
		return fmt.Errorf("%w: token: %w", CheckTimestamp, err)
	}
	d := t.hash.New()
	d.Write(signature)
	if string(d.Sum(nil)) != string(t.imprint) {
		return fmt.Errorf("%w: the token is about another signature", CheckTimestamp)
	}
	if nonce != nil && (t.nonce == nil || t.nonce.Cmp(nonce) != 0) {
		return fmt.Errorf("%w: the token does not repeat the nonce of the request", CheckTimestamp)
	}
	return nil
}

// checkStampUsage wants timeStamping as the only purpose (RFC 3161 2.3).
func checkStampUsage(c *x509.Certificate) error {
	if len(c.ExtKeyUsage) != 1 || c.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping || len(c.UnknownExtKeyUsage) != 0 {
		return fmt.Errorf("%w: the certificate of %s is not one for time stamping alone", CheckTimestamp, name(c))
	}
	return nil
}

// token finds the time stamp of a signature; nil when it has none.
func (c *cms) token() (*token, error) {
	for _, oid := range []asn1.ObjectIdentifier{oidSpcToken, oidTSTToken} {
		values, err := c.unsigned(oid)
		if err != nil {
			return nil, err
		}
		if len(values) > 0 {
			return parseToken(values[0])
		}
	}
	values, err := c.unsigned(oidCounterSign)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	si := new(pkcs7.SignerInfo)
	if _, err := asn1.Unmarshal(values[0], si); err != nil {
		return nil, fmt.Errorf("%w: the counter signature is damaged", CheckTimestamp)
	}
	t := &token{counter: si, certs: c.certs}
	if t.signer, err = si.FindCertificate(c.certs); err != nil {
		return nil, fmt.Errorf("%w: the counter signer's certificate is missing", CheckTimestamp)
	}
	if t.time, err = si.SigningTime(); err != nil {
		return nil, fmt.Errorf("%w: the counter signature has no time", CheckTimestamp)
	}
	return t, nil
}
