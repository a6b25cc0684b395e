package main

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Of wincrypt.h.
const (
	keyProvInfoProperty = 2 // CERT_KEY_PROV_INFO_PROP_ID
	keyExchange         = 1 // AT_KEYEXCHANGE
)

// keyProvInfo is CRYPT_KEY_PROV_INFO.
type keyProvInfo struct {
	container, provider *uint16
	kind, flags         uint32
	params              uint32
	param               uintptr
	spec                uint32
}

// repair names one key of the container: Wine 8 writes AT_KEYEXCHANGE|AT_SIGNATURE, with which no function signs.
func repair(c *windows.CertContext) error {
	crypt32 := windows.NewLazySystemDLL("crypt32.dll")
	get, set := crypt32.NewProc("CertGetCertificateContextProperty"), crypt32.NewProc("CertSetCertificateContextProperty")
	var b [512]uint64 // for the structure and the names behind it
	n := uint32(unsafe.Sizeof(b))
	if r, _, _ := get.Call(uintptr(unsafe.Pointer(c)), keyProvInfoProperty, uintptr(unsafe.Pointer(&b)), uintptr(unsafe.Pointer(&n))); r == 0 {
		return nil // a certificate without a key
	}
	info := (*keyProvInfo)(unsafe.Pointer(&b))
	if info.spec != 3 {
		return nil
	}
	info.spec = keyExchange
	if r, _, err := set.Call(uintptr(unsafe.Pointer(c)), keyProvInfoProperty, 0, uintptr(unsafe.Pointer(info))); r == 0 {
		return fmt.Errorf("CertSetCertificateContextProperty: %w", err)
	}
	return nil
}
