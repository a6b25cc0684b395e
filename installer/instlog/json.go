package instlog

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// jsonLine is written by hand because encoding/json would add a quarter of a megabyte to the runtime executable. text has
// no control characters (oneLine).
func jsonLine(ms int64, s Severity, text string) string {
	return `{"ms":` + strconv.FormatInt(ms, 10) + `,"severity":"` + s.String() + `","text":"` + jsonEscape(text) + "\"}\n"
}

func jsonEscape(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
}
