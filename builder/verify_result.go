package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// checkResult reads a package that was just built back from its bytes, before it gets its name: it must hold exactly what the
// tree does, pass everything Verify checks, and be what the plan says. Who trusts the signer is not known here, so the
// signatures need only be whole; with a signer they must be there, and stamped if it stamps.
func checkResult(ctx context.Context, path, dir string, want *Tree, p *Plan, s *Signer) error {
	v := newVerification(path)
	o := VerifyOptions{Expect: p, trustEmbedded: true, At: p.BuildTime}
	if s != nil {
		o.MustSign, o.At, o.RequireTimestamp = true, s.Options.Now, s.Options.Stamper != nil
	}
	if err := v.open(path); err != nil {
		return err
	}
	if _, err := v.signature("the package", CheckPackageSignature, path, o); err != nil {
		return err
	}
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
	if err := v.content(ctx, dir, path, o); err != nil || v.OK() {
		return err
	}
	reasons := make([]string, len(v.Findings))
	for i, f := range v.Findings {
		reasons[i] = f.Reason
	}
	return errors.New(strings.Join(reasons, "; "))
}
