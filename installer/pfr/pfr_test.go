package pfr

import (
	"bytes"
	"slices"
	"testing"

	"github.com/kbforge/kbforge/installer/winpath"
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

// Halves of surrogate pairs are no text, but they are somebody's file name.
func TestRawUnitsSurvive(t *testing.T) {
	data := []byte{'a', 0, 0x00, 0xD8, 'b', 0, 0, 0, 0x3D, 0xD8, 0x00, 0xDE, 0x01, 0xDC, 0, 0, 0, 0}
	pairs, err := Decode(data)
	if err != nil || len(pairs) != 1 || !bytes.Equal(Encode(pairs), data) {
		t.Errorf("%q, %v: % x", pairs, err, Encode(pairs))
	}
	if got := (Pair{Src: `*2\??\C:\x`}).Source(); got != `C:\x` {
		t.Errorf("%q", got)
	}
}

func TestClean(t *testing.T) {
	versions := map[string]int{"disk": 5, "SET1.tmp": 7, "SET2.tmp": 9, "SET3.tmp": 4, "uninst1.tmp": 1, "SET5.tmp": 9, "other": 1}
	order := func(a, b string) (int, bool, bool, error) {
		x, ok := versions[winpath.Base(a)]
		y := versions[winpath.Base(b)]
		return x - y, true, ok, nil
	}
	r := func(src string) Pair { return Replace(`C:\d\`+src, `C:\d\disk`) }
	for _, tt := range []struct {
		name       string
		have, want []Pair
	}{
		{"highest stays", []Pair{r("SET1.tmp"), r("SET2.tmp")}, []Pair{r("SET2.tmp")}},
		{"highest stays, first", []Pair{r("SET2.tmp"), r("SET1.tmp")}, []Pair{r("SET2.tmp")}},
		{"ties keep the later", []Pair{r("SET2.tmp"), r("SET5.tmp")}, []Pair{r("SET5.tmp")}},
		{"older than the disk", []Pair{r("SET3.tmp")}, nil},
		{"source gone", []Pair{r("SET9.tmp")}, nil},
		{"deliberate stays", []Pair{r("uninst1.tmp")}, []Pair{r("uninst1.tmp")}},
		{"deliberate after candidate", []Pair{r("SET1.tmp"), r("uninst1.tmp")}, []Pair{r("uninst1.tmp")}},
		{"foreign stays", []Pair{r("other"), Replace(`C:\d\SET1.tmp`, ""), r("SET2.tmp")}, []Pair{r("other"), Replace(`C:\d\SET1.tmp`, ""), r("SET2.tmp")}},
	} {
		kept, dropped, err := Clean(tt.have, order)
		if err != nil || !slices.Equal(kept, tt.want) || len(kept)+len(dropped) != len(tt.have) {
			t.Errorf("%s: %v, %v, %v", tt.name, kept, dropped, err)
		}
	}
}
