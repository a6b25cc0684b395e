package sign

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// MaxKeyFile is the largest key or certificate file that is read: 4 MiB.
const MaxKeyFile = 4 << 20

// ErrEncryptedKey is wrapped when a PEM key is protected by a password and none is at hand.
var ErrEncryptedKey = errors.New("the private key is encrypted")

// LoadPEM reads certificates and a private key from PEM (or, for certificates, DER) files. certFile holds the certificate of
// the key and its intermediates in any order; it may be the same file as keyFile. password is asked for when the key is
// encrypted, and may be nil.
func LoadPEM(certFile, keyFile string, password func() ([]byte, error)) (Key, error) {
	certPEM, err := readLimited(certFile)
	if err != nil {
		return nil, err
	}
	keyPEM, err := readLimited(keyFile)
	if err != nil {
		return nil, err
	}
	certs, err := ParseCertificates(certPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", certFile, err)
	}
	priv, err := parsePrivateKey(keyPEM, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyFile, err)
	}
	k, err := newMemoryKey(priv, certs)
	if err != nil {
		return nil, fmt.Errorf("%s with %s: %w", certFile, keyFile, err)
	}
	return k, nil
}

// LoadCertificates reads every certificate of a PEM or DER file.
func LoadCertificates(file string) ([]*x509.Certificate, error) {
	b, err := readLimited(file)
	if err != nil {
		return nil, err
	}
	certs, err := ParseCertificates(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return certs, nil
}

// ParseCertificates reads every certificate in PEM, or DER certificates one after the other. It is an error to find none.
func ParseCertificates(b []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(b, []byte("-----BEGIN ")) {
		certs, err := x509.ParseCertificates(b)
		if err == nil && len(certs) == 0 {
			err = errors.New("no certificate in it")
		}
		return certs, err
	}
	var certs []*x509.Certificate
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, errors.New("no CERTIFICATE block in it")
	}
	return certs, nil
}

// parsePrivateKey takes the first private key: PKCS #8, PKCS #1 or SEC 1, plain or encrypted. Messages never quote the input.
func parsePrivateKey(b []byte, password func() ([]byte, error)) (any, error) {
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		data, encrypted := block.Bytes, block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED")
		if encrypted {
			if password == nil {
				return nil, fmt.Errorf("%w: %w; name the variable or the file that holds its password", ErrKey, ErrEncryptedKey)
			}
			word, err := password()
			if err != nil {
				return nil, err
			}
			return decryptKey(block, word)
		}
		return parsePlainKey(block.Type, data)
	}
	return nil, fmt.Errorf("%w: no PRIVATE KEY block in the file; it must be PEM", ErrKey)
}

func parsePlainKey(kind string, data []byte) (any, error) {
	switch kind {
	case "PRIVATE KEY":
		return wrapParse(x509.ParsePKCS8PrivateKey(data))
	case "RSA PRIVATE KEY":
		k, err := x509.ParsePKCS1PrivateKey(data)
		return wrapParse(k, err)
	case "EC PRIVATE KEY":
		k, err := x509.ParseECPrivateKey(data)
		return wrapParse(k, err)
	}
	return nil, fmt.Errorf("%w: the private key is of the unknown kind %q", ErrKey, kind)
}

// wrapParse hides the parser's own words, which may describe parts of the key.
func wrapParse(k any, err error) (any, error) {
	if err != nil {
		return nil, fmt.Errorf("%w: the private key is damaged or of an unknown kind", ErrKey)
	}
	return k, nil
}

// readLimited reads a small file.
func readLimited(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxKeyFile {
		return nil, fmt.Errorf("%s: %d bytes are too many for a key or certificate file (limit %d)", file, info.Size(), MaxKeyFile)
	}
	return os.ReadFile(file)
}

// Pool makes a certificate pool of certs, for VerifyOptions.
func Pool(certs ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range slices.Clone(certs) {
		p.AddCert(c)
	}
	return p
}
