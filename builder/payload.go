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
// as they are. The manifests are those of several packages with the same [signing]; a source that they share is signed once. It
// returns where the signed copy of a source is, for ReadSignedFacts. It comes before everything that hashes: facts, update.ver
// and the catalog. Every file that cannot be signed is a fault at the key that names it.
func SignPayload(ctx context.Context, s *Signer, dir string, list ...*manifest.Manifest) (map[string]string, error) {
	if len(list) == 0 || list[0].Signing.Payload == manifest.SignNone {
		return nil, nil
	}
	m := list[0]
	if s == nil {
		return nil, manifest.Faults{m.Warn("signing.payload", fmt.Sprintf("the payload is to be signed, but %v; name one in [signing], or a profile with --profile", ErrNoSigner))}
	}
	jobs, named := payloadJobs(list, dir)
	if m.Signing.Payload == manifest.SignUnsigned {
		jobs = slices.DeleteFunc(jobs, func(j sign.Job) bool { return signed(j.Src) })
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return copies(sign.Batch(ctx, jobs, s.Key, sign.BatchOptions{Options: s.options(m.Title, m.ARP.HelpLink)}), named)
}

// namedSource is where a source is named first.
type namedSource struct {
	m   *manifest.Manifest
	key string
}

func payloadJobs(list []*manifest.Manifest, dir string) (jobs []sign.Job, named map[string]namedSource) {
	named = map[string]namedSource{}
	for _, m := range list {
		for _, f := range m.Files {
			for _, b := range m.Branches {
				src, ok := f.Sources[b.Name]
				if _, seen := named[src]; !ok || seen {
					continue
				}
				named[src] = namedSource{m, sourceKey(f, b.Name)}
				if info, err := readImage(src); err != nil || info == nil {
					continue // ReadSignedFacts says what is wrong with it
				}
				jobs = append(jobs, sign.Job{Src: src, Dst: filepath.Join(dir, fmt.Sprintf("%d", len(jobs)))})
			}
		}
	}
	return jobs, named
}

func copies(results []sign.Result, named map[string]namedSource) (map[string]string, error) {
	made := map[string]string{}
	var faults manifest.Faults
	for _, r := range results {
		if errors.Is(r.Err, context.Canceled) {
			return nil, r.Err
		}
		if r.Err != nil {
			n := named[r.Job.Src]
			faults = append(faults, n.m.Warn(n.key, fmt.Sprintf("%s cannot be signed: %v", n.m.Relative(r.Job.Src), r.Err)))
		}
		made[r.Job.Src] = r.Job.Dst
	}
	if len(faults) > 0 {
		return nil, faults.Sort()
	}
	return made, nil
}
