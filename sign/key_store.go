package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Locations of certificate stores, StoreCertificate.Location.
const (
	StoreUser    = "user"    // of the current user, also when none is given
	StoreMachine = "machine" // of the local machine; its keys are mostly for administrators
)

// DefaultStore is the store that Windows calls "Personal".
const DefaultStore = "My"

// StoreCertificate names a certificate of a Windows certificate store: by thumbprint or by subject.
type StoreCertificate struct {
	Thumbprint string // SHA-1 of the certificate, 40 hexadecimal digits; spaces and colons between them do not matter
	Subject    string // common name, or the whole subject as RFC 2253 writes it; capital and small letters are the same
	Store      string // DefaultStore when empty
	Location   string // StoreUser or StoreMachine
}

// check reports every contradiction. The names of keys are those of profiles and flags.
func (s StoreCertificate) check() error {
	var errs []error
	if _, err := s.thumbprint(); err != nil {
		errs = append(errs, err)
	}
	if s.Location != "" && s.Location != StoreUser && s.Location != StoreMachine {
		errs = append(errs, fmt.Errorf("%w: store-location %q is not known; use %s or %s", ErrKey, s.Location, StoreUser, StoreMachine))
	}
	// CertOpenStore takes COMPUTER\STORE; keys of other machines cannot sign here.
	if strings.ContainsFunc(s.Store, func(r rune) bool { return r == '\\' || r == '/' || unicode.IsControl(r) }) {
		errs = append(errs, fmt.Errorf("%w: store %q is no name of a store; write My, for example, and the place into store-location", ErrKey, s.Store))
	}
	return errors.Join(errs...)
}

// thumbprint is nil when there is none. The dialog of Windows shows pairs, and copying from it brings an invisible mark along.
func (s StoreCertificate) thumbprint() ([]byte, error) {
	if s.Thumbprint == "" {
		return nil, nil
	}
	digits := strings.Map(func(r rune) rune {
		if r == ':' || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s.Thumbprint)
	b, err := hex.DecodeString(digits)
	if err != nil || len(b) != sha1.Size {
		return nil, fmt.Errorf("%w: thumbprint %q is not the SHA-1 of a certificate; write its 40 hexadecimal digits", ErrKey, s.Thumbprint)
	}
	return b, nil
}

// String is how messages call the store.
func (s StoreCertificate) String() string {
	name, of := s.Store, "current user"
	if name == "" {
		name = DefaultStore
	}
	if s.Location == StoreMachine {
		of = "local machine"
	}
	return "certificate store " + name + " of the " + of
}

// choose finds the one certificate that is meant. A certificate that stands there twice counts once.
func (s StoreCertificate) choose(certs []*x509.Certificate) (*x509.Certificate, error) {
	want, err := s.thumbprint()
	if err != nil {
		return nil, err
	}
	var found []*x509.Certificate
	for _, c := range certs {
		sum := sha1.Sum(c.Raw)
		fits := bytes.Equal(sum[:], want)
		if want == nil {
			fits = strings.EqualFold(c.Subject.CommonName, s.Subject) || strings.EqualFold(c.Subject.String(), s.Subject)
		}
		if fits && !slices.ContainsFunc(found, c.Equal) {
			found = append(found, c)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && want != nil:
		return nil, fmt.Errorf("%w: the %s has no certificate with thumbprint %x", ErrKey, s, want)
	case len(found) == 0:
		return nil, fmt.Errorf("%w: the %s has no certificate for %q", ErrKey, s, s.Subject)
	}
	var list []string
	for _, c := range found {
		list = append(list, fmt.Sprintf("%x (until %s)", sha1.Sum(c.Raw), day(c.NotAfter)))
	}
	slices.Sort(list)
	return nil, fmt.Errorf("%w: the %s has %d certificates for %q; name one by its thumbprint: %s", ErrKey, s, len(found), s.Subject, strings.Join(list, ", "))
}

// storeProvider is the part of Windows that holds the private key: CNG, or CAPI where the key is of the old kind.
type storeProvider interface {
	io.Closer
	// signHash signs digest, made with h. The result is as the provider writes it.
	signHash(digest []byte, h crypto.Hash, pub crypto.PublicKey) ([]byte, error)
	// reversed reports whether numbers are little endian, as those of CAPI.
	reversed() bool
}

// storeKey is a key that stays in Windows. Safe for concurrent use: one signature is made at a time.
type storeKey struct {
	mu       sync.Mutex
	provider storeProvider
	chain    []*x509.Certificate
	name     string
}

// newStoreKey orders the chain of the chosen certificate, whose issuers may be among more.
func newStoreKey(s StoreCertificate, leaf *x509.Certificate, more []*x509.Certificate, p storeProvider) (Key, error) {
	if err := supported(leaf.PublicKey); err != nil {
		return nil, err
	}
	// Of several certificates for one key the chosen one is meant, so it is the first.
	chain, err := orderChain(leaf.PublicKey, append([]*x509.Certificate{leaf}, more...))
	if err != nil {
		return nil, err
	}
	return &storeKey{provider: p, chain: chain, name: s.String()}, nil
}

func (k *storeKey) Certificates() []*x509.Certificate { return slices.Clone(k.chain) }
func (k *storeKey) Public() crypto.PublicKey          { return k.chain[0].PublicKey }

func (k *storeKey) SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(digest) != h.Size() {
		return nil, fmt.Errorf("%w: a digest of %d bytes is no %s", ErrKey, len(digest), h)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	raw, err := k.provider.signHash(digest, h, k.Public())
	if err != nil {
		return nil, fmt.Errorf("%w: sign with the key of %s in the %s: %w", ErrKey, name(k.chain[0]), k.name, err)
	}
	sig, err := fromProvider(raw, k.Public(), k.provider.reversed())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrKey, k.name, err)
	}
	if !verifies(k.Public(), digest, h, sig) {
		return nil, fmt.Errorf("%w: the %s made a signature that does not verify: its private key is not that of the certificate", ErrKey, k.name)
	}
	return sig, nil
}

// Close lets go of the key.
func (k *storeKey) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.provider.Close()
}

// fromProvider makes of a provider's signature what X.509 wants. NCryptSignHash writes RSA signatures big endian and ECDSA
// ones as r and s side by side, each as long as the curve's order; CryptSignHash writes RSA signatures little endian (both:
// Microsoft's reference of these functions). RFC 5912 wants SEQUENCE { r, s } for ECDSA.
func fromProvider(raw []byte, pub crypto.PublicKey, reversed bool) ([]byte, error) {
	switch p := pub.(type) {
	case *rsa.PublicKey:
		if len(raw) != p.Size() {
			return nil, fmt.Errorf("an RSA signature of %d bytes, not %d", len(raw), p.Size())
		}
		out := slices.Clone(raw)
		if reversed {
			slices.Reverse(out)
		}
		return out, nil
	case *ecdsa.PublicKey:
		n := (p.Curve.Params().N.BitLen() + 7) / 8
		if reversed || len(raw) != 2*n {
			return nil, fmt.Errorf("an ECDSA signature of %d bytes, not of CNG's %d", len(raw), 2*n)
		}
		return asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:n]), new(big.Int).SetBytes(raw[n:])})
	}
	return nil, fmt.Errorf("a %T cannot sign", pub)
}
