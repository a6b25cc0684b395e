package builder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// ErrNoSigner is wrapped where the manifest wants its payload signed, and no key is given.
var ErrNoSigner = errors.New("there is no signing key")

// SignPayload signs the executables (PE images) of the payload as signing.payload says, in copies below dir; the sources stay
// as they are. It returns where the signed copy of a source is, for ReadSignedFacts. It comes before everything that hashes:
// facts, update.ver and the catalog. Every file that cannot be signed is a fault at the key that names it.
func SignPayload(ctx context.Context, m *manifest.Manifest, s *Signer, dir string) (map[string]string, error) {
	if m.Signing.Payload == manifest.SignNone {
		return nil, nil
	}
	if s == nil {
		return nil, manifest.Faults{m.Warn("signing.payload", fmt.Sprintf("the payload is to be signed, but %v; name one in [signing], or a profile with --profile", ErrNoSigner))}
	}
	var jobs []sign.Job
	keys := map[string]string{}
	for _, f := range m.Files {
		for _, b := range m.Branches {
			src, ok := f.Sources[b.Name]
			if _, seen := keys[src]; !ok || seen {
				continue
			}
			keys[src] = sourceKey(f, b.Name)
			if info, err := readImage(src); err != nil || info == nil {
				continue // ReadSignedFacts says what is wrong with it
			}
			jobs = append(jobs, sign.Job{Src: src, Dst: filepath.Join(dir, fmt.Sprintf("%d", len(jobs)))})
		}
	}
	if m.Signing.Payload == manifest.SignUnsigned {
		jobs = slices.DeleteFunc(jobs, func(j sign.Job) bool { return signed(j.Src) })
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return copies(m, sign.Batch(ctx, jobs, s.Key, sign.BatchOptions{Options: s.options(m.Title, m.ARP.HelpLink)}), keys)
}

func copies(m *manifest.Manifest, results []sign.Result, keys map[string]string) (map[string]string, error) {
	made := map[string]string{}
	var faults manifest.Faults
	for _, r := range results {
		if errors.Is(r.Err, context.Canceled) {
			return nil, r.Err
		}
		if r.Err != nil {
			faults = append(faults, m.Warn(keys[r.Job.Src], fmt.Sprintf("%s cannot be signed: %v", m.Relative(r.Job.Src), r.Err)))
		}
		made[r.Job.Src] = r.Job.Dst
	}
	if len(faults) > 0 {
		return nil, faults.Sort()
	}
	return made, nil
}
