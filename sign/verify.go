package sign

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// VerifyOptions say whom to trust and when.
type VerifyOptions struct {
	Roots          *x509.CertPool // for signers; nil is the system's
	TimestampRoots *x509.CertPool // for time stamp authorities; nil is Roots
	Intermediates  []*x509.Certificate

	// At is the time at which a signature without a time stamp is judged (with one: the time of the stamp). It must be set.
	At time.Time

	RequireTimestamp bool

	// Publisher, when set, is the SHA-256 of the certificate that must have signed, in hexadecimal (see Fingerprint).
	Publisher string

	// Strict also refuses certificates and unsigned attributes out of DER order, which the signature does not cover and
	// which other tools leave unsorted; without it that is a warning.
	Strict bool

	// TrustEmbedded trusts the certificates that each signature brings along, whoever made them: for the check after signing,
	// where only the chain's consistency is in question. Everybody can make such a signature.
	TrustEmbedded bool
}

// ErrFormat is wrapped when a file is of no kind that this package knows.
var ErrFormat = errors.New("neither PE image, cabinet, Windows Installer database nor catalog")

// Detect tells a file's format by its first bytes.
func Detect(r io.ReaderAt) (Format, error) {
	var b [8]byte
	n, err := r.ReadAt(b[:], 0)
	if err != nil && err != io.EOF {
		return "", err
	}
	switch s := string(b[:n]); {
	case strings.HasPrefix(s, "MZ"):
		return FormatPE, nil
	case strings.HasPrefix(s, "MSCF"):
		return FormatCabinet, nil
	case s == "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
		return FormatInstaller, nil
	case strings.HasPrefix(s, "\x30"):
		return FormatCatalog, nil
	}
	return "", ErrFormat
}

// Verify checks everything a signed file claims: that its content is the signed one, that the signed attributes and the
// signature hold, that the certificate chains to a root, is for code signing and was valid when it counts, and the time
// stamp. The error is nil only if all of it holds; when checks fail it is a *VerifyError, and the report has the rest. It
// does not compare files with a catalog; see Catalog.Coverage.
func Verify(path string, o VerifyOptions) (Report, error) {
	rep := Report{Path: path, Signatures: []Signature{}, Findings: []Finding{}, Warnings: []string{}}
	if o.At.IsZero() {
		return rep, errors.New("sign: VerifyOptions.At is not set; give the time at which the signature must hold")
	}
	f, err := os.Open(path)
	if err != nil {
		return rep, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return rep, err
	}
	if rep.Format, err = Detect(f); err != nil {
		return rep, fmt.Errorf("verify %s: %w", path, err)
	}
	v := &verifier{opts: o, rep: &rep, file: f, size: info.Size()}
	switch rep.Format {
	case FormatPE:
		err = v.image()
	case FormatCabinet:
		err = v.cabinet()
	case FormatInstaller:
		err = v.installer()
	case FormatCatalog:
		err = v.catalog()
	}
	if err != nil {
		v.fail(0, err)
	}
	if rep.OK = len(rep.Findings) == 0; rep.OK {
		return rep, nil
	}
	return rep, &VerifyError{Path: path, Findings: rep.Findings}
}

// verifier carries one run.
type verifier struct {
	opts VerifyOptions
	rep  *Report
	file *os.File
	size int64
}

// fail records an error under the check it wraps.
func (v *verifier) fail(signature int, err error) {
	f := Finding{Check: CheckFormat, Signature: signature, Reason: err.Error(), err: err}
	errors.As(err, &f.Check)
	v.rep.Findings = append(v.rep.Findings, f)
}

func (v *verifier) warn(format string, args ...any) {
	v.rep.Warnings = append(v.rep.Warnings, fmt.Sprintf(format, args...))
}

// signature checks one CMS structure but for the content of the file. It returns nil when the structure cannot be read.
func (v *verifier) signature(blob []byte, nested bool) (*cms, *Signature) {
	n := len(v.rep.Signatures) + 1
	c, err := parseCMS(blob)
	if err != nil {
		v.fail(n, err)
		return nil, nil
	}
	s := Signature{Number: n, Nested: nested, Hash: c.hash.String(), Signer: describe(c.signer), Development: IsDevelopment(c.signer)}
	s.Description, s.URL = c.opus()
	if s.Development {
		v.warn("signature %d was made with the %s", n, DevelopmentName)
	}
	if c.hash.String() == "SHA-1" {
		v.warn("signature %d uses SHA-1, which Windows 10 and later do not trust", n)
	}
	if err := c.checkSignature(); err != nil {
		v.fail(n, err)
	}
	v.order(n, c)
	v.trust(&s, c)
	v.rep.Signatures = append(v.rep.Signatures, s)
	return c, &v.rep.Signatures[n-1]
}

func (v *verifier) order(n int, c *cms) {
	all := c.checkOrder(true)
	if all == nil {
		return
	}
	if err := c.checkOrder(v.opts.Strict); err != nil {
		v.fail(n, err)
	} else {
		v.warn("signature %d: %v", n, all)
	}
}

// trust checks the time stamp, the chain, usage and dates, and the pinned publisher.
func (v *verifier) trust(s *Signature, c *cms) {
	at := v.opts.At
	t, err := c.token()
	if err == nil && t != nil {
		s.Timestamp = &Timestamp{Time: t.time.UTC(), Authority: describe(t.signer)}
		if err = t.check(c.si.EncryptedDigest, nil); err == nil {
			err = v.stampTrust(t)
		}
		if err == nil && !lifetimeSigning(c.signer) {
			at = t.time
		}
	}
	if err == nil && t == nil && v.opts.RequireTimestamp {
		err = fmt.Errorf("%w: there is none, and one is required", CheckTimestamp)
	}
	if err != nil {
		v.fail(s.Number, err)
	}
	if err := checkSignerUsage(c.signer); err != nil {
		v.fail(s.Number, err)
	}
	chain, err := v.chain(c.signer, c.certs, v.opts.Roots, at)
	if err != nil {
		v.fail(s.Number, err)
	}
	for _, cert := range chain {
		s.Chain = append(s.Chain, describe(cert))
	}
	if p := strings.ToLower(v.opts.Publisher); p != "" && p != s.Signer.SHA256 {
		v.fail(s.Number, fmt.Errorf("%w: signed by %s (SHA-256 %s), not by the pinned certificate %s", CheckPublisher, name(c.signer), s.Signer.SHA256, p))
	}
}

// stampTrust checks the authority's chain at the time it states.
func (v *verifier) stampTrust(t *token) error {
	roots := v.opts.TimestampRoots
	if roots == nil {
		roots = v.opts.Roots
	}
	if _, err := v.chain(t.signer, t.certs, roots, t.time); err != nil {
		return fmt.Errorf("%w: authority: %w", CheckTimestamp, err)
	}
	return nil
}

// checkSignerUsage: an absent extended key usage means any (RFC 5280 4.2.1.12).
func checkSignerUsage(c *x509.Certificate) error {
	if _, err := checkUsage(c); err != nil {
		return fmt.Errorf("%w: the certificate of %s is not for code signing", CheckUsage, name(c))
	}
	return nil
}

// lifetimeSigning certificates end all their signatures with their own end, stamp or not (szOID_KP_LIFETIME_SIGNING).
func lifetimeSigning(c *x509.Certificate) bool {
	return slices.ContainsFunc(c.UnknownExtKeyUsage, oidLifetime.Equal)
}

// chain returns the certificates above leaf. Usages are checked by the callers, which want clearer words; those of the
// issuers are checked here.
func (v *verifier) chain(leaf *x509.Certificate, certs []*x509.Certificate, roots *x509.CertPool, at time.Time) ([]*x509.Certificate, error) {
	pool := Pool(certs...)
	for _, c := range v.opts.Intermediates {
		pool.AddCert(c)
	}
	if v.opts.TrustEmbedded {
		roots = pool
	}
	usages := leaf.ExtKeyUsage
	if len(usages) == 0 {
		usages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	}
	if slices.Contains(usages, x509.ExtKeyUsageCodeSigning) {
		usages = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool, CurrentTime: at, KeyUsages: usages})
	if err == nil {
		return chains[0][1:], nil
	}
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case at.Before(leaf.NotBefore) || at.After(leaf.NotAfter):
		return nil, fmt.Errorf("%w: the certificate of %s is valid from %s to %s, not at %s", CheckDates, name(leaf), day(leaf.NotBefore), day(leaf.NotAfter), day(at))
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return nil, fmt.Errorf("%w: an issuer of %s was not valid at %s: %w", CheckDates, name(leaf), day(at), err)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return nil, fmt.Errorf("%w: an issuer of %s may not issue for that purpose: %w", CheckUsage, name(leaf), err)
	case errors.As(err, &unknown):
		return nil, fmt.Errorf("%w: no chain leads from %s (issued by %q) to a given root; give the root, and the intermediates if the signature lacks them", CheckChain, name(leaf), leaf.Issuer.CommonName)
	}
	return nil, fmt.Errorf("%w: %s: %w", CheckChain, name(leaf), err)
}
