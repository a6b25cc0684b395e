package main

import (
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/kbforge/kbforge/installer/catalog"
	"github.com/kbforge/kbforge/sign"
)

// judgeCatalogs is the catalog.Verifier of images: what WinVerifyTrust is on a running machine. roots nil: the system's.
func judgeCatalogs(roots *x509.CertPool, at time.Time) catalog.Verifier {
	return func(f catalog.File) (catalog.Trust, error) {
		dir, err := os.MkdirTemp("", "kbforge-catalog-")
		if err != nil {
			return catalog.Trust{State: catalog.Bad}, err
		}
		defer os.RemoveAll(dir)
		path := filepath.Join(dir, "catalog.cat")
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return catalog.Trust{State: catalog.Bad}, err
		}
		_, err = sign.Verify(path, sign.VerifyOptions{Roots: roots, At: at})
		return trustOf(err)
	}
}

// trustOf turns what package sign found into a judgement. The worst finding counts; what is about the signer alone leaves a
// signature that belongs to its content.
func trustOf(err error) (catalog.Trust, error) {
	var found *sign.VerifyError
	switch {
	case err == nil:
		return catalog.Trust{State: catalog.Trusted}, nil
	case !errors.As(err, &found):
		return catalog.Trust{State: catalog.Bad}, err
	case errors.Is(err, sign.CheckNotSigned):
		return catalog.Trust{State: catalog.Unsigned, Code: catalog.CodeNoSignature, Reason: "no signature"}, nil
	}
	t := catalog.Trust{State: catalog.Untrusted}
	for _, f := range found.Findings {
		code := catalog.CodeBadDigest
		switch f.Check {
		case sign.CheckChain:
			code = catalog.CodeUntrustedRoot
		case sign.CheckDates:
			code = catalog.CodeExpired
		case sign.CheckUsage:
			code = catalog.CodeWrongUsage
		case sign.CheckTimestamp, sign.CheckPublisher:
			code = catalog.CodeSubject
		default:
			return catalog.Trust{State: catalog.Bad, Code: code, Reason: f.Reason}, nil
		}
		if t.Code == 0 {
			t.Code, t.Reason = code, f.Reason
		}
	}
	return t, nil
}
