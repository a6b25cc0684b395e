package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// underWine has the test TestEngineTimes of internal/e2e run the real package on a Windows machine under Wine; the figures
// are those of the program's own log.
func underWine(c *corpus) (times, error) {
	var t times
	out := filepath.Join(c.dir, "wine.json")
	cmd := exec.Command("go", "test", "-count=1", "-timeout=30m", "-run", "^TestEngineTimes$", "github.com/kbforge/kbforge/internal/e2e")
	cmd.Env = append(os.Environ(), "CI=true", "KBFORGE_ENGINE_TIMES="+out, "KBFORGE_ENGINE_CORPUS="+c.dir, "KBFORGE_ENGINE_PACKAGE="+c.pkg)
	said, err := cmd.CombinedOutput()
	if err != nil {
		return t, fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return t, err
	}
	var m map[string]float64
	if err := json.Unmarshal(data, &m); err != nil {
		return t, err
	}
	return times{inventory: m["inventory"], install: m["install"], remove: m["remove"]}, nil
}
