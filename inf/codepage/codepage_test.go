package codepage

import (
	"bytes"
	"testing"

	"github.com/kbforge/kbforge/inf"
)

// TestFiles reads and writes an INF in each code page. Bytes are from the public tables of the pages.
func TestFiles(t *testing.T) {
	tests := []struct {
		page  int
		text  string
		bytes string
	}{
		{932, "ソ表\\", "\x83\x5c\x95\x5c\\"}, // both characters end in the byte of a backslash
		{936, "更新", "\xb8\xfc\xd0\xc2"},
		{949, "업데이트", "\xbe\xf7\xb5\xa5\xc0\xcc\xc6\xae"},
		{950, "更新功", "\xa7\xf3\xb7\x73\xa5\x5c"},
		{1250, "Łódź", "\xa3\xf3d\x9f"},
		{1251, "Обновление", "\xce\xe1\xed\xee\xe2\xeb\xe5\xed\xe8\xe5"},
		{1252, "Größe €", "Gr\xf6\xdfe \x80"},
		{1253, "Ενημέρωση", "\xc5\xed\xe7\xec\xdd\xf1\xf9\xf3\xe7"},
		{1254, "Güncelleştirme", "G\xfcncelle\xfetirme"},
		{1255, "עדכון", "\xf2\xe3\xeb\xe5\xef"},
		{1256, "تحديث", "\xca\xcd\xcf\xed\xcb"},
		{1257, "Atjauninājums", "Atjaunin\xe2jums"},
		{874, "ปรับปรุง", "\xbb\xc3\xd1\xba\xbb\xc3\xd8\xa7"},
	}
	for _, tt := range tests {
		p, err := Lookup(tt.page)
		if err != nil {
			t.Fatal(err)
		}
		src := []byte("[Version]\r\nSignature=\"$Windows NT$\"\r\n[A]\r\nk=" + tt.bytes + ",x\r\n")
		f, err := inf.ParseOptions("t.inf", src, inf.Options{CodePage: p})
		if err != nil {
			t.Fatal(err)
		}
		if got := f.View(0).Lines("A")[0].Fields; len(got) != 2 || got[0] != tt.text {
			t.Errorf("%d: fields %q, want %q", tt.page, got, tt.text)
		}
		if !bytes.Equal(f.Bytes(), src) {
			t.Errorf("%d: Bytes %q", tt.page, f.Bytes())
		}
		if b, err := p.Encode(tt.text); err != nil || string(b) != tt.bytes {
			t.Errorf("%d: Encode %q, %v, want %q", tt.page, b, err, tt.bytes)
		}
		if b, err := p.Encode("\U0001F600"); err == nil {
			t.Errorf("%d: an emoji becomes %q", tt.page, b)
		}
	}
	for _, n := range []int{0, 437, 65001, 1259} {
		if _, err := Lookup(n); err == nil {
			t.Errorf("Lookup(%d) succeeds", n)
		}
	}
}

func TestOfLanguage(t *testing.T) {
	for lang, want := range map[uint16]int{0: 1252, 0x0409: 1252, 0x0407: 1252, 0x0411: 932, 0x0804: 936, 0x1004: 936, 0x0404: 950, 0x0C04: 950,
		0x0412: 949, 0x0415: 1250, 0x041A: 1250, 0x081A: 1250, 0x0C1A: 1251, 0x0419: 1251, 0x0408: 1253, 0x041F: 1254, 0x040D: 1255,
		0x0401: 1256, 0x0427: 1257, 0x042A: 1258, 0x041E: 874, 0x0009: 1252} {
		if got := OfLanguage(lang); got != want {
			t.Errorf("OfLanguage(%04X) = %d, want %d", lang, got, want)
		}
		if _, err := Lookup(OfLanguage(lang)); err != nil {
			t.Error(err)
		}
	}
}
