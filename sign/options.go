package sign

import (
	"context"
	"crypto"
	_ "crypto/sha1" // catalogs need SHA-1 entries
	_ "crypto/sha256"
	_ "crypto/sha512"
	"errors"
	"time"
)

// Stamper asks a time stamp authority about a signature.
type Stamper interface {
	// Stamp returns the DER of an RFC 3161 time stamp token (a CMS ContentInfo) over the digest of signature; h is the digest
	// the signature was made with.
	Stamp(ctx context.Context, signature []byte, h crypto.Hash) ([]byte, error)
}

// Options say how to sign.
type Options struct {
	Hash        crypto.Hash // digest of file and signature; 0 is SHA-256
	Description string      // what the consent dialog calls the program; may be empty
	URL         string      // where the dialog's link leads; may be empty
	Stamper     Stamper     // nil writes no time stamp; with one, signing fails when the stamp fails
	PageHashes  bool        // PE only: also sign a hash of every page
	Append      bool        // PE only: keep the signatures that are there and add this one after them (dual signing)

	// Now is the time at which the certificate must be valid. The zero value is refused: a key whose certificate has
	// expired, or is not for code signing, must be noticed before a file is changed.
	Now time.Time

	// Warn receives what does not stop signing but should be known, for example a missing intermediate certificate. It may
	// be nil.
	Warn func(message string)
}

func (o Options) hash() crypto.Hash {
	if o.Hash == 0 {
		return crypto.SHA256
	}
	return o.Hash
}

// check looks at the options and the key before anything is read or written.
func (o Options) check(k Key) error {
	if o.Now.IsZero() {
		return errors.New("sign: Options.Now is not set; give the time at which the certificate must be valid")
	}
	if _, err := hashOID(o.hash()); err != nil {
		return err
	}
	warnings, err := CheckKey(k, o.Now)
	if err != nil {
		return err
	}
	if o.Warn != nil {
		for _, w := range warnings {
			o.Warn(w)
		}
	}
	return nil
}
