package sign

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/binary"
	"math/big"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// signedBy signs with every digest; SignDigest itself verifies what comes back.
func signedBy(t *testing.T, p storeProvider, pub crypto.PublicKey) {
	t.Helper()
	k := &storeKey{provider: p, chain: []*x509.Certificate{{PublicKey: pub}}, name: "test"}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
		d := h.New()
		d.Write([]byte("content"))
		if _, err := k.SignDigest(context.Background(), d.Sum(nil), h); err != nil {
			t.Errorf("%s: %v", h, err)
		}
	}
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if err := k.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}

// Keys of CNG that are never stored.
func TestProviderCNG(t *testing.T) {
	open, create := ncrypt.NewProc("NCryptOpenStorageProvider"), ncrypt.NewProc("NCryptCreatePersistedKey")
	finalize, export, set := ncrypt.NewProc("NCryptFinalizeKey"), ncrypt.NewProc("NCryptExportKey"), ncrypt.NewProc("NCryptSetProperty")
	text := func(s string) uintptr { return uintptr(unsafe.Pointer(windows.StringToUTF16Ptr(s))) }
	var prov windows.Handle
	if err := status(open, uintptr(unsafe.Pointer(&prov)), text("Microsoft Software Key Storage Provider"), 0); err != nil {
		t.Fatal(err)
	}
	defer status(ncryptFree, uintptr(prov))
	for _, c := range []struct{ name, algorithm, blob string }{
		{"RSA", "RSA", "RSAPUBLICBLOB"},
		{"P-256", "ECDSA_P256", "ECCPUBLICBLOB"},
		{"P-384", "ECDSA_P384", "ECCPUBLICBLOB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var key windows.Handle
			if err := status(create, uintptr(prov), uintptr(unsafe.Pointer(&key)), text(c.algorithm), 0, 0, 0); err != nil {
				t.Skipf("SKIPPED, NOT TESTED HERE: this system makes no such key: %v", err)
			}
			if c.name == "RSA" {
				bits := uint32(2048)
				if err := status(set, uintptr(key), text("Length"), uintptr(unsafe.Pointer(&bits)), 4, 0); err != nil {
					t.Fatal(err)
				}
			}
			if err := status(finalize, uintptr(key), 0); err != nil {
				t.Fatal(err)
			}
			var blob [1024]byte
			var n uint32
			if err := status(export, uintptr(key), 0, text(c.blob), 0, uintptr(unsafe.Pointer(&blob)), uintptr(len(blob)), uintptr(unsafe.Pointer(&n)), 0); err != nil {
				t.Fatal(err)
			}
			signedBy(t, &cngKey{handle: key, owned: true}, publicBlob(t, blob[:n]))
		})
	}
}

// publicBlob reads BCRYPT_RSAKEY_BLOB and BCRYPT_ECCKEY_BLOB (bcrypt.h).
func publicBlob(t *testing.T, b []byte) crypto.PublicKey {
	t.Helper()
	u := func(i int) int { return int(binary.LittleEndian.Uint32(b[4*i:])) }
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	switch string(b[:4]) {
	case "RSA1":
		rest := b[24:]
		return &rsa.PublicKey{E: int(number(rest[:u(2)]).Int64()), N: number(rest[u(2) : u(2)+u(3)])}
	case "ECS1":
		return point(t, elliptic.P256(), b[8:8+2*u(1)])
	case "ECS3":
		return point(t, elliptic.P384(), b[8:8+2*u(1)])
	}
	t.Fatalf("blob %q", b[:4])
	return nil
}

// point is a public key by its coordinates, one after the other.
func point(t *testing.T, curve elliptic.Curve, coordinates []byte) *ecdsa.PublicKey {
	t.Helper()
	const uncompressed = 4 // SEC 1, 2.3.3
	key, err := ecdsa.ParseUncompressedPublicKey(curve, append([]byte{uncompressed}, coordinates...))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// A key that an old provider holds signs SHA-2 as well, by the newer provider for the same container.
func TestProviderCAPI(t *testing.T) {
	const container = "kbforge test of old keys"
	const full, create, remove = windows.PROV_RSA_FULL, windows.CRYPT_NEWKEYSET, windows.CRYPT_DELETEKEYSET
	genKey, exportKey := advapi32.NewProc("CryptGenKey"), advapi32.NewProc("CryptExportKey")
	name := windows.StringToUTF16Ptr(container)
	old := windows.StringToUTF16Ptr("Microsoft Enhanced Cryptographic Provider v1.0")
	var prov, none windows.Handle
	windows.CryptAcquireContext(&none, name, old, full, remove) // of a run that was ended
	if err := windows.CryptAcquireContext(&prov, name, old, full, create); err != nil {
		t.Fatal(err)
	}
	defer windows.CryptAcquireContext(&none, name, old, full, remove)
	const signature = 2 // AT_SIGNATURE
	var key windows.Handle
	if err := boolean(genKey, uintptr(prov), signature, 2048<<16, uintptr(unsafe.Pointer(&key))); err != nil {
		t.Fatal(err)
	}
	var blob [1024]byte
	n := uint32(len(blob))
	if err := boolean(exportKey, uintptr(key), 0, 6, 0, uintptr(unsafe.Pointer(&blob)), uintptr(unsafe.Pointer(&n))); err != nil { // PUBLICKEYBLOB
		t.Fatal(err)
	}
	boolean(advapi32.NewProc("CryptDestroyKey"), uintptr(key))
	modulus := append([]byte{}, blob[20:n]...)
	for i, j := 0, len(modulus)-1; i < j; i, j = i+1, j-1 {
		modulus[i], modulus[j] = modulus[j], modulus[i]
	}
	// A key that only this process knows is not yet stored; as the store's, it is opened anew.
	windows.CryptReleaseContext(prov, 0)
	if err := windows.CryptAcquireContext(&prov, name, old, full, 0); err != nil {
		t.Fatal(err)
	}
	k := newCAPIKey(prov, signature, true)
	// By name: Wine 8 calls every provider one of type PROV_RSA_FULL.
	if used, err := k.text(paramName); err != nil || windows.UTF16PtrToString(used) != aesProvider {
		t.Errorf("provider %q, %v", windows.UTF16PtrToString(used), err)
	}
	signedBy(t, k, &rsa.PublicKey{E: int(binary.LittleEndian.Uint32(blob[16:])), N: new(big.Int).SetBytes(modulus)})
}
