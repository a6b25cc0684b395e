package manifest

import (
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// The TOML library says where a syntax fault is, but not where a key of a valid document stands. The scanner below finds
// that. It runs only on text the library has accepted, so it skips values rather than understand them.

// positions maps a key path ("file[2].source.RTMGDR", "branch[0].default-for[1]") to where it stands in the text.
type positions map[string]inf.Pos

// at returns the position of path, or of its nearest ancestor that has one.
func (p positions) at(path string) inf.Pos {
	if pos, ok := p[p.owner(path)]; ok {
		return pos
	}
	return inf.Pos{Line: 1, Col: 1}
}

// owner is path, or its nearest ancestor that has a position; empty if none has.
func (p positions) owner(path string) string {
	for path != "" {
		if _, ok := p[path]; ok {
			return path
		}
		path = parent(path)
	}
	return ""
}

// join appends a key to a path. Keys that would read as path syntax are quoted.
func join(path, key string) string {
	if key == "" || strings.ContainsAny(key, `.[]"`) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parent cuts the last key or index off a path.
func parent(path string) string {
	quoted := false
	for i := len(path) - 1; i >= 0; i-- {
		switch c := path[i]; {
		case c == '"' && !(quoted && i > 0 && path[i-1] == '\\'):
			quoted = !quoted
		case !quoted && (c == '.' || c == '['):
			return path[:i]
		}
	}
	return ""
}

// scan finds the position of every key and array element of a valid TOML document.
func scan(text string) positions {
	s := &scanner{text: strings.TrimPrefix(text, "\ufeff"), line: 1, col: 1, pos: positions{}, tables: map[string]int{}}
	s.document()
	return s.pos
}

type scanner struct {
	text      string
	off       int
	line, col int
	pos       positions
	tables    map[string]int // array of tables → elements so far
}

func (s *scanner) eof() bool { return s.off >= len(s.text) }

func (s *scanner) peek() byte {
	if s.eof() {
		return 0
	}
	return s.text[s.off]
}

func (s *scanner) has(prefix string) bool { return strings.HasPrefix(s.text[s.off:], prefix) }

// skip moves n bytes on. A byte that continues a UTF-8 sequence does not count as a column.
func (s *scanner) skip(n int) {
	for ; n > 0 && !s.eof(); n-- {
		switch c := s.text[s.off]; {
		case c == '\n':
			s.line, s.col = s.line+1, 1
		case c&0xC0 != 0x80:
			s.col++
		}
		s.off++
	}
}

func (s *scanner) here() inf.Pos { return inf.Pos{Line: s.line, Col: s.col} }

// blank skips blanks, and with lines also line ends and comments.
func (s *scanner) blank(lines bool) {
	for !s.eof() {
		switch c := s.peek(); {
		case c == ' ' || c == '\t' || c == '\r':
			s.skip(1)
		case lines && c == '\n':
			s.skip(1)
		case lines && c == '#':
			for !s.eof() && s.peek() != '\n' {
				s.skip(1)
			}
		default:
			return
		}
	}
}

func (s *scanner) document() {
	table := ""
	for {
		s.blank(true)
		switch {
		case s.eof():
			return
		case s.has("["):
			table = s.header()
		default:
			start := s.off
			s.keyValue(table)
			if s.off == start {
				s.skip(1) // not TOML; go on rather than stand still
			}
		}
	}
}

// header reads a table header and returns the path of the table.
func (s *scanner) header() string {
	at, array := s.here(), s.has("[[")
	for s.peek() == '[' {
		s.skip(1)
	}
	keys := s.key()
	for s.peek() == ']' {
		s.skip(1)
	}
	path := ""
	for i, k := range keys {
		path = join(path, k)
		n, isArray := s.tables[path]
		last := i == len(keys)-1
		switch {
		case last && array:
			s.tables[path] = n + 1
			s.mark(path, at)
			path = index(path, n)
		case isArray:
			path = index(path, n-1)
		}
		s.mark(path, at)
	}
	return path
}

func (s *scanner) mark(path string, at inf.Pos) {
	if _, ok := s.pos[path]; !ok {
		s.pos[path] = at
	}
}

func (s *scanner) keyValue(table string) {
	at := s.here()
	path := table
	for _, k := range s.key() {
		path = join(path, k)
		s.mark(path, at)
	}
	s.blank(false)
	if s.peek() == '=' {
		s.skip(1)
		s.blank(false)
		s.value(path)
	}
}

// key reads a dotted key.
func (s *scanner) key() []string {
	var keys []string
	for {
		s.blank(false)
		keys = append(keys, s.keyPart())
		s.blank(false)
		if s.peek() != '.' {
			return keys
		}
		s.skip(1)
	}
}

func (s *scanner) keyPart() string {
	start := s.off
	switch s.peek() {
	case '"':
		s.basic(`"`)
		if k, err := strconv.Unquote(s.text[start:s.off]); err == nil {
			return k
		}
		return strings.Trim(s.text[start:s.off], `"`)
	case '\'':
		s.literal(`'`)
		return strings.Trim(s.text[start:s.off], `'`)
	}
	for !s.eof() && !strings.ContainsRune(" \t\r\n.=]#\"'[{},", rune(s.peek())) {
		s.skip(1)
	}
	return s.text[start:s.off]
}

func (s *scanner) value(path string) {
	switch {
	case s.has(`"""`):
		s.textStart(path)
		s.basic(`"""`)
	case s.has(`'''`):
		s.textStart(path)
		s.literal(`'''`)
	case s.has(`"`):
		s.basic(`"`)
	case s.has(`'`):
		s.literal(`'`)
	case s.has("["):
		s.array(path)
	case s.has("{"):
		s.inline(path)
	default:
		for !s.eof() && !strings.ContainsRune("\n#,]}", rune(s.peek())) {
			s.skip(1)
		}
	}
}

// textMark after the path of a key is the place where its text of several lines begins: after the quotes and the line end
// behind them, which is no part of the text.
const textMark = "[text]"

func (s *scanner) textStart(path string) {
	at := s.here()
	at.Col += 3
	if strings.HasPrefix(s.text[s.off+3:], "\n") || strings.HasPrefix(s.text[s.off+3:], "\r\n") {
		at = inf.Pos{Line: at.Line + 1, Col: 1}
	}
	s.mark(path+textMark, at)
}

// basic skips a string with escapes; literal one without.
func (s *scanner) basic(quote string) {
	s.skip(len(quote))
	for !s.eof() {
		switch {
		case s.peek() == '\\':
			s.skip(2)
		case s.has(quote):
			s.closing(quote)
			return
		default:
			s.skip(1)
		}
	}
}

func (s *scanner) literal(quote string) {
	s.skip(len(quote))
	for !s.eof() && !s.has(quote) {
		s.skip(1)
	}
	s.closing(quote)
}

// closing skips the end of a string. A multi-line string may end in up to two quotes of its own before the closing three.
func (s *scanner) closing(quote string) {
	s.skip(len(quote))
	for n := 0; len(quote) == 3 && n < 2 && s.peek() == quote[0]; n++ {
		s.skip(1)
	}
}

func (s *scanner) array(path string) {
	s.skip(1)
	for i := 0; !s.eof(); i++ {
		s.blank(true)
		if s.peek() == ']' {
			s.skip(1)
			return
		}
		start := s.off
		s.mark(index(path, i), s.here())
		s.value(index(path, i))
		s.blank(true)
		if s.peek() == ',' {
			s.skip(1)
		} else if s.off == start {
			return
		}
	}
}

func (s *scanner) inline(path string) {
	s.skip(1)
	for !s.eof() {
		s.blank(true)
		if s.peek() == '}' {
			s.skip(1)
			return
		}
		start := s.off
		s.keyValue(path)
		s.blank(true)
		if s.peek() == ',' {
			s.skip(1)
		} else if s.off == start {
			return
		}
	}
}
