package docs

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The script checks exactly the points of the tables.
func TestChecklistAndScriptNameTheSamePoints(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	points := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+?) \| [^|\n]* \| .*\|$`).FindAllStringSubmatch(read("windows-checklist.md"), -1) {
		if m[1] != "point" {
			points[m[1]]++
		}
	}
	if len(points) < 30 {
		t.Errorf("%d points in the tables only", len(points))
	}
	for _, m := range regexp.MustCompile(`(?m)^(?:Check|Look) '((?:[^']|'')+)'`).FindAllStringSubmatch(read("windows-checklist.ps1"), -1) {
		points[strings.ReplaceAll(m[1], "''", "'")] += 10
	}
	for name, n := range points {
		if n != 11 {
			t.Errorf("%q is in the tables %d times, in the script %d times", name, n%10, n/10)
		}
	}
}
