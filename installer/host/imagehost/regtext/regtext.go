// Package regtext reads and writes the text form in which an offline image keeps its registry: the syntax of .reg files
// ("How to add, modify, or delete registry subkeys and values by using a .reg file", Microsoft KB 310516), in UTF-8 with
// LF, made readable for diff. docs/image.md is its description for users. What is OURS beyond .reg files: `expand:"..."`,
// `multi:"a","b"` and `qword:` for data that is exactly of that shape, and the escape \uXXXX in quoted text.
//
// The package knows text only: views, links between keys and what is volatile are the business of imagehost.
package regtext

import (
	"fmt"
)

// Header is the first line of a file.
const Header = "Windows Registry Editor Version 5.00"

// Limits of Parse.
const (
	MaxText  = 512 << 20 // bytes of a file
	MaxData  = 64 << 20  // bytes of one value
	MaxDepth = 512       // elements of a key path ("Registry Element Size Limits")
	MaxName  = 255       // UTF-16 units of a path element (same source)
	MaxValue = 16383     // UTF-16 units of a value name (same source)
)

// Value types with a form of their own.
const (
	typeSZ       = 1
	typeExpandSZ = 2
	typeBinary   = 3
	typeDWORD    = 4
	typeMultiSZ  = 7
	typeQWORD    = 11
)

// Entry is one [key] with the lines under it.
type Entry struct {
	Path   []string // the root's long name first: HKEY_LOCAL_MACHINE, SOFTWARE, ...
	Delete bool     // [-key]: the key goes with all below it; there are no values
	Values []Value
}

// Value is one line under a key.
type Value struct {
	Name   string // "" is the default value, written @
	Delete bool   // "name"=-
	Type   uint32
	Data   []byte // as stored, string types in UTF-16LE with their terminators
}

// ParseError is a fault in a text.
type ParseError struct {
	Line int // from 1
	Msg  string
}

func (e *ParseError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }
