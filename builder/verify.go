package builder

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/sign"
)

// Verification is what Verify found.
type Verification struct {
	Path     string       `json:"path"`
	Place    string       `json:"place"` // where in the file the cabinet is
	Files    int          `json:"files"`
	KB       string       `json:"kb,omitempty"`
	Outer    *sign.Report `json:"outer,omitempty"`   // signature of the package; nil: none
	Catalog  *sign.Report `json:"catalog,omitempty"` // signature of the catalog; nil: none
	Findings []string     `json:"findings"`          // what does not hold
	Notes    []string     `json:"notes"`             // what should be known
}

// OK reports whether everything that is there holds.
func (v *Verification) OK() bool { return len(v.Findings) == 0 }

// finding adds what does not hold, each text once: a catalog has two entries for one file.
func (v *Verification) finding(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(v.Findings, text) {
		v.Findings = append(v.Findings, text)
	}
}

func (v *Verification) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

// VerifyOptions say whom to trust.
type VerifyOptions struct {
	Roots *x509.CertPool // nil: the system's
	At    time.Time      // when a signature without time stamp is judged
	// MustSign makes a missing signature a finding; it is a note else.
	MustSign bool
}

// Verify checks a package: its signature, its structure, the catalog's signature, every payload file against catalog and
// update.ver, and that what the INFs name is there. The error is for what prevented the check (the file cannot be read or
// is no package); what does not hold is in the findings.
func Verify(ctx context.Context, path string, o VerifyOptions) (*Verification, error) {
	v := &Verification{Path: path, Findings: []string{}, Notes: []string{}}
	a, err := OpenArchive(path)
	if err != nil {
		return nil, err
	}
	v.Place, v.Files = a.Location.Place.String(), len(a.Files)
	a.Close()
	if v.Outer, err = v.signature("the package", path, o); err != nil {
		return nil, err
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
		v.finding("%v", err)
		return v, nil
	}
	t, err := openTree(dir)
	if err != nil {
		return nil, fmt.Errorf("verify %s: %w", path, err)
	}
	v.tree(t)
	return v, v.catalogSignature(t, o)
}

// signature checks the signature of a file; a missing one is no error.
func (v *Verification) signature(what, path string, o VerifyOptions) (*sign.Report, error) {
	if head, err := fileHead(path); err == nil && string(head) == "MSCF" && what == "the package" {
		v.note("%s is a bare cabinet", what)
	}
	r, err := sign.Verify(path, sign.VerifyOptions{Roots: o.Roots, At: o.At})
	var ve *sign.VerifyError
	switch {
	case errors.Is(err, sign.CheckNotSigned):
		if o.MustSign {
			v.finding("%s is not signed", what)
		} else {
			v.note("%s is not signed", what)
		}
		return nil, nil
	case errors.As(err, &ve):
		for _, f := range ve.Findings {
			v.finding("%s: %s", what, f.Error())
		}
	case err != nil:
		return nil, err
	}
	for _, w := range r.Warnings {
		v.note("%s: %s", what, w)
	}
	return &r, nil
}

func fileHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, 4)
	_, err = io.ReadFull(f, b)
	return b, err
}

// catalogSignature checks each catalog of the package.
func (v *Verification) catalogSignature(t *treeDir, o VerifyOptions) error {
	for _, name := range t.names {
		if !strings.HasSuffix(strings.ToLower(name), ".cat") {
			continue
		}
		r, err := v.signature(name, filepath.Join(t.dir, filepath.FromSlash(name)), o)
		if err != nil {
			return fmt.Errorf("verify %s: %w", v.Path, err)
		}
		if r != nil && v.Catalog == nil {
			v.Catalog = r
		}
	}
	return nil
}

// checkResult reads a package that was just built back from its bytes: it must hold exactly what the tree does and be
// consistent. Signatures were checked when they were made.
func checkResult(ctx context.Context, path, dir string, want *Tree) error {
	made, err := Extract(ctx, path, dir)
	if err != nil {
		return err
	}
	if len(made) != len(want.Files) {
		return fmt.Errorf("%d files instead of %d", len(made), len(want.Files))
	}
	for _, f := range want.Files {
		if st, err := os.Stat(filepath.Join(dir, localName(f.Path))); err != nil || st.Size() != f.Size {
			return fmt.Errorf("%s is not as it should be: %w", f.Path, errors.Join(err, fmt.Errorf("want %d bytes", f.Size)))
		}
	}
	t, err := openTree(dir)
	if err != nil {
		return err
	}
	v := &Verification{}
	v.tree(t)
	if !v.OK() {
		return errors.New(strings.Join(v.Findings, "; "))
	}
	return nil
}
