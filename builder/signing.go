package builder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// DevKeyDir is the directory beside the output in which a throw-away development key is made and found again.
const DevKeyDir = "kbforge-dev-key"

// Signer signs files with one key. A nil *Signer leaves everything unsigned.
type Signer struct {
	Key     sign.Key
	Options sign.Options
}

// KeySource says where the things are that a manifest's [signing] does not hold itself.
type KeySource struct {
	LookupEnv func(string) (string, bool)
	DevDir    string // directory of the development key
	Now       time.Time
	Warn      func(string)
}

// OpenSigner opens the key that s names; nil where it names none.
func OpenSigner(s manifest.Signing, from KeySource) (*Signer, error) {
	if !s.Configured() {
		return nil, nil
	}
	key, err := openKey(s, from)
	if err != nil {
		return nil, fmt.Errorf("open the signing key: %w", err)
	}
	signer := &Signer{Key: key, Options: sign.Options{Now: from.Now, Warn: once(from.Warn)}}
	if len(s.Timestamp) > 0 {
		signer.Options.Stamper = &sign.TimestampClient{URLs: s.Timestamp}
	}
	return signer, nil
}

// once passes each message on a single time: one key signs many files.
func once(warn func(string)) func(string) {
	if warn == nil {
		return nil
	}
	said := map[string]bool{}
	return func(msg string) {
		if !said[msg] {
			said[msg] = true
			warn(msg)
		}
	}
}

func openKey(s manifest.Signing, from KeySource) (sign.Key, error) {
	password, err := password(s, from)
	if err != nil {
		return nil, err
	}
	switch {
	case s.Dev:
		return developmentKey(from)
	case s.PFX != "":
		return sign.LoadPFX(s.PFX, password)
	}
	return sign.LoadPEM(s.Cert, s.Key)
}

func password(s manifest.Signing, from KeySource) ([]byte, error) {
	if s.PasswordEnv == "" {
		return nil, nil
	}
	text, ok := from.LookupEnv(s.PasswordEnv)
	if !ok {
		return nil, fmt.Errorf("the environment variable %s, which should hold the password, is not set", s.PasswordEnv)
	}
	return []byte(text), nil
}

// developmentKey opens the key in the directory, or makes one there.
func developmentKey(from KeySource) (sign.Key, error) {
	d, err := sign.LoadDevelopmentKey(from.DevDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if d, err = sign.DevelopmentKey(rand.Reader, from.Now); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(from.DevDir, 0o700); err != nil {
		return nil, err
	}
	if from.Warn != nil {
		from.Warn("made a " + sign.DevelopmentName + " in " + from.DevDir)
	}
	return d, d.Save(from.DevDir)
}

// file signs a file in place. A nil Signer does nothing.
func (s *Signer) file(ctx context.Context, path, description, url string) error {
	if s == nil {
		return nil
	}
	o := s.Options
	o.Description, o.URL = description, url
	return sign.File(ctx, path, path, s.Key, o)
}
