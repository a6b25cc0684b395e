package sign

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// Check names what was looked at. Each is also an error: errors.Is(err, sign.CheckContent) asks whether that check failed.
type Check string

// The checks of Verify.
const (
	CheckNotSigned  Check = "not signed"       // there is no signature
	CheckFormat     Check = "malformed"        // the signature, or the place where it should be, is damaged
	CheckContent    Check = "content changed"  // the file's digest is not the signed one
	CheckPageHashes Check = "page changed"     // the page hashes do not fit the file
	CheckAttributes Check = "attributes"       // the signed attributes do not fit what is signed
	CheckSignature  Check = "signature"        // the signature does not verify with the signer's key
	CheckOrder      Check = "not in DER order" // Windows reports "No signature found" for such catalogs
	CheckChain      Check = "not trusted"      // no chain to a given root
	CheckUsage      Check = "key usage"        // the certificate is not for code signing
	CheckDates      Check = "not valid then"   // expired or not yet valid at the time that counts
	CheckTimestamp  Check = "time stamp"       // damaged, about something else, or not trusted; or required and missing
	CheckPublisher  Check = "other publisher"  // the signer is not the pinned one
)

// Checks lists them.
func Checks() []Check {
	return []Check{CheckNotSigned, CheckFormat, CheckContent, CheckPageHashes, CheckAttributes, CheckSignature, CheckOrder, CheckChain,
		CheckUsage, CheckDates, CheckTimestamp, CheckPublisher}
}

func (c Check) Error() string { return string(c) }

// Finding is one check that failed.
type Finding struct {
	Check     Check  `json:"check"`
	Signature int    `json:"signature"` // number of the signature from 1; 0 is the file as a whole
	Reason    string `json:"reason"`
	err       error
}

func (f Finding) Error() string { return f.Reason }

// Unwrap gives the cause, which wraps the Check.
func (f Finding) Unwrap() error { return f.err }

// Is makes errors.Is(finding, check) work.
func (f Finding) Is(target error) bool { return target == error(f.Check) }

// VerifyError is returned by Verify when at least one check failed.
type VerifyError struct {
	Path     string
	Findings []Finding
}

func (e *VerifyError) Error() string {
	reasons := make([]string, len(e.Findings))
	for i, f := range e.Findings {
		reasons[i] = f.Reason
	}
	return fmt.Sprintf("verify %s: %s", e.Path, strings.Join(reasons, "; "))
}

// Unwrap lists the findings.
func (e *VerifyError) Unwrap() []error {
	errs := make([]error, len(e.Findings))
	for i, f := range e.Findings {
		errs[i] = f
	}
	return errs
}

// Format is the kind of a signed file.
type Format string

// The formats this package signs and verifies.
const (
	FormatPE        Format = "pe"
	FormatCabinet   Format = "cab"
	FormatInstaller Format = "msi"
	FormatCatalog   Format = "cat"
)

// CertificateInfo describes a certificate.
type CertificateInfo struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Serial    string    `json:"serial"`     // hexadecimal
	SHA256    string    `json:"sha256"`     // of the DER, hexadecimal, lower case
	NotBefore time.Time `json:"not_before"` // UTC
	NotAfter  time.Time `json:"not_after"`  // UTC
}

func describe(c *x509.Certificate) CertificateInfo {
	return CertificateInfo{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), Serial: c.SerialNumber.Text(16), SHA256: Fingerprint(c),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(),
	}
}

// Fingerprint is the SHA-256 of a certificate in lower case hexadecimal, as VerifyOptions.Publisher wants it.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// Signature describes one signature. Whether it holds is in the findings that bear its number.
type Signature struct {
	Number      int               `json:"number"` // from 1, in the order of the file
	Nested      bool              `json:"nested,omitempty"`
	Hash        string            `json:"hash"`             // digest of the signature
	Digest      string            `json:"digest,omitempty"` // signed digest of the file, hexadecimal; empty for catalogs
	DigestHash  string            `json:"digest_hash,omitempty"`
	PageHashes  bool              `json:"page_hashes,omitempty"`
	Description string            `json:"description,omitempty"`
	URL         string            `json:"url,omitempty"`
	Signer      CertificateInfo   `json:"signer"`
	Chain       []CertificateInfo `json:"chain,omitempty"` // from the signer's issuer to the root; empty when not trusted
	Development bool              `json:"development,omitempty"`
	Timestamp   *Timestamp        `json:"timestamp,omitempty"`
}

// Timestamp describes a time stamp.
type Timestamp struct {
	Time      time.Time       `json:"time"` // UTC
	Authority CertificateInfo `json:"authority"`
}

// Report is what Verify saw.
type Report struct {
	Path       string      `json:"path"`
	Format     Format      `json:"format"`
	OK         bool        `json:"ok"` // no findings
	Signatures []Signature `json:"signatures"`
	Members    int         `json:"members,omitempty"` // entries of a catalog
	Findings   []Finding   `json:"findings"`
	Warnings   []string    `json:"warnings"`
}

// String is the report for people, several lines with a final newline.
func (r Report) String() string {
	var b strings.Builder
	verdict := "ok"
	if !r.OK {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "%s: %s (%s)\n", r.Path, verdict, r.Format)
	if r.Format == FormatCatalog {
		fmt.Fprintf(&b, "  catalog members: %d\n", r.Members)
	}
	for _, s := range r.Signatures {
		s.print(&b)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "  failed: %s\n", f.Reason)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "  warning: %s\n", w)
	}
	return b.String()
}

func (s Signature) print(b *strings.Builder) {
	fmt.Fprintf(b, "  signature %d (%s): %s\n", s.Number, s.Hash, s.Signer.Subject)
	if s.Description != "" || s.URL != "" {
		fmt.Fprintf(b, "    description: %s\n", strings.TrimSpace(s.Description+" "+s.URL))
	}
	fmt.Fprintf(b, "    certificate: %s to %s, SHA-256 %s\n", day(s.Signer.NotBefore), day(s.Signer.NotAfter), s.Signer.SHA256)
	for _, c := range s.Chain {
		fmt.Fprintf(b, "    issued by: %s\n", c.Subject)
	}
	if s.Timestamp != nil {
		fmt.Fprintf(b, "    time stamp: %s by %s\n", day(s.Timestamp.Time), s.Timestamp.Authority.Subject)
	}
}
