package status

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
)

// Error is a failure with the extended return code it ends the program with.
type Error struct {
	Code uint32   // of WP table 24, or a Win32 code
	Args []string // inserts of the code's message, see Fill
	Err  error    // cause; may be nil
}

// New makes an Error without a cause.
func New(code uint32, args ...string) *Error { return &Error{Code: code, Args: args} }

// Wrap gives err a code. A nil err stays nil.
func Wrap(code uint32, err error, args ...string) error {
	if err == nil {
		return nil
	}
	return &Error{Code: code, Args: args, Err: err}
}

// Error is the filled message without its final period, followed by the cause.
func (e *Error) Error() string {
	text := strings.TrimSuffix(Text(e.Code, e.Args...), ".")
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, &Error{Code: c}) (or New(c)) true for every Error of that code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Err == nil && len(t.Args) == 0
}

// Result is what a run that succeeded leaves to do.
type Result struct {
	// RestartNeeded: the change is complete only after a restart, and no restart has been started.
	RestartNeeded bool
}

// Exit is the program's exit code: 0, 3010 or 1603 as WP table 19 says. With er (/ER) a failure gives its extended code.
func Exit(err error, result Result, er bool) uint32 {
	switch {
	case err == nil && result.RestartNeeded:
		return RebootRequired
	case err == nil:
		return Success
	case er:
		return Code(err)
	}
	return InstallFailure
}

// mapping is a row of the table that gives errors their code.
type mapping struct {
	target error
	code   uint32
}

// mappings is searched from the top for errors that carry neither an Error nor an operating system code.
func mappings() []mapping {
	return []mapping{
		{host.ErrInUse, 32},                  // ERROR_SHARING_VIOLATION
		{host.ErrDiskFull, 112},              // ERROR_DISK_FULL
		{host.ErrBusy, UpdateAlreadyRunning}, // the only lock of the engine is "one installation at a time"
		{host.ErrNotEmpty, 145},              // ERROR_DIR_NOT_EMPTY
		{host.ErrInvalidPath, 161},           // ERROR_BAD_PATHNAME
		{host.ErrUnsupported, 50},            // ERROR_NOT_SUPPORTED
		{fs.ErrNotExist, 2},                  // ERROR_FILE_NOT_FOUND
		{fs.ErrPermission, 5},                // ERROR_ACCESS_DENIED
		{fs.ErrExist, 183},                   // ERROR_ALREADY_EXISTS
		{fs.ErrClosed, 6},                    // ERROR_INVALID_HANDLE
		{io.ErrUnexpectedEOF, 13},            // ERROR_INVALID_DATA
		{context.Canceled, UserCancelled},
		{context.DeadlineExceeded, 1460}, // ERROR_TIMEOUT
	}
}

// win32 names the plain Win32 codes that mappings produces or the engine uses.
func win32() []Entry {
	return []Entry{
		{Code: 2, Name: "ERROR_FILE_NOT_FOUND", Message: "The system cannot find the file specified: %1", Ours: true},
		{Code: 3, Name: "ERROR_PATH_NOT_FOUND", Message: "The system cannot find the path specified: %1", Ours: true},
		{Code: 5, Name: "ERROR_ACCESS_DENIED", Message: "Access is denied.", Ours: true},
		{Code: 6, Name: "ERROR_INVALID_HANDLE", Message: "The handle is invalid.", Ours: true},
		{Code: 13, Name: "ERROR_INVALID_DATA", Message: "The data is invalid.", Ours: true},
		{Code: 32, Name: "ERROR_SHARING_VIOLATION", Message: "The file is in use by another process.", Ours: true},
		{Code: 50, Name: "ERROR_NOT_SUPPORTED", Message: "The request is not supported.", Ours: true},
		{Code: 112, Name: "ERROR_DISK_FULL", Message: "There is not enough space on the disk.", Ours: true},
		{Code: 145, Name: "ERROR_DIR_NOT_EMPTY", Message: "The directory is not empty.", Ours: true},
		{Code: 161, Name: "ERROR_BAD_PATHNAME", Message: "The path is invalid.", Ours: true},
		{Code: 183, Name: "ERROR_ALREADY_EXISTS", Message: "It exists already.", Ours: true},
		{Code: 1460, Name: "ERROR_TIMEOUT", Message: "The time allowed ran out.", Ours: true},
		{Code: 0x80096010, Name: "TRUST_E_BAD_DIGEST", Message: "The catalog is damaged, or was changed after it was signed.", Ours: true},
		{Code: 0x800B0100, Name: "TRUST_E_NOSIGNATURE", Message: "No signature covers the files of the package.", Ours: true},
		{Code: 0x800B0101, Name: "CERT_E_EXPIRED", Message: "The certificate of the signer has expired, or is not valid yet.", Ours: true},
		{Code: 0x800B0109, Name: "CERT_E_UNTRUSTEDROOT", Message: "The signature is valid, but this computer does not trust the root of its certificate.", Ours: true},
		{Code: 0x800B0110, Name: "CERT_E_WRONG_USAGE", Message: "The certificate of the signer is not for signing code.", Ours: true},
	}
}

// Win32 lists the plain Win32 codes that kbforge itself gives to failures; others pass through from the system.
func Win32() []Entry { return win32() }

// Code is the extended return code of err: that of the outermost Error in its chain; else the code of the operating
// system's error (Windows only: it passes through); else by mappings; else STATUS_SETUP_ERROR (OURS). nil gives Success.
func Code(err error) uint32 {
	if err == nil {
		return Success
	}
	var own *Error
	if errors.As(err, &own) && own.Code != Success {
		return own.Code
	}
	if code, ok := systemCode(err); ok {
		return code
	}
	for _, m := range mappings() {
		if errors.Is(err, m.target) {
			return m.code
		}
	}
	return SetupError
}
