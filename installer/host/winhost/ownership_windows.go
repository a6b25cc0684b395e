package winhost

import (
	"errors"

	"golang.org/x/sys/windows"
)

// withRights does something that needs the right to delete a file. Where the caller lacks it, as administrators do for files
// of TrustedInstaller, the file is given to the administrators, with full control, and it is tried again; if it fails
// then, too, owner and DACL are put back. Afterwards the file is gone or replaced by one that has the security it had
// (copySecurity), so nothing is left of this. It needs SeTakeOwnershipPrivilege, and SeRestorePrivilege to give a file to
// somebody else (WP table 12). A process that is killed in between leaves the file with the administrators; the backup that
// the journal restores still has the old owner and DACL.
func withRights(p place, do func() error) error {
	err := do()
	if !errors.Is(err, windows.ERROR_ACCESS_DENIED) || !p.there || p.isDir() || p.link || !lacksDelete(p.ext()) {
		return err
	}
	giveBack, e := takeOwnership(p.ext())
	if e != nil {
		return err // the first error says what is wrong
	}
	if err = do(); err != nil {
		giveBack()
	}
	return err
}

// lacksDelete reports whether the caller has no right to delete the file, in use or not. Backup semantics would grant it to
// who holds SeRestorePrivilege, which replacing and deleting do not.
func lacksDelete(ext string) bool {
	f, err := createFile(ext, windows.DELETE, shareAll, windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT)
	if err == nil {
		windows.CloseHandle(f)
	}
	return errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// takeOwnership gives a file to the administrators with full control; giveBack undoes it.
func takeOwnership(ext string) (giveBack func(), err error) {
	sd, err := windows.GetNamedSecurityInfo(ext, windows.SE_FILE_OBJECT, securityParts)
	if err != nil {
		return nil, err
	}
	owner, _, err1 := sd.Owner()
	group, _, err2 := sd.Group()
	dacl, _, err3 := sd.DACL()
	control, _, err4 := sd.Control()
	admins, err5 := windows.CreateWellKnownSid(windows.WinBuiltinAdministratorsSid)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	if err := windows.SetNamedSecurityInfo(ext, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, admins, nil, nil, nil); err != nil {
		return nil, err
	}
	parts := windows.SECURITY_INFORMATION(securityParts | windows.UNPROTECTED_DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 {
		parts = securityParts | windows.PROTECTED_DACL_SECURITY_INFORMATION
	}
	giveBack = func() { // the file has its content; that it now has another owner must not hide the error to come
		_ = windows.SetNamedSecurityInfo(ext, windows.SE_FILE_OBJECT, parts, owner, group, dacl, nil)
	}
	all, err := windows.ACLFromEntries([]windows.EXPLICIT_ACCESS{{
		AccessPermissions: windows.GENERIC_ALL, AccessMode: windows.GRANT_ACCESS,
		Trustee: windows.TRUSTEE{TrusteeForm: windows.TRUSTEE_IS_SID, TrusteeType: windows.TRUSTEE_IS_GROUP, TrusteeValue: windows.TrusteeValueFromSID(admins)},
	}}, dacl)
	if err == nil {
		err = windows.SetNamedSecurityInfo(ext, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, all, nil)
	}
	if err != nil {
		giveBack()
		return nil, err
	}
	return giveBack, nil
}
