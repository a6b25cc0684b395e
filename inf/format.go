package inf

import (
	"bytes"
	"strings"
)

// aligned names the sections whose keys stand in a column, as in the INFs of packages (WP Appendix B).
func aligned(section string) bool {
	return strings.EqualFold(section, "Version") || strings.EqualFold(section, "Configuration")
}

// Format returns the file in one style: headers and entries at the margin, "key=field,field" without blanks around the
// separators (in [Version] and [Configuration] the keys are a column, with blanks around "="), continuation lines indented by four blanks, one blank line before a section and never two, CRLF. Comments,
// continuation, spelling, quotes, encoding and the order stay; what the file means does not change. Formatting twice
// changes nothing.
func Format(f *File) []byte {
	out := &File{Name: f.Name, Encoding: f.Encoding, CodePage: f.CodePage, mark: f.mark, tail: f.tail}
	out.Head = formatNodes(f.Head, false)
	for i, s := range f.Sections {
		c := &Section{Name: s.Name, Comment: s.Comment}
		if s.raw != nil && !strings.Contains(decodeText(s.raw, f), "]") {
			c.raw = s.raw // a header that Parse refuses: leave it to its author
		}
		c.Nodes = formatNodes(s.Nodes, i+1 < len(f.Sections))
		if aligned(s.Name) {
			c.AlignKeys()
		}
		out.Sections = append(out.Sections, c)
	}
	if len(out.Head) > 0 && len(out.Sections) > 0 {
		out.Head = append(out.Head, &Node{Kind: Blank})
	}
	b := out.Bytes()
	if out.Encoding != UTF16LE && looksMarked(b) {
		b = append([]byte("\r\n"), b...) // text whose first letters would be taken for a byte order mark
	}
	return b
}

func looksMarked(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF}) || bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF})
}

func decodeText(raw []byte, f *File) string { return string(decodeLine(raw, f.Encoding, f.CodePage)) }

// formatNodes drops blank lines at both ends and repeated ones, and adds one at the end if asked.
func formatNodes(nodes []*Node, blankAfter bool) []*Node {
	var out []*Node
	blank := false
	for _, n := range nodes {
		if n.Kind == Blank {
			blank = len(out) > 0
			continue
		}
		if blank {
			out = append(out, &Node{Kind: Blank})
			blank = false
		}
		c := *n
		c.raw, c.dangling = nil, false
		out = append(out, &c)
	}
	if blankAfter {
		out = append(out, &Node{Kind: Blank})
	}
	return out
}

// respell is the text of a parsed entry in Format's style.
func (n *Node) respell() (string, bool) {
	if n.pieces != nil {
		return strings.Join(n.pieces, "\r\n    "), true
	}
	if n.spelled == nil {
		return "", false
	}
	s := n.spelled
	var out strings.Builder
	if n.Line.HasKey {
		out.WriteString(s[0])
		if n.align > 0 {
			out.WriteString(strings.Repeat(" ", max(n.align-len([]rune(s[0])), 0)) + " = ")
		} else {
			out.WriteString("=")
		}
		s = s[1:]
	}
	out.WriteString(strings.Join(s, ","))
	if n.Comment != "" {
		out.WriteString(" " + n.Comment)
	}
	return out.String(), true
}
