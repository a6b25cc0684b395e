package builder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/builder/stubs"
)

// Sidecars says which files are written beside a package. Each has the package's name with another end.
type Sidecars struct {
	SBOM       bool   // .cdx.json (CycloneDX) and .spdx.json (SPDX): what is in it
	Provenance bool   // .intoto.jsonl, signed, or .provenance.json where there is no key: what it was made of (SLSA)
	Checksums  bool   // .sha256, of the package and the others, for sha256sum -c
	BuilderID  string // URI of who runs the build, for the provenance; "": DefaultBuilderID
}

func (s Sidecars) any() bool { return s.SBOM || s.Provenance || s.Checksums }

// sidecars writes the files into dir and returns their names.
func sidecars(ctx context.Context, p *Plan, o Options, tree *Tree, exe Executables, pkg, dir string) ([]string, error) {
	if !o.Sidecars.any() {
		return nil, nil
	}
	s, err := ship(p, tree, exe, pkg)
	if err != nil {
		return nil, fmt.Errorf("describe the package: %w", err)
	}
	w := &sidecarWriter{dir: dir}
	if o.Sidecars.SBOM {
		w.put(p.FileName+".cdx.json", s.cycloneDX)
		w.put(p.FileName+".spdx.json", s.spdx)
	}
	if o.Sidecars.Provenance {
		name, make := p.FileName+".provenance.json", func() ([]byte, error) {
			from, err := stubResources(ctx, p, o)
			if err != nil {
				return nil, err
			}
			id := o.Sidecars.BuilderID
			if id == "" {
				id = DefaultBuilderID
			}
			return s.provenance(id, from)
		}
		if o.Signer != nil {
			plain := make
			name, make = p.FileName+".intoto.jsonl", func() ([]byte, error) {
				b, err := plain()
				if err != nil {
					return nil, err
				}
				return dsse(ctx, b, o.Signer.Key)
			}
		}
		w.put(name, make)
	}
	if o.Sidecars.Checksums {
		w.put(p.FileName+".sha256", func() ([]byte, error) { return w.checksums(s.pkg) })
	}
	return w.names, w.err
}

// sidecarWriter goes on writing until something fails.
type sidecarWriter struct {
	dir   string
	names []string
	sums  []shippedFile
	err   error
}

func (w *sidecarWriter) put(name string, make func() ([]byte, error)) {
	if w.err != nil {
		return
	}
	var b []byte
	if b, w.err = make(); w.err != nil {
		return
	}
	f := shippedFile{Path: name}
	if w.err = f.hash(strings.NewReader(string(b))); w.err == nil {
		w.err = os.WriteFile(filepath.Join(w.dir, name), b, 0o666)
	}
	w.names, w.sums = append(w.names, name), append(w.sums, f)
}

// checksums is in the form of sha256sum: digest, two blanks, name. The names have no line ends (they are names of packages).
func (w *sidecarWriter) checksums(pkg shippedFile) ([]byte, error) {
	var b []byte
	for _, f := range append([]shippedFile{pkg}, w.sums...) {
		b = fmt.Appendf(b, "%s  %s\n", f.SHA256, f.Path)
	}
	return b, nil
}

// stubResources are the executables without resources that the package's were made of.
func stubResources(ctx context.Context, p *Plan, o Options) ([]resource, error) {
	var list []resource
	for _, kind := range []stubs.Kind{stubs.Extractor, stubs.Runtime} {
		stub, err := o.Stubs(ctx, kind, p.Manifest.Arch)
		if err != nil {
			return nil, err
		}
		var f shippedFile
		if err := f.hash(strings.NewReader(string(stub.Bytes))); err != nil {
			return nil, err
		}
		list = append(list, resource{fmt.Sprintf("kbforge %s for %s", kind, p.Manifest.Arch), map[string]string{"sha256": f.SHA256}})
	}
	return list, nil
}
