package builder

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/stub/sfx"
)

// Verification is what Verify found.
type Verification struct {
	Path     string       `json:"path"`
	Place    string       `json:"place,omitempty"` // where in the file the cabinet is
	Files    int          `json:"files"`
	KB       string       `json:"kb,omitempty"`
	Outer    *sign.Report `json:"outer,omitempty"`   // signature of the package; nil: none
	Catalog  *sign.Report `json:"catalog,omitempty"` // signature of the first catalog; nil: none
	Covered  int          `json:"covered"`           // files that have a member in a catalog
	Exempt   []Exemption  `json:"exempt"`            // files that need none
	Findings []Finding    `json:"findings"`          // what does not hold
	Notes    []string     `json:"notes"`             // what should be known

	where string // folder that is looked at, with a slash: put in front of what findings name
}

// OK reports whether everything that is there holds.
func (v *Verification) OK() bool { return len(v.Findings) == 0 }

// VerifyOptions say whom to trust, and what is expected.
type VerifyOptions struct {
	Roots            *x509.CertPool // nil: the system's
	TimestampRoots   *x509.CertPool // nil: Roots
	Intermediates    []*x509.Certificate
	At               time.Time // when a signature without time stamp is judged
	Publisher        string    // SHA-256 of the certificate that must have signed, hexadecimal; "": any
	RequireTimestamp bool
	MustSign         bool  // a missing signature is a finding; it is a note else
	Expect           *Plan // what the package was made of; nil: not compared

	trustEmbedded bool // see sign.VerifyOptions.TrustEmbedded
}

// File are the options for one signature.
func (o VerifyOptions) File() sign.VerifyOptions {
	return sign.VerifyOptions{Roots: o.Roots, TimestampRoots: o.TimestampRoots, Intermediates: o.Intermediates, At: o.At,
		Publisher: o.Publisher, RequireTimestamp: o.RequireTimestamp, TrustEmbedded: o.trustEmbedded}
}

// Verify checks a package: its signature, its structure and trailer, the catalog's signature, every file against catalog and
// update.ver, that what the INFs name is there, that what is executed on the target is signed if the package is, and the
// version resource against the INF (and o.Expect). The error is for what prevented the check (the file cannot be read or is
// no package); what does not hold is in the findings.
func Verify(ctx context.Context, path string, o VerifyOptions) (*Verification, error) {
	v := newVerification(path)
	if err := v.open(path); err != nil {
		return nil, err
	}
	var err error
	if v.Outer, err = v.signature("the package", CheckPackageSignature, path, o); err != nil {
		return nil, err
	}
	if v.Place == "" { // the structure is damaged
		return v, nil
	}
	dir, err := os.MkdirTemp("", "kbforge-verify-")
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", path, err)
	}
	defer os.RemoveAll(dir)
	if _, err := Extract(ctx, path, dir); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v.finding(CheckStructure, "", "%v", err)
		return v, nil
	}
	if err := v.content(ctx, dir, path, o); err != nil {
		return nil, fmt.Errorf("verify %s: %w", path, err)
	}
	return v, nil
}

func newVerification(path string) *Verification {
	return &Verification{Path: path, Exempt: []Exemption{}, Findings: []Finding{}, Notes: []string{}}
}

// content checks an extracted package.
func (v *Verification) content(ctx context.Context, dir, path string, o VerifyOptions) error {
	t, err := openTree(dir)
	if err != nil {
		return err
	}
	facts := v.tree(t)
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.catalogSignature(t, o); err != nil {
		return err
	}
	v.coverage(t, facts.named, o)
	if err := ctx.Err(); err != nil {
		return err
	}
	v.resource(path, facts.strings, o.Expect)
	v.expected(t, o.Expect)
	return nil
}

// open checks structure and trailer. It returns an error if the file is no package.
func (v *Verification) open(path string) error {
	a, err := OpenArchive(path)
	var notRead *fs.PathError
	switch {
	case errors.Is(err, sfx.ErrTrailer):
		v.finding(CheckTrailer, "", "%v", err)
		return nil
	case errors.Is(err, sfx.ErrNone), errors.As(err, &notRead), errors.Is(err, errNoFile):
		return err
	case err != nil:
		v.finding(CheckStructure, "", "%v", err)
		return nil
	}
	defer a.Close()
	v.Place, v.Files = a.Location.Place.String(), len(a.Files)
	return v.trailer(a)
}

// trailer checks that nothing follows the cabinet but what must: zeros up to the next multiple of sfx.Alignment, then the
// certificate table, if there is one. (OURS: what follows would be carried along unseen. A cabinet in the resource section has
// its own check value, see sfx.CheckTrailer.)
func (v *Verification) trailer(a *Archive) error {
	if a.Location.Place != sfx.Appended {
		return nil
	}
	st, err := a.file.Stat()
	if err != nil {
		return err
	}
	end := st.Size()
	if at, n, err := pefile.Certificates(a.file, end); err == nil && n > 0 {
		end = at
	}
	from := a.Location.Offset + a.Location.Size
	if end-from >= sfx.Alignment || end < from {
		v.finding(CheckTrailer, "", "%d bytes follow the cabinet; nothing reads them, and a package ends there", end-from)
		return nil
	}
	rest := make([]byte, end-from)
	if _, err := a.file.ReadAt(rest, from); err != nil && err != io.EOF {
		return err
	}
	if strings.Trim(string(rest), "\x00") != "" {
		v.finding(CheckTrailer, "", "the %d bytes that fill up behind the cabinet are not zero", len(rest))
	}
	return nil
}

// signature checks the signature of a file; a missing one is no error.
func (v *Verification) signature(what string, check PackageCheck, path string, o VerifyOptions) (*sign.Report, error) {
	r, err := sign.Verify(path, o.File())
	var ve *sign.VerifyError
	name := ""
	if check != CheckPackageSignature {
		name = what
	}
	switch {
	case errors.Is(err, sign.CheckNotSigned):
		if o.MustSign {
			v.add(Finding{Check: check, Signature: sign.CheckNotSigned, File: name, Reason: what + " is not signed"})
		} else {
			v.note("%s is not signed", what)
		}
		return nil, nil
	case errors.As(err, &ve):
		for _, f := range ve.Findings {
			v.add(Finding{Check: check, Signature: f.Check, File: name, Reason: what + ": " + f.Error()})
		}
	case err != nil:
		return nil, err
	}
	for _, w := range r.Warnings {
		v.note("%s: %s", what, w)
	}
	return &r, nil
}

// catalogSignature checks each catalog of the package.
func (v *Verification) catalogSignature(t *treeDir, o VerifyOptions) error {
	for _, name := range t.under("", ".cat") {
		r, err := v.signature(name, CheckCatalogSignature, filepath.Join(t.dir, filepath.FromSlash(name)), o)
		if errors.Is(err, sign.ErrFormat) {
			v.finding(CheckCatalogSignature, name, "%s is no catalog", name)
			continue
		}
		if err != nil {
			return err
		}
		if r != nil && v.Catalog == nil {
			v.Catalog = r
		}
	}
	return nil
}
