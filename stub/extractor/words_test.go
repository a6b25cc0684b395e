package main

import (
	"testing"

	"github.com/kbforge/kbforge/installer/ui/text"
)

func TestWordsAreThoseOfTheTable(t *testing.T) {
	for id, tag := range map[uint16]string{0x409: "en", 0x40c: "fr", 0xc0c: "fr", 0x407: "de", 0x807: "de", 0x411: "ja"} {
		if got, want := extractingIn(id), text.For(tag).Get(text.StageExtracting); got != want {
			t.Errorf("%#x: %q, want %q", id, got, want)
		}
	}
}
