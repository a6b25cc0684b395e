package imagehost

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

const attrHead = "; Attributes that differ from the default (a file: A, a directory: none). R read-only, H hidden, S system, A archive, N none.\n"

// attrs holds the attributes that Linux has no place for, where they differ from the default.
type attrs map[string]attrChange // by folded path

// attrChange sets the attributes of one path.
type attrChange struct {
	path string // in the case it has on disk
	attr host.Attr
	std  bool // the default of its kind: nothing is kept
}

func standard(dir bool) host.Attr {
	if dir {
		return 0
	}
	return host.AttrArchive
}

func change(path string, attr host.Attr, dir bool) attrChange {
	return attrChange{path, attr, attr == standard(dir)}
}

func (a attrs) get(path string, dir bool) host.Attr {
	if e, ok := a[host.Fold(path)]; ok {
		return e.attr
	}
	return standard(dir)
}

// news leaves out the changes that change nothing.
func (a attrs) news(list []attrChange) []attrChange {
	return slices.DeleteFunc(slices.Clone(list), func(c attrChange) bool {
		old, ok := a[host.Fold(c.path)]
		return c.std && !ok || ok && old == c
	})
}

func (a attrs) apply(list []attrChange) {
	for _, c := range list {
		if c.std {
			delete(a, host.Fold(c.path))
		} else {
			a[host.Fold(c.path)] = c
		}
	}
}

// moved gives the changes that renaming from to to brings: what was at to goes, what is at and below from follows.
func (a attrs) moved(from, to string) []attrChange {
	var gone, set []attrChange
	for _, key := range a.keys() {
		c := a[key]
		if _, ok := below(key, host.Fold(to)); ok {
			gone = append(gone, attrChange{path: c.path, std: true})
		}
		if _, ok := below(key, host.Fold(from)); ok {
			gone = append(gone, attrChange{path: c.path, std: true})
			set = append(set, attrChange{path: to + tail(c.path, from), attr: c.attr})
		}
	}
	return append(gone, set...)
}

// below gives what follows dir in a folded path at or below it.
func below(path, dir string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, dir)
	return rest, ok && (rest == "" || rest[0] == '\\')
}

// tail gives the elements of path that are below dir; both have the same elements up to there, perhaps in another case.
func tail(path, dir string) string {
	elems := strings.Split(path, `\`)
	rest := elems[strings.Count(dir, `\`)+1:]
	if len(rest) == 0 {
		return ""
	}
	return `\` + strings.Join(rest, `\`)
}

func (a attrs) keys() []string {
	keys := make([]string, 0, len(a))
	for k := range a {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// text is attributes.txt, "" when everything is as by default.
func (a attrs) text() string {
	if len(a) == 0 {
		return ""
	}
	b := []byte(attrHead)
	for _, k := range a.keys() {
		b = appendAttr(b, a[k])
	}
	return string(b)
}

const attrLetters = "RHSA"

// attrBit gives the attribute of each of attrLetters.
func attrBit(i int) host.Attr {
	return [...]host.Attr{host.AttrReadOnly, host.AttrHidden, host.AttrSystem, host.AttrArchive}[i]
}

// appendAttr writes a line: letters, a tab, the path. "-" in a journal means the default.
func appendAttr(b []byte, c attrChange) []byte {
	start := len(b)
	for i := range attrLetters {
		if c.attr&attrBit(i) != 0 && !c.std {
			b = append(b, attrLetters[i])
		}
	}
	switch {
	case c.std:
		b = append(b, '-')
	case len(b) == start:
		b = append(b, 'N')
	}
	b = append(b, '\t')
	b = append(b, c.path...)
	return append(b, '\n')
}

// parseAttrs reads lines of appendAttr; lines that begin with ; are comments.
func parseAttrs(text []byte) ([]attrChange, error) {
	var list []attrChange
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" || line[0] == ';' {
			continue
		}
		letters, path, ok := strings.Cut(line, "\t")
		if !ok {
			return nil, fmt.Errorf("line %d: want letters, a tab and a path", n+1)
		}
		if _, _, err := host.SplitPath(path); err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
		c := attrChange{path: path, std: letters == "-"}
		for _, l := range letters {
			i := strings.IndexRune(attrLetters, l)
			switch {
			case i >= 0:
				c.attr |= attrBit(i)
			case letters != "-" && letters != "N":
				return nil, fmt.Errorf("line %d: unknown attribute %q; known are R, H, S, A, and N for none", n+1, l)
			}
		}
		list = append(list, c)
	}
	return list, nil
}

// guard says how to find out, after a kill, whether an effect that was announced in the journal has happened.
type guard struct {
	kind    string
	path    string
	size    int64
	modTime time.Time
}

const (
	guardNone    = ""        // it has
	guardMissing = "missing" // if path is not there
	guardFile    = "file"    // if path is a file of that size and time
)

func (g guard) line() []byte {
	b := []byte(g.kind + "\t" + g.path)
	if g.kind == guardFile {
		b = fmt.Appendf(b, "\t%d\t%d", g.size, g.modTime.UnixNano())
	}
	return append(b, '\n')
}

func parseGuard(body []byte) (guard, []byte, error) {
	first, rest, _ := bytes.Cut(body, []byte("\n"))
	f := strings.Split(string(first), "\t")
	switch {
	case len(f) == 2 && f[0] == guardMissing:
		return guard{kind: f[0], path: f[1]}, rest, nil
	case len(f) == 4 && f[0] == guardFile:
		size, err1 := strconv.ParseInt(f[2], 10, 64)
		nano, err2 := strconv.ParseInt(f[3], 10, 64)
		if err1 == nil && err2 == nil {
			return guard{f[0], f[1], size, time.Unix(0, nano)}, rest, nil
		}
	}
	return guard{}, nil, fmt.Errorf("unknown condition %.80q", first)
}

// happened looks at the disk.
func (h *Host) happened(g guard) bool {
	p, err := h.tree.find(g.path)
	switch g.kind {
	case guardMissing:
		return err != nil || !p.exists()
	case guardFile:
		if err != nil || !p.exists() || p.root != nil {
			return false
		}
		fi, err := h.root.Lstat(p.rel())
		return err == nil && fi.Mode().IsRegular() && fi.Size() == g.size && fi.ModTime().Equal(g.modTime)
	}
	return true
}

// withAttrs does effect and the changes of attributes that go with it, so that after a kill both or none have happened.
func (h *Host) withAttrs(g guard, effect func() error, list ...attrChange) error {
	list = h.attrs.news(list)
	if len(list) == 0 {
		return effect()
	}
	var b []byte
	kind := recAttr
	if g.kind != guardNone {
		kind, b = recAttrIf, g.line()
	}
	for _, c := range list {
		b = appendAttr(b, c)
	}
	if err := h.journal.add(kind, b); err != nil {
		return err
	}
	if err := effect(); err != nil {
		_ = h.journal.add(recCancel, nil)
		return err
	}
	h.attrs.apply(list)
	h.dirtyAttrs = true
	return nil
}

func (h *Host) setAttrs(list ...attrChange) error {
	return h.withAttrs(guard{}, func() error { return nil }, list...)
}
