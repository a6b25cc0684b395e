package winhost

import (
	"os"
	"testing"

	"github.com/kbforge/kbforge/installer/catalog"
)

// TestVerifyCatalog judges the catalogs that the environment names (TestVerifyCatalogUnderWine makes them).
func TestVerifyCatalog(t *testing.T) {
	if os.Getenv("KBFORGE_CAT_SIGNED") == "" {
		t.Skip("KBFORGE_CAT_SIGNED, _CHANGED and _UNSIGNED name catalogs")
	}
	for name, want := range map[string]catalog.State{"SIGNED": catalog.Trusted, "CHANGED": catalog.Bad, "UNSIGNED": catalog.Unsigned} {
		path := os.Getenv("KBFORGE_CAT_" + name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyCatalog(catalog.File{Path: path, Data: data})
		t.Logf("%s: %+v, %v", name, got, err)
		if err != nil || got.State != want {
			t.Errorf("%s: %+v, %v; want %v", name, got, err, want)
		}
		if _, err := VerifyCatalog(catalog.File{Path: path, Data: append(data, 0)}); err == nil {
			t.Errorf("%s: other content than was read is judged", name)
		}
	}
}
