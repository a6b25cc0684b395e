package main

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder"
	"github.com/kbforge/kbforge/sign"
)

// loadProfile reads the profile that --profile names: FILE:NAME.
func loadProfile(spec string) (sign.Profile, error) {
	i := strings.LastIndexByte(spec, ':')
	if i <= 0 || i == len(spec)-1 {
		return sign.Profile{}, usageError{fmt.Errorf("--profile %q: write FILE:NAME", spec)}
	}
	return builder.LoadProfile(spec[:i], spec[i+1:])
}
