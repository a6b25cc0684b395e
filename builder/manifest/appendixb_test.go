package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/docs"
	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/lint"
)

// onlyRaw are the rows that no key of the manifest has words for: raw INF text says them.
const onlyRaw = 16

type appendixRow struct{ section, key, manifest, test string }

func appendixRows(t *testing.T) []appendixRow {
	t.Helper()
	text, err := os.ReadFile("../../docs/appendix-b.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []appendixRow
	for line := range strings.Lines(string(text)) {
		c := strings.Split(line, "|")
		if len(c) != 6 || strings.HasPrefix(c[1], " section") || strings.HasPrefix(c[1], "---") {
			continue
		}
		for i := range c {
			c[i] = strings.TrimSpace(c[i])
		}
		rows = append(rows, appendixRow{strings.Trim(c[1], "`[]"), strings.Trim(c[2], "`"), c[3], c[4]})
	}
	return rows
}

// TestAppendixB: docs/appendix-b.md has every section and key of the vocabulary, and no other; the keys of the manifest and the
// tests that it names exist; and what the manifest produces stands in an INF that the builder's tests keep.
func TestAppendixB(t *testing.T) {
	rows := appendixRows(t)
	has := map[string]bool{}
	for _, r := range rows {
		if has[r.section+"|"+r.key] {
			t.Errorf("[%s] %s stands twice", r.section, r.key)
		}
		has[r.section+"|"+r.key] = true
		has[r.section] = true
	}
	want := map[string]bool{}
	for _, w := range lint.Vocabulary() {
		names := slices.Clone(w.Sections)
		for _, k := range w.NamedBy {
			if len(w.Sections) == 0 {
				names = append(names, "what "+k+" names")
			}
		}
		any := func(key string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return has[n+"|"+key] })
		}
		for _, s := range w.Sections {
			want[s] = true
			if !has[s] {
				t.Errorf("no row for [%s]", s)
			}
		}
		if len(w.Sections) == 0 && !slices.ContainsFunc(names, func(n string) bool { return has[n] }) {
			t.Errorf("no row for %q", names)
		}
		for _, n := range names {
			want[n] = true
			for _, key := range append(slices.Clone(w.Keys), "") {
				want[n+"|"+key] = true
			}
		}
		for _, key := range w.Keys {
			if !any(key) {
				t.Errorf("no row for %s of %q", key, names)
			}
		}
	}
	keys, _ := keyDocs(docs.Manifest)
	raws := 0
	for _, r := range rows {
		if !want[r.section+"|"+r.key] {
			t.Errorf("[%s] %s is not in the vocabulary", r.section, r.key)
		}
		named := regexp.MustCompile("`([a-z-]+\\.[a-z-]+)`").FindAllStringSubmatch(r.manifest, -1)
		for _, k := range named {
			if _, ok := keys[k[1]]; !ok {
				t.Errorf("[%s] %s: %s is no key of the manifest", r.section, r.key, k[1])
			}
		}
		if len(named) == 0 && r.manifest != "every build" {
			t.Errorf("[%s] %s: no key of the manifest", r.section, r.key)
		}
		if err := testExists(r.test); err != nil {
			t.Errorf("[%s] %s: %v", r.section, r.key, err)
		}
		if len(named) > 0 && named[0][1] == "raw.inf" {
			raws++
		} else if !produced(t, r) {
			t.Errorf("[%s] %s: no INF in builder/testdata has it", r.section, r.key)
		}
	}
	if raws != onlyRaw {
		t.Errorf("%d rows are said by raw text alone; %d are known", raws, onlyRaw)
	}
}

// testExists looks a test up: "`builder` TestPlan", or the name of a script.
func testExists(cell string) error {
	m := regexp.MustCompile("^`([a-z/]+)` (Test[A-Za-z]+|[a-z_]+\\.txtar)$").FindStringSubmatch(cell)
	if m == nil {
		return fmt.Errorf("%q names no test; write `package` TestName", cell)
	}
	if strings.HasSuffix(m[2], ".txtar") {
		_, err := os.Stat(filepath.Join("../..", m[1], "testdata/script", m[2]))
		return err
	}
	files, _ := filepath.Glob(filepath.Join("../..", m[1], "*_test.go"))
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), "\nfunc "+m[2]+"(") {
			return nil
		}
	}
	return fmt.Errorf("%s has no %s", m[1], m[2])
}

// produced looks for a section with a key, or for lines of what a key names, in the INFs that the builder's tests keep.
func produced(t *testing.T, r appendixRow) bool {
	t.Helper()
	files, _ := filepath.Glob("../testdata/*/*.inf")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := inf.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		if names, ok := strings.CutPrefix(r.section, "what "); ok {
			if namedHas(f, strings.TrimSuffix(names, " names"), r.key) {
				return true
			}
			continue
		}
		pattern := regexp.MustCompile("(?i)^" + strings.ReplaceAll(strings.ReplaceAll(regexp.QuoteMeta(r.section), `\.…`, `(\..*)?`), "…", ".+") + `(\..*)?$`)
		for _, s := range f.Sections {
			if pattern.MatchString(s.Name) && (r.key == "" || hasKey(s.Lines(), r.key) || hasKey(s.Lines(), "condition") && namedHas(f, "condition", r.key)) {
				return true
			}
		}
	}
	return false
}

func namedHas(f *inf.File, by, key string) bool {
	for _, s := range f.Sections {
		for _, l := range s.Lines() {
			if !strings.EqualFold(l.Key, by) {
				continue
			}
			for _, name := range l.Fields {
				if lines := f.Lines(name); len(lines) > 0 && (key == "" || hasKey(lines, key)) {
					return true
				}
			}
		}
	}
	return false
}

func hasKey(lines []inf.Line, key string) bool {
	return slices.ContainsFunc(lines, func(l inf.Line) bool { return strings.EqualFold(l.Key, key) })
}
