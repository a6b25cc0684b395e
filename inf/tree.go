package inf

import "strings"

// File is the tree of one INF file: everything that Bytes needs to give the file back as it was.
type File struct {
	Name     string // for messages
	Encoding Encoding
	CodePage CodePage   // of ANSI text
	Head     []*Node    // blank lines and comments before the first section
	Sections []*Section // in order; sections of the same name are not merged here
	Warnings ErrorList  // what Parse accepts but nobody means: unclosed quotes, over-long strings …

	mark []byte // byte order mark
	tail []byte // Ctrl-Z and what follows it
}

// Section is a header and the lines up to the next.
type Section struct {
	Name    string
	Pos     Pos
	Comment string // after the "]", with its ";"; empty without
	Nodes   []*Node

	raw []byte
}

// Kind is what a Node is.
type Kind uint8

const (
	Blank   Kind = iota // an empty line
	Comment             // a line that is only a comment
	Entry               // a logical line with data
)

// Node is one logical line of the file, or a blank or comment line.
type Node struct {
	Kind    Kind
	Line    Line   // of an Entry, strings not substituted
	Comment string // with its ";": of a Comment line, or what ends an Entry of one physical line

	raw      []byte   // as the file had it, line end included; nil for what was built or changed
	spelled  []string // of an Entry on one physical line: key and fields as they were spelled
	pieces   []string // of a longer Entry: its physical lines, trimmed
	quote    []bool   // of a built Entry: fields that are quoted although they need not be
	dangling bool     // the file ended in the backslash that ends this entry

	align int // of a built Entry: width to which the key is padded, with " = " after it; 0: "key="
	wrap  int // of a built Entry: after how many fields the line is continued, 0: never
}

// SetFields replaces the fields of an entry; it is printed anew then, its key and comment kept.
func (n *Node) SetFields(fields ...string) {
	n.Line.Fields = fields
	n.raw, n.spelled, n.pieces, n.quote = nil, nil, nil, nil
}

// Section returns the first section of that name, or nil.
func (f *File) Section(name string) *Section {
	for _, s := range f.Sections {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Lines returns the lines of a section as they stand in the file, strings not substituted, sections of the same name
// joined in the order of the file.
func (f *File) Lines(section string) []Line {
	var lines []Line
	for _, s := range f.Sections {
		if strings.EqualFold(s.Name, section) {
			lines = append(lines, s.Lines()...)
		}
	}
	return lines
}

// Lines returns the lines of this section, strings not substituted.
func (s *Section) Lines() []Line {
	var lines []Line
	for _, n := range s.Nodes {
		if n.Kind == Entry {
			lines = append(lines, n.Line)
		}
	}
	return lines
}
