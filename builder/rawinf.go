package builder

import (
	"cmp"
	"errors"
	"strings"
	"unicode/utf16"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/lint"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// rawPart is INF text of the author in a whole INF: the key that holds it, and the lines in front of it.
type rawPart struct {
	key   string
	above int
}

// infText is the INF of a branch as it is written: what the keys say, then the author's own sections, those of all branches
// ([raw]) before those of this one ([[branch]] raw). With those the whole is read as the installer reads it, and checked as
// kbforge inf lint checks; what would be refused comes back as manifest.Faults.
func (p *Plan) infText(b manifest.Branch) ([]byte, error) {
	out, parts, err := p.joinedINF(b)
	if err != nil || len(parts) == 0 {
		return out, err
	}
	f, err := inf.Parse("raw.inf", out)
	if err == nil {
		_, err = updateinf.Parse(f, updateinf.Options{Language: p.Manifest.Language.LCID})
	}
	if err := p.rawFaults(err, parts); err != nil {
		return nil, err
	}
	if faults := p.rawFindings(out, parts, lint.Error); len(faults) > 0 {
		return nil, faults
	}
	return out, nil
}

// joinedINF is the text, and which parts of it are the author's.
func (p *Plan) joinedINF(b manifest.Branch) ([]byte, []rawPart, error) {
	text, err := p.updateINF(b).Print()
	if err != nil || p.Manifest.RawINF+b.RawINF == "" {
		return text, nil, err
	}
	out := decodeINF(text)
	var parts []rawPart
	for _, r := range []struct{ key, text string }{{"raw.inf", p.Manifest.RawINF}, {b.RawKey, b.RawINF}} {
		if r.text == "" {
			continue
		}
		out += "\r\n"
		parts = append(parts, rawPart{r.key, strings.Count(out, "\n")})
		out += strings.TrimSuffix(strings.ReplaceAll(strings.ReplaceAll(r.text, "\r\n", "\n"), "\n", "\r\n"), "\r\n") + "\r\n"
	}
	return encodeINF(out), parts, nil
}

// partOf is the part that a line of the whole INF is in, and the line there. Line 0, the whole file, is the last part's.
func partOf(parts []rawPart, line int) (rawPart, int, bool) {
	for i := len(parts) - 1; i >= 0; i-- {
		if line > parts[i].above {
			return parts[i], line - parts[i].above, true
		}
	}
	return parts[len(parts)-1], 0, false
}

// rawFaults puts the faults of a whole INF at the lines of the manifest.
func (p *Plan) rawFaults(err error, parts []rawPart) error {
	var list *inf.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	var faults manifest.Faults
	for _, e := range *list {
		part, line, _ := partOf(parts, e.Line)
		faults = append(faults, p.Manifest.WarnText(part.key, line, e.Col, e.Msg))
	}
	return faults.Sort()
}

// rawFindings are what lint says of the author's lines.
func (p *Plan) rawFindings(text []byte, parts []rawPart, severity lint.Severity) manifest.Faults {
	var list manifest.Faults
	for _, f := range lint.Check("raw.inf", text, lint.Options{Kind: lint.UpdateINF, Language: p.Manifest.Language.LCID}) {
		part, line, mine := partOf(parts, f.Line)
		if f.Severity != severity || !mine {
			continue
		}
		msg := f.What
		if f.Remedy != "" {
			msg += "; " + f.Remedy
		}
		list = append(list, p.Manifest.WarnText(part.key, line, f.Col, msg+" ["+f.Check+"]"))
	}
	return list.Sort()
}

// rawWarnings are what lint finds strange in the author's lines, but for what gapWarnings tells: what the installer does not
// carry out. Strings that are not used, or used and not there, count as strange in a text that a person wrote for one update.
func (p *Plan) rawWarnings() manifest.Faults {
	var all manifest.Faults
	for _, b := range p.Manifest.Branches {
		out, parts, err := p.joinedINF(b)
		if !b.Payload || err != nil || len(parts) == 0 {
			continue
		}
		for _, f := range p.rawFindings(out, parts, lint.Warning) {
			if !strings.HasSuffix(f.Msg, "[unsupported]") {
				all = append(all, f)
			}
		}
		all = append(all, p.rawFindings(out, parts, lint.Info)...)
	}
	return all.Sort()
}

// planRawFiles plans [[raw.file]]: files of the package that no [[file]] brings.
func (p *Plan) planRawFiles(facts Facts) error {
	for _, f := range p.Manifest.RawFiles {
		fact := facts[f.Source]
		if fact == nil {
			return errors.New("plan " + f.Path + ": no facts of " + f.Source)
		}
		v := FileVersion{Path: f.Path, Source: p.Manifest.Relative(f.Source), Size: fact.Size, open: fact.path, fact: fact,
			MD5: hexMD5(fact), CRC: hexCRC(fact)}
		folder, _, _ := strings.Cut(f.Path, `\`)
		for _, b := range p.Branches {
			if strings.EqualFold(folder, b.Name) {
				v.Branch = b.Name
			}
		}
		if ver, ok := fact.Version(); ok {
			v.Version = ver.String()
		}
		p.RawFiles = append(p.RawFiles, v)
	}
	return nil
}

// checkContents refuses a [[raw.file]] where the package has a file of its own.
func (p *Plan) checkContents() error {
	count := map[string]int{}
	for _, c := range p.Contents {
		count[strings.ToLower(c.Path)]++
	}
	var faults manifest.Faults
	for _, f := range p.Manifest.RawFiles {
		if v := p.version(f.Path); count[strings.ToLower(f.Path)] > 1 || v.Source != p.Manifest.Relative(f.Source) {
			faults = append(faults, p.Manifest.Warn(f.Key+".path", f.Path+" is already a file of the package; give another path"))
		}
	}
	return cmp.Or(faults.Sort().AsError(), nil)
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
