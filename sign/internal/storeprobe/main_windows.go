// Command storeprobe puts a key into a certificate store of Windows, for the tests of package sign. Arguments:
//
//	(user|machine) STORE PFX PASSWORD
//
// It prints the SHA-1 of each certificate that it adds.
package main

import (
	"crypto/sha1"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 4 {
		return errors.New("usage: storeprobe (user|machine) STORE PFX PASSWORD")
	}
	keys, place := uint32(windows.CRYPT_USER_KEYSET), uintptr(windows.CERT_SYSTEM_STORE_CURRENT_USER)
	if args[0] == "machine" {
		keys, place = windows.CRYPT_MACHINE_KEYSET, windows.CERT_SYSTEM_STORE_LOCAL_MACHINE
	}
	b, err := os.ReadFile(args[2])
	if err != nil {
		return err
	}
	password, err := windows.UTF16PtrFromString(args[3])
	if err != nil {
		return err
	}
	from, err := windows.PFXImportCertStore(&windows.CryptDataBlob{Size: uint32(len(b)), Data: &b[0]}, password, keys)
	if err != nil {
		return fmt.Errorf("PFXImportCertStore: %w", err)
	}
	defer windows.CertCloseStore(from, 0)
	name, err := windows.UTF16PtrFromString(args[1])
	if err != nil {
		return err
	}
	to, err := windows.CertOpenStore(windows.CERT_STORE_PROV_SYSTEM, 0, 0, uint32(place), uintptr(unsafe.Pointer(name)))
	if err != nil {
		return fmt.Errorf("CertOpenStore %s: %w", args[1], err)
	}
	defer windows.CertCloseStore(to, 0)
	var c *windows.CertContext
	for {
		if c, err = windows.CertEnumCertificatesInStore(from, c); err != nil {
			if errors.Is(err, windows.Errno(windows.CRYPT_E_NOT_FOUND)) {
				return nil
			}
			return err
		}
		if err := repair(c); err != nil {
			return err
		}
		if err := windows.CertAddCertificateContextToStore(to, c, windows.CERT_STORE_ADD_ALWAYS, nil); err != nil {
			return fmt.Errorf("CertAddCertificateContextToStore: %w", err)
		}
		fmt.Printf("%x\n", sha1.Sum(unsafe.Slice(c.EncodedCert, c.Length)))
	}
}
