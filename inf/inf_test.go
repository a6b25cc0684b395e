package inf

import (
	"reflect"
	"strings"
	"testing"
)

const header0 = "[Version]\r\nSignature=\"$CHICAGO$\"\r\n"

// TestLines holds how single lines are cut into key and fields, rule by rule (see the package comment).
func TestLines(t *testing.T) {
	none := "\x00"
	tests := []struct {
		in, key string
		fields  []string
	}{
		// key and fields
		{"Signature=x", "Signature", []string{"x"}},
		{"CopyFiles=One.files,Two.files", "CopyFiles", []string{"One.files", "Two.files"}},
		{"winusb.dll", none, []string{"winusb.dll"}},
		{`ntdll.dll,SP3QFE\ntdll.dll`, none, []string{"ntdll.dll", `SP3QFE\ntdll.dll`}},
		{"HKLM,Key,Name,,a=b", none, []string{"HKLM", "Key", "Name", "", "a=b"}},
		{"=only a value", "", []string{"only a value"}},
		{"LINK = http://example.com/?kbid=900001", "LINK", []string{"http://example.com/?kbid=900001"}},
		{",=", none, []string{"", "="}},
		{"HKCU,'single quotes',are data", none, []string{"HKCU", "'single quotes'", "are data"}},
		// empty fields
		{"KEY =", "KEY", []string{""}},
		{"=", "", []string{""}},
		{"f=1,,,4,", "f", []string{"1", "", "", "4", ""}},
		{`f=,"",3`, "f", []string{"", "", "3"}},
		{"HKLM,k, ;c", none, []string{"HKLM", "k", ""}},
		// blanks
		{"\t Some Key  =  some value ,  other \t", "Some Key", []string{"some value", "other"}},
		{`k=" kept ", dropped `, "k", []string{" kept ", "dropped"}},
		{`k=a ""`, "k", []string{"a "}},
		{"k\r=v\r\n", "k", []string{"v"}},
		// continuation
		{"Long\\\nKey=v", "LongKey", []string{"v"}},
		{"Long \t\\ \t\n\tKey=v", "LongKey", []string{"v"}},
		{"HKLM,k,n,1,\\\r\n  00,00,\\\r\n  10,00", none, []string{"HKLM", "k", "n", "1", "00", "00", "10", "00"}},
		{"KEY = \\ ; why\n  \"text\"", "KEY", []string{"text"}},
		{"k=a\\ \\ \\\nb", "k", []string{"ab"}},
		{"k=a \\\n \\ \n b", "k", []string{"ab"}},
		{"k=a \\\n \\ b", "k", []string{`a\ b`}},
		{`C:\ dir = D:\ dir`, `C:\ dir`, []string{`D:\ dir`}},
		{`HKLM,SOFTWARE\Sample\File 1\,"Flags"`, none, []string{"HKLM", `SOFTWARE\Sample\File 1\`, "Flags"}},
		{`p=\\server\share`, "p", []string{`\\server\share`}},
		{"k=at the end of the file \\", "k", []string{"at the end of the file"}},
		// quotes
		{`"Quoted Key"=v`, "Quoted Key", []string{"v"}},
		{`"a=b;c"=v`, "a=b;c", []string{"v"}},
		{`SP"2"QFE=up"date"\x`, "SP2QFE", []string{`update\x`}},
		{`"x=y",z`, none, []string{"x=y", "z"}},
		{`k="say ""hi"", please"`, "k", []string{`say "hi", please`}},
		{`k=""""`, "k", []string{`"`}},
		{`k=one"," two`, "k", []string{"one, two"}},
		{`k=o""ne`, "k", []string{"one"}},
		{`k="never closed, ; even`, "k", []string{"never closed, ; even"}},
		{"k=\"ends in\\\nnext=1", "k", []string{`ends in\`}},
		// the end of the file, and NUL
		{"k=v\x1aafter", "k", []string{"v"}},
		{"bare\x1a=v", none, []string{"bare"}},
		{"k=two\x00words", "k", []string{"two words"}},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			src := header0 + "[Test]\n" + tt.in
			f, err := Parse("t.inf", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			l := f.Lines("test")[0]
			want := Line{Key: tt.key, HasKey: tt.key != none, Fields: tt.fields, Pos: l.Pos}
			if tt.key == none {
				want.Key = ""
			}
			if !reflect.DeepEqual(l, want) {
				t.Errorf("got %+v, want %+v", l, want)
			}
			if got := string(f.Bytes()); got != src {
				t.Errorf("Bytes %q, want %q", got, src)
			}
			checkFormat(t, f)
		})
	}
}

// checkFormat holds that formatting changes no meaning, loses no comment and is done after one time.
func checkFormat(t *testing.T, f *File) {
	t.Helper()
	once := Format(f)
	g, err := ParseOptions("formatted", once, Options{CodePage: f.CodePage, Lax: true})
	if err != nil {
		t.Fatalf("formatted text is refused: %v\n%q", err, once)
	}
	if got, want := meaning(g), meaning(f); !reflect.DeepEqual(got, want) {
		t.Errorf("formatted means\n%q, not\n%q", got, want)
	}
	if twice := Format(g); string(twice) != string(once) {
		t.Errorf("formatted twice\n%q, once\n%q", twice, once)
	}
}

func meaning(f *File) []string {
	var out []string
	nodes := func(ns []*Node) {
		for _, n := range ns {
			switch n.Kind {
			case Entry:
				out = append(out, n.Line.Key+"\x01"+strings.Join(n.Line.Fields, "\x02"), n.Comment)
			case Comment:
				out = append(out, n.Comment)
			}
		}
	}
	nodes(f.Head)
	for _, s := range f.Sections {
		out = append(out, "["+s.Name+"]", s.Comment)
		nodes(s.Nodes)
	}
	return out
}
