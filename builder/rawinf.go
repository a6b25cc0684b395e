package builder

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// infText is the INF of a branch as it is written: what the keys say, then the author's own sections ([raw]). With those
// the whole is read as the installer reads it; faults come back as manifest.Faults.
func (p *Plan) infText(b manifest.Branch) ([]byte, error) {
	text, err := p.updateINF(b).Print()
	if err != nil || p.Manifest.RawINF == "" {
		return text, err
	}
	head := decodeINF(text) + "\r\n"
	raw := strings.ReplaceAll(strings.ReplaceAll(p.Manifest.RawINF, "\r\n", "\n"), "\n", "\r\n")
	out := encodeINF(head + strings.TrimSuffix(raw, "\r\n") + "\r\n")
	f, err := inf.Parse("raw.inf", out)
	if err == nil {
		_, err = updateinf.Parse(f, updateinf.Options{Language: p.Manifest.Language.LCID})
	}
	return out, p.rawFaults(err, strings.Count(head, "\n"))
}

// rawFaults puts the faults of a whole INF at raw.inf. above is the number of lines in front of the author's text.
func (p *Plan) rawFaults(err error, above int) error {
	var list *inf.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	var faults manifest.Faults
	for _, e := range *list {
		where := "raw.inf"
		if e.Line > above {
			where = fmt.Sprintf("raw.inf, line %d", e.Line-above)
		}
		faults = append(faults, p.Manifest.Warn("raw.inf", where+": "+e.Msg))
	}
	return faults.Sort()
}

// decodeINF is the text of a printed INF, which is ASCII or UTF-16LE with its mark.
func decodeINF(b []byte) string {
	if len(b) < 2 || b[0] != 0xFF || b[1] != 0xFE {
		return string(b)
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 2; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
	}
	return string(utf16.Decode(units))
}

// encodeINF is the inverse: ASCII where that is enough.
func encodeINF(s string) []byte {
	if !strings.ContainsFunc(s, func(c rune) bool { return c > 0x7E }) {
		return []byte(s)
	}
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}
