package regtext

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func wide(s string) []byte { return encodeText(s) }

var values = []struct {
	name string
	line string
	v    Value
}{
	{"string", `"a"="b"`, Value{Name: "a", Type: 1, Data: wide("b\x00")}},
	{"default", `@="b"`, Value{Type: 1, Data: wide("b\x00")}},
	{"escapes", `"C:\\x \"q\""="\\\""`, Value{Name: `C:\x "q"`, Type: 1, Data: wide("\\\"\x00")}},
	{"control", `"a\u000ab"="\u0009"`, Value{Name: "a\nb", Type: 1, Data: wide("\t\x00")}},
	{"astral", `"a"="😀"`, Value{Name: "a", Type: 1, Data: wide("😀\x00")}},
	{"string without terminator", `"a"=hex(1):62,00`, Value{Name: "a", Type: 1, Data: wide("b")}},
	{"string with two", `"a"=hex(1):62,00,00,00,00,00`, Value{Name: "a", Type: 1, Data: wide("b\x00\x00")}},
	{"odd string", `"a"=hex(1):62`, Value{Name: "a", Type: 1, Data: []byte{0x62}}},
	{"lone surrogate", `"a"=hex(1):00,d8,00,00`, Value{Name: "a", Type: 1, Data: []byte{0, 0xd8, 0, 0}}},
	{"empty string data", `"a"=hex(1):`, Value{Name: "a", Type: 1}},
	{"empty string", `"a"=""`, Value{Name: "a", Type: 1, Data: []byte{0, 0}}},
	{"expand", `"a"=expand:"%x%"`, Value{Name: "a", Type: 2, Data: wide("%x%\x00")}},
	{"binary", `"a"=hex:01,ff`, Value{Name: "a", Type: 3, Data: []byte{1, 255}}},
	{"no binary", `"a"=hex:`, Value{Name: "a", Type: 3}},
	{"none", `"a"=hex(0):01`, Value{Name: "a", Type: 0, Data: []byte{1}}},
	{"dword", `"a"=dword:00000100`, Value{Name: "a", Type: 4, Data: []byte{0, 1, 0, 0}}},
	{"short dword", `"a"=hex(4):01`, Value{Name: "a", Type: 4, Data: []byte{1}}},
	{"qword", `"a"=qword:0000000000000001`, Value{Name: "a", Type: 11, Data: []byte{1, 0, 0, 0, 0, 0, 0, 0}}},
	{"odd type", `"a"=hex(20001):00`, Value{Name: "a", Type: 0x20001, Data: []byte{0}}},
	{"empty list", `"a"=multi:`, Value{Name: "a", Type: 7, Data: []byte{0, 0}}},
	{"list", `"a"=multi:"x","y"`, Value{Name: "a", Type: 7, Data: wide("x\x00y\x00\x00")}},
	{"list of one empty", `"a"=multi:""`, Value{Name: "a", Type: 7, Data: wide("\x00\x00")}},
	{"empty in the middle", `"a"=multi:"x","","y"`, Value{Name: "a", Type: 7, Data: wide("x\x00\x00y\x00\x00")}},
	{"empty at the end", `"a"=multi:"x",""`, Value{Name: "a", Type: 7, Data: wide("x\x00\x00\x00")}},
	{"list unterminated", `"a"=hex(7):78,00,00,00`, Value{Name: "a", Type: 7, Data: wide("x\x00")}},
	{"deleted", `"a"=-`, Value{Name: "a", Delete: true}},
	{"name with equals", `"a\"=b"=""`, Value{Name: `a"=b`, Type: 1, Data: []byte{0, 0}}},
}

func TestValuesBothWays(t *testing.T) {
	for _, c := range values {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseFragment([]byte("[R\\k]\n" + c.line + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if v := got[0].Values[0]; v.Name != c.v.Name || v.Type != c.v.Type || v.Delete != c.v.Delete || !bytes.Equal(v.Data, c.v.Data) {
				t.Errorf("parsed %#v, want %#v", v, c.v)
			}
			if text := string(appendValue(nil, c.v)); text != c.line+"\n" {
				t.Errorf("printed %q, want %q", text, c.line+"\n")
			}
		})
	}
}

func TestRegeditForms(t *testing.T) {
	// Lines regedit writes and we do not: CR, a mark, hex in capitals, a comment.
	in := "\ufeff" + Header + "\r\n\r\n; note\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\"x\"=hex(2):25,00,\\\r\n  41,00,00,00\r\n\"y\"=hex:AB\r\n\r\n[-HKEY_LOCAL_MACHINE\\B]\r\n"
	got, err := Parse([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	want := []Entry{
		{Path: []string{"HKEY_LOCAL_MACHINE", "A"}, Values: []Value{
			{Name: "x", Type: 2, Data: wide("%A\x00")}, {Name: "y", Type: 3, Data: []byte{0xab}}}},
		{Path: []string{"HKEY_LOCAL_MACHINE", "B"}, Delete: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
}

func TestLongHexWraps(t *testing.T) {
	v := Value{Name: "a", Type: 3, Data: bytes.Repeat([]byte{7}, 300)}
	text := appendValue(nil, v)
	for _, line := range strings.Split(string(text), "\n") {
		if len(line) > wrapAt+4 {
			t.Errorf("line of %d bytes", len(line))
		}
	}
	got, err := ParseFragment(append([]byte("[R\\k]\n"), text...))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got[0].Values[0].Data, v.Data) {
		t.Error("data changed")
	}
}

func TestFaultsNameTheLine(t *testing.T) {
	cases := []struct{ text, msg string }{
		{"\"a\"=\"b\"", "line 1: a value before the first [key]"},
		{"[R]\n\n\"a\"=zip", "line 3: unknown data"},
		{"[R", "line 1: no ]"},
		{"[]", "line 1: empty element"},
		{"[R\\]", "line 1: empty element"},
		{"[R\\" + strings.Repeat("n", 256) + "]", "longer than 255"},
		{"[" + strings.Repeat("a\\", 512) + "a]", "deeper than 512"},
		{"[R\x01]", "control character"},
		{"[R]\n\"a\"", "line 2: no ="},
		{"[R]\n\"\"=\"x\"", "line 2: the default value is written @"},
		{"[R]\n\"a\"=\"x", "line 2: no closing quote"},
		{"[R]\n\"a\"=\"x\"y", "line 2: text after the closing quote"},
		{"[R]\n\"a\"=\"\\n\"", "line 2: unknown escape"},
		{"[R]\n\"a\"=\"\\u0000\"", "line 2: unknown escape"},
		{"[R]\n\"a\"=\"\\ud800\"", "line 2: unknown escape"},
		{"[R]\n\"a\"=dword:1", "line 2: \"1\" must have 8 hex digits"},
		{"[R]\n\"a\"=dword:zzzzzzzz", "must have 8 hex digits"},
		{"[R]\n\"a\"=hex:1", "line 2: hex data"},
		{"[R]\n\"a\"=hex:01;02", "line 2: hex data"},
		{"[R]\n\"a\"=hex:zz", "line 2: hex data"},
		{"[R]\n\"a\"=hex(123456789):00", "line 2: \"123456789\" is no type number"},
		{"[R]\n\"a\"=hex:01,\\", "ends after a line that goes on"},
		{"[R]\n\"a\"=multi:\"x\",", "line 2: expected a comma and a string"},
		{"[R]\n\"a\"=multi:\"x\"\"y\"", "line 2: expected a comma and a string"},
		{"[R]\n\"a\"=\"\xff\"", "line 2: not UTF-8"},
		{"[-R]\n\"a\"=\"x\"", "line 2: a value under a deleted key"},
	}
	for _, c := range cases {
		_, err := ParseFragment([]byte(c.text))
		var pe *ParseError
		if !errors.As(err, &pe) || !strings.Contains(err.Error(), c.msg) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.msg)
		}
	}
	if _, err := Parse([]byte("REGEDIT4\n")); err == nil {
		t.Error("a file without our header was accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range values {
		f.Add([]byte(Header + "\n\n[HKEY_LOCAL_MACHINE\\K]\n" + c.line + "\n"))
	}
	f.Add([]byte(Header + "\n[-A\\B]\n[A]\n@=-\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Parse(text)
		if err != nil {
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Line < 1 {
				t.Fatalf("error without a line: %v", err)
			}
			return
		}
		out := AppendHeader(nil)
		for _, e := range got {
			out = AppendEntry(out, e)
		}
		again, err := Parse(out)
		if err != nil {
			t.Fatalf("cannot read what was printed: %v\n%s", err, out)
		}
		out2 := AppendHeader(nil)
		for _, e := range again {
			out2 = AppendEntry(out2, e)
		}
		if !bytes.Equal(out, out2) {
			t.Fatalf("printing is not stable:\n%s\n%s", out, out2)
		}
	})
}
