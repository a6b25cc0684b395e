package imagehost

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/installer/host"
)

func testImage(t *testing.T, preset string, o Options) *Host {
	t.Helper()
	m, ok := Preset(preset)
	if !ok {
		t.Fatal("no preset", preset)
	}
	o.NoSync = true
	h, err := o.Create(filepath.Join(t.TempDir(), "image"), m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Abandon)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryCutOfTheJournalOpens cuts the journal of a busy process at every byte: the image must open, and the registry
// must be one of the states it went through.
func TestEveryCutOfTheJournalOpens(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	k := hklm(`SOFTWARE\Vendor`)
	var states []string
	state := func(h *Host) string {
		return string(h.reg.text(machineRoot, false)) + string(h.reg.volatileText()) + h.attrs.text()
	}
	step := func(err error) {
		t.Helper()
		must(t, err)
		states = append(states, state(h))
	}
	states = append(states, state(h))
	_, err := h.CreateKey(k, false)
	step(err)
	step(h.SetValue(k, "a", host.StringValue("one\n[x]", false)))
	step(h.SetValue(k, "b", host.MultiValue([]string{"x", "", "y"})))
	_, err = h.CreateKey(hklm(`SOFTWARE\Vendor\Vol`), true)
	step(err)
	step(h.DeleteValue(k, "a"))
	must(t, h.WriteFile(`C:\f`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrHidden}))
	step(nil)
	step(h.SetMeta(`C:\f`, host.FileMeta{Attr: host.AttrSystem}))
	must(t, h.Rename(`C:\f`, `C:\g`, false))
	step(nil)
	step(h.Remove(`C:\g`))
	step(h.SetValue(k, "last", host.DWORDValue(1)))
	dir := h.Dir()
	h.Abandon()
	journal, err := os.ReadFile(filepath.Join(dir, journalName))
	must(t, err)
	seen := map[int]bool{}
	for n := 0; n <= len(journal); n++ {
		must(t, os.WriteFile(filepath.Join(dir, journalName), journal[:n], 0o666))
		h, err := Open(dir)
		must(t, err)
		i := slices.Index(states, state(h))
		h.Abandon()
		if i < 0 {
			t.Fatalf("cut at %d of %d: a state that never was", n, len(journal))
		}
		seen[i] = true
	}
	if !seen[0] || !seen[5] || !seen[len(states)-1] {
		t.Errorf("the cuts led to %v of %d states", seen, len(states))
	}
}

// TestJournalAppliedTwice: a kill after the text files were written and before the journal went.
func TestJournalAppliedTwice(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	k := hklm(`SOFTWARE\Vendor\Sub`)
	for range 2 {
		_, err := h.CreateKey(k, false)
		must(t, err)
		must(t, h.SetValue(k, "v", host.DWORDValue(1)))
		must(t, h.DeleteKey(k))
	}
	must(t, h.WriteFile(`C:\a`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrHidden}))
	must(t, h.Rename(`C:\a`, `C:\b`, false))
	dir := h.Dir()
	journal, err := os.ReadFile(filepath.Join(dir, journalName))
	must(t, err)
	must(t, h.Close())
	before := imageText(t, dir)
	must(t, os.WriteFile(filepath.Join(dir, journalName), journal, 0o666))
	h, err = Open(dir)
	must(t, err)
	must(t, h.Close())
	if after := imageText(t, dir); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// imageText is what diff sees of an image besides the files.
func imageText(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.Walk(dir, func(p string, i os.FileInfo, err error) error {
		if err != nil || i.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		text, err := os.ReadFile(p)
		fmt.Fprintf(&b, "== %s\n%s", rel, text)
		return err
	}))
	return b.String()
}

// TestInDoubt: an attribute that was announced for a rename that did or did not happen before the kill.
func TestInDoubt(t *testing.T) {
	for _, happened := range []bool{false, true} {
		h := testImage(t, "winxp-sp2", Options{})
		at := time.Date(2004, 8, 4, 1, 2, 3, 0, time.UTC)
		must(t, h.WriteFile(`C:\old`, strings.NewReader("old content"), host.FileMeta{ModTime: at}))
		must(t, h.WriteFile(`C:\new`, strings.NewReader("new"), host.FileMeta{ModTime: at}))
		g := guard{kind: guardFile, path: `C:\old`, size: 3, modTime: at}
		must(t, h.journal.add(recAttrIf, append(g.line(), appendAttr(nil, change(`C:\old`, host.AttrHidden, false))...)))
		h.Abandon()
		if happened {
			c := filepath.Join(h.Dir(), driveDir, "C")
			must(t, os.Rename(filepath.Join(c, "new"), filepath.Join(c, "old")))
		}
		h, err := Open(h.Dir())
		must(t, err)
		i, err := h.Stat(`C:\old`)
		must(t, err)
		if (i.Attr == host.AttrHidden) != happened {
			t.Errorf("happened %v: attributes %#x", happened, i.Attr)
		}
		must(t, h.Close())
	}
}

// TestKilledWhileWriting: what lies in tmp/ goes at the next Open, and the tree never saw it.
func TestKilledWhileWriting(t *testing.T) {
	h := testImage(t, "winxp-sp2", Options{})
	dir := h.Dir()
	h.Abandon()
	must(t, os.WriteFile(filepath.Join(dir, tmpDir, "1"), []byte("half"), 0o666))
	h, err := Open(dir)
	must(t, err)
	must(t, h.WriteFile(`C:\f`, strings.NewReader("x"), host.FileMeta{}))
	must(t, h.Close())
	if _, err := os.Stat(filepath.Join(dir, tmpDir)); !os.IsNotExist(err) {
		t.Errorf("tmp is there after Close: %v", err)
	}
}

func FuzzParseJournal(f *testing.F) {
	f.Add([]byte(";reg 5 ffffffff\n[a]\n\n"))
	f.Add([]byte(";cancel 0 00000000\n"))
	f.Add([]byte(";attr -1 00000000\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, used := parseJournal(text)
		if used > len(text) || used == 0 && len(list) > 0 {
			t.Fatalf("%d records in %d of %d bytes", len(list), used, len(text))
		}
		for _, r := range list {
			_, _, _ = parseGuard(r.body)
			_, _ = parseAttrs(r.body)
		}
	})
}

func FuzzParseAttrs(f *testing.F) {
	f.Add([]byte("RHSA\tC:\\a\nN\tC:\\b\n-\tC:\\c\n; x\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parseAttrs(text)
		if err != nil {
			return
		}
		a := attrs{}
		a.apply(list)
		again, err := parseAttrs([]byte(a.text()))
		if err != nil {
			t.Fatal(err)
		}
		b := attrs{}
		b.apply(again)
		if a.text() != b.text() {
			t.Fatalf("%q became %q", a.text(), b.text())
		}
	})
}
