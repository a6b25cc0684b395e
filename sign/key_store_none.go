//go:build !windows

package sign

import "fmt"

// StoreKey is for Windows. Elsewhere there is no certificate store.
func StoreKey(s StoreCertificate) (Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%w: the %s is Windows's own and this is another system; sign there, or use pfx, pkcs11 or command here", ErrKey, s)
}
