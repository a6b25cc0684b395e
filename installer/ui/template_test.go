package ui

import (
	"encoding/binary"
	"testing"
	"time"
	"unicode/utf16"
)

// readTemplate is an independent reading of DLGTEMPLATE as winuser.h describes it.
func readTemplate(t *testing.T, b []byte) (title string, ids []int, texts []string, height int) {
	t.Helper()
	u16 := func(at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
	text := func(at int) (string, int) {
		var u []uint16
		for ; u16(at) != 0; at += 2 {
			u = append(u, uint16(u16(at)))
		}
		return string(utf16.Decode(u)), at + 2
	}
	count := u16(8)
	height = u16(16)
	at := 22 // after the title comes the font
	title, at = text(at)
	at += 2
	_, at = text(at)
	for range count {
		at = (at + 3) &^ 3
		if bottom := u16(at+10) + u16(at+14); bottom > height || u16(at+8)+u16(at+12) > boxWidth {
			t.Errorf("control %d sticks out: bottom %d of %d", u16(at+16), bottom, height)
		}
		ids = append(ids, u16(at+16))
		if u16(at+18) != 0xffff {
			t.Fatalf("control %d has no class atom", u16(at+16))
		}
		var s string
		s, at = text(at + 22)
		texts = append(texts, s)
		at += 2
	}
	if at != len(b) {
		t.Errorf("%d bytes after the last control", len(b)-at)
	}
	return title, ids, texts, height
}

func TestDialogTemplate(t *testing.T) {
	q := AskRestart("Update für KB1", 30*time.Second)
	q.Details = "a"
	title, ids, texts, _ := readTemplate(t, dialogTemplate(q).Bytes())
	if title != q.Title || len(ids) != 5 || ids[0] != idText || ids[1] != idDetails || ids[2] != idCount || ids[3] != buttonYes || ids[4] != buttonNo {
		t.Errorf("title %q, controls %v", title, ids)
	}
	if texts[0] != q.Text || texts[3] != q.Yes || texts[4] != q.No {
		t.Errorf("texts %q", texts)
	}
	if _, ids, _, _ := readTemplate(t, dialogTemplate(AskSafeMode("x\x00y")).Bytes()); len(ids) != 3 {
		t.Errorf("controls %v, want text and two buttons", ids)
	}
	if _, ids, _, _ := readTemplate(t, dialogTemplate(Question{Text: "x", Details: "y", Yes: "&Close", Default: Yes}).Bytes()); len(ids) != 3 || ids[2] != buttonYes {
		t.Errorf("controls %v, want text, details and one button", ids)
	}
}

func TestEnterNeverAcceptsALicence(t *testing.T) {
	for q, want := range map[*Question]int{
		new(AskLicence("", "")):             buttonNo,
		new(AskOverwriteOEM("", "")):        buttonNo,
		new(AskRestart("", 30*time.Second)): buttonYes,
	} {
		if got := defaultButton(*q); got != want {
			t.Errorf("%s: default button %d, want %d", q.Topic, got, want)
		}
	}
}

func TestSecondsLeft(t *testing.T) {
	for d, want := range map[time.Duration]int{-time.Second: 0, 0: 0, 1: 1, 30 * time.Second: 30, 29*time.Second + 1: 30} {
		if got := secondsLeft(d); got != want {
			t.Errorf("%v: %d, want %d", d, got, want)
		}
	}
}
