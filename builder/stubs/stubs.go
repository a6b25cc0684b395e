// Package stubs is where the executables of a package come from: the extractor and the runtime, for each architecture.
//
// A release build of kbforge carries them (build tag kbforge_embed, docs/stubs.md). Any other build compiles them with the
// Go toolchain from kbforge's own module and keeps the results in the user's cache directory. Both ways give the same bytes
// for the same sources and the same version of Go.
package stubs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kind is one of the two executables of a package.
type Kind int

// The kinds.
const (
	Extractor Kind = iota // stands in front of the cabinet (./stub/extractor)
	Runtime               // update.exe, spuninst.exe, ... (./stub)
)

// Kinds lists both kinds.
func Kinds() []Kind { return []Kind{Extractor, Runtime} }

func (k Kind) String() string {
	if k == Extractor {
		return "extractor"
	}
	return "runtime"
}

// Stub is a Windows executable without resources, cabinet or signature.
type Stub struct {
	Bytes  []byte
	Origin string // how it was come by, for a person: "compiled by go1.26.0 from /src/kbforge", "part of this kbforge"
}

// ErrArch is wrapped where an architecture is not one of Arches.
var ErrArch = errors.New("unknown architecture")

// ErrNoSource is wrapped where the stubs would have to be compiled and that is not possible: no Go toolchain, or no sources.
var ErrNoSource = errors.New("no stubs")

// Arches lists the architectures by the names that packages use: x86, x64, arm64.
func Arches() []string { return []string{"x86", "x64", "arm64"} }

// Get returns a stub. The first call for sources that are not in the cache yet takes as long as compiling does (half a
// minute with a cold cache of Go), later ones milliseconds.
func Get(ctx context.Context, kind Kind, arch string) (Stub, error) {
	if !slices.Contains(Arches(), arch) {
		return Stub{}, fmt.Errorf("%w %q; known are %s", ErrArch, arch, strings.Join(Arches(), ", "))
	}
	if embedded != nil {
		return fromArchive(embedded, kind, arch)
	}
	return Default().Compile(ctx, kind, arch)
}
