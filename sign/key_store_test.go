package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// fakeProvider writes signatures as CNG or CAPI do.
type fakeProvider struct {
	key    crypto.Signer
	capi   bool
	fail   error
	closed int
}

func (f *fakeProvider) reversed() bool { return f.capi }
func (f *fakeProvider) Close() error   { f.closed++; return nil }

func (f *fakeProvider) signHash(digest []byte, h crypto.Hash, _ crypto.PublicKey) ([]byte, error) {
	if f.fail != nil {
		return nil, f.fail
	}
	if k, ok := f.key.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, k, digest)
		n := (k.Params().N.BitLen() + 7) / 8
		return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...), err
	}
	sig, err := f.key.Sign(rand.Reader, digest, h)
	if f.capi {
		slices.Reverse(sig)
	}
	return sig, err
}

func TestStoreKeySigns(t *testing.T) {
	p := newPKI(t)
	curve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384 := p.sub.keyFor(t, leafTemplate("Test Publisher 384"), curve)
	for name, c := range map[string]struct {
		key  *memoryKey
		capi bool
	}{"CNG RSA": {p.key, false}, "CAPI RSA": {p.key, true}, "CNG P-256": {p.ecKey, false}, "CNG P-384": {p384, false}} {
		t.Run(name, func(t *testing.T) {
			provider := &fakeProvider{key: c.key.signer, capi: c.capi}
			k, err := newStoreKey(StoreCertificate{}, c.key.chain[0], []*x509.Certificate{p.other.cert, p.root.cert, p.sub.cert}, provider)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(k.Certificates()); n != 3 {
				t.Errorf("a chain of %d certificates, want 3", n)
			}
			dst := filepath.Join(t.TempDir(), "signed.exe")
			if err := PE(context.Background(), goImage(t, "amd64", 10), dst, k, options()); err != nil {
				t.Fatal(err)
			}
			if out, ok := osslVerify(t, p.rootFile, dst); !ok {
				t.Error(out)
			}
			if err := k.(*storeKey).Close(); err != nil || provider.closed != 1 {
				t.Errorf("closed %d times, %v", provider.closed, err)
			}
		})
	}
}

func TestStoreKeyRefuses(t *testing.T) {
	p := newPKI(t)
	digest := make([]byte, 32)
	for name, c := range map[string]struct {
		provider *fakeProvider
		leaf     *x509.Certificate
		digest   []byte
		want     string
	}{
		"failure":         {&fakeProvider{fail: errors.New("no such luck")}, p.key.chain[0], digest, `key of "Test Publisher" in the certificate store My of the current user: no such luck`},
		"other key":       {&fakeProvider{key: newRSA(t)}, p.key.chain[0], digest, "does not verify"},
		"byte order":      {&fakeProvider{key: p.key.signer, capi: true}, p.ecKey.chain[0], digest, "not of CNG's 64"},
		"wrong kind":      {&fakeProvider{key: p.ecKey.signer}, p.key.chain[0], digest, "an RSA signature of 64 bytes, not 256"},
		"length":          {&fakeProvider{key: p.key.signer}, p.key.chain[0], digest[1:], "31 bytes is no SHA-256"},
		"the right order": {&fakeProvider{key: p.key.signer, capi: true}, p.key.chain[0], digest, ""},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := newStoreKey(StoreCertificate{}, c.leaf, nil, c.provider)
			if err != nil {
				t.Fatal(err)
			}
			_, err = k.SignDigest(context.Background(), c.digest, crypto.SHA256)
			if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want)) {
				t.Error(err)
			}
		})
	}
}

func TestFromProvider(t *testing.T) {
	pub := &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 31), E: 3} // of four bytes
	if got, err := fromProvider([]byte{1, 2, 3, 4}, pub, true); err != nil || !bytes.Equal(got, []byte{4, 3, 2, 1}) {
		t.Errorf("%x %v", got, err)
	}
	if got, err := fromProvider([]byte{1, 2, 3, 4}, pub, false); err != nil || !bytes.Equal(got, []byte{1, 2, 3, 4}) {
		t.Errorf("%x %v", got, err)
	}
	// A high bit needs a zero before it, leading zeros go: X.690, 8.3.
	raw := append(append([]byte{0x80}, make([]byte, 31)...), append(make([]byte, 31), 7)...)
	got, err := fromProvider(raw, &ecdsa.PublicKey{Curve: elliptic.P256()}, false)
	want := append(append([]byte{0x30, 38, 2, 33, 0, 0x80}, make([]byte, 31)...), 2, 1, 7)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x %v, want %x", got, err, want)
	}
	var rs struct{ R, S *big.Int }
	raw = append(bytes.Repeat([]byte{0}, 65), append([]byte{5}, bytes.Repeat([]byte{0}, 65)...)...)
	raw = append(raw, 6)
	if got, err = fromProvider(raw, &ecdsa.PublicKey{Curve: elliptic.P521()}, false); err != nil {
		t.Fatal(err)
	}
	if rest, err := asn1.Unmarshal(got, &rs); err != nil || len(rest) > 0 || rs.R.Int64() != 5 || rs.S.Int64() != 6 {
		t.Errorf("P-521: %v %v %x", rs, err, rest)
	}
}

func TestStoreCertificateChoose(t *testing.T) {
	p := newPKI(t)
	first := p.key.chain[0]
	renewed := p.sub.make(t, leafTemplate("Test Publisher"), p.key.Public())
	all := []*x509.Certificate{p.ecKey.chain[0], first, first}
	sum := fmt.Sprintf("%X", sha1.Sum(first.Raw))
	for name, c := range map[string]struct {
		s     StoreCertificate
		certs []*x509.Certificate
		want  string // of the error
	}{
		"thumbprint":          {StoreCertificate{Thumbprint: sum}, all, ""},
		"as the dialog shows": {StoreCertificate{Thumbprint: "\u200e" + strings.ToLower(sum[:2]) + " " + sum[2:4] + ":" + sum[4:]}, all, ""},
		"common name":         {StoreCertificate{Subject: "TEST publisher"}, all, ""},
		"whole subject":       {StoreCertificate{Subject: "CN=Test Publisher"}, all, ""},
		"renewed, thumbprint": {StoreCertificate{Thumbprint: sum}, append(all, renewed), ""},
		"renewed, subject":    {StoreCertificate{Subject: "Test Publisher"}, append(all, renewed), "has 2 certificates for \"Test Publisher\"; name one by its thumbprint: "},
		"part of a subject":   {StoreCertificate{Subject: "Publisher"}, all, `no certificate for "Publisher"`},
		"no such thumbprint":  {StoreCertificate{Thumbprint: strings.Repeat("0", 40)}, all, "no certificate with thumbprint 00"},
		"empty store":         {StoreCertificate{Subject: "a", Store: "Release", Location: StoreMachine}, nil, "certificate store Release of the local machine"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.s.choose(c.certs)
			if c.want == "" && (err != nil || !got.Equal(first)) || c.want != "" && (!errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want)) {
				t.Error(err)
			}
		})
	}
}

func TestStoreSource(t *testing.T) {
	sum := strings.Repeat("ab", 20)
	for name, c := range map[string]struct {
		s    Source
		want string
	}{
		"short":              {Source{Thumbprint: "abcd"}, "40 hexadecimal digits"},
		"no digits":          {Source{Thumbprint: strings.Repeat("xy", 20)}, "40 hexadecimal digits"},
		"location":           {Source{Subject: "a", Location: "here"}, "use user or machine"},
		"another computer":   {Source{Subject: "a", Store: `\\SERVER\My`}, "is no name of a store"},
		"store alone":        {Source{PFX: "a", Store: "My"}, "for thumbprint and subject only"},
		"location alone":     {Source{PFX: "a", Location: "user"}, "for thumbprint and subject only"},
		"two names":          {Source{Thumbprint: sum, Subject: "a"}, "give only one"},
		"a file besides":     {Source{Thumbprint: sum, PFX: "a"}, "give only one"},
		"a certificate":      {Source{Thumbprint: sum, Certificate: "a"}, "cert does not go with"},
		"a password":         {Source{Thumbprint: sum, PasswordEnv: "a"}, "a password is for"},
		"on another system":  {Source{Thumbprint: sum, Store: "Nowhere"}, "this is another system"},
		"subject, elsewhere": {Source{Subject: "a", Location: StoreMachine}, "this is another system"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want == "this is another system" {
				if err := c.s.Check(); err != nil {
					t.Fatal(err) // a profile may be for Windows
				}
				if runtime.GOOS == "windows" {
					return
				}
			}
			_, err := c.s.Open(nil, nil)
			if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want) {
				t.Error(err)
			}
		})
	}
}
