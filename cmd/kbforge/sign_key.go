package main

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

// keyFlags say with which key to sign and what to write.
type keyFlags struct {
	given sign.Profile
	from  string // FILE:NAME of a profile
}

// keyWays are the flags of which a command that signs needs one.
func keyWays() []string {
	return []string{"pfx", "cert", "pkcs11", "thumbprint", "subject", "relic", "dev-key", "profile"}
}

// oneWay lets a command line have one of the ways only; a key in a token may have its certificate in a file.
func oneWay(c *cobra.Command, ways []string) {
	for _, without := range []string{"cert", "pkcs11"} {
		c.MarkFlagsMutuallyExclusive(slices.DeleteFunc(slices.Clone(ways), func(w string) bool { return w == without })...)
	}
}

func (k *keyFlags) add(c *cobra.Command) {
	p, fl := &k.given, c.Flags()
	fl.StringVar(&p.PFX, "pfx", "", "PKCS#12 file with key and certificates")
	fl.StringVar(&p.PasswordEnv, "password-env", "", "environment variable that holds the password of --pfx or --key, or the PIN of --pkcs11")
	fl.StringVar(&p.PasswordFile, "password-file", "", "file that holds the password of --pfx or --key, or the PIN of --pkcs11")
	fl.StringVar(&p.Certificate, "cert", "", "PEM file of the certificate and its chain")
	fl.StringVar(&p.Key, "key", "", "PEM file of the private key")
	fl.StringArrayVar(&p.Command, "command", nil, "program that signs digests, for hardware and cloud keys; repeat for its arguments")
	fl.StringVar(&p.PKCS11, "pkcs11", "", "PKCS #11 URI of a key in a token: pkcs11:token=NAME;object=NAME?module-path=LIBRARY")
	fl.StringVar(&p.Thumbprint, "thumbprint", "", "SHA-1 of a certificate in a certificate store of Windows, whose key signs there (Windows only)")
	fl.StringVar(&p.Subject, "subject", "", "common name, or whole subject, of a certificate in a certificate store of Windows (Windows only)")
	fl.StringVar(&p.Store, "store", "", "name of the store, for --thumbprint and --subject (default My)")
	fl.StringVar(&p.Location, "store-location", "", "user (the default) or machine: whose store it is")
	fl.StringVar(&p.Relic, "relic", "", "address of a key of a relic server: https://HOST:PORT/?key=NAME")
	fl.StringVar(&p.RelicCert, "relic-cert", "", "PEM file of the client certificate and its key, for --relic")
	fl.StringVar(&p.RelicRoots, "relic-root", "", "PEM file of the certificates that the relic server's leads to")
	fl.StringVar(&p.Development, "dev-key", "", "directory of a throw-away development key")
	fl.StringVar(&k.from, "profile", "", "FILE:NAME, the table [signing.NAME] of a TOML file, or NAME in update.toml; other flags override it")
	fl.StringArrayVar(&p.Timestamp, "timestamp", nil, "address of an RFC 3161 time stamp server; may be repeated")
	fl.StringVar(&p.Hash, "hash", "", "digest: sha256 (the default), sha384, sha512; sha1 for old systems")
	fl.StringVar(&p.Description, "description", "", "what the consent dialog calls the program")
	fl.StringVar(&p.URL, "url", "", "where the dialog's link leads")
	fl.BoolVar(&p.PageHashes, "page-hashes", false, "also sign a hash of every page of an executable")
	c.MarkFlagsMutuallyExclusive("key", "command")
	c.MarkFlagsMutuallyExclusive("password-env", "password-file")
	for _, other := range []string{"command", "thumbprint", "subject", "dev-key", "profile"} {
		c.MarkFlagsMutuallyExclusive(other, "password-env")
		c.MarkFlagsMutuallyExclusive(other, "password-file")
	}
	c.MarkFlagsMutuallyExclusive("store", "profile")
	c.MarkFlagsMutuallyExclusive("store-location", "profile")
	for _, other := range []string{"pfx", "pkcs11", "thumbprint", "subject", "relic", "dev-key", "profile"} {
		c.MarkFlagsMutuallyExclusive(other, "key")
		c.MarkFlagsMutuallyExclusive(other, "command")
	}
}

// profile is what the flags say, on top of the profile that --profile names.
func (k *keyFlags) profile(fl *pflag.FlagSet) (sign.Profile, error) {
	if k.from == "" {
		return k.given, nil
	}
	p, err := loadProfile(k.from)
	if err != nil {
		return p, err
	}
	if fl.Changed("timestamp") {
		p.Timestamp = k.given.Timestamp
	}
	if fl.Changed("hash") {
		p.Hash = k.given.Hash
	}
	if fl.Changed("description") {
		p.Description = k.given.Description
	}
	if fl.Changed("url") {
		p.URL = k.given.URL
	}
	if fl.Changed("page-hashes") {
		p.PageHashes = k.given.PageHashes
	}
	return p, nil
}

// signer is an open key. It is nil in a dry run with a development key that is still to be made.
type signer struct {
	key  sign.Key
	name string
}

// openKey opens the key once for the whole run.
func (a *app) openKey(s sign.Source, dryRun bool) (signer, error) {
	if dryRun && s.Development != "" {
		if _, err := s.Open(a.env, nil); errors.Is(err, fs.ErrNotExist) {
			return signer{name: "CN=" + sign.DevelopmentName + ", still to be made in " + s.Development}, nil
		}
	}
	from := a.keySource("")
	if from.Prompt == nil && s.PFX != "" {
		from.Prompt = func(string) ([]byte, error) { return nil, nil } // it may have no password
	}
	opened, err := builder.OpenProfile(sign.Profile{Source: s}, from)
	if errors.Is(err, sign.ErrPassword) && s.PasswordEnv == "" && s.PasswordFile == "" {
		err = fmt.Errorf("%w; name the variable or the file that holds it with --password-env or --password-file", err)
	}
	if err != nil {
		return signer{}, err
	}
	return signer{key: opened.Key, name: subject(opened.Key)}, nil
}

func (s signer) close() error {
	return (&builder.Signer{Key: s.key}).Close()
}

func subject(k sign.Key) string { return k.Certificates()[0].Subject.String() }

// warnOnce passes each message on a single time: one key signs many files, some at the same time.
func (a *app) warnOnce() func(string) {
	var mu sync.Mutex
	said := map[string]bool{}
	return func(msg string) {
		mu.Lock()
		defer mu.Unlock()
		if !said[msg] {
			said[msg] = true
			a.say("warning: %s", msg)
		}
	}
}
