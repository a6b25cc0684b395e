package manifest

import (
	"errors"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/inf"
)

// MaxRaw is the longest raw.inf, in bytes (OURS).
const MaxRaw = 1 << 20

// raw checks the language of [raw]; what its sections mean is checked with the whole INF, by builder.
func (r *resolver) raw(d rawDoc) {
	const at = "raw.inf"
	if !r.written(at) || r.failed(at) {
		return
	}
	if len(d.INF) > MaxRaw {
		r.fault(at, "raw.inf is %d bytes long; at most %d", len(d.INF), MaxRaw)
		return
	}
	f, err := ParseRaw(d.INF)
	var list *inf.ErrorList
	if errors.As(err, &list) {
		for _, e := range *list {
			r.fault(at, "raw.inf, line %d: %s", e.Line, e.Msg)
		}
		return
	}
	for _, s := range f.Sections {
		fold := strings.ToLower(s.Name)
		if _, local := inf.StringsLanguage(s.Name); local || fold == "version" || fold == "configuration" {
			r.fault(at, "raw.inf, line %d: [%s] is written from the other keys; use those", s.Pos.Line, s.Name)
		}
	}
	if len(f.Sections) == 0 {
		r.fault(at, "raw.inf has no section; begin with one, such as [LinkItems.Create]")
	}
	r.m.RawINF = d.INF
}

// ParseRaw reads the text of raw.inf.
func ParseRaw(text string) (*inf.File, error) {
	f, err := inf.ParseLax("raw.inf", []byte("\xFF\xFE"+utf16le(text)))
	return f, err
}

// utf16le is text as a Unicode INF has it, so that no code page takes part.
func utf16le(text string) string {
	var b strings.Builder
	for _, c := range utf16.Encode([]rune(text)) {
		b.WriteByte(byte(c))
		b.WriteByte(byte(c >> 8))
	}
	return b.String()
}
