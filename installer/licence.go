package installer

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/codepage"
)

const (
	licenceTXT    = `update\eula.txt` // white paper, table 8
	licenceFolder = `update\langspecific\`
)

// licenceFile is the licence in the machine's language, as [Strings.LLLL] is chosen (update\langspecific\LLLL is OURS; real packages
// have folders there, too), else update\eula.txt; empty if the package has none.
func (r *run) licenceFile() string {
	var ids []uint16
	names := map[uint16]string{}
	for _, n := range r.Package.Names() {
		folder, ok := strings.CutSuffix(strings.TrimPrefix(n, licenceFolder), `\eula.txt`)
		if id, err := strconv.ParseUint(folder, 16, 16); ok && err == nil && len(folder) == 4 && strings.HasPrefix(n, licenceFolder) {
			ids = append(ids, uint16(id))
			names[uint16(id)] = n
		}
	}
	if id, ok := inf.NearestLanguage(ids, r.info.Language); ok {
		return names[id]
	}
	if r.Package.Has(licenceTXT) {
		return licenceTXT
	}
	return ""
}

// licenceText decodes UTF-16 or UTF-8 with a mark, UTF-8 without one, else the code page of the language.
func licenceText(b []byte, language uint16) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return utf16Text(b[2:], 0, 1)
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return utf16Text(b[2:], 1, 0)
	}
	b = bytes.TrimPrefix(b, []byte{0xEF, 0xBB, 0xBF})
	if utf8.Valid(b) {
		return string(b)
	}
	page, err := codepage.Lookup(codepage.OfLanguage(language))
	if err != nil {
		page = inf.Windows1252()
	}
	return page.Decode(b)
}

func utf16Text(b []byte, low, high int) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		units = append(units, uint16(b[low])|uint16(b[high])<<8)
	}
	return string(utf16.Decode(units))
}
