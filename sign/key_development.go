package sign

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DevelopmentName is the common name of every development certificate, and what messages call such a key.
const DevelopmentName = "kbforge development key (do not trust)"

// DevelopmentLife is how long a development certificate is valid. OURS.
const DevelopmentLife = 365 * 24 * time.Hour

// Files of a saved development key.
const (
	developmentCert = "development-cert.pem" // leaf and root
	developmentKey  = "development-key.pem"  // PKCS #8, mode 0600
	developmentRoot = "development-root.pem" // for verifiers: --root
)

// Development is a throw-away key: a self-signed root made for it, whose private half is forgotten at once, and one code
// signing certificate. It signs what a developer tries out; nobody else trusts it.
type Development struct {
	key *memoryKey
}

// DevelopmentKey makes one. random is the source for the key pairs (crypto/rand.Reader); now starts its life.
func DevelopmentKey(random io.Reader, now time.Time) (*Development, error) {
	rootKey, err := rsa.GenerateKey(random, MinRSABits)
	if err != nil {
		return nil, fmt.Errorf("make the %s: %w", DevelopmentName, err)
	}
	leafKey, err := rsa.GenerateKey(random, MinRSABits)
	if err != nil {
		return nil, fmt.Errorf("make the %s: %w", DevelopmentName, err)
	}
	root := developmentTemplate("root of the "+DevelopmentName, &rootKey.PublicKey, now)
	root.IsCA, root.BasicConstraintsValid = true, true
	root.KeyUsage = x509.KeyUsageCertSign
	leaf := developmentTemplate(DevelopmentName, &leafKey.PublicKey, now)
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	rootCert, err := issue(random, root, root, &rootKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	leafCert, err := issue(random, leaf, rootCert, &leafKey.PublicKey, rootKey)
	if err != nil {
		return nil, err
	}
	return &Development{&memoryKey{chain: []*x509.Certificate{leafCert, rootCert}, signer: leafKey}}, nil
}

// developmentTemplate derives the serial number from the key, so that two keys never share one.
func developmentTemplate(cn string, pub *rsa.PublicKey, now time.Time) *x509.Certificate {
	sum := sha256.Sum256(pub.N.Bytes())
	return &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(sum[:16]),
		Subject:      pkix.Name{CommonName: cn},
		NotBefore:    now.UTC().Add(-time.Hour).Truncate(time.Second), // clocks differ
		NotAfter:     now.UTC().Add(DevelopmentLife).Truncate(time.Second),
	}
}

func issue(random io.Reader, template, parent *x509.Certificate, pub *rsa.PublicKey, by *rsa.PrivateKey) (*x509.Certificate, error) {
	b, err := x509.CreateCertificate(random, template, parent, pub, by)
	if err != nil {
		return nil, fmt.Errorf("make the %s: %w", DevelopmentName, err)
	}
	return x509.ParseCertificate(b)
}

// Certificates returns the leaf and its root.
func (d *Development) Certificates() []*x509.Certificate { return d.key.Certificates() }

// Public returns the leaf's key.
func (d *Development) Public() crypto.PublicKey { return d.key.Public() }

// SignDigest signs with PKCS #1 v1.5.
func (d *Development) SignDigest(ctx context.Context, digest []byte, h crypto.Hash) ([]byte, error) {
	return d.key.SignDigest(ctx, digest, h)
}

// Root is what a verifier must be told to trust.
func (d *Development) Root() *x509.Certificate { return d.key.chain[len(d.key.chain)-1] }

// IsDevelopment tells whether c is a development certificate or root, or was issued by one.
func IsDevelopment(c *x509.Certificate) bool {
	return strings.HasSuffix(c.Subject.CommonName, DevelopmentName) || strings.HasSuffix(c.Issuer.CommonName, DevelopmentName)
}

// Save writes the key as PEM files into dir, which it makes if need be; the private key is readable by its owner only.
// Files that are there already are refused: they may be the key of something.
func (d *Development) Save(dir string) error {
	priv, err := x509.MarshalPKCS8PrivateKey(d.key.signer)
	if err != nil {
		return fmt.Errorf("save the %s: %w", DevelopmentName, err)
	}
	var certs []byte
	for _, c := range d.key.chain {
		certs = append(certs, pemBlock("CERTIFICATE", c.Raw)...)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{
		{developmentKey, pemBlock("PRIVATE KEY", priv), 0o600},
		{developmentCert, certs, 0o644},
		{developmentRoot, pemBlock("CERTIFICATE", d.Root().Raw), 0o644},
	} {
		if err := writeNew(filepath.Join(dir, f.name), f.data, f.mode); err != nil {
			return fmt.Errorf("save the %s: %w", DevelopmentName, err)
		}
	}
	return nil
}

func pemBlock(kind string, b []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b})
}

// writeNew makes a file that must not exist.
func writeNew(path string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// LoadDevelopmentKey reads what Save wrote. The error is fs.ErrNotExist when there is no development key in dir.
func LoadDevelopmentKey(dir string) (*Development, error) {
	k, err := LoadPEM(filepath.Join(dir, developmentCert), filepath.Join(dir, developmentKey), nil)
	if err != nil {
		return nil, fmt.Errorf("load the %s: %w", DevelopmentName, err)
	}
	m := k.(*memoryKey)
	if !IsDevelopment(m.chain[0]) || len(m.chain) != 2 {
		return nil, fmt.Errorf("load the %s: %w: %s holds another certificate", DevelopmentName, ErrKey, filepath.Join(dir, developmentCert))
	}
	return &Development{m}, nil
}
