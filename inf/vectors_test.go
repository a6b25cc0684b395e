package inf

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestFiles holds which files are refused, with code and line. What Windows does where no document says it (text before the
// sections, Ctrl-Z, the limit of names) is recorded in the parser tests of the Wine project.
func TestFiles(t *testing.T) {
	longest := strings.Repeat("s", MaxSectionName)
	const e0, e1, e2, style = ErrorExpectedSectionName, ErrorBadSectionNameLine, ErrorSectionNameTooLong, ErrorWrongInfStyle
	tests := []struct {
		data string
		code uint32
		line int
	}{
		{"", style, 0},
		{"no section at all\n", style, 0},
		{"[Version]\n", style, 0},
		{"[Configuration]\nSignature=\"$Windows NT$\"\n", style, 0},
		{"[Version]\nCatalogFile=a.cat\nSignature = ", style, 3},
		{"[Version]\nSignature=\"$Windows 3.1$\"\n", style, 2},
		{"[VERSION]\nsignature = $windows nt$", 0, 0},
		{"[Version]\nSignature=\"$Windows 95$\",more", 0, 0},
		{"[Version]\n[Other]\n[version]\nSignature=\"$Windows NT$\"", 0, 0},
		{"[Other]\nx\n" + header0, 0, 0},
		{header0 + "[]\n]\n", 0, 0},
		{header0 + "[" + longest + "]\r\n", 0, 0},
		{header0 + "[" + longest + "s]\r\n", e2, 3},
		{header0 + "x=1\n[no end\n", e1, 4},
		{header0 + "[cut\x1a]\n", e1, 3},
		{"stray\n" + header0, e0, 1},
		{"\n; comment\nstray=1\nstray=2\n" + header0, e0, 3},
		{"stray\n" + header0 + "[Strings]\n", 0, 0},
		{header0 + "[with\x00NUL]\n", 0, 0},
		{"\xef\xbb\xbf" + header0, e0, 0},
		{"\xfe\xff\x00[", ErrorGeneralSyntax, 0},
		{"\xff\xfe[", ErrorGeneralSyntax, 0},
		{header0 + "[x]\na=" + strings.Repeat("b", MaxField) + "\n", 0, 0},
		{header0 + "[x]\na=c," + strings.Repeat("b", MaxField+1) + "\n", ErrorGeneralSyntax, 4},
		{strings.Repeat(" ", MaxFile+1), ErrorGeneralSyntax, 0},
	}
	for _, tt := range tests {
		name := tt.data
		if len(name) > 60 {
			name = name[:60]
		}
		t.Run(name, func(t *testing.T) {
			_, err := Parse("t.inf", []byte(tt.data))
			var e *Error
			switch {
			case tt.code == 0 && err != nil:
				t.Errorf("refused: %v", err)
			case tt.code != 0 && !errors.As(err, &e):
				t.Errorf("accepted, want 0x%X", tt.code)
			case tt.code != 0 && (e.Code != tt.code || e.Line != tt.line):
				t.Errorf("0x%X line %d, want 0x%X line %d", e.Code, e.Line, tt.code, tt.line)
			}
		})
	}
}

func TestAllFaultsAreReported(t *testing.T) {
	_, err := Parse("t.inf", []byte("text\n[a\n["+strings.Repeat("b", 256)+"]\n[c\n"))
	want := []string{
		`t.inf: [Version] with Signature="$Windows NT$" is missing; add it`,
		"t.inf:1:1: text before the first [section]; put a section header before it or make it a comment with ;",
		`t.inf:2:1: the section header "[a" has no ]; write [name]`,
		"t.inf:3:1: the section name has 256 characters; at most 255 are allowed",
		`t.inf:4:1: the section header "[c" has no ]; write [name]`,
	}
	if got := strings.Split(err.Error(), "\n"); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s", err)
	}
}

func TestWarnings(t *testing.T) {
	f, err := Parse("t.inf", []byte(header0+"[a] text\nx=\"open\n[Strings]\nlong="+strings.Repeat("x", 513)+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(f.Warnings.Err().Error(), "\n")
	want := []string{"t.inf:3:4: text after the header of [a]", "t.inf:4:3: the quote is not closed", "t.inf:6:1: the string long has 513 characters"}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want prefix %q", got[i], want[i])
		}
	}
}

// TestSections: names keep what is in them, compare without case, and repeated ones are one.
func TestSections(t *testing.T) {
	f, err := Parse("t.inf", []byte(header0+"\t[ kept blanks ] ignored\n[open[close]rest]\n[with;semicolon\\]\n[quote\"]\n[X.Files]\none\n[x.files] ;;c\ntwo\n[Empty]\n"))
	if err != nil {
		t.Fatal(err)
	}
	v := f.View(0)
	want := []string{"Version", " kept blanks ", "open[close", `with;semicolon\`, `quote"`, "X.Files", "Empty"}
	if got := v.Sections(); !reflect.DeepEqual(got, want) {
		t.Errorf("sections %q, want %q", got, want)
	}
	if got := v.Lines("x.FILES"); len(got) != 2 || got[1].Fields[0] != "two" || got[1].Pos != (Pos{10, 1}) {
		t.Errorf("merged lines %+v", got)
	}
	if !v.Has("empty") || v.Has("none") || len(v.Lines("empty")) != 0 {
		t.Error("empty section")
	}
}

func TestSubstitution(t *testing.T) {
	const strs = "[Strings]\nKB=KB900001\nTitle=\"Hotfix, new\"\nOuter=%Inner%\nInner=%Outer%\none=1\ntwo=2\nDrive=\"D:\\\"\nKB=second\n"
	tests := []struct{ in, key, field string }{
		{"%KB%=%Title%", "KB900001", "Hotfix, new"},
		{"%kb%.cat=update\\%Kb%.cat", "KB900001.cat", `update\KB900001.cat`},
		{"100%% %KB%=x", "100% KB900001", "x"},
		{`k=%K"B"%`, "k", "KB900001"},
		{"k=%KB;B%", "k", "%KB"},
		{"k=%Outer%", "k", "%Inner%"},
		{"k=%one%%two%", "k", "12"},
		{`k="%Drive%\a"`, "k", `D:\\a`},
		{`k="%24%\a"`, "k", `C:\a`},
		{`k="%24%\\a"`, "k", `C:\\a`},
		{`k=%24%`, "k", `C:\`},
		{`k=%24%a`, "k", `C:\a`},
		{`k="%11%\msi.dll"`, "k", `C:\W\system32\msi.dll`},
		{`k="%SystemRoot%\a %1 %*"`, "k", `%SystemRoot%\a %1 %*`},
		{`k="""%SystemRoot%\System32\msiexec.exe"" /i ""%1"" %*"`, "k", `"%SystemRoot%\System32\msiexec.exe" /i "%1" %*`},
		{"k=100%", "k", "100%"},
		{"k=%%SystemRoot%%", "k", "%SystemRoot%"},
		{"k=%unknown%KB%", "k", "%unknown%KB%"},
	}
	dirs := func(name string) (string, bool) {
		s, ok := map[string]string{"24": `C:\`, "11": `C:\W\system32`}[name]
		return s, ok
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			f, err := Parse("t.inf", []byte(header0+"[Test]\n"+tt.in+"\n"+strs))
			if err != nil {
				t.Fatal(err)
			}
			l := f.ViewWith(0, dirs).Lines("test")[0]
			if l.Key != tt.key || l.Fields[0] != tt.field {
				t.Errorf("got %q=%q, want %q=%q", l.Key, l.Fields[0], tt.key, tt.field)
			}
			if raw := f.Lines("Test")[0]; strings.HasPrefix(tt.in, "%KB%=") && (raw.Key != "%KB%" || raw.Fields[0] != "%Title%") {
				t.Errorf("raw line %+v", raw)
			}
			if got, ok := f.ViewWith(0, dirs).Value("TEST", strings.ToUpper(tt.key)); !ok || got != tt.field {
				t.Errorf("Value %q, %v", got, ok)
			}
		})
	}
}

func TestLanguages(t *testing.T) {
	f, err := Parse("t.inf", []byte(header0+"[T]\n%a%,%b%,%c%\n[Strings]\na=neutral\nb=neutral\n[Strings.0407]\na=German\n"+
		"[Strings.0009]\na=English\nb=English b\n[Strings.0c09]\na=Australian\n[Strings.100C]\na=Swiss French\n[Strings.x]\na=no\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lang uint16
		want string
	}{
		{0, "neutral neutral %c%"},
		{0x0407, "German neutral %c%"},
		{0x0807, "German neutral %c%"},     // same primary language, any sublanguage
		{0x0409, "English English b %c%"},  // primary language, neutral sublanguage
		{0x0C09, "Australian neutral %c%"}, // exact; a missing key comes from [Strings]
		{0x040C, "Swiss French neutral %c%"},
		{0x0411, "neutral neutral %c%"},
	} {
		if got := strings.Join(f.View(tt.lang).Lines("T")[0].Fields, " "); got != tt.want {
			t.Errorf("language %04X: %q, want %q", tt.lang, got, tt.want)
		}
	}
	if got := f.StringLanguages(); !reflect.DeepEqual(got, []uint16{0x0009, 0x0407, 0x0C09, 0x100C}) {
		t.Errorf("languages %04X", got)
	}
}

func TestEncodings(t *testing.T) {
	text := header0 + "[Straße]\r\ncafé=\"naïve €\" ; «Kommentar»\r\n"
	ansi, err := Windows1252().Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{ansi, append([]byte{0xFF, 0xFE}, encode16(text)...), append(append([]byte{0xFF, 0xFE}, encode16(text)...), 0x1A, 0, 'x', 0)} {
		f, err := Parse("t.inf", data)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := f.View(0).Value("STRASSE", "x"); ok {
			t.Errorf("found %q", got)
		}
		if got, ok := f.View(0).Value("straße", "CAFÉ"); !ok || got != "naïve €" {
			t.Errorf("%v: value %q, %v", f.Encoding, got, ok)
		}
		if got := f.Bytes(); !bytes.Equal(got, data) {
			t.Errorf("%v: Bytes differ", f.Encoding)
		}
		checkFormat(t, f)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	back, err := Windows1252().Encode(Windows1252().Decode(all))
	if err != nil || !bytes.Equal(back, all) {
		t.Errorf("code page 1252 loses bytes: %x, %v", back, err)
	}
	if _, err := Windows1252().Encode("日"); err == nil {
		t.Error("code page 1252 has no 日")
	}
}

// TestEdit: a change touches its line only.
func TestEdit(t *testing.T) {
	src := header0 + "; kept\r\n[A]  ; head\r\n  x = 1 ,\\\n 2 ; c\r\ny=3 ; why\nz"
	f, err := Parse("t.inf", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Section("a")
	for _, n := range s.Nodes {
		if n.Line.Key == "y" {
			n.SetFields("4;", "5")
		}
	}
	s.AddLine("new", "a b", "", `c\`)
	f.AddSection("B").AddFields(Bare("[x"), Quoted("q"), Bare(" s "), Bare("=x"))
	want := strings.Replace(src, "y=3 ; why\n", "y=\"4;\",5 ; why\r\n", 1) + "\r\nnew=a b,,\"c\\\"\r\n[B]\r\n\"[x\",\"q\",\" s \",=x\r\n"
	if got := string(f.Bytes()); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestAppendAfterBackslash: what is added after a file that ends in a backslash is not joined to its last line.
func TestAppendAfterBackslash(t *testing.T) {
	for _, end := range []string{"a=b \\", "a=b \\\r\n", "a=b,\\ ; c"} {
		f, err := Parse("t.inf", []byte(header0+"[A]\r\n"+end))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(f.Bytes()); got != header0+"[A]\r\n"+end {
			t.Errorf("untouched: %q", got)
		}
		f.AddSection("B").AddLine("c", "d")
		g, err := Parse("t.inf", f.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := g.View(0).Value("B", "c"); got != "d" || g.View(0).Lines("A")[0].Fields[0] != "b" {
			t.Errorf("%q: after appending %q", end, f.Bytes())
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	build := func(fill func(f *File)) *File {
		f := New()
		fill(f)
		return f
	}
	tests := []struct {
		name, want string
		f          *File
	}{
		{"line end", "line ends", build(func(f *File) { f.AddSection("A").AddLine("k", "a\nb") })},
		{"Ctrl-Z", "Ctrl-Z", build(func(f *File) { f.AddSection("A").AddLine("k\x1a", "a") })},
		{"bracket", "cannot be written", build(func(f *File) { f.AddSection("A]") })},
		{"long name", "cannot be written", build(func(f *File) { f.AddSection(strings.Repeat("x", 256)) })},
		{"long field", "4096", build(func(f *File) { f.AddSection("A").AddLine("k", strings.Repeat("x", 4097)) })},
		{"code page", "1252", build(func(f *File) { f.Encoding = ANSI; f.AddSection("日") })},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.f.Encode(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"", 0, true}, {"48", 48, true}, {"0x0000000", 0, true}, {"0x000000000", 0, true}, {"0x7", 7, true}, {"0X00010001", 65537, true},
		{"-1", -1, true}, {"-0x10", -16, true}, {" 5 ", 5, true}, {"010", 10, true}, {"0x", 0, false}, {"Field1", 0, false},
		{"1_000", 0, false}, {"+1", 0, false}, {"--1", 0, false}, {"99999999999999999999", 0, false},
	} {
		if got, err := ParseNumber(tt.in); got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseNumber(%q) = %d, %v", tt.in, got, err)
		}
	}
	if n, err := ParseUint32("-1"); n != 0xFFFFFFFF || err != nil {
		t.Errorf("ParseUint32(-1) = %X, %v", n, err)
	}
	for _, s := range []string{"0x100000000", "-2147483649"} {
		if n, err := ParseUint32(s); err == nil {
			t.Errorf("ParseUint32(%s) = %d", s, n)
		}
	}
}

// TestLinear: no input of a quarter of a megabyte takes more than moments.
func TestLinear(t *testing.T) {
	const n = 1 << 18
	for _, unit := range []string{`\`, `\ `, `"`, `%`, `a,`, `"",`, "\\\n", "[a]\n", "a\n", ";\n", "%a%", `=`} {
		start := time.Now()
		f, _ := ParseLax("t", []byte("[Strings]\na=b\n[x]\n"+strings.Repeat(unit, n/len(unit))+"x"))
		f.View(0)
		f.Bytes()
		Format(f)
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q takes %v", unit, d)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(header0 + "[A] ;c\nk=\"a\"\"b\",c \\ ;d\n e\n;x\n[Strings]\nq=\"%z%\"\n\x1atail"))
	f.Add(append([]byte{0xFF, 0xFE}, encode16(header0+"[ä]\nx=%y%\n")...))
	f.Add([]byte("junk\n[Strings]\n[Version]\nSignature=$chicago$\n[a\n\"open\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ParseLax("f", data)
		if file == nil {
			if err == nil {
				t.Fatal("neither file nor error")
			}
			return
		}
		if got := file.Bytes(); !bytes.Equal(got, data) {
			t.Fatalf("Bytes\n%q\nwant\n%q", got, data)
		}
		file.View(0x0409)
		if err == nil {
			checkFormat(t, file)
		}
	})
}
