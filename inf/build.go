package inf

// New returns an empty file whose encoding Bytes chooses.
func New() *File { return &File{CodePage: Windows1252()} }

// Field is a field of a line that is built. The text is INF text: %names% in it are substituted by readers.
type Field struct {
	Text  string
	Quote bool // quote it although it need not be; what must be quoted always is
}

// Bare and Quoted make fields.
func Bare(text string) Field   { return Field{Text: text} }
func Quoted(text string) Field { return Field{Text: text, Quote: true} }

// AddSection appends a section.
func (f *File) AddSection(name string) *Section {
	s := &Section{Name: name}
	f.Sections = append(f.Sections, s)
	return s
}

// AddLine appends "key=field,field". Fields are quoted only where they must be.
func (s *Section) AddLine(key string, fields ...string) *Node {
	n := &Node{Kind: Entry, Line: Line{Key: key, HasKey: true, Fields: fields}}
	s.Nodes = append(s.Nodes, n)
	return n
}

// AddKeyed is AddLine with the say on quotes.
func (s *Section) AddKeyed(key string, fields ...Field) *Node {
	n := s.AddFields(fields...)
	n.Line.Key, n.Line.HasKey = key, true
	return n
}

// AddFields appends "field,field".
func (s *Section) AddFields(fields ...Field) *Node {
	n := &Node{Kind: Entry}
	for _, f := range fields {
		n.Line.Fields = append(n.Line.Fields, f.Text)
		n.quote = append(n.quote, f.Quote)
	}
	s.Nodes = append(s.Nodes, n)
	return n
}

// AddComment appends a comment line; text goes after "; ".
func (s *Section) AddComment(text string) {
	s.Nodes = append(s.Nodes, &Node{Kind: Comment, Comment: "; " + text})
}

// AddBlank appends an empty line.
func (s *Section) AddBlank() { s.Nodes = append(s.Nodes, &Node{Kind: Blank}) }

// Wrap continues the line on the next one after every n fields, as packages do with long binary data.
func (n *Node) Wrap(fields int) *Node {
	n.wrap = fields
	return n
}

// Align pads the key to a width and puts " = " after it, as packages write [Version].
func (n *Node) Align(width int) *Node {
	n.align = width
	return n
}

// AlignKeys aligns the entries of a section with the longest key, as packages write [Version] and [Configuration].
func (s *Section) AlignKeys() {
	width := 0
	for _, n := range s.Nodes {
		if n.aligns() {
			width = max(width, len([]rune(n.key())))
		}
	}
	for _, n := range s.Nodes {
		if n.aligns() {
			n.align = width
		}
	}
}

// aligns: an entry with a key on one line.
func (n *Node) aligns() bool {
	return n.Kind == Entry && n.Line.HasKey && n.pieces == nil && (n.spelled != nil || n.raw == nil)
}

func (n *Node) key() string {
	if n.spelled != nil {
		return n.spelled[0]
	}
	return n.Line.Key
}
