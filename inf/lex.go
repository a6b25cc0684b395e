package inf

import (
	"bytes"
	"strings"
)

// ctrlZ ends a file, as DOS editors wrote it (SetupAPI).
const ctrlZ = 0x1A

// physical is one physical line.
type physical struct {
	text []rune // without the line end
	raw  []byte // with it
}

func isBlank(r rune) bool {
	return r == ' ' || r == '\t' || r == '\r' || r == '\v' || r == '\f'
}

func trim(r []rune) string { return strings.TrimFunc(string(r), isBlank) }

// splitLines cuts data, without its byte order mark, into physical lines and what stands from Ctrl-Z on. It cuts bytes,
// then decodes each line: no trail byte of a double-byte code page equals "\n".
func splitLines(data []byte, enc Encoding, cp CodePage) (lines []physical, tail []byte) {
	for len(data) > 0 {
		var raw []byte
		raw, data = cutLine(data, enc)
		p := physical{raw: raw, text: decodeLine(raw, enc, cp)}
		i := indexRune(p.text, ctrlZ)
		if i < 0 {
			lines = append(lines, p)
			continue
		}
		n := i // bytes of the text before it
		if enc == UTF16LE {
			n = len(encode16(string(p.text[:i])))
		} else {
			n = bytes.IndexByte(raw, ctrlZ)
		}
		tail = append(append(tail, raw[n:]...), data...)
		if n > 0 {
			lines = append(lines, physical{text: p.text[:i], raw: raw[:n]})
		}
		break
	}
	return lines, tail
}

func indexRune(text []rune, want rune) int {
	for i, r := range text {
		if r == want {
			return i
		}
	}
	return -1
}

// cutLine takes the first line off, line end included.
func cutLine(data []byte, enc Encoding) (line, rest []byte) {
	if enc != UTF16LE {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return data[:i+1], data[i+1:]
		}
		return data, nil
	}
	for i := 0; i+1 < len(data); i += 2 {
		if data[i] == '\n' && data[i+1] == 0 {
			return data[:i+2], data[i+2:]
		}
	}
	return data, nil
}

func decodeLine(raw []byte, enc Encoding, cp CodePage) []rune {
	var s string
	if enc == UTF16LE {
		s = decode16(raw)
	} else {
		s = cp.Decode(raw)
	}
	s = strings.TrimSuffix(strings.TrimSuffix(s, "\n"), "\r")
	return []rune(strings.ReplaceAll(s, "\x00", " "))
}

// entryLexer reads one logical line.
type entryLexer struct {
	lines []physical
	row   int // index of the current physical line
	col   int // index in its text

	line    Line
	buf     []rune
	solid   int  // length of buf that trimming must keep
	started bool // a character or a quote of this field was seen
	begin   int  // where the current field began in the physical line
	spelled []string
	comment string

	dataRow, dataUntil int // see continues

	dangling bool // the file ends in a backslash
	unclosed *Pos // where a quote was opened that never closes
	tooLong  *Pos
}

// run reads from the current place to the end of the logical line and leaves row at its last physical line.
func (x *entryLexer) run() {
	x.begin = x.col
	for {
		text := x.lines[x.row].text
		if x.col >= len(text) {
			x.endField()
			return
		}
		c := text[x.col]
		switch {
		case c == ';':
			x.comment = strings.TrimRightFunc(string(text[x.col:]), isBlank)
			x.endField()
			return
		case c == ',':
			x.endField()
			x.next()
		case c == '=' && !x.line.HasKey && len(x.line.Fields) == 0:
			x.endKey()
			x.next()
		case c == '"':
			x.quoted()
		case c == '\\' && x.continues():
			x.buf = x.buf[:x.solid]
			x.row++
			x.col = 0
			if x.row == len(x.lines) { // a backslash at the end of the file
				x.row--
				x.col = len(x.lines[x.row].text)
				x.dangling = true
				continue
			}
			x.skipBlanks()
		case isBlank(c):
			if x.started {
				x.buf = append(x.buf, c)
			}
			x.col++
		default:
			x.keep(c)
			x.col++
		}
	}
}

func (x *entryLexer) keep(c rune) {
	x.buf = append(x.buf, c)
	x.solid = len(x.buf)
	x.started = true
}

func (x *entryLexer) skipBlanks() {
	for text := x.lines[x.row].text; x.col < len(text) && isBlank(text[x.col]); {
		x.col++
	}
}

// next steps over a separator.
func (x *entryLexer) next() {
	x.col++
	x.begin = x.col
}

// quoted reads a quoted part. A quote that is open at the end of the line ends there, and a backslash before that is data.
func (x *entryLexer) quoted() {
	text := x.lines[x.row].text
	open := Pos{x.row + 1, x.col + 1}
	x.started = true
	x.solid = len(x.buf) // blanks before a quoted part, be it empty, are in the middle of the field
	for x.col++; x.col < len(text); x.col++ {
		c := text[x.col]
		if c != '"' {
			x.keep(c)
			continue
		}
		if x.col+1 == len(text) || text[x.col+1] != '"' {
			x.col++
			return
		}
		x.keep('"')
		x.col++
	}
	x.unclosed = &open
}

// continues tells whether the backslash at col is the last thing on its line, but for blanks, more of them and a comment.
// If it is not, neither is any up to the character that told so: dataUntil keeps a long run from being looked through again
// for each of its backslashes.
func (x *entryLexer) continues() bool {
	if x.dataRow == x.row && x.col < x.dataUntil {
		return false
	}
	text := x.lines[x.row].text
	for i := x.col; i < len(text); i++ {
		if text[i] == ';' {
			return true
		}
		if text[i] != '\\' && !isBlank(text[i]) {
			x.dataRow, x.dataUntil = x.row, i
			return false
		}
	}
	return true
}

// take ends the field in hand and returns its text.
func (x *entryLexer) take() string {
	s := string(x.buf[:x.solid])
	if x.solid > MaxField && x.tooLong == nil {
		x.tooLong = &Pos{x.row + 1, x.begin + 1}
	}
	if text := x.lines[x.row].text; x.begin <= x.col && x.col <= len(text) {
		x.spelled = append(x.spelled, x.trimmed(text[x.begin:x.col]))
	}
	x.buf, x.solid, x.started = x.buf[:0], 0, false
	return s
}

// trimmed is a piece of the line as Format spells it: a quote that is open at the end of the line is closed.
func (x *entryLexer) trimmed(piece []rune) string {
	if x.unclosed != nil {
		return strings.TrimLeftFunc(string(piece), isBlank) + `"`
	}
	return trim(piece)
}

func (x *entryLexer) endField() { x.line.Fields = append(x.line.Fields, x.take()) }

func (x *entryLexer) endKey() { x.line.Key, x.line.HasKey = x.take(), true }
