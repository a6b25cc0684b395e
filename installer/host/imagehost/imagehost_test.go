package imagehost

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
)

func TestPresetsComeBack(t *testing.T) {
	for _, name := range Presets() {
		m, _ := Preset(name)
		dir := t.TempDir()
		h, err := Create(dir, m)
		if err != nil {
			t.Fatal(name, err)
		}
		if err := h.WriteFile(m.withDefaults().WindowsDir+`\System32\a.txt`, strings.NewReader("x"), host.FileMeta{Attr: host.AttrHidden}); err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if h, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		i, _ := h.Info()
		if want := m.withDefaults().info(""); i != want {
			t.Errorf("%s: Info %+v\nwant %+v", name, i, want)
		}
		h.Close()
	}
}
