// Package docs holds the documents that programs read: the tables of manifest.md are the one list of what each key of
// update.toml means, from which the JSON Schema takes its descriptions.
package docs

import _ "embed"

// Manifest is manifest.md.
//
//go:embed manifest.md
var Manifest string
