//go:build !pkcs11 || !cgo

package sign

import (
	"crypto/x509"
	"fmt"
)

// PKCS11Key is for builds with the tag pkcs11, which need cgo. This one has neither.
func PKCS11Key(uri string, _ []byte, _ []*x509.Certificate) (Key, error) {
	if _, err := parsePKCS11(uri); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: this program is built without PKCS #11; build it with CGO_ENABLED=1 and -tags pkcs11, or use a command such as pkcs11-tool", ErrKey)
}
