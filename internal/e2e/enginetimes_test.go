package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

// TestEngineTimes is the part of internal/enginebench that runs under Wine: it installs and removes a package of many files
// and takes the times from the program's own logs.
func TestEngineTimes(t *testing.T) {
	out, corpus, pkg := os.Getenv("KBFORGE_ENGINE_TIMES"), os.Getenv("KBFORGE_ENGINE_CORPUS"), os.Getenv("KBFORGE_ENGINE_PACKAGE")
	if out == "" {
		t.Skip("internal/enginebench runs this")
	}
	m := winekit.New(t)
	names, err := filepath.Glob(filepath.Join(corpus, "old", "*"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	const dir = `C:\Program Files\Bench\`
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		put(t, m, dir+filepath.Base(n), b)
	}
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
	for _, n := range names {
		want, err := os.ReadFile(filepath.Join(corpus, "new", filepath.Base(n)))
		if err != nil {
			t.Fatal(err)
		}
		holds(t, m, dir+filepath.Base(n), want)
	}
	log := read(t, m, `C:\windows\KB123456.log`)
	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 0)
	times := map[string]float64{"install": lastTime(t, log), "remove": lastTime(t, read(t, m, `C:\windows\KB123456Uninst.log`)),
		"inventory": at(t, log, `(?m)^(\d+\.\d+): Inventory complete`)}
	data, err := json.Marshal(times)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, m *winekit.Prefix, path string) string {
	t.Helper()
	b, err := os.ReadFile(m.Path(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func lastTime(t *testing.T, log string) float64 {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return at(t, lines[len(lines)-1], `^(\d+\.\d+): `)
}

func at(t *testing.T, text, pattern string) float64 {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in\n%s", pattern, text)
	}
	f, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
