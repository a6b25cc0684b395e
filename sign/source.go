package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Source says where a key is. Exactly one of PFX, Certificate with Key, Certificate with Command, PKCS11 (Certificate may be
// given, too), Thumbprint, Subject, Relic and Development is used.
// A password itself never stands in it.
type Source struct {
	PFX          string   // PKCS #12 file
	PasswordEnv  string   // name of the environment variable with its password
	PasswordFile string   // file with its password; one closing line end is not part of it
	Certificate  string   // PEM or DER, with the intermediates
	Key          string   // PEM
	Command      []string // see CommandKey
	PKCS11       string   // see PKCS11Key; the password is the PIN
	Thumbprint   string   // of a certificate in a store of Windows, see StoreKey
	Subject      string   // of a certificate in a store of Windows
	Store        string   // the store, for Thumbprint and Subject
	Location     string   // StoreUser or StoreMachine, for Thumbprint and Subject
	Relic        string   // address of a relic server, see RelicKey; the password is the bearer token
	RelicCert    string   // our client certificate and its key, for Relic
	RelicRoots   string   // the roots of the relic server
	Development  string   // folder of a development key
}

// Prompt asks a person for a password; label says for what.
type Prompt func(label string) ([]byte, error)

// Open loads the key. env looks up environment variables (os.LookupEnv); prompt asks when neither PasswordEnv nor
// PasswordFile is set, and may be nil when nobody can be asked.
func (s Source) Open(env func(string) (string, bool), prompt Prompt) (Key, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	switch {
	case s.PFX != "":
		password, err := s.password(s.PFX, env, prompt)
		if err != nil {
			return nil, err
		}
		return LoadPFX(s.PFX, password)
	case s.Development != "":
		return LoadDevelopmentKey(s.Development)
	case s.PKCS11 != "":
		return s.openToken(env, prompt)
	case s.Thumbprint != "" || s.Subject != "":
		return StoreKey(s.stored())
	case s.Relic != "":
		return s.openRelic(env)
	case len(s.Command) > 0:
		certs, err := LoadCertificates(s.Certificate)
		if err != nil {
			return nil, err
		}
		return CommandKey(certs, s.Command...)
	}
	return LoadPEM(s.Certificate, s.Key, func() ([]byte, error) { return s.password(s.Key, env, prompt) })
}

func (s Source) stored() StoreCertificate {
	return StoreCertificate{Thumbprint: s.Thumbprint, Subject: s.Subject, Store: s.Store, Location: s.Location}
}

// openToken asks for the PIN where none is given.
func (s Source) openToken(env func(string) (string, bool), prompt Prompt) (Key, error) {
	if _, err := parsePKCS11(s.PKCS11); err != nil {
		return nil, err // before anybody is asked for a PIN
	}
	var certs []*x509.Certificate
	var err error
	if s.Certificate != "" {
		if certs, err = LoadCertificates(s.Certificate); err != nil {
			return nil, err
		}
	}
	pin, err := s.password("the PKCS #11 token", env, prompt)
	if err != nil {
		return nil, err
	}
	return PKCS11Key(s.PKCS11, pin, certs)
}

// openRelic asks nobody: a token is given, or there is none and the client certificate speaks for us.
func (s Source) openRelic(env func(string) (string, bool)) (Key, error) {
	server := RelicServer{URL: s.Relic, Certificate: s.RelicCert, Roots: s.RelicRoots}
	if s.PasswordEnv != "" || s.PasswordFile != "" {
		token, err := s.password("the relic server", env, nil)
		if err != nil {
			return nil, err
		}
		server.Token = string(token)
	}
	return RelicKey(context.Background(), server)
}

// Check reports every contradiction.
func (s Source) Check() error {
	var errs []error
	complain := func(bad bool, text string) {
		if bad {
			errs = append(errs, fmt.Errorf("%w: %s", ErrKey, text))
		}
	}
	n := 0
	for _, given := range []bool{s.PFX != "", s.Key != "", len(s.Command) > 0, s.PKCS11 != "", s.Thumbprint != "", s.Subject != "", s.Relic != "", s.Development != ""} {
		if given {
			n++
		}
	}
	complain(n == 0 && s.Certificate == "", "none is given; give pfx, or cert with key, or cert with command, or pkcs11, or thumbprint, or subject, or relic, or dev-key")
	complain(n > 1, "give only one of pfx, key, command, pkcs11, thumbprint, subject, relic and dev-key")
	complain(n == 0 && s.Certificate != "", "cert is given without key or command")
	complain((s.Key != "" || len(s.Command) > 0) && s.Certificate == "", "key and command need cert, the certificate of the key")
	windows := s.Thumbprint != "" || s.Subject != ""
	complain(s.Certificate != "" && (s.PFX != "" || windows || s.Relic != "" || s.Development != ""), "cert does not go with pfx, thumbprint, subject, relic or dev-key, which hold their certificates")
	complain(s.PFX == "" && s.Key == "" && s.PKCS11 == "" && s.Relic == "" && (s.PasswordEnv != "" || s.PasswordFile != ""), "a password is for pfx, key, pkcs11 and relic only")
	complain(s.Relic == "" && (s.RelicCert != "" || s.RelicRoots != ""), "relic-cert and relic-root are for relic only")
	complain(!windows && (s.Store != "" || s.Location != ""), "store and store-location are for thumbprint and subject only")
	errs = append(errs, s.stored().check())
	complain(s.PasswordEnv != "" && s.PasswordFile != "", "give password-env or password-file, not both")
	return errors.Join(errs...)
}

// password of a file; it never appears in a message.
func (s Source) password(of string, env func(string) (string, bool), prompt Prompt) ([]byte, error) {
	switch {
	case s.PasswordEnv != "":
		v, ok := env(s.PasswordEnv)
		if !ok {
			return nil, fmt.Errorf("%w: the environment variable %s, which should hold the password of %s, is not set", ErrKey, s.PasswordEnv, of)
		}
		return []byte(v), nil
	case s.PasswordFile != "":
		b, err := readLimited(s.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("%w: password of %s: %w", ErrKey, of, err)
		}
		b = bytes.TrimSuffix(b, []byte("\n"))
		return bytes.TrimSuffix(b, []byte("\r")), nil
	case prompt != nil:
		return prompt("password of " + of)
	}
	return nil, fmt.Errorf("%w: %s needs a password; name an environment variable or a file that holds it", ErrKey, of)
}

// Profile is a named way to sign ([signing.release] in a configuration file): a key and what to write.
type Profile struct {
	Source
	Hash        string // sha256 (also when empty), sha384, sha512; sha1 for catalogs of old systems
	Description string
	URL         string
	Timestamp   []string // URLs of RFC 3161 servers, tried in turn
	PageHashes  bool
}

// Options of the profile at the given time. A profile with time stamp servers makes signing fail when none answers.
func (p Profile) Options(now time.Time) (Options, error) {
	o := Options{Description: p.Description, URL: p.URL, PageHashes: p.PageHashes, Now: now}
	h, err := ParseHash(p.Hash)
	if err != nil {
		return Options{}, err
	}
	o.Hash = h
	if len(p.Timestamp) > 0 {
		o.Stamper = &TimestampClient{URLs: p.Timestamp}
	}
	return o, nil
}

// ParseHash reads the name of a digest; "" is SHA-256.
func ParseHash(s string) (crypto.Hash, error) {
	switch strings.ReplaceAll(strings.ToLower(s), "-", "") {
	case "", "sha256":
		return crypto.SHA256, nil
	case "sha384":
		return crypto.SHA384, nil
	case "sha512":
		return crypto.SHA512, nil
	case "sha1":
		return crypto.SHA1, nil
	}
	return 0, fmt.Errorf("digest %q: use sha256, sha384, sha512, or sha1 for catalogs of old systems", s)
}
