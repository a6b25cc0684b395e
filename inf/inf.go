// Package inf is the INF language: lexer, tree with comments and positions, printer, string substitution.
//
// A file is a list of sections; a section is a list of lines; a line is "key=field,field" or "field,field". The rules,
// with their source ("INF docs" is Microsoft's INF reference; "SetupAPI" is behaviour that the SetupAPI of Windows shows
// in the parser tests that the Wine project runs on it):
//
//   - Text is ANSI in some code page, or UTF-16LE with a byte order mark (INF docs). A NUL reads as a blank, Ctrl-Z (0x1A)
//     ends the file (SetupAPI).
//   - A section header is "[name]"; what follows the "]" is ignored (SetupAPI). Names are at most 255 characters, compare
//     without case, keep their blanks; sections of the same name are one (INF docs).
//   - Text before the first section is an error, unless the file has a [Strings] section (SetupAPI).
//   - ";" outside quotes starts a comment (INF docs).
//   - Blanks around a field are dropped unless quoted. Inside quotes "" is one quote. Quoted and unquoted parts may adjoin.
//     A quote that is not closed ends with its line (SetupAPI); Parse warns of it.
//   - "\" as the last thing on a line outside quotes, a comment aside, joins the next line; blanks on both sides of the
//     joint go, and so do further such backslashes (SetupAPI). Elsewhere "\" is data.
//   - The first "=" outside quotes ends the key if no "," came before (SetupAPI).
//   - "%name%" stands for a string of [Strings], "%%" for a percent sign; an unknown name is left as it is. A string's own
//     text is not substituted again (INF docs).
//
// The package reads and writes bytes; it opens no files and imports nothing of ours.
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

// Field returns field i, counting from 0, or "" where the line is shorter: trailing empty fields may be left out.
func (l Line) Field(i int) string {
	if i < 0 || i >= len(l.Fields) {
		return ""
	}
	return l.Fields[i]
}

// Limits of the language. Parse refuses what is beyond, except MaxString, of which it warns.
const (
	MaxFile        = 16 << 20 // bytes of a file (OURS)
	MaxSectionName = 255      // characters (INF docs; 0xE0000002 beyond)
	MaxField       = 4096     // characters of a field (INF docs: MAX_INF_STRING_LENGTH); Windows cuts off the rest
	MaxString      = 512      // characters of a [Strings] value; Windows XP and 2003 cut off the rest
)
