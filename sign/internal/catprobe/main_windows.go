// Command catprobe asks Windows' own trust functions about signed files, for the tests of package sign. Arguments:
//
//	trust FILE          prints "trust 0x%08X": WinVerifyTrust on a file
//	catalog CAT HASH…   adds a catalog to the system and prints, for each SHA-1 in hexadecimal, "HASH found" or "HASH missing"
package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime"
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
	if len(args) < 2 {
		return errors.New("usage: catprobe trust FILE | catalog CAT HASH…")
	}
	switch args[0] {
	case "trust":
		code, err := trust(args[1])
		if err == nil {
			fmt.Printf("trust 0x%08X\n", code)
		}
		return err
	case "catalog":
		return catalog(args[1], args[2:])
	}
	return fmt.Errorf("unknown verb %q", args[0])
}

// trust returns WinVerifyTrust's result.
func trust(file string) (uint32, error) {
	path, err := windows.UTF16PtrFromString(file)
	if err != nil {
		return 0, err
	}
	info := &windows.WinTrustFileInfo{Size: uint32(unsafe.Sizeof(windows.WinTrustFileInfo{})), FilePath: path}
	data := &windows.WinTrustData{
		Size:                            uint32(unsafe.Sizeof(windows.WinTrustData{})),
		UIChoice:                        windows.WTD_UI_NONE,
		UnionChoice:                     windows.WTD_CHOICE_FILE,
		StateAction:                     windows.WTD_STATEACTION_IGNORE,
		FileOrCatalogOrBlobOrSgnrOrCert: unsafe.Pointer(info),
	}
	err = windows.WinVerifyTrustEx(windows.InvalidHWND, &windows.WINTRUST_ACTION_GENERIC_VERIFY_V2, data)
	runtime.KeepAlive(info)
	var code windows.Errno
	if err == nil || errors.As(err, &code) {
		return uint32(code), nil
	}
	return 0, err
}

// catalog adds the file and looks for the hashes.
func catalog(file string, hashes []string) error {
	dll := windows.NewLazySystemDLL("wintrust.dll")
	var admin uintptr
	if ok, _, err := dll.NewProc("CryptCATAdminAcquireContext").Call(uintptr(unsafe.Pointer(&admin)), 0, 0); ok == 0 {
		return fmt.Errorf("CryptCATAdminAcquireContext: %w", err)
	}
	defer dll.NewProc("CryptCATAdminReleaseContext").Call(admin, 0)
	path, err := windows.UTF16PtrFromString(file)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString("kbforge.cat")
	if err != nil {
		return err
	}
	info, _, err := dll.NewProc("CryptCATAdminAddCatalog").Call(admin, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(name)), 0)
	if info == 0 {
		return fmt.Errorf("CryptCATAdminAddCatalog: %w", err)
	}
	dll.NewProc("CryptCATAdminReleaseCatalogContext").Call(admin, info, 0)
	find := dll.NewProc("CryptCATAdminEnumCatalogFromHash")
	for _, s := range hashes {
		sum, err := hex.DecodeString(s)
		if err != nil || len(sum) != 20 {
			return fmt.Errorf("%q is no SHA-1", s)
		}
		found, _, _ := find.Call(admin, uintptr(unsafe.Pointer(&sum[0])), uintptr(len(sum)), 0, 0)
		word := "missing"
		if found != 0 {
			word = "found"
			dll.NewProc("CryptCATAdminReleaseCatalogContext").Call(admin, found, 0)
		}
		fmt.Println(s, word)
	}
	return nil
}
