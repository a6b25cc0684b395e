package builder

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/kbforge/kbforge/sign"
)

// LoadProfile reads the table [signing.<name>] of a TOML file that holds nothing but such tables: a key that is not known is
// refused, all of them in one error. Relative paths in the file begin at its folder.
func LoadProfile(file, name string) (sign.Profile, error) {
	var doc struct {
		Signing map[string]sign.Profile `toml:"signing"`
	}
	md, err := toml.DecodeFile(file, &doc)
	if err != nil {
		var p toml.ParseError
		if errors.As(err, &p) {
			return sign.Profile{}, fmt.Errorf("%s:%d:%d: %s", file, p.Position.Line, p.Position.Col, p.Message)
		}
		return sign.Profile{}, fmt.Errorf("read the signing profiles: %w", err)
	}
	var errs []error
	for _, k := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("%s: unknown key %q; a file of profiles has tables [signing.NAME], see docs/signing.md", file, k))
	}
	p, ok := doc.Signing[name]
	if !ok {
		errs = append(errs, fmt.Errorf("%s: there is no [signing.%s]; there are: %s", file, name,
			strings.Join(slices.Sorted(maps.Keys(doc.Signing)), ", ")))
	}
	beside(filepath.Dir(file), &p)
	return p, errors.Join(errs...)
}

// beside makes relative paths begin at dir. A command without a slash is looked for in PATH.
func beside(dir string, p *sign.Profile) {
	paths := []*string{&p.PFX, &p.PasswordFile, &p.Certificate, &p.Key, &p.Development}
	if len(p.Command) > 0 && strings.ContainsRune(filepath.ToSlash(p.Command[0]), '/') {
		paths = append(paths, &p.Command[0])
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}
