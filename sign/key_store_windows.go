package sign

import (
	"crypto/x509"
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// StoreKey opens the key of a certificate in a store of Windows. The private key stays there; where it is in a token or asks
// for consent, Windows itself asks. Issuers are looked for in the same store and in CA and Root. The result is an io.Closer.
func StoreKey(s StoreCertificate) (Key, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Thumbprint == "" && s.Subject == "" {
		return nil, fmt.Errorf("%w: name the certificate in the %s by thumbprint or subject", ErrKey, s)
	}
	if s.Store == "" {
		s.Store = DefaultStore
	}
	store, err := openStore(s.Store, s.Location)
	if err != nil {
		return nil, fmt.Errorf("%w: open the %s: %w", ErrKey, s, err)
	}
	defer windows.CertCloseStore(store, 0)
	certs, err := storedCertificates(store)
	if err != nil {
		return nil, fmt.Errorf("%w: read the %s: %w", ErrKey, s, err)
	}
	leaf, err := s.choose(certs)
	if err != nil {
		return nil, err
	}
	p, err := acquire(store, leaf)
	if err != nil {
		return nil, fmt.Errorf("%w: open the private key of %s in the %s: %w", ErrKey, name(leaf), s, err)
	}
	k, err := newStoreKey(s, leaf, append(certs, issuers(s.Location)...), p)
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return k, nil
}

// openStore opens a store that is there, for reading.
func openStore(name, location string) (windows.Handle, error) {
	flags := uint32(windows.CERT_STORE_READONLY_FLAG | windows.CERT_STORE_OPEN_EXISTING_FLAG)
	if location == StoreMachine {
		flags |= windows.CERT_SYSTEM_STORE_LOCAL_MACHINE
	} else {
		flags |= windows.CERT_SYSTEM_STORE_CURRENT_USER
	}
	text, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	defer runtime.KeepAlive(text)
	return windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM, 0, 0, flags, uintptr(unsafe.Pointer(text)))
}

// eachCertificate calls f for the certificates of a store until it returns true.
func eachCertificate(store windows.Handle, f func(*windows.CertContext) bool) error {
	var at *windows.CertContext
	for {
		next, err := windows.CertEnumCertificatesInStore(store, at) // it frees at
		if err != nil {
			if errors.Is(err, windows.Errno(windows.CRYPT_E_NOT_FOUND)) || errors.Is(err, windows.ERROR_NO_MORE_FILES) {
				return nil
			}
			return err
		}
		if at = next; f(at) {
			return windows.CertFreeCertificateContext(at)
		}
	}
}

func encoded(c *windows.CertContext) []byte {
	return append([]byte{}, unsafe.Slice(c.EncodedCert, c.Length)...)
}

// storedCertificates reads a store. What Go cannot read cannot be the key's certificate either, so it is left out.
func storedCertificates(store windows.Handle) (out []*x509.Certificate, err error) {
	err = eachCertificate(store, func(c *windows.CertContext) bool {
		if cert, err := x509.ParseCertificate(encoded(c)); err == nil {
			out = append(out, cert)
		}
		return false
	})
	return out, err
}

// issuers are the authorities that the machine knows. A store that cannot be read has none; CheckKey tells what then lacks.
func issuers(location string) (out []*x509.Certificate) {
	for _, name := range []string{"CA", "Root"} {
		store, err := openStore(name, location)
		if err != nil {
			continue
		}
		if certs, err := storedCertificates(store); err == nil {
			out = append(out, certs...)
		}
		windows.CertCloseStore(store, 0)
	}
	return out
}
