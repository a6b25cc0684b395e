package infdump

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/internal/winekit"
)

var (
	count = flag.Int("infs", 4000, "how many INF files are compared")
	seed  = flag.Int64("seed", 20261121, "of the generator")
)

// TestAgainstSetupAPI reads generated files with package inf and with Wine's SetupAPI. A difference is a fault of ours
// unless one of the listed reasons explains it.
func TestAgainstSetupAPI(t *testing.T) {
	prefix := winekit.New(t)
	exe := winekit.BuildWindows(t, "github.com/kbforge/kbforge/inf/internal/infdump/setupapi", "amd64")
	dir := t.TempDir()
	files := *count
	rnd := rand.New(rand.NewSource(*seed))
	var list strings.Builder
	texts := make([][]byte, files)
	for i := range texts {
		text := Generate(rnd)
		b, err := inf.Windows1252().Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		if i%5 == 0 {
			b = utf16file(text)
		}
		texts[i] = b
		path := filepath.Join(dir, fmt.Sprintf("%05d.inf", i))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		list.WriteString(prefix.WinPath(path) + "\n")
	}
	listPath := filepath.Join(dir, "list.txt")
	if err := os.WriteFile(listPath, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	r := prefix.RunCmd(t, winekit.Cmd{Exe: exe, Args: []string{prefix.WinPath(listPath)}, Timeout: 5 * time.Minute})
	if r.ExitCode != 0 {
		t.Fatalf("exit code %d: %s", r.ExitCode, r.Stderr)
	}
	dec := json.NewDecoder(strings.NewReader(r.Stdout))
	reasons := map[string]int{}
	for i, data := range texts {
		var theirs Dump
		if err := dec.Decode(&theirs); err != nil {
			t.Fatalf("file %d: %v", i, err)
		}
		ours := FromINF(theirs.Path, data, 0x0409)
		why := explain(ours, theirs, data)
		reasons[why]++
		if why == "" && reasons[""] <= 10 {
			t.Errorf("%.3000q\n%s", data, difference(ours, theirs))
		}
	}
	refused := reasons["refused by both"]
	t.Logf("%d files: %v", files, reasons)
	if refused < files/20 || reasons["same"] < files/2 {
		t.Errorf("the generator is off balance: %v", reasons)
	}
}

func utf16file(text string) []byte {
	f := inf.New()
	f.Encoding = inf.UTF16LE
	b := f.Bytes()
	for _, r := range text {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

// explain says why two dumps agree or may differ; empty: no known reason.
func explain(ours, theirs Dump, data []byte) string {
	ours.Path = theirs.Path
	if ours.Code != 0 && ours.Code == theirs.Code && (ours.Line == theirs.Line || ours.Code == inf.ErrorWrongInfStyle) {
		return "refused by both"
	}
	if reflect.DeepEqual(ours, theirs) {
		return "same"
	}
	seen := map[string]bool{}
	if ours.Code != 0 || theirs.Code != 0 || !sameBut(ours, theirs, seen) {
		return ""
	}
	var why []string
	for w := range seen {
		why = append(why, w)
	}
	sort.Strings(why)
	return strings.Join(why, "; ")
}

// The differences that are not ours.
const (
	// Nothing says that the line end belongs to the field, and the field would not be the same with LF line ends.
	crInQuote = "Wine keeps the CR of a line in a quote that is not closed"
	// Tests recorded by the Wine project: Windows since Vista returns 4096 characters of a field, XP and 2003 did 511.
	cutAt511 = "Wine cuts fields off after 511 characters, as Windows 2003 did"
	// INF docs: blanks around a field are dropped. "a\\ b" keeps its blank in both.
	blankAfterBackslash = "Wine keeps blanks between a backslash and the separator"
)

// sameBut compares two dumps and collects the known reasons for fields that differ.
func sameBut(ours, theirs Dump, why map[string]bool) bool {
	if len(ours.Sections) != len(theirs.Sections) {
		return false
	}
	for i, s := range ours.Sections {
		t := theirs.Sections[i]
		if s.Name != t.Name || len(s.Lines) != len(t.Lines) {
			return false
		}
		for j, l := range s.Lines {
			m := t.Lines[j]
			if (l.Key == nil) != (m.Key == nil) || len(l.Fields) != len(m.Fields) || l.Key != nil && !sameText(*l.Key, *m.Key, why) {
				return false
			}
			for k := range l.Fields {
				if !sameText(l.Fields[k], m.Fields[k], why) {
					return false
				}
			}
		}
	}
	return true
}

func sameText(ours, theirs string, why map[string]bool) bool {
	if ours == theirs {
		return true
	}
	// The CR may stand in the middle: of a string that was put into a field.
	if a, b := strings.ReplaceAll(ours, "\r", ""), strings.ReplaceAll(theirs, "\r", ""); a != ours || b != theirs {
		why[crInQuote] = true
		if ours, theirs = a, b; ours == theirs {
			return true
		}
	}
	switch {
	case len([]rune(theirs)) >= 500 && strings.HasPrefix(ours, theirs):
		why[cutAt511] = true
		return true
	case strings.HasSuffix(ours, `\`) && strings.TrimRight(theirs, " \t\r") == ours:
		why[blankAfterBackslash] = true
		return true
	}
	return false
}

// difference shows the first section that differs.
func difference(ours, theirs Dump) string {
	for i := 0; i < len(ours.Sections) && i < len(theirs.Sections); i++ {
		s, t := ours.Sections[i], theirs.Sections[i]
		for j := 0; j < len(s.Lines) && j < len(t.Lines); j++ {
			if !reflect.DeepEqual(s.Lines[j], t.Lines[j]) && !sameBut(Dump{Sections: []Section{{Lines: s.Lines[j : j+1]}}},
				Dump{Sections: []Section{{Lines: t.Lines[j : j+1]}}}, map[string]bool{}) {
				return show(s.Name, s.Lines[j]) + "\n" + show(t.Name, t.Lines[j])
			}
		}
	}
	return fmt.Sprintf("ours 0x%X line %d, %d sections; theirs 0x%X line %d, %d sections",
		ours.Code, ours.Line, len(ours.Sections), theirs.Code, theirs.Line, len(theirs.Sections))
}

func show(section string, l Line) string {
	key := "none"
	if l.Key != nil {
		key = fmt.Sprintf("%q", *l.Key)
	}
	return fmt.Sprintf("[%s] key %s fields %q", section, key, l.Fields)
}
