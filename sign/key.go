package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Limits of a signing key.
const (
	MinRSABits = 2048 // the CA/Browser Forum's floor until 2021; shorter keys are refused
)

// A Key signs digests. Implementations are safe for one use at a time; a batch may use one from several goroutines when its
// documentation says so (all of this package are).
type Key interface {
	// Certificates returns the chain, leaf first, each followed by its issuer as far as known. A self-signed root may close
	// it; roots are never written into a signature.
	Certificates() []*x509.Certificate
	// Public is the leaf's public key: *rsa.PublicKey or *ecdsa.PublicKey.
	Public() crypto.PublicKey
	// SignDigest signs digest, which was made with h: PKCS #1 v1.5 for RSA, ASN.1 (r, s) for ECDSA.
	SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error)
}

// ErrKey is wrapped by every complaint about a key or its certificates.
var ErrKey = errors.New("signing key")

// memoryKey is a key whose private half is in this process. Safe for concurrent use.
type memoryKey struct {
	chain  []*x509.Certificate
	signer crypto.Signer
}

func (k *memoryKey) Certificates() []*x509.Certificate { return slices.Clone(k.chain) }
func (k *memoryKey) Public() crypto.PublicKey          { return k.signer.Public() }

// SignDigest passes no randomness: RSA PKCS #1 v1.5 needs none and ECDSA then follows RFC 6979, so results repeat.
func (k *memoryKey) SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return k.signer.Sign(nil, digest, h)
}

// newMemoryKey finds the leaf of priv among certs and orders the chain.
func newMemoryKey(priv any, certs []*x509.Certificate) (Key, error) {
	signer, ok := priv.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: a %T cannot sign", ErrKey, priv)
	}
	if err := supported(signer.Public()); err != nil {
		return nil, err
	}
	chain, err := orderChain(signer.Public(), certs)
	if err != nil {
		return nil, err
	}
	return &memoryKey{chain: chain, signer: signer}, nil
}

// supported tells whether Windows verifies signatures of such a key.
func supported(pub crypto.PublicKey) error {
	switch p := pub.(type) {
	case *rsa.PublicKey:
		if p.N.BitLen() < MinRSABits {
			return fmt.Errorf("%w: the RSA key has %d bits; use %d or more", ErrKey, p.N.BitLen(), MinRSABits)
		}
		return nil
	case *ecdsa.PublicKey:
		return nil
	}
	return fmt.Errorf("%w: Windows does not verify signatures of a %T; use RSA, or ECDSA P-256 or P-384", ErrKey, pub)
}

// samePublic compares keys of the kinds supported accepts.
func samePublic(a, b crypto.PublicKey) bool {
	e, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && e.Equal(b)
}

// orderChain puts the certificate of pub first and each issuer after its subject; certificates that do not belong to the
// chain are dropped.
func orderChain(pub crypto.PublicKey, certs []*x509.Certificate) ([]*x509.Certificate, error) {
	i := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return samePublic(pub, c.PublicKey) })
	if i < 0 {
		return nil, fmt.Errorf("%w: none of the %d certificates belongs to the private key; give the certificate that was issued for it", ErrKey, len(certs))
	}
	chain := []*x509.Certificate{certs[i]}
	for last := certs[i]; !selfIssued(last); {
		next := slices.IndexFunc(certs, func(c *x509.Certificate) bool {
			return bytes.Equal(c.RawSubject, last.RawIssuer) && !slices.Contains(chain, c) && last.CheckSignatureFrom(c) == nil
		})
		if next < 0 {
			break
		}
		last = certs[next]
		chain = append(chain, last)
	}
	return chain, nil
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

// CheckKey refuses a key that would make signatures nobody accepts at now: no certificate, a certificate of another key, not
// yet or no longer valid, not for code signing. Warnings name what a verifier may stumble over.
func CheckKey(k Key, now time.Time) (warnings []string, err error) {
	certs := k.Certificates()
	if len(certs) == 0 {
		return nil, fmt.Errorf("%w: it has no certificate", ErrKey)
	}
	leaf := certs[0]
	if err := supported(k.Public()); err != nil {
		return nil, err
	}
	if !samePublic(k.Public(), leaf.PublicKey) {
		return nil, fmt.Errorf("%w: the first certificate (%s) is not that of the private key", ErrKey, name(leaf))
	}
	if now.Before(leaf.NotBefore) || now.After(leaf.NotAfter) {
		return nil, fmt.Errorf("%w: the certificate of %s is valid from %s to %s, not at %s; renew it", ErrKey, name(leaf),
			day(leaf.NotBefore), day(leaf.NotAfter), day(now))
	}
	w, err := checkUsage(leaf)
	if err != nil {
		return nil, err
	}
	if w != "" {
		warnings = append(warnings, w)
	}
	for i, c := range certs[1:] {
		if now.Before(c.NotBefore) || now.After(c.NotAfter) {
			warnings = append(warnings, fmt.Sprintf("the certificate of the issuer %s (number %d of the chain) is not valid at %s", name(c), i+2, day(now)))
		}
	}
	if len(certs) == 1 && !selfIssued(leaf) {
		warnings = append(warnings, fmt.Sprintf("no certificate of the issuer %q is given; if that is an intermediate, verifiers that do not fetch it will reject the signature: add it to the certificate file", leaf.Issuer.CommonName))
	}
	if IsDevelopment(leaf) {
		warnings = append(warnings, "signing with the "+DevelopmentName+": nobody but you trusts it")
	}
	return warnings, nil
}

// checkUsage wants code signing among the extended key usages (RFC 5280 4.2.1.12).
func checkUsage(leaf *x509.Certificate) (warning string, err error) {
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return "", fmt.Errorf("%w: the key usage of %s does not include digital signatures", ErrKey, name(leaf))
	}
	if len(leaf.ExtKeyUsage) == 0 && len(leaf.UnknownExtKeyUsage) == 0 {
		return fmt.Sprintf("the certificate of %s names no extended key usage; some verifiers want codeSigning", name(leaf)), nil
	}
	if slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageCodeSigning) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return "", nil
	}
	return "", fmt.Errorf("%w: the certificate of %s is not for code signing (extended key usage); Windows would reject the signature. Use a code signing certificate", ErrKey, name(leaf))
}

// name is how messages call a certificate.
func name(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return fmt.Sprintf("%q", c.Subject.CommonName)
	}
	return fmt.Sprintf("%q", c.Subject.String())
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// embedded are the certificates that go into a signature: all but self-issued roots; a lone self-signed leaf stays.
func embedded(k Key) []*x509.Certificate {
	certs := k.Certificates()
	out := certs[:1:1]
	for _, c := range certs[1:] {
		if !selfIssued(c) {
			out = append(out, c)
		}
	}
	return out
}
