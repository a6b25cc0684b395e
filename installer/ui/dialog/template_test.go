package dialog

import "testing"

func TestLines(t *testing.T) {
	if got := Lines("a\r\nb\nc"); got != "a\r\nb\r\nc" {
		t.Errorf("got %q", got)
	}
}
