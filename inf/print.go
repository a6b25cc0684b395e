package inf

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Bytes returns the file as text in its encoding. What was parsed and not touched comes out byte for byte; what was built
// or changed is printed with CRLF line ends. A character that cannot be stored becomes "?"; Encode reports it instead.
func (f *File) Bytes() []byte {
	b, _ := f.Encode()
	return b
}

// Encode is Bytes with an error for what a reader would not get back: control characters that end a line or a file, names
// and fields beyond the limits, characters that the code page lacks.
func (f *File) Encode() ([]byte, error) {
	p := &printer{file: f, enc: f.Encoding}
	if p.enc == Auto {
		p.enc = ANSI
		if !f.ascii() {
			p.enc = UTF16LE
		}
	}
	if f.mark != nil {
		p.out = append(p.out, f.mark...)
	} else if p.enc == UTF16LE {
		p.out = append(p.out, 0xFF, 0xFE)
	}
	p.nodes(f.Head)
	for _, s := range f.Sections {
		p.section(s)
	}
	p.out = append(p.out, f.tail...)
	return p.out, p.errs.Err()
}

type printer struct {
	file *File
	enc  Encoding
	out  []byte
	errs ErrorList

	dangling bool // a backslash at the end of the output would join what comes next
}

func (p *printer) fault(format string, args ...any) {
	p.errs.Add(p.file.Name, Pos{}, ErrorGeneralSyntax, format, args...)
}

func (p *printer) text(s string) {
	if p.enc == UTF16LE {
		p.out = append(p.out, encode16(s)...)
		return
	}
	b, err := p.file.CodePage.Encode(s)
	if err != nil {
		p.fault("%v", err)
		for _, r := range s {
			c, err := p.file.CodePage.Encode(string(r))
			if err != nil {
				c = []byte("?")
			}
			p.out = append(p.out, c...)
		}
		return
	}
	p.out = append(p.out, b...)
}

// raw copies a piece of the original file, closing its last line if something follows the former end of file.
func (p *printer) raw(b []byte) {
	p.closeLine()
	p.out = append(p.out, b...)
}

// closeLine ends the line in hand: the last line of a parsed file may have no line end.
func (p *printer) closeLine() {
	n := len(p.out)
	if p.dangling {
		p.dangling = false
		defer p.text("\r\n")
	}
	switch {
	case n == 0 || p.enc == UTF16LE && n == 2:
	case p.enc != UTF16LE && p.out[n-1] != '\n', p.enc == UTF16LE && (p.out[n-2] != '\n' || p.out[n-1] != 0):
		p.text("\r\n")
	}
}

func (p *printer) line(s string) {
	p.closeLine()
	p.text(s + "\r\n")
}

func (p *printer) section(s *Section) {
	if s.raw != nil {
		p.raw(s.raw)
	} else {
		if utf8.RuneCountInString(s.Name) > MaxSectionName || strings.ContainsAny(s.Name, "]\r\n\x00\x1a") {
			p.fault("the section name %q cannot be written: it is too long or has ] or a control character", s.Name)
		}
		p.line(header(s))
	}
	p.nodes(s.Nodes)
}

func header(s *Section) string {
	h := "[" + oneLine(s.Name) + "]"
	if s.Comment != "" {
		h += " " + s.Comment
	}
	return h
}

func (p *printer) nodes(nodes []*Node) {
	for _, n := range nodes {
		if n.raw != nil {
			p.raw(n.raw)
			p.dangling = n.dangling
			continue
		}
		for _, f := range append([]string{n.Line.Key}, n.Line.Fields...) {
			if strings.ContainsAny(f, "\r\n\x00\x1a") {
				p.fault("the field %q cannot be written: INF text has no way to say line ends, NUL or Ctrl-Z", f)
			}
			if utf8.RuneCountInString(f) > MaxField {
				p.fault("a field of %q has more than %d characters, which Windows cuts off", n.Line.Key, MaxField)
			}
		}
		p.line(n.render())
	}
}

// render is the text of a built or changed node, without line end.
func (n *Node) render() string {
	if n.Kind != Entry {
		return oneLine(n.Comment)
	}
	if s, ok := n.respell(); ok {
		return s
	}
	var out strings.Builder
	if n.Line.HasKey {
		key := spell(n.Line.Key, true, false)
		if n.align > 0 {
			key += strings.Repeat(" ", max(0, n.align-len(key))+1) + "= "
		} else {
			key += "="
		}
		if len(n.Line.Fields) == 1 && n.Line.Fields[0] == "" && !(len(n.quote) > 0 && n.quote[0]) {
			key = strings.TrimRight(key, " ")
		}
		out.WriteString(key)
	}
	for i, f := range n.Line.Fields {
		if i > 0 {
			out.WriteString(",")
			if n.wrap > 0 && i%n.wrap == 0 {
				out.WriteString("\\\r\n    ")
			}
		}
		force := i < len(n.quote) && n.quote[i]
		// A line of one empty field would be no line at all.
		force = force || f == "" && len(n.Line.Fields) == 1 && !n.Line.HasKey
		out.WriteString(spell(f, i == 0 && !n.Line.HasKey, force))
	}
	if n.Comment != "" {
		out.WriteString(" " + oneLine(n.Comment))
	}
	return out.String()
}

func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == 0 || r == ctrlZ {
			return '?'
		}
		return r
	}, s)
}

// spell writes a key or field, in quotes where a reader needs them or force asks for them. first is what opens a line:
// there a "[" would begin a section and an "=" end a key.
func spell(s string, first, force bool) string {
	s = oneLine(s)
	if !force && !mustQuote(s, first) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

func mustQuote(s string, first bool) bool {
	if strings.ContainsAny(s, `",;`) || strings.TrimFunc(s, isBlank) != s || strings.HasSuffix(s, `\`) {
		return true
	}
	return first && (strings.Contains(s, "=") || strings.HasPrefix(s, "["))
}

func (f *File) ascii() bool {
	ok := asciiNodes(f.Head)
	for _, s := range f.Sections {
		ok = ok && isASCII([]byte(s.Name)) && isASCII([]byte(s.Comment)) && asciiNodes(s.Nodes)
	}
	return ok
}

func asciiNodes(nodes []*Node) bool {
	for _, n := range nodes {
		if !isASCII([]byte(n.Comment)) || !isASCII([]byte(n.Line.Key)) {
			return false
		}
		for _, f := range n.Line.Fields {
			if !isASCII([]byte(f)) {
				return false
			}
		}
	}
	return true
}

// Describe names a line in messages.
func (l Line) Describe() string {
	s := strings.Join(l.Fields, ",")
	if l.HasKey {
		s = l.Key + "=" + s
	}
	if len(s) > 60 {
		s = s[:57] + "..."
	}
	return fmt.Sprintf("%q", s)
}
