//go:build pkcs11 && cgo

package sign

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"github.com/ThalesGroup/crypto11"
)

// tokenKey is a key in a PKCS #11 token. One login serves all signatures; safe for concurrent use. Close ends the session.
type tokenKey struct {
	ctx    *crypto11.Context
	signer crypto11.Signer
	chain  []*x509.Certificate
	name   string
}

// PKCS11Key opens the key that a URI of RFC 7512 names, see docs/signing.md. certs are the key's certificate and its issuers;
// without any the certificate is looked for in the token, under the key's id or label. The result is an io.Closer.
func PKCS11Key(uri string, pin []byte, certs []*x509.Certificate) (Key, error) {
	o, err := parsePKCS11(uri)
	if err != nil {
		return nil, err
	}
	ctx, err := crypto11.Configure(&crypto11.Config{Path: o.Module, TokenLabel: o.Token, TokenSerial: o.Serial, SlotNumber: o.Slot, Pin: string(pin)})
	if err != nil {
		return nil, fmt.Errorf("%w: open the PKCS #11 token: %w", ErrKey, err)
	}
	k := &tokenKey{ctx: ctx, name: "the PKCS #11 token"}
	if err := k.find(o, certs); err != nil {
		return nil, errors.Join(err, ctx.Close())
	}
	return k, nil
}

func (k *tokenKey) find(o pkcs11Object, certs []*x509.Certificate) error {
	signer, err := k.pair(o)
	if err != nil {
		return err
	}
	k.signer = signer
	if err := supported(signer.Public()); err != nil {
		return err
	}
	if len(certs) == 0 {
		if certs, err = k.stored(o); err != nil {
			return err
		}
	}
	k.chain, err = orderChain(signer.Public(), certs)
	return err
}

// pair finds the one key pair that fits.
func (k *tokenKey) pair(o pkcs11Object) (crypto11.Signer, error) {
	var found []crypto11.Signer
	var err error
	if o.ID == "" && o.Label == "" {
		found, err = k.ctx.FindAllKeyPairs()
	} else {
		found, err = k.ctx.FindKeyPairs(optional(o.ID), optional(o.Label))
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: look for the key in %s: %w", ErrKey, k.name, err)
	case len(found) == 0:
		return nil, fmt.Errorf("%w: %s has no key pair with object %q and id %x", ErrKey, k.name, o.Label, o.ID)
	case len(found) > 1:
		return nil, fmt.Errorf("%w: %s has %d key pairs that fit; name one by object and id", ErrKey, k.name, len(found))
	}
	return found[0], nil
}

// stored looks for certificates in the token.
func (k *tokenKey) stored(o pkcs11Object) ([]*x509.Certificate, error) {
	id, label := optional(o.ID), optional(o.Label)
	if id == nil && label == nil {
		attr, err := k.ctx.GetAttribute(k.signer, crypto11.CkaId)
		if err != nil || attr == nil {
			return nil, fmt.Errorf("%w: the key in %s has no id; name its certificate with cert", ErrKey, k.name)
		}
		id = attr.Value
	}
	c, err := k.ctx.FindCertificate(id, label, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: look for the certificate in %s: %w", ErrKey, k.name, err)
	}
	if c == nil {
		return nil, fmt.Errorf("%w: %s has no certificate under the key's id or label; name it with cert", ErrKey, k.name)
	}
	return []*x509.Certificate{c}, nil
}

func optional(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func (k *tokenKey) Certificates() []*x509.Certificate { return slices.Clone(k.chain) }
func (k *tokenKey) Public() crypto.PublicKey          { return k.signer.Public() }

func (k *tokenKey) SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sig, err := k.signer.Sign(rand.Reader, digest, h)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, k.name, err)
	}
	if !verifies(k.Public(), digest, h, sig) {
		return nil, fmt.Errorf("%w: %s made a signature that does not verify", ErrKey, k.name)
	}
	return sig, nil
}

// Close ends the session with the token.
func (k *tokenKey) Close() error { return k.ctx.Close() }
