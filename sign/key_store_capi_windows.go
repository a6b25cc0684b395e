package sign

import (
	"crypto"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// capiKey is an HCRYPTPROV with a key.
type capiKey struct {
	prov  windows.Handle
	spec  uint32
	owned bool
}

// Of wincrypt.h.
const (
	paramHashValue = 2  // HP_HASHVAL
	paramName      = 4  // PP_NAME
	paramContainer = 6  // PP_CONTAINER
	paramProvType  = 16 // PP_PROVTYPE
	paramKeySet    = 27 // PP_KEYSET_TYPE: CRYPT_MACHINE_KEYSET or 0
)

const aesProvider = "Microsoft Enhanced RSA and AES Cryptographic Provider" // MS_ENH_RSA_AES_PROV

// newCAPIKey takes a key over. The providers of type PROV_RSA_FULL know SHA-1 only, yet the containers of Microsoft's software
// providers are the same for all of them, so such a key is opened again with the one that knows SHA-2. Containers of
// other providers are not found there and stay with theirs. Source: "CryptoAPI Cryptographic Service Providers".
func newCAPIKey(prov windows.Handle, spec uint32, owned bool) *capiKey {
	k := &capiKey{prov, spec, owned}
	if kind, err := k.number(paramProvType); err != nil || kind != windows.PROV_RSA_FULL {
		return k
	}
	container, err := k.text(paramContainer)
	if err != nil {
		return k
	}
	flags, err := k.number(paramKeySet)
	if err != nil {
		flags = 0
	}
	name, err := windows.UTF16PtrFromString(aesProvider)
	if err != nil {
		return k
	}
	var better windows.Handle
	if windows.CryptAcquireContext(&better, container, name, windows.PROV_RSA_AES, flags&windows.CRYPT_MACHINE_KEYSET) != nil {
		return k
	}
	k.Close()
	return &capiKey{better, spec, true}
}

func (k *capiKey) number(param uintptr) (v uint32, err error) {
	n := uint32(unsafe.Sizeof(v))
	err = boolean(cryptProvParam, uintptr(k.prov), param, uintptr(unsafe.Pointer(&v)), uintptr(unsafe.Pointer(&n)), 0)
	return v, err
}

// text is a name; CryptGetProvParam gives it in the code page of the machine.
func (k *capiKey) text(param uintptr) (*uint16, error) {
	var b [1024]byte
	n := uint32(len(b))
	if err := boolean(cryptProvParam, uintptr(k.prov), param, uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&n)), 0); err != nil {
		return nil, err
	}
	var wide [1024]uint16
	if _, err := windows.MultiByteToWideChar(windows.GetACP(), 0, &b[0], -1, &wide[0], int32(len(wide))); err != nil {
		return nil, err
	}
	return &wide[0], nil
}

func (k *capiKey) reversed() bool { return true }

func (k *capiKey) signHash(digest []byte, h crypto.Hash, _ crypto.PublicKey) ([]byte, error) {
	// ALG_ID of wincrypt.h: CALG_SHA1, CALG_SHA_256, CALG_SHA_384, CALG_SHA_512
	ids := map[crypto.Hash]uintptr{crypto.SHA1: 0x8004, crypto.SHA256: 0x800c, crypto.SHA384: 0x800d, crypto.SHA512: 0x800e}
	if ids[h] == 0 {
		return nil, fmt.Errorf("CryptoAPI has no digest %s", h)
	}
	var hash windows.Handle
	err := boolean(cryptCreateHash, uintptr(k.prov), ids[h], 0, 0, uintptr(unsafe.Pointer(&hash)))
	if errors.Is(err, windows.Errno(windows.NTE_BAD_ALGID)) {
		return nil, fmt.Errorf("its cryptographic service provider does not know %s; import the key into %q or a key storage provider: %w", h, aesProvider, err)
	}
	if err != nil {
		return nil, fmt.Errorf("CryptCreateHash: %w", err)
	}
	defer boolean(cryptDestroy, uintptr(hash))
	if err := boolean(cryptSetParam, uintptr(hash), paramHashValue, uintptr(unsafe.Pointer(&digest[0])), 0); err != nil {
		return nil, fmt.Errorf("CryptSetHashParam: %w", err)
	}
	return twice("CryptSignHash", func(to []byte) (uint32, error) {
		n := uint32(len(to))
		err := boolean(cryptSignHash, uintptr(hash), uintptr(k.spec), 0, 0, uintptr(unsafe.Pointer(unsafe.SliceData(to))), uintptr(unsafe.Pointer(&n)))
		return n, err
	})
}

// Close releases the provider, where it is ours.
func (k *capiKey) Close() error {
	if !k.owned {
		return nil
	}
	k.owned = false
	return windows.CryptReleaseContext(k.prov, 0)
}
