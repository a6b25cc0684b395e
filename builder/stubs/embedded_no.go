//go:build !kbforge_embed

package stubs

import "io/fs"

// embedded is nil: this build carries no stubs.
var embedded fs.FS
