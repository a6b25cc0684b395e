package inf

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Options are what ParseOptions can be told. The zero value is what Parse uses.
type Options struct {
	CodePage CodePage // of ANSI text; nil: Windows1252
	Lax      bool     // do not ask for [Version] with a Signature
}

// Parse reads a file as SetupAPI reads it with INF_STYLE_WIN4: [Version] must have a Signature. The error is an *ErrorList
// with every fault. The file may still be used for listing then, if it is not nil; it must not be acted on.
func Parse(name string, data []byte) (*File, error) {
	return ParseOptions(name, data, Options{})
}

// ParseLax is Parse for files of no declared style, such as a fragment: a missing or foreign Signature is no fault.
func ParseLax(name string, data []byte) (*File, error) {
	return ParseOptions(name, data, Options{Lax: true})
}

// ParseOptions is Parse with options.
func ParseOptions(name string, data []byte, o Options) (*File, error) {
	if o.CodePage == nil {
		o.CodePage = Windows1252()
	}
	p := &parser{file: &File{Name: name, Encoding: ANSI, CodePage: o.CodePage}}
	if !p.encoding(data) {
		return nil, p.errs.Err()
	}
	p.sections()
	p.longStrings()
	if !o.Lax {
		p.signature()
	}
	return p.file, p.errs.Err()
}

type parser struct {
	file   *File
	lines  []physical
	errs   ErrorList
	before *Error // the first text before the first section
}

func (p *parser) fault(pos Pos, code uint32, format string, args ...any) {
	p.errs.Add(p.file.Name, pos, code, format, args...)
}

func (p *parser) warn(pos Pos, format string, args ...any) {
	p.file.Warnings.Add(p.file.Name, pos, ErrorGeneralSyntax, format, args...)
}

// encoding finds out how data is stored and splits it into lines.
func (p *parser) encoding(data []byte) bool {
	switch {
	case len(data) > MaxFile:
		p.fault(Pos{}, ErrorGeneralSyntax, "the file has %d bytes, more than the limit of %d; is it an INF file?", len(data), MaxFile)
		return false
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		p.file.Encoding, p.file.mark, data = UTF16LE, data[:2], data[2:]
		if len(data)%2 != 0 {
			p.fault(Pos{}, ErrorGeneralSyntax, "UTF-16 text of an odd number of bytes: the file is cut off; get it anew")
			return false
		}
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		p.fault(Pos{}, ErrorGeneralSyntax, "the file is UTF-16 big-endian; save it as UTF-16LE or ANSI")
		return false
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		p.fault(Pos{}, ErrorExpectedSectionName, "the file is UTF-8; SetupAPI reads UTF-16LE or ANSI only: save it as UTF-16LE")
		return false
	}
	p.lines, p.file.tail = splitLines(data, p.file.Encoding, p.file.CodePage)
	return true
}

func (p *parser) sections() {
	var cur *Section
	add := func(n *Node) {
		if cur == nil {
			p.file.Head = append(p.file.Head, n)
		} else {
			cur.Nodes = append(cur.Nodes, n)
		}
	}
	for i := 0; i < len(p.lines); i++ {
		text := p.lines[i].text
		at := 0
		for at < len(text) && isBlank(text[at]) {
			at++
		}
		switch {
		case at == len(text):
			add(&Node{Kind: Blank, raw: p.lines[i].raw})
		case text[at] == ';':
			add(&Node{Kind: Comment, Comment: trim(text[at:]), raw: p.lines[i].raw})
		case text[at] == '[':
			cur = p.header(i, at)
			p.file.Sections = append(p.file.Sections, cur)
		default:
			n, last := p.entry(i, at)
			if cur == nil {
				p.beforeSections(n)
			}
			add(n)
			i = last
		}
	}
	p.ruleOnBefore()
}

func (p *parser) beforeSections(n *Node) {
	if p.before == nil {
		p.before = &Error{File: p.file.Name, Pos: n.Line.Pos, Code: ErrorExpectedSectionName,
			Msg: "text before the first [section]; put a section header before it or make it a comment with ;"}
	}
}

// ruleOnBefore judges text before the first section: SetupAPI skips it if the file has [Strings], and calls a file without
// any section one of a wrong style.
func (p *parser) ruleOnBefore() {
	switch {
	case p.before == nil || len(p.file.Sections) == 0:
	case p.file.Section("Strings") != nil:
		p.file.Warnings = append(p.file.Warnings, p.before)
	default:
		p.errs = append(p.errs, p.before)
	}
}

// header reads a section header whose "[" is at column at.
func (p *parser) header(row, at int) *Section {
	text := p.lines[row].text
	s := &Section{Pos: Pos{row + 1, at + 1}, raw: p.lines[row].raw}
	end := indexRune(text[at:], ']')
	if end < 0 {
		p.fault(s.Pos, ErrorBadSectionNameLine, "the section header %q has no ]; write [name]", trim(text[at:]))
		s.Name = trim(text[at+1:])
		return s
	}
	end += at
	s.Name = string(text[at+1 : end])
	if n := end - at - 1; n > MaxSectionName {
		p.fault(s.Pos, ErrorSectionNameTooLong, "the section name has %d characters; at most %d are allowed", n, MaxSectionName)
	}
	rest := trim(text[end+1:])
	if rest != "" && !strings.HasPrefix(rest, ";") {
		p.warn(Pos{row + 1, end + 2}, "text after the header of [%s] is ignored; start it with ; if it is a comment", s.Name)
		rest = "; " + rest
	}
	s.Comment = rest
	return s
}

// entry reads the logical line that begins in physical line row, column at, and returns the index of its last line.
func (p *parser) entry(row, at int) (*Node, int) {
	x := &entryLexer{lines: p.lines, row: row, col: at, line: Line{Pos: Pos{row + 1, at + 1}}}
	x.run()
	n := &Node{Kind: Entry, Line: x.line, raw: p.lines[row].raw, dangling: x.dangling}
	if x.row == row && x.dangling {
		n.Comment = x.comment
	} else if x.row == row {
		n.Comment, n.spelled = x.comment, x.spelled
	} else {
		n.raw = nil
		for i := row; i <= x.row; i++ {
			n.raw = append(n.raw, p.lines[i].raw...)
			n.pieces = append(n.pieces, trim(p.lines[i].text))
		}
		n.pieces[len(n.pieces)-1] = x.trimmed(p.lines[x.row].text)
	}
	if x.unclosed != nil {
		p.warn(*x.unclosed, "the quote is not closed on this line; add the missing \"")
	}
	if x.tooLong != nil {
		p.fault(*x.tooLong, ErrorGeneralSyntax,
			"a field has more than %d characters, which Windows cuts off; shorten it or split it", MaxField)
	}
	return n, x.row
}

// signature asks for [Version] Signature (INF docs, "INF Version Section": $Windows NT$, $Chicago$ or $Windows 95$).
func (p *parser) signature() {
	found := ""
	for _, s := range p.file.Sections {
		if !strings.EqualFold(s.Name, "Version") {
			continue
		}
		for _, l := range s.Lines() {
			if !l.HasKey || !strings.EqualFold(l.Key, "Signature") || found != "" {
				continue
			}
			found = l.Field(0)
			switch strings.ToLower(found) {
			case "$windows nt$", "$chicago$", "$windows 95$":
				return
			}
			p.fault(l.Pos, ErrorWrongInfStyle, "Signature is %q; write Signature=\"$Windows NT$\"", found)
			return
		}
	}
	p.fault(Pos{}, ErrorWrongInfStyle, "[Version] with Signature=\"$Windows NT$\" is missing; add it")
}

func (p *parser) longStrings() {
	for _, s := range p.file.Sections {
		if !isStringsSection(strings.ToLower(s.Name)) {
			continue
		}
		for _, l := range s.Lines() {
			if n := utf8.RuneCountInString(l.Field(0)); n > MaxString {
				p.warn(l.Pos, "the string %s has %d characters; Windows XP and 2003 cut it off after %d", l.Key, n, MaxString)
			}
		}
	}
}
