package sign

import (
	"crypto/x509"
	"errors"
	"fmt"

	"software.sslmate.com/src/go-pkcs12"
)

// ErrPassword is wrapped when a PFX file does not open with the password given.
var ErrPassword = errors.New("wrong password")

// LoadPFX opens a PKCS #12 file with one private key and its certificates, whether protected in the modern way (AES,
// PBKDF2) or the old one (3DES or RC2). The password is UTF-8; no message contains it.
func LoadPFX(file string, password []byte) (Key, error) {
	b, err := readLimited(file)
	if err != nil {
		return nil, err
	}
	k, err := ParsePFX(b, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return k, nil
}

// ParsePFX is LoadPFX for bytes.
func ParsePFX(b, password []byte) (Key, error) {
	priv, leaf, rest, err := pkcs12.DecodeChain(b, string(password))
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, fmt.Errorf("%w: %w for this PFX file", ErrKey, ErrPassword)
	case err != nil:
		return nil, fmt.Errorf("%w: not a PFX file with one private key: %w", ErrKey, err)
	}
	return newMemoryKey(priv, append([]*x509.Certificate{leaf}, rest...))
}
