package sign

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"

	"github.com/youmark/pkcs8"
)

// decryptKey opens an encrypted PEM key: PKCS #8 with PBES2 (what OpenSSL writes since 1.0.0; RFC 8018), or the older form with
// the header Proc-Type (RFC 1421).
func decryptKey(block *pem.Block, password []byte) (key any, err error) {
	// The library panics where a damaged file gives a cipher the wrong number of bytes.
	defer func() {
		if recover() != nil {
			key, err = wrapParse(nil, fmt.Errorf("damaged"))
		}
	}()
	wrong := fmt.Errorf("%w: %w for this private key, or its encryption is not known (PBES2 with AES or 3DES is)", ErrKey, ErrPassword)
	if len(password) == 0 {
		return nil, wrong // the library would take the key for one that is not encrypted
	}
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		if key, err = pkcs8.ParsePKCS8PrivateKey(block.Bytes, password); err != nil {
			return nil, wrong
		}
		return key, nil
	}
	//lint:ignore SA1019 the form is old and weak, but keys in it are still in use, and they are only read
	data, err := x509.DecryptPEMBlock(block, password)
	if err != nil {
		return nil, wrong
	}
	if key, err = parsePlainKey(block.Type, data); err != nil {
		return nil, wrong // one wrong password in 256 has a padding that looks right
	}
	return key, nil
}
