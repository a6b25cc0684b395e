package host

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "abc": "ABC", "Straße": "STRAßE", "äé": "ÄÉ", "\u0131": "\u0131", "\u017f": "\u017f", "\u212a": "\u212a",
		"\U00010428": "\U00010428", // beyond 16 bits: NTFS compares units
	} {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSplitPath(t *testing.T) {
	drive, elems, err := SplitPath(`c:\WINDOWS\system32\a.dll`)
	if err != nil || drive != "C:" || !slices.Equal(elems, []string{"WINDOWS", "system32", "a.dll"}) {
		t.Error(drive, elems, err)
	}
	drive, elems, err = SplitPath(`Z:\`)
	if err != nil || drive != "Z:" || len(elems) != 0 {
		t.Error(drive, elems, err)
	}
	long := `C:\` + strings.Repeat(`n\`, MaxPathUnits/2-2) + "nn"
	if _, _, err := SplitPath(long); err != nil {
		t.Errorf("%d units: %v", len(long), err)
	}
	if _, _, err := SplitPath(long + `\nn`); !errors.Is(err, ErrInvalidPath) {
		t.Errorf("%d units: %v", len(long)+3, err)
	}
}

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", ".a", "a b", "nulls", "COM", "ä", "~$a", strings.Repeat("ä", 255)} {
		if err := CheckName(name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "a\\b", "a/b", "..", "nul", "NUL.txt", "lpt1", "a ", strings.Repeat("\U0001F600", 128)} {
		if err := CheckName(name); !errors.Is(err, ErrInvalidPath) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzSplitPath(f *testing.F) {
	f.Add(`C:\WINDOWS\system32`)
	f.Add(`C:\a\..\NUL:x`)
	f.Fuzz(func(t *testing.T, path string) {
		drive, elems, err := SplitPath(path)
		if err != nil {
			if !errors.Is(err, ErrInvalidPath) {
				t.Fatal(err)
			}
			return
		}
		again := drive + `\` + strings.Join(elems, `\`)
		if !strings.EqualFold(again, path) {
			t.Fatalf("%q became %q", path, again)
		}
		for _, e := range elems {
			if strings.ContainsAny(e, "/:\x00") || e == ".." || e == "." {
				t.Fatalf("element %q of %q", e, path)
			}
		}
	})
}

func TestStringsKeepsEmptyOnes(t *testing.T) {
	for _, list := range [][]string{nil, {""}, {"a"}, {"a", ""}, {"a", "", "b"}, {"", "", ""}} {
		got, ok := MultiValue(list).Strings()
		if !ok || !slices.Equal(got, list) {
			t.Errorf("%q became %q", list, got)
		}
	}
	if got, ok := (Value{Type: RegMultiSZ, Data: EncodeUTF16("a\x00b")}).Strings(); !ok || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("without terminators: %q", got)
	}
	if _, ok := (Value{Type: RegSZ}).Strings(); ok {
		t.Error("a REG_SZ is no list")
	}
}

func TestTextAndUint32(t *testing.T) {
	v := StringValue("é\U0001F600", false)
	if s, ok := v.Text(); !ok || s != "é\U0001F600" || v.Type != RegSZ || !bytes.HasSuffix(v.Data, []byte{0, 0}) {
		t.Error(v, s, ok)
	}
	if s, ok := (Value{Type: RegExpandSZ, Data: EncodeUTF16("a\x00rest")}).Text(); !ok || s != "a" {
		t.Error(s, ok)
	}
	if _, ok := (Value{Type: RegBinary}).Text(); ok {
		t.Error("binary is no text")
	}
	if n, ok := DWORDValue(0x01020304).Uint32(); !ok || n != 0x01020304 {
		t.Error(n, ok)
	}
	if _, ok := (Value{Type: RegDWORD, Data: []byte{1}}).Uint32(); ok {
		t.Error("a short DWORD is no number")
	}
}

func TestSplitKeyAndString(t *testing.T) {
	k := Key{Root: HKLM, Path: `SOFTWARE\Vendor`, View: View32}
	if k.String() != `HKLM\SOFTWARE\Vendor (32)` {
		t.Error(k)
	}
	if elems, err := SplitKey(k); err != nil || !slices.Equal(elems, []string{"SOFTWARE", "Vendor"}) {
		t.Error(elems, err)
	}
	deep := Key{Root: HKLM, Path: strings.TrimSuffix(strings.Repeat(`k\`, MaxKeyDepth), `\`)}
	if _, err := SplitKey(deep); err != nil {
		t.Error(err)
	}
	deep.Path += `\k`
	if _, err := SplitKey(deep); !errors.Is(err, ErrInvalidPath) {
		t.Error(err)
	}
}
