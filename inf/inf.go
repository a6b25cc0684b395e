// Package inf is the INF language.
package inf

// Pos is a place in a file. Line and Col count from 1; Col counts characters.
type Pos struct {
	Line, Col int
}

// Line is one logical line of a section: continuation joined, comments gone, quotes resolved.
type Line struct {
	Key    string // text before the first "=" outside quotes; empty without HasKey
	HasKey bool
	Fields []string // comma-separated fields after the key
	Pos    Pos
}
