package catalog

// State is what a signature is worth on a machine.
type State uint8

const (
	// Unsigned: there is no signature.
	Unsigned State = iota
	// Untrusted: the signature belongs to the content, but the machine does not trust its signer (no chain to a root it
	// knows, a certificate that has expired or may not sign code).
	Untrusted
	// Bad: the signature does not belong to the content, or is damaged, or its certificate was revoked.
	Bad
	// Trusted: all of it holds.
	Trusted
)

// String is for logs.
func (s State) String() string {
	return [...]string{"not signed", "not trusted", "not valid", "trusted"}[s]
}

// Trust is the judgement about one catalog.
type Trust struct {
	State  State
	Code   uint32 // HRESULT of WinVerifyTrust or the like; 0 when trusted
	Reason string // empty when trusted
}

// HRESULTs of a judgement (Microsoft, "COM Error Codes (Security and Setup)").
const (
	CodeNoSignature   uint32 = 0x800B0100 // TRUST_E_NOSIGNATURE
	CodeExpired       uint32 = 0x800B0101 // CERT_E_EXPIRED
	CodeUntrustedRoot uint32 = 0x800B0109 // CERT_E_UNTRUSTEDROOT
	CodeChaining      uint32 = 0x800B010A // CERT_E_CHAINING
	CodeWrongUsage    uint32 = 0x800B0110 // CERT_E_WRONG_USAGE
	CodeSubject       uint32 = 0x800B0004 // TRUST_E_SUBJECT_NOT_TRUSTED
	CodeDistrust      uint32 = 0x800B0111 // TRUST_E_EXPLICIT_DISTRUST
	CodeBadDigest     uint32 = 0x80096010 // TRUST_E_BAD_DIGEST
)

// OfCode gives the state that a code of WinVerifyTrust stands for. What is not known is Bad: a check that could not be made
// has not been passed.
func OfCode(code uint32) State {
	switch code {
	case 0:
		return Trusted
	case CodeNoSignature:
		return Unsigned
	case CodeExpired, CodeUntrustedRoot, CodeChaining, CodeWrongUsage, CodeSubject:
		return Untrusted
	}
	return Bad
}

// File is a catalog to judge.
type File struct {
	Path string // where this process can open it; empty: nowhere
	Data []byte // its content; a verifier that opens Path compares the two
}

// Verifier judges the signature of a catalog: winhost has one (WinVerifyTrust), the author's command line another. An error
// means that no judgement was possible.
type Verifier func(File) (Trust, error)
