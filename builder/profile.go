package builder

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// LoadProfile reads the table [signing.<name>] of a manifest, or of a TOML file that has nothing else. Relative paths in the
// file begin at its folder.
func LoadProfile(file, name string) (sign.Profile, error) {
	all, err := manifest.LoadProfiles(file)
	if err != nil {
		return sign.Profile{}, err
	}
	return FindProfile(file, all, name)
}

// FindProfile picks a profile of a file by its name.
func FindProfile(file string, all map[string]sign.Profile, name string) (sign.Profile, error) {
	p, ok := all[name]
	if ok {
		return p, nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(all)), ", ")
	if names == "" {
		return p, fmt.Errorf("%s: there is no [signing.%s], and no other profile; see docs/signing.md", file, name)
	}
	return p, fmt.Errorf("%s: there is no [signing.%s]; there are: %s", file, name, names)
}
