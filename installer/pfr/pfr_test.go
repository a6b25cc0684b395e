package pfr

import (
	"bytes"
	"testing"
)

func TestRoundTripKeepsForeignPairs(t *testing.T) {
	pairs := []Pair{{`\??\C:\foreign\x`, ""}, {`\??\C:\a\SET1.tmp`, `!\??\C:\a\b.dll`}, {`*1\??\C:\odd`, `\??\C:\z`}}
	data := Encode(pairs)
	got, err := Decode(data)
	if err != nil || len(got) != 3 || got[0] != pairs[0] || got[1] != pairs[1] || got[2] != pairs[2] {
		t.Fatalf("%v, %v", got, err)
	}
	if !bytes.Equal(Encode(got), data) {
		t.Error("encoding again gives other bytes")
	}
}

func TestDecorationIsStripped(t *testing.T) {
	p := Replace(`C:\a\SET1.tmp`, `C:\a\b.dll`)
	if p.Src != `\??\C:\a\SET1.tmp` || p.Dst != `!\??\C:\a\b.dll` || p.Source() != `C:\a\SET1.tmp` || p.Dest() != `C:\a\b.dll` {
		t.Errorf("%+v", p)
	}
	if d := Replace(`C:\x`, ""); d.Dst != "" || d.Dest() != "" {
		t.Errorf("%+v", d)
	}
}

func TestPendingIgnoresForeignSources(t *testing.T) {
	q := []Pair{Replace(`C:\a\SET1.tmp`, `C:\a\b.dll`), Replace(`C:\other\b.new`, `C:\a\b.dll`)}
	if got := Pending(q, `c:\A\B.DLL`); got != `C:\a\SET1.tmp` {
		t.Errorf("%q", got)
	}
}

func TestOddQueueIsRefused(t *testing.T) {
	if p, err := Decode([]byte{'a', 0, 0, 0, 'b', 0, 0, 0, 'c', 0}); err == nil {
		t.Errorf("%v", p)
	}
}

// A writer that trims trailing zeros leaves a deletion as the last entry without a terminator of the list.
func TestTrimmedListKeepsItsLastDeletion(t *testing.T) {
	p, err := Decode([]byte{'a', 0, 0, 0, 'b', 0, 0, 0, 'c', 0, 0, 0, 0, 0})
	if err != nil || len(p) != 2 || p[1] != (Pair{"c", ""}) {
		t.Errorf("%v, %v", p, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode([]Pair{{`\??\C:\a`, ""}, {`\??\C:\a`, `!\??\C:\b`}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		pairs, err := Decode(data)
		if err != nil {
			return
		}
		again, err := Decode(Encode(pairs))
		if err != nil || len(again) != len(pairs) {
			t.Fatalf("%d pairs became %d, %v", len(pairs), len(again), err)
		}
	})
}
