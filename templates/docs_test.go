package templates

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocumented: docs/manifest.md names every template.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "manifest.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "kbforge init --template NAME DIR")
	section, _, _ = strings.Cut(section, "Above all tables")
	for _, name := range Names() {
		if !strings.Contains(section, name) {
			t.Errorf("docs/manifest.md does not name the template %s", name)
		}
	}
}
