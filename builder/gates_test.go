package builder

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// TestGates: versions of Windows, of the package and of one branch, land in [Version], what single keys say in [Configuration];
// the plan tells both, and warns of what the installer does not carry out.
func TestGates(t *testing.T) {
	text, err := os.ReadFile("testdata/gates/update.toml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Load(writeFiles(t, string(text), map[string]samplepe.Spec{"custom.dll": {Arch: "x64", DLL: true, Version: pefile.Version{1}}}))
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, m)
	files, err := p.Generated()
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range files {
		golden(t, "gates/"+filepath.Base(strings.ReplaceAll(path, `\`, "/")), data)
	}
	var plan bytes.Buffer
	if err := p.WriteText(&plan); err != nil {
		t.Fatal(err)
	}
	for _, w := range p.Warnings {
		fmt.Fprintf(&plan, "warning %d:%d: %s\n", w.Pos.Line, w.Pos.Col, w.Msg)
	}
	golden(t, "gates/plan.txt", plan.Bytes())
}
