package builder

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/source"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/templates/samplepe"
)

const translated = head + `arch = "x86"
title = "Update for P"
eula = "eula.txt"
[[prerequisite]]
all = [{ registry = 'HKLM\SOFTWARE\P\Blocked', is = "absent" }]
message = "P is blocked."
[[registry]]
key = 'HKLM\SOFTWARE\P'
name = "Greeting"
value = "Hello"
[[registry]]
key = 'HKLM\SOFTWARE\P'
name = "Both"
value = "Hello, P"
[[translation]]
language = "fr-FR"
title = "Mise à jour de P"
parent-name = "Mises à jour"
eula = "fr.txt"
texts = { "Hello" = "Bonjour", "P is blocked." = "P est bloqué.", "Nobody says this" = "Rien" }
[[translation]]
language = "de-DE"
title = "Aktualisierung für P"
texts = { "Hello" = "Hallo" }
`

// asker accepts the licence and keeps what was shown.
type asker struct {
	ui.Quiet
	shown *string
}

func (a asker) Ask(_ context.Context, q ui.Question) ui.Answer {
	*a.shown += q.Title + q.Text + q.Details
	return ui.Yes
}

// TestTranslations: on the target the texts and the licence of the machine's language are shown and written, those of the manifest
// where there are none.
func TestTranslations(t *testing.T) {
	path := writeFiles(t, translated, map[string]samplepe.Spec{})
	for name, text := range map[string]string{"eula.txt": "Terms", "fr.txt": "Conditions d\xe9finies"} { // Windows 1252
		if err := os.WriteFile(filepath.Join(filepath.Dir(path), name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	p, pkg := buildFile(t, path)
	if got := strings.ReplaceAll(p.Warnings.Error(), path, "update.toml"); !strings.HasSuffix(got, `: "Nobody says this" is translated, but no text of the update says just that`) || len(p.Warnings) != 1 {
		t.Errorf("warnings %s", got)
	}
	var plan bytes.Buffer
	if err := p.WriteText(&plan); err != nil || !strings.Contains(plan.String(), "\ntranslations\n  de-DE  title \"Aktualisierung für P\", 1 more texts\n  fr-FR  title \"Mise à jour de P\", 4 more texts, licence fr.txt\n") {
		t.Errorf("plan: %v\n%s", err, plan.String())
	}
	if v, err := Verify(context.Background(), pkg, VerifyOptions{At: testTime()}); err != nil || !v.OK() {
		t.Errorf("verify: %+v, %v", v, err)
	}
	for _, c := range []struct {
		language                         uint16
		title, greeting, parent, licence string
	}{
		{0x0409, "Update for P", "Hello", "P - Software Updates", "Terms"},
		{0x040C, "Mise à jour de P", "Bonjour", "Mises à jour", "Conditions définies"},
		{0x0C0C, "Mise à jour de P", "Bonjour", "Mises à jour", "Conditions définies"}, // Canada
		{0x0407, "Aktualisierung für P", "Hallo", "P - Software Updates", "Terms"},
		{0x0411, "Update for P", "Hello", "P - Software Updates", "Terms"},
	} {
		preset, _ := imagehost.Preset("winxp-sp2")
		preset.Language = c.language
		h, err := imagehost.Options{Now: testTime, NoSync: true}.Create(filepath.Join(t.TempDir(), "image"), preset)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		m := testMachine{t, h}
		before := m.snapshot()
		dir := filepath.Join(t.TempDir(), "package")
		if _, err := Extract(context.Background(), pkg, dir); err != nil {
			t.Fatal(err)
		}
		tree, err := source.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		shown := ""
		req := m.request(cmdline.Install, nil)
		req.Package, req.UI = tree, asker{shown: &shown}
		_, err = installer.Install(context.Background(), req)
		tree.Close()
		if err != nil {
			t.Fatal(err)
		}
		for key, want := range map[[2]string]string{
			{`SOFTWARE\Microsoft\Updates\P\KB1`, "Description"}:                              c.title,
			{`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB1`, "DisplayName"}:       c.title,
			{`SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\KB1`, "ParentDisplayName"}: c.parent,
			{`SOFTWARE\P`, "Greeting"}: c.greeting,
			{`SOFTWARE\P`, "Both"}:     "Hello, P",
		} {
			if got := m.text(key[0], key[1]); got != want {
				t.Errorf("language %04X: %s is %q, want %q", c.language, key[1], got, want)
			}
		}
		if !strings.Contains(shown, c.licence) || !strings.Contains(shown, c.title) {
			t.Errorf("language %04X: the licence shown is %q", c.language, shown)
		}
		m.mustRemove("KB1")
		m.same(before)
	}
}

// TestTranslationsOfOne: a package for one language has no others; the manifest says so once.
func TestTranslationsOfOne(t *testing.T) {
	path := writeFiles(t, strings.Replace(translated, "eula = \"eula.txt\"\n", "language = [\"en-US\", \"fr-FR\"]\n", 1), nil)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte("eula = \"fr.txt\"\n"), nil, 1), 0o666); err != nil {
		t.Fatal(err)
	}
	list, err := manifest.LoadAll(path)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := NewPlans(list, Facts{}, testTime())
	if err != nil {
		t.Fatal(err)
	}
	if w := Warnings(plans); len(w) != 1 || !strings.Contains(w[0].Msg, "for language neutral packages") {
		t.Errorf("warnings %v", w)
	}
	for _, p := range plans {
		text, err := p.infText(p.Manifest.Branches[0])
		if err != nil || strings.Contains(decodeINF(text), "[Strings.") {
			t.Errorf("%v\n%s", err, decodeINF(text))
		}
	}
}
