//go:build !windows

package codepage

import (
	"fmt"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/kbforge/kbforge/inf"
)

type textPage struct {
	number int
	enc    encoding.Encoding
}

func page(number int) (inf.CodePage, error) {
	var enc encoding.Encoding
	switch number {
	case 874:
		enc = charmap.Windows874
	case 932:
		enc = japanese.ShiftJIS
	case 936:
		enc = simplifiedchinese.GBK
	case 949:
		enc = korean.EUCKR
	case 950:
		enc = traditionalchinese.Big5
	case 1250:
		enc = charmap.Windows1250
	case 1251:
		enc = charmap.Windows1251
	case 1253:
		enc = charmap.Windows1253
	case 1254:
		enc = charmap.Windows1254
	case 1255:
		enc = charmap.Windows1255
	case 1256:
		enc = charmap.Windows1256
	case 1257:
		enc = charmap.Windows1257
	case 1258:
		enc = charmap.Windows1258
	default:
		return nil, fmt.Errorf("code page %d has no table", number)
	}
	return textPage{number, enc}, nil
}

// Decode gives U+FFFD for bytes that the page lacks.
func (p textPage) Decode(b []byte) string {
	s, err := p.enc.NewDecoder().Bytes(b)
	if err != nil { // decoders of these pages replace what they do not know; this is for the day when one does not
		return inf.Windows1252().Decode(b)
	}
	return string(s)
}

func (p textPage) Encode(s string) ([]byte, error) {
	b, err := p.enc.NewEncoder().Bytes([]byte(s))
	if err != nil {
		return nil, fmt.Errorf("code page %d cannot hold %q; store the file as UTF-16LE", p.number, s)
	}
	return b, nil
}
