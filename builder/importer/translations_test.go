package importer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const speaking = `[package]
kb = 1
product = "P"
publisher = "Q"
arch = "x86"
title = "Update for P"
eula = "eula.txt"
build-time = 2026-01-02T03:04:05Z

[[translation]]
language = "fr-FR"
title = "Mise à jour de P"
description = "Une description"
parent-name = "Mises à jour"
help-link = "https://example.com/fr"
eula = "fr.txt"

[translation.texts]
'Hello, "P" 100%' = "Bonjour, ${P}"
"P is blocked." = "P est bloqué."
"${x}" = '%SystemRoot%\fr'

[[translation]]
language = "de-DE"
texts = { 'Hello, "P" 100%' = "Hallo" }

[[translation]]
language = "ja-JP"
eula = "ja.txt"

[arp]
help-link = "https://example.com/en"

[[prerequisite]]
all = [{ registry = 'HKLM\SOFTWARE\P\Blocked', is = "absent" }]
message = "P is blocked."
[[registry]]
key = 'HKLM\SOFTWARE\P'
name = "Greeting"
value = 'Hello, "P" 100%'
[[registry]]
key = 'HKLM\SOFTWARE\P'
name = "Variable"
value = '$${x}'
`

// TestTranslations: what a build says in each language, an import says again by keys.
func TestTranslations(t *testing.T) {
	checkTranslations(t, speaking)
	checkTranslations(t, speaking+"[[branch]]\nname = \"RTMGDR\"\ndefault-for = [0]\n[[branch]]\nname = \"RTMQFE\"\n")
}

func checkTranslations(t *testing.T, manifest string) {
	t.Helper()
	dir := t.TempDir()
	writeTree(t, dir, []txtar.File{{Name: Name, Data: []byte(strings.ReplaceAll(manifest, "Bonjour, ${P}", "Bonjour, $${P}"))},
		{Name: "eula.txt", Data: []byte("Terms")}, {Name: "fr.txt", Data: []byte("Conditions")}, {Name: "ja.txt", Data: []byte("J")}})
	tree := build(t, filepath.Join(dir, Name))
	res, imported, text := importTo(t, tree)
	if !res.Equal || len(res.Notes) > 0 || strings.Contains(text, "[raw]") {
		t.Errorf("equal %t, notes %q\n%s", res.Equal, res.Notes, text)
	}
	for _, want := range []string{"language = \"fr-FR\"\ntitle = \"Mise à jour de P\"\ndescription = \"Une description\"\nparent-name = \"Mises à jour\"\n",
		"eula = \"eula.040C.txt\"\n", "\"Hello, \\\"P\\\" 100%\" = \"Bonjour, $${P}\"\n", `"${x}" = '%SystemRoot%\fr'`, "language = \"de-DE\"\n\n[translation.texts]\n",
		"language = \"ja-JP\"\neula = \"eula.0411.txt\"\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if data, err := os.ReadFile(filepath.Join(imported, "eula.040C.txt")); err != nil || string(data) != "Conditions" {
		t.Errorf("licence %q, %v", data, err)
	}
	again, _, text2 := importTo(t, build(t, filepath.Join(imported, Name)))
	if !again.Equal || text2 != text {
		t.Errorf("imported again, equal %t, %q:\n%s\nthe first time:\n%s", again.Equal, again.Notes, text2, text)
	}
}

// TestForeignLanguages: strings put together as packages do it, a primary language, one that kbforge does not know, and one that a
// manifest cannot say.
func TestForeignLanguages(t *testing.T) {
	const inf = `[Version]
Signature="$Windows NT$"
LanguageType=0x0
[Configuration]
InstallationType=Hotfix
[ProductInstall.GlobalRegistryChanges.Install]
AddReg=Product.Add.Reg
[ProductInstall.GlobalRegistryChanges.ReInstall]
AddReg=Product.Add.Reg
[Product.Add.Reg]
HKLM,"SOFTWARE\P","Text",0,"%Hello%, %World%!"
HKLM,"SOFTWARE\P","Title",0,"%SP_TITLE%"
[Strings]
SP_SHORT_TITLE="KB1"
SP_TITLE="Update for P"
COMMENT="Update for P"
PUBLISHER="Q"
PACKAGE_ARCHITECTURE="x86"
Hello="Hello"
World="world"
[Strings.000C]
SP_TITLE="Mise à jour"
Hello="Bonjour"
World="monde"
[Strings.0407]
COMMENT="Beschreibung"
`
	for name, c := range map[string]struct {
		more  string
		equal bool
		note  string
	}{
		"known":              {"", true, ""},
		"not known":          {"[Strings.043E]\nHello=\"Helo\"\n", false, "[Strings.043E] is left out; kbforge does not know the language"},
		"twice":              {"[Strings.040C]\nHello=\"Salut\"\n", false, "[Strings.000C] is left out; [Strings.040C] is fr-FR already"},
		"a translated owner": {"[Strings.040A]\n[Strings.0410]\nPublisher=\"Q Italia\"\n", false, `in language 0x0410: [Strings] publisher = "Q Italia"`},
	} {
		dir := t.TempDir()
		writeTree(t, dir, []txtar.File{{Name: "update/update.inf", Data: []byte(strings.NewReplacer("à", "a").Replace(inf + c.more))}})
		res, _, text := importTo(t, dir)
		if notes := strings.Join(res.Notes, "\n"); res.Equal != c.equal || !strings.Contains(notes, c.note) {
			t.Errorf("%s: equal %t\n%s\n%s", name, res.Equal, notes, text)
		}
		if name == "known" && (!strings.Contains(text, `"Hello, world!" = "Bonjour, monde!"`) || !strings.Contains(text, "language = \"de-DE\"\ndescription = \"Beschreibung\"\n")) {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}
