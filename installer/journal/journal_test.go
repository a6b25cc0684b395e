package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"reflect"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/step"
)

func plan() Plan {
	return Plan{Operation: "install", Name: "KB1", Steps: []step.Step{
		{Kind: step.MakeDir, Path: `C:\x`, Attr: host.AttrHidden},
		{Kind: step.PutFile, Path: `C:\x\y`, From: step.FromPackage + "y", Temp: `C:\x\SET1.tmp`}},
		Cleanup: []step.Step{{Kind: step.RemoveTree, Path: `C:\z`}}}
}

func TestDecodeOfRecords(t *testing.T) {
	p := plan()
	for _, tt := range []struct {
		records string
		want    State
	}{
		{"", State{}},
		{"begin 1\nbegin 2\n", State{Begun: 2}},
		{"begin 1\ndelayed\nbegin 2\ncommit\n", State{Begun: 2, Delayed: true, Committed: true}},
		{"begin 1\ncomm", State{Begun: 1}}, // torn: not committed
		{"begin 1\ncommit", State{Begun: 1}},
	} {
		got, st, err := Decode(append(p.encode(), tt.records...))
		if err != nil || st != tt.want || !reflect.DeepEqual(got, p) {
			t.Errorf("%q: %+v, %v; want %+v", tt.records, st, err, tt.want)
		}
	}
}

func TestEveryTruncatedOrFlippedPlanIsDamaged(t *testing.T) {
	data := plan().encode()
	for i := range data {
		if _, _, err := Decode(data[:i]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
		b := append([]byte(nil), data...)
		b[i] ^= 0x20
		if p, _, err := Decode(b); err == nil && !reflect.DeepEqual(p, plan()) {
			t.Fatalf("flipped byte %d went unnoticed", i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(plan().encode())
	f.Add(append(plan().encode(), "begin 1\ncommit\n"...))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, err := Decode(data)
		if err == nil && len(p.Steps) > len(data) {
			t.Fatal("more steps than bytes")
		}
	})
}

// A journal that a later version wrote is neither carried out nor thrown away.
func TestForeignJournalStays(t *testing.T) {
	data := Plan{Operation: "install", Name: "KB1", Steps: []step.Step{{Kind: step.MakeDir, Path: `C:\x`}}}.encode()
	text := strings.Replace(string(data), "make-dir", "invent-dir", 1)
	i := strings.Index(text, "\nsum ") + 1
	text = fmt.Sprintf("%ssum %08x\nbegin 1\n", text[:i], crc32.ChecksumIEEE([]byte(text[:i])))
	if _, _, err := Decode([]byte(text)); !errors.Is(err, ErrForeign) || errors.Is(err, ErrDamaged) {
		t.Errorf("%v, want ErrForeign", err)
	}
	if _, _, err := Decode([]byte(strings.Replace(text, "KB1", "KB2", 1))); !errors.Is(err, ErrDamaged) {
		t.Errorf("%v, want ErrDamaged", err)
	}
}
