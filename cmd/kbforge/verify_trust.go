package main

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

// trustFlags say whose signatures count, and when.
type trustFlags struct {
	roots, stampRoots, intermediates []string
	publisher                        string
	requireStamp                     bool
	at                               string
}

func (f *trustFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.roots, "root", nil, "file of the certificates to trust; may be repeated")
	fl.StringArrayVar(&f.stampRoots, "timestamp-root", nil, "file of the certificates to trust for time stamps (else those of --root)")
	fl.StringArrayVar(&f.intermediates, "intermediate", nil, "file of certificates that signatures lack between signer and root")
	fl.StringVar(&f.publisher, "publisher", "", "SHA-256 of the certificate that must have signed, in hexadecimal")
	fl.BoolVar(&f.requireStamp, "require-timestamp", false, "a signature without a time stamp does not hold")
	fl.StringVar(&f.at, "at", "", "judge signatures without a time stamp at this time (2006-01-02 or 2006-01-02T15:04:05Z), not now")
}

// options reads the files; every fault is in the error.
func (f *trustFlags) options(now time.Time) (builder.VerifyOptions, error) {
	o := builder.VerifyOptions{At: now, RequireTimestamp: f.requireStamp, MustSign: len(f.roots) > 0 || f.publisher != "" || f.requireStamp}
	var errs [5]error
	o.Roots, errs[0] = loadRoots(f.roots)
	o.TimestampRoots, errs[1] = loadRoots(f.stampRoots)
	for _, file := range f.intermediates {
		certs, err := sign.LoadCertificates(file)
		if err != nil {
			errs[2] = errors.Join(errs[2], fmt.Errorf("read the intermediate certificates: %w", err))
		}
		o.Intermediates = append(o.Intermediates, certs...)
	}
	o.Publisher, errs[3] = fingerprint(f.publisher)
	if f.at != "" {
		o.At, errs[4] = parseTime("at", f.at)
	}
	return o, errors.Join(errs[:]...)
}

// fingerprint reads a SHA-256 as people copy it: with colons or blanks, in either case.
func fingerprint(s string) (string, error) {
	plain := strings.ToLower(strings.NewReplacer(":", "", " ", "").Replace(s))
	if b, err := hex.DecodeString(plain); s != "" && (err != nil || len(b) != 32) {
		return "", usageError{fmt.Errorf("--publisher %q is no SHA-256; write 64 hexadecimal digits, as kbforge verify prints them", s)}
	}
	return plain, nil
}

// parseTime reads a day, or a second in UTC.
func parseTime(flag, s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError{fmt.Errorf("--%s %q: write 2006-01-02 or 2006-01-02T15:04:05Z", flag, s)}
}

func loadRoots(files []string) (*x509.CertPool, error) {
	var all []*x509.Certificate
	var errs []error
	for _, file := range files {
		certs, err := sign.LoadCertificates(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("read the roots: %w", err))
		}
		all = append(all, certs...)
	}
	if len(files) == 0 {
		return nil, nil
	}
	return sign.Pool(all...), errors.Join(errs...)
}
