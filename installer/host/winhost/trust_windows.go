package winhost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/kbforge/kbforge/installer/catalog"
)

// genericVerify is WINTRUST_ACTION_GENERIC_VERIFY_V2 (softpub.h): the signature of a file by the Authenticode rules.
func genericVerify() windows.GUID {
	return windows.GUID{Data1: 0x00aac56b, Data2: 0xcd44, Data3: 0x11d0, Data4: [8]byte{0x8c, 0xc2, 0, 0xc0, 0x4f, 0xc2, 0x95, 0xee}}
}

// VerifyCatalog judges the signature of a catalog with WinVerifyTrust: no user interface, nothing is fetched from a network,
// revocation is not asked for (a computer without a connection must be able to install). It is a catalog.Verifier. While it
// looks, nobody can change the file; that the file holds f.Data is checked.
func VerifyCatalog(f catalog.File) (catalog.Trust, error) {
	fail := func(err error) (catalog.Trust, error) {
		return catalog.Trust{State: catalog.Bad}, fmt.Errorf("WinVerifyTrust of %s: %w", f.Path, err)
	}
	path, err := windows.UTF16PtrFromString(f.Path)
	if err != nil {
		return fail(err)
	}
	handle, err := windows.CreateFile(path, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		return fail(err)
	}
	file := os.NewFile(uintptr(handle), f.Path)
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, int64(len(f.Data))+1))
	if err != nil {
		return fail(err)
	}
	if !bytes.Equal(data, f.Data) {
		return fail(errors.New("the file was changed meanwhile"))
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil { // it is read from where the handle stands (Wine)
		return fail(err)
	}
	return verifyTrust(path, handle)
}

func verifyTrust(path *uint16, handle windows.Handle) (catalog.Trust, error) {
	info := windows.WinTrustFileInfo{Size: uint32(unsafe.Sizeof(windows.WinTrustFileInfo{})), FilePath: path, File: handle}
	data := windows.WinTrustData{
		Size: uint32(unsafe.Sizeof(windows.WinTrustData{})), UIChoice: windows.WTD_UI_NONE, RevocationChecks: windows.WTD_REVOKE_NONE,
		UnionChoice: windows.WTD_CHOICE_FILE, FileOrCatalogOrBlobOrSgnrOrCert: unsafe.Pointer(&info),
		StateAction: windows.WTD_STATEACTION_VERIFY, ProvFlags: windows.WTD_CACHE_ONLY_URL_RETRIEVAL | windows.WTD_REVOCATION_CHECK_NONE,
	}
	action := genericVerify()
	const noWindow = ^windows.HWND(0) // INVALID_HANDLE_VALUE: there is no one to ask
	verdict := windows.WinVerifyTrustEx(noWindow, &action, &data)
	data.StateAction = windows.WTD_STATEACTION_CLOSE
	_ = windows.WinVerifyTrustEx(noWindow, &action, &data)
	if verdict == nil {
		return catalog.Trust{State: catalog.Trusted}, nil
	}
	var errno syscall.Errno
	if !errors.As(verdict, &errno) {
		return catalog.Trust{State: catalog.Bad}, verdict
	}
	code := uint32(errno)
	return catalog.Trust{State: catalog.OfCode(code), Code: code, Reason: fmt.Sprintf("WinVerifyTrust: 0x%08X", code)}, nil
}
