package dialog

import "testing"

func TestLines(t *testing.T) {
	if got := Lines("a\r\nb\nc"); got != "a\r\nb\r\nc" {
		t.Errorf("got %q", got)
	}
}

func TestRows(t *testing.T) {
	for s, want := range map[string]int{"": 1, "abc": 1, "abcd": 2, "a\nb": 2, "a\n\nbcde": 4} {
		if got := Rows(s, 3); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}
