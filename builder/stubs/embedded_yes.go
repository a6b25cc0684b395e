//go:build kbforge_embed

package stubs

import (
	"embed"
	"io/fs"
)

// The files are written by `go run ./builder/stubs/gen`, which must run before a build with this tag.
//
//go:embed prebuilt/*.zst prebuilt/SHA256SUMS
var files embed.FS

var embedded fs.FS = files
