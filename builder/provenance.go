package builder

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kbforge/kbforge/sign"
)

// Types of the provenance statement (in-toto attestation framework v1, SLSA v1) and of its envelope (DSSE 1.0.2).
const (
	statementType  = "https://in-toto.io/Statement/v1"
	provenanceType = "https://slsa.dev/provenance/v1"
	buildType      = "https://github.com/kbforge/kbforge/build/v1" // described in docs/signing.md
	payloadType    = "application/vnd.in-toto+json"

	// DefaultBuilderID names who ran the build where nobody says.
	DefaultBuilderID = "https://github.com/kbforge/kbforge"
)

type (
	statement struct {
		Type          string     `json:"_type"`
		Subject       []resource `json:"subject"`
		PredicateType string     `json:"predicateType"`
		Predicate     provenance `json:"predicate"`
	}
	resource struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	}
	provenance struct {
		Definition buildDefinition `json:"buildDefinition"`
		Run        runDetails      `json:"runDetails"`
	}
	buildDefinition struct {
		Type         string         `json:"buildType"`
		External     map[string]any `json:"externalParameters"`
		Internal     map[string]any `json:"internalParameters"`
		Dependencies []resource     `json:"resolvedDependencies"`
	}
	runDetails struct {
		Builder builderID `json:"builder"`
	}
	builderID struct {
		ID      string            `json:"id"`
		Version map[string]string `json:"version"`
	}
)

// provenance is the statement of who made the package of what. Names are relative to the manifest; no time but the build's own
// is in it, so it repeats. id is the URI of the builder.
func (s *shipped) provenance(id string, stubs []resource) ([]byte, error) {
	inputs, err := s.plan.inputs()
	if err != nil {
		return nil, err
	}
	p := s.plan
	at := p.BuildTime.UTC().Format(time.RFC3339)
	st := statement{Type: statementType, PredicateType: provenanceType, Subject: []resource{{p.FileName, map[string]string{"sha256": s.pkg.SHA256}}}}
	st.Predicate.Definition = buildDefinition{
		Type:         buildType,
		External:     map[string]any{"manifest": filepath.Base(p.Manifest.File)},
		Internal:     map[string]any{"buildTime": at, "payloadSigning": string(p.Manifest.Signing.Payload)},
		Dependencies: append(inputs, stubs...),
	}
	st.Predicate.Run = runDetails{Builder: builderID{ID: id, Version: map[string]string{"kbforge": s.tool}}}
	b, err := json.MarshalIndent(st, "", "  ")
	return append(b, '\n'), err
}

// inputs are the files that the author wrote: manifest, what it includes, licence and payload as it was before signing.
func (p *Plan) inputs() ([]resource, error) {
	m := p.Manifest
	paths := append([]string{m.File}, m.Includes()...)
	for _, l := range p.licences() {
		paths = append(paths, l.source)
	}
	for _, f := range m.Files {
		for _, b := range m.Branches {
			if s, ok := f.Sources[b.Name]; ok {
				paths = append(paths, s)
			}
		}
	}
	var list []resource
	for _, path := range paths {
		name := filepath.ToSlash(m.Relative(path))
		if slices.ContainsFunc(list, func(r resource) bool { return r.Name == name }) {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("provenance: %w", err)
		}
		var sum shippedFile
		err = sum.hash(f)
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("provenance: read %s: %w", name, err)
		}
		list = append(list, resource{name, map[string]string{"sha256": sum.SHA256}})
	}
	slices.SortFunc(list, func(a, b resource) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// dsse puts a statement into a signed envelope, one line of JSON. The signature is over the SHA-256 of the pre-authentication
// encoding, by the key that signs the package; keyid is the SHA-256 of its certificate.
func dsse(ctx context.Context, body []byte, k sign.Key) ([]byte, error) {
	pae := append(fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(payloadType), payloadType, len(body)), body...)
	sig, err := sign.SignMessage(ctx, k, pae, crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("sign the provenance statement: %w", err)
	}
	type signature struct {
		KeyID string `json:"keyid"`
		Sig   string `json:"sig"`
	}
	b, err := json.Marshal(struct {
		Payload     string      `json:"payload"`
		PayloadType string      `json:"payloadType"`
		Signatures  []signature `json:"signatures"`
	}{base64.StdEncoding.EncodeToString(body), payloadType,
		[]signature{{sign.Fingerprint(k.Certificates()[0]), base64.StdEncoding.EncodeToString(sig)}}})
	return append(b, '\n'), err
}
