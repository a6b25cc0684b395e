package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// docs/white-paper.md names the test for each paragraph: every test that it names is there, every row names one or says why
// there is none, and no table is missing.
func TestWhitePaper(t *testing.T) {
	text, err := os.ReadFile("../docs/white-paper.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z0-9/]+) (Test[A-Za-z0-9]+)(/[a-z_]+)?`")
	tables := map[int]bool{}
	rows := 0
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) != 3 || strings.HasPrefix(line, "|---") || strings.Contains(cells[2], "shown by") {
			continue
		}
		rows++
		if number, err := strconv.Atoi(strings.TrimSpace(cells[0])); err == nil {
			tables[number] = true
		}
		tests := named.FindAllStringSubmatch(cells[2], -1)
		if len(tests) == 0 && !strings.Contains(cells[2], "**not**: ") {
			t.Errorf("line %d names no test and does not say why", n+1)
		}
		for _, m := range tests {
			if !hasTest(t, m[1], m[2]) {
				t.Errorf("line %d: %s has no test %s", n+1, m[1], m[2])
			}
			if m[3] != "" {
				if _, err := os.Stat(filepath.Join("..", m[1], "testdata", "script", m[3]+".txtar")); err != nil {
					t.Errorf("line %d: %v", n+1, err)
				}
			}
		}
	}
	for i := 1; i <= 25; i++ {
		if !tables[i] {
			t.Errorf("table %d has no row", i)
		}
	}
	if rows < 70 {
		t.Errorf("only %d rows", rows)
	}
}

// hasTest looks for the test's function in the package.
func hasTest(t *testing.T, pkg, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(t *testing.T)") {
			return true
		}
	}
	return false
}
