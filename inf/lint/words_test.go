package lint

import (
	"slices"
	"testing"
)

func TestVocabulary(t *testing.T) {
	find := func(section string) Words {
		for _, w := range Vocabulary() {
			if slices.Contains(w.Sections, section) {
				return w
			}
		}
		t.Fatalf("no section %s", section)
		return Words{}
	}
	if w := find("Version"); len(w.Keys) < 10 {
		t.Errorf("[Version] has the keys %q", w.Keys)
	}
	if w := find("ProductInstall.…Files"); !slices.Contains(w.Keys, "CopyFiles") || !slices.Contains(w.NamedBy, "InstallFromSection") {
		t.Errorf("ProductInstall sections: %+v", w)
	}
}
