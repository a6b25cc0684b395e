package cab

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{
		"a", "update\\update.exe", "SP2GDR\\WOW\\x.dll", "asms\\60\\msft\\windows\\common\\controls\\comctl32.dll", "_sfx_.dll",
		".hidden", "..a", "a..b", "con1", "console.txt", "nullify", "com10", "lpt", "日本語\\ü.txt", "a b", "update.exe.mui", "CO\\M1x",
		strings.Repeat("d\\", MaxDepth-1) + "f", "{guid}", "a'b", "~$x", "com",
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("refused: %v", err)
		}
	}
	for _, name := range []string{
		"", "\\a", "/a", "\\\\server\\share\\a", "\\\\?\\C:\\a", "C:\\a", "C:a", "c:", "a:stream", "a\\b:c", "..", ".", "..\\a", "a\\..\\b",
		"a\\..", "a\\.\\b", "a\\\\b", "a\\", "a/b", "a/../b", "CON", "con", "Nul.txt", "nul", "aux.tar.gz", "prn", "COM1", "com9.log",
		"LPT0", "lpt5.x", "COM¹", "lpt³.txt", "CONIN$", "conout$", "clock$", "update\\nul\\x", "nul .txt", "NUL  ", "a.", "a ", "a.\\b", "a \\b",
		"dir\\...", " a", "a\\ b", "a<b", "a>b", "a\"b", "a|b", "a?b", "a*b", "a\x00b", "a\nb", "a\x7fb", "bad\xff", "\xed\xa0\x80",
		strings.Repeat("d\\", MaxDepth) + "f",
	} {
		if err := CheckName(name); !errors.Is(err, ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNameSet(t *testing.T) {
	for _, c := range []struct {
		names []string
		bad   string
	}{
		{[]string{"a\\b", "a\\c", "d", "A\\B\\"}, "A\\B\\"},
		{[]string{"update\\x.dll", "UPDATE\\X.DLL"}, "UPDATE\\X.DLL"},
		{[]string{"straße", "STRASSE", "STRAßE"}, "STRAßE"},
		{[]string{"ünder", "Ünder"}, "Ünder"},
		{[]string{"a", "a\\b"}, "a\\b"},
		{[]string{"x\\y\\z", "X\\Y"}, "X\\Y"},
		{[]string{"x\\y\\z", "x\\y\\w", "x\\v", "q"}, ""},
	} {
		var s NameSet
		bad := ""
		for _, n := range c.names {
			if err := s.Add(n); err != nil {
				if !errors.Is(err, ErrName) {
					t.Errorf("%q: %v", n, err)
				}
				bad = n
				break
			}
		}
		if bad != c.bad {
			t.Errorf("%q: refused %q, want %q", c.names, bad, c.bad)
		}
	}
}
