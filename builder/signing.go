package builder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
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
	Prompt    sign.Prompt // asks a person for a password; nil: nobody can be asked
	DevDir    string      // directory of the development key
	Now       time.Time
	Warn      func(string)
}

// OpenSigner opens the key that s names itself, outside its profiles; nil where it names none.
func OpenSigner(s manifest.Signing, from KeySource) (*Signer, error) {
	if !s.Configured() {
		return nil, nil
	}
	p := sign.Profile{Timestamp: s.Timestamp, Source: sign.Source{PFX: s.PFX, PasswordEnv: s.PasswordEnv, Certificate: s.Cert, Key: s.Key}}
	if s.Dev {
		p.Source = sign.Source{Development: from.DevDir}
	}
	return OpenProfile(p, from)
}

// OpenProfile opens the key of a profile. A development key that is not there yet is made.
func OpenProfile(p sign.Profile, from KeySource) (*Signer, error) {
	o, err := p.Options(from.Now)
	if err != nil {
		return nil, err
	}
	o.Warn = once(from.Warn)
	var key sign.Key
	if p.Development != "" && p.Check() == nil {
		key, err = developmentKey(p.Development, from)
	} else {
		key, err = p.Open(from.LookupEnv, from.Prompt)
	}
	if err != nil {
		return nil, fmt.Errorf("open the signing key: %w", err)
	}
	return &Signer{Key: key, Options: o}, nil
}

// Close ends what the key keeps open: the session with a token, for example. A nil Signer has nothing open.
func (s *Signer) Close() error {
	if s == nil {
		return nil
	}
	if c, ok := s.Key.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// once passes each message on a single time: one key signs many files, some at the same time.
func once(warn func(string)) func(string) {
	if warn == nil {
		return nil
	}
	var mu sync.Mutex
	said := map[string]bool{}
	return func(msg string) {
		mu.Lock()
		defer mu.Unlock()
		if !said[msg] {
			said[msg] = true
			warn(msg)
		}
	}
}

// developmentKey opens the key in the directory, or makes one there.
func developmentKey(dir string, from KeySource) (sign.Key, error) {
	d, err := sign.LoadDevelopmentKey(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return d, err
	}
	if d, err = sign.DevelopmentKey(rand.Reader, from.Now); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if from.Warn != nil {
		from.Warn("made a " + sign.DevelopmentName + " in " + dir)
	}
	return d, d.Save(dir)
}

// file signs a file in place. A nil Signer does nothing. What the key's profile calls the program goes before description and
// url.
func (s *Signer) file(ctx context.Context, path, description, url string) error {
	if s == nil {
		return nil
	}
	return sign.File(ctx, path, path, s.Key, s.options(description, url))
}

func (s *Signer) options(description, url string) sign.Options {
	o := s.Options
	if o.Description == "" {
		o.Description = description
	}
	if o.URL == "" {
		o.URL = url
	}
	return o
}
