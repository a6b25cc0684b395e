package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/sign"
)

// loadProfile reads the profile that --profile names: FILE:NAME, or NAME in the manifest of this directory.
func loadProfile(spec string) (sign.Profile, error) {
	file, name, err := splitProfile(spec)
	if err != nil {
		return sign.Profile{}, err
	}
	if file != "" {
		return builder.LoadProfile(file, name)
	}
	p, err := builder.LoadProfile(manifestArg(nil), name)
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("profile %s: there is no %s here; write FILE:%s", name, manifestArg(nil), name)
	}
	return p, err
}

// splitProfile takes FILE:NAME apart; file is empty for a NAME alone. A colon in second place is that of a drive.
func splitProfile(spec string) (file, name string, err error) {
	i := strings.LastIndexByte(spec, ':')
	if i == 1 && strings.ContainsAny(spec, `\/.`) || i == 0 || i == len(spec)-1 || spec == "" {
		return "", "", usageError{fmt.Errorf("--profile %q: write FILE:NAME, or NAME", spec)}
	}
	if i < 0 {
		return "", spec, nil
	}
	return spec[:i], spec[i+1:], nil
}

// buildSigner opens the key of a build: that of the profile, else that of [signing].
func (a *app) buildSigner(m *manifest.Manifest, spec, outDir string) (*builder.Signer, error) {
	from := a.keySource(outDir)
	if spec == "" {
		return builder.OpenSigner(m.Signing, from)
	}
	file, name, err := splitProfile(spec)
	if err != nil {
		return nil, err
	}
	var p sign.Profile
	if file != "" {
		p, err = builder.LoadProfile(file, name)
	} else {
		p, err = builder.FindProfile(m.File, m.Signing.Profiles, name)
	}
	if err != nil {
		return nil, err
	}
	return builder.OpenProfile(p, from)
}
