package manifest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/sign"
)

// signing resolves [signing].
func (r *resolver) signing(s signingDoc) {
	m := r.m
	named := map[string]bool{"signing.pfx": s.PFX != "", "signing.cert": s.Cert != "" || s.Key != "", "signing.dev": s.Dev}
	var chosen []string
	for _, k := range slices.Sorted(maps.Keys(named)) {
		if named[k] {
			chosen = append(chosen, k)
		}
	}
	if len(chosen) > 1 {
		r.fault(chosen[1], "%s is given beside %s; sign with one key", chosen[1], chosen[0])
	}
	if s.PFX != "" {
		m.Signing.PFX = r.source("signing.pfx", s.PFX)
	}
	if s.Cert != "" || s.Key != "" {
		m.Signing.Cert, m.Signing.Key = r.keyPair(s)
	}
	m.Signing.Dev = s.Dev
	m.Signing.PasswordEnv = r.text("signing.password-env", s.PasswordEnv, "")
	m.Signing.Timestamp = s.Timestamp
	r.servers("signing.timestamp", s.Timestamp)
	switch p := PayloadSigning(s.Payload); p {
	case SignNone, SignUnsigned, SignAll:
		m.Signing.Payload = p
	default:
		r.choice("signing.payload", s.Payload, []string{string(SignUnsigned), string(SignAll)})
	}
	r.profiles(s)
}

func (r *resolver) servers(path string, list []string) {
	for i, u := range list {
		if !r.failed(index(path, i)) && !strings.HasPrefix(u, "http://") && !strings.HasPrefix(u, "https://") {
			r.fault(index(path, i), `time stamp server %q is no address; it begins with http:// or https://`, u)
		}
	}
}

// profiles resolves [signing.NAME]. That the files are there is not looked at: a profile may be for another machine.
func (r *resolver) profiles(s signingDoc) {
	r.m.Signing.Profiles = map[string]sign.Profile{}
	for _, name := range slices.Sorted(maps.Keys(s.Profiles)) {
		at, d := join("signing", name), s.Profiles[name]
		p := sign.Profile{
			Source: sign.Source{PFX: d.PFX, PasswordEnv: d.PasswordEnv, PasswordFile: d.PasswordFile, Certificate: d.Cert, Key: d.Key,
				Command: d.Command, PKCS11: d.PKCS11, Thumbprint: d.Thumbprint, Subject: d.Subject, Store: d.Store, Location: d.Location,
				Relic: d.Relic, RelicCert: d.RelicCert, RelicRoots: d.RelicRoot, Development: d.DevKey},
			Hash: d.Hash, Description: d.Description, URL: d.URL, Timestamp: d.Timestamp, PageHashes: d.PageHashes,
		}
		if l := d.Location; l != "" && l != sign.StoreUser && l != sign.StoreMachine {
			r.choice(join(at, "store-location"), l, []string{sign.StoreMachine, sign.StoreUser})
			p.Location = "" // told
		}
		if err := p.Check(); err != nil {
			r.fault(at, "profile %s: %v", name, err)
		}
		if _, err := sign.ParseHash(d.Hash); err != nil {
			r.fault(join(at, "hash"), "%v", err)
		}
		r.servers(join(at, "timestamp"), d.Timestamp)
		besideDir(r.dir, &p)
		r.m.Signing.Profiles[name] = p
	}
}

// besideDir makes relative paths begin at dir. A command without a slash is looked for in PATH.
func besideDir(dir string, p *sign.Profile) {
	paths := []*string{&p.PFX, &p.PasswordFile, &p.Certificate, &p.Key, &p.RelicCert, &p.RelicRoots, &p.Development}
	if len(p.Command) > 0 && strings.ContainsRune(filepath.ToSlash(p.Command[0]), '/') {
		paths = append(paths, &p.Command[0])
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}

// LoadProfiles reads the tables [signing.NAME] of a manifest, or of a file that has nothing else. Of the rest only the form is
// checked, so a signer needs no payload. Faults come back as Faults.
func LoadProfiles(path string) (map[string]sign.Profile, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	dir := filepath.Dir(path)
	r := newResolver(path, dir, os.DirFS(dir))
	raw, err := r.decode(text)
	if err != nil {
		return nil, err
	}
	r.profiles(r.document(raw, r.variants(raw)[0]).Signing)
	if err := r.faults.Sort().asError(); err != nil {
		return nil, err
	}
	return r.m.Signing.Profiles, nil
}

func (r *resolver) keyPair(s signingDoc) (cert, key string) {
	if s.Cert == "" {
		r.fault("signing.key", "signing.key needs signing.cert, the PEM file of the certificate")
		return "", ""
	}
	if s.Key == "" {
		r.fault("signing.cert", "signing.cert needs signing.key, the PEM file of the private key")
		return "", ""
	}
	return r.source("signing.cert", s.Cert), r.source("signing.key", s.Key)
}
