package sign

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// acquire opens the private key of a certificate: by CNG where that is possible, else by CAPI.
func acquire(store windows.Handle, leaf *x509.Certificate) (p storeProvider, err error) {
	walk := eachCertificate(store, func(c *windows.CertContext) bool {
		if !bytes.Equal(encoded(c), leaf.Raw) {
			return false
		}
		p, err = acquireContext(c)
		return true
	})
	if err = errors.Join(walk, err); err == nil && p == nil {
		err = windows.Errno(windows.CRYPT_E_NOT_FOUND) // taken away meanwhile
	}
	return p, err
}

func acquireContext(c *windows.CertContext) (storeProvider, error) {
	var handle windows.Handle
	var spec uint32
	var owned bool
	err := windows.CryptAcquireCertificatePrivateKey(c, windows.CRYPT_ACQUIRE_PREFER_NCRYPT_KEY_FLAG, nil, &handle, &spec, &owned)
	if errors.Is(err, windows.Errno(windows.CRYPT_E_NO_KEY_PROPERTY)) {
		return nil, fmt.Errorf("it has none; import the certificate with its private key: %w", err)
	}
	if err != nil {
		return nil, err
	}
	if spec == windows.CERT_NCRYPT_KEY_SPEC {
		return &cngKey{handle: handle, owned: owned}, nil
	}
	return newCAPIKey(handle, spec, owned), nil
}

var (
	ncrypt          = windows.NewLazySystemDLL("ncrypt.dll")
	ncryptSignHash  = ncrypt.NewProc("NCryptSignHash")
	ncryptFree      = ncrypt.NewProc("NCryptFreeObject")
	advapi32        = windows.NewLazySystemDLL("advapi32.dll")
	cryptCreateHash = advapi32.NewProc("CryptCreateHash")
	cryptSetParam   = advapi32.NewProc("CryptSetHashParam")
	cryptSignHash   = advapi32.NewProc("CryptSignHashW")
	cryptDestroy    = advapi32.NewProc("CryptDestroyHash")
	cryptProvParam  = advapi32.NewProc("CryptGetProvParam")
)

// cngKey is an NCRYPT_KEY_HANDLE.
type cngKey struct {
	handle windows.Handle
	owned  bool
}

func (k *cngKey) reversed() bool { return false }

// Of bcrypt.h.
type pkcs1Padding struct{ algorithm *uint16 }

const padPKCS1 = 2 // BCRYPT_PAD_PKCS1

func (k *cngKey) signHash(digest []byte, h crypto.Hash, pub crypto.PublicKey) ([]byte, error) {
	var padding *pkcs1Padding
	var flags uintptr
	if _, ok := pub.(*rsa.PublicKey); ok {
		id, err := cngAlgorithm(h)
		if err != nil {
			return nil, err
		}
		padding, flags = &pkcs1Padding{id}, padPKCS1
	}
	call := func(to []byte) (uint32, error) {
		var n uint32
		err := status(ncryptSignHash, uintptr(k.handle), uintptr(unsafe.Pointer(padding)), uintptr(unsafe.Pointer(&digest[0])), uintptr(len(digest)),
			uintptr(unsafe.Pointer(unsafe.SliceData(to))), uintptr(len(to)), uintptr(unsafe.Pointer(&n)), flags)
		return n, err
	}
	return twice("NCryptSignHash", call)
}

// cngAlgorithm is the BCRYPT_*_ALGORITHM of a digest.
func cngAlgorithm(h crypto.Hash) (*uint16, error) {
	names := map[crypto.Hash]string{crypto.SHA1: "SHA1", crypto.SHA256: "SHA256", crypto.SHA384: "SHA384", crypto.SHA512: "SHA512"}
	if names[h] == "" {
		return nil, fmt.Errorf("CNG has no digest %s", h)
	}
	return windows.UTF16PtrFromString(names[h])
}

// Close frees the handle, where it is ours.
func (k *cngKey) Close() error {
	if !k.owned {
		return nil
	}
	k.owned = false
	return status(ncryptFree, uintptr(k.handle))
}

// status calls a function that returns a SECURITY_STATUS. What args point to stays where it is until it returns.
//
//go:uintptrescapes
func status(p *windows.LazyProc, args ...uintptr) error {
	if err := p.Find(); err != nil { // Windows XP and Server 2003 have no CNG
		return err
	}
	if r, _, _ := p.Call(args...); uint32(r) != 0 {
		return coded(windows.Errno(uint32(r)))
	}
	return nil
}

// boolean calls a function that returns a BOOL, as status does.
//
//go:uintptrescapes
func boolean(p *windows.LazyProc, args ...uintptr) error {
	if err := p.Find(); err != nil {
		return err
	}
	if r, _, err := p.Call(args...); uint32(r) == 0 {
		return coded(err)
	}
	return nil
}

// coded adds the number, which is what one looks up: old systems have no text for many of these errors.
func coded(err error) error {
	var code windows.Errno
	if errors.As(err, &code) {
		return fmt.Errorf("%w (0x%08X)", err, uint32(code))
	}
	return err
}

const maxSignature = 1 << 16 // bytes; an RSA key of 16384 bits makes 2048

// twice asks for the size and then for the signature.
func twice(what string, call func([]byte) (uint32, error)) ([]byte, error) {
	n, err := call(nil)
	if err == nil && (n == 0 || n > maxSignature) {
		err = fmt.Errorf("a signature of %d bytes", n)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	sig := make([]byte, n)
	if n, err = call(sig); err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	return sig[:min(int(n), len(sig))], nil
}
