// Package codepage finds the code page of ANSI INF files by number: the language of a package decides it. Windows does the
// conversion itself there; elsewhere tables of golang.org/x/text do, so that the runtime on the target stays small.
package codepage

import (
	"fmt"

	"github.com/kbforge/kbforge/inf"
)

// Lookup returns a Windows code page: 874, 932, 936, 949, 950, 1250 to 1258. Other numbers are an error.
func Lookup(number int) (inf.CodePage, error) {
	switch {
	case number == 1252:
		return inf.Windows1252(), nil
	case number == 874, number == 932, number == 936, number == 949, number == 950, number >= 1250 && number <= 1258:
		return page(number)
	}
	return nil, fmt.Errorf("code page %d is none of the ANSI code pages 874, 932, 936, 949, 950, 1250 to 1258", number)
}

// primaryMask takes the primary language out of a language id.
const primaryMask = 0x3FF

// OfLanguage returns the number of the ANSI code page that Windows uses for a language id (public NLS tables, by primary
// language; Serbian and Azeri by sublanguage, Chinese by script). Languages without an ANSI code page, and 0, are 1252.
func OfLanguage(lang uint16) int {
	switch lang {
	case 0x0404, 0x0C04, 0x1404: // Taiwan, Hong Kong, Macao
		return 950
	case 0x0C1A, 0x1C1A, 0x082C, 0x0843, 0x201A: // Cyrillic: Serbian, Azeri, Uzbek, Bosnian
		return 1251
	}
	switch lang & primaryMask {
	case 0x05, 0x0E, 0x15, 0x18, 0x1A, 0x1B, 0x1C, 0x24: // Czech, Hungarian, Polish, Romanian, Croatian, Slovak, Albanian, Slovenian
		return 1250
	case 0x02, 0x19, 0x22, 0x23, 0x2F, 0x3F, 0x40, 0x44, 0x50: // Bulgarian, Russian, Ukrainian, Belarusian, Macedonian, Kazakh, Kyrgyz, Tatar, Mongolian
		return 1251
	case 0x08:
		return 1253
	case 0x1F, 0x2C, 0x43: // Turkish, Azeri, Uzbek
		return 1254
	case 0x0D:
		return 1255
	case 0x01, 0x20, 0x29: // Arabic, Urdu, Persian
		return 1256
	case 0x25, 0x26, 0x27: // Estonian, Latvian, Lithuanian
		return 1257
	case 0x2A:
		return 1258
	case 0x1E:
		return 874
	case 0x11:
		return 932
	case 0x04:
		return 936
	case 0x12:
		return 949
	}
	return 1252
}
