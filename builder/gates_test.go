package builder

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
)

// TestGates: versions of Windows, of the package and of one branch, land in [Version].
func TestGates(t *testing.T) {
	m, err := manifest.Load("testdata/gates/update.toml")
	if err != nil {
		t.Fatal(err)
	}
	files, err := planOf(t, m).Generated()
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range files {
		golden(t, "gates/"+filepath.Base(strings.ReplaceAll(path, `\`, "/")), data)
	}
}
