package manifest

import (
	"strings"
	"testing"
	"testing/fstest"
)

func matrixTree() fstest.MapFS {
	tree := fstest.MapFS{}
	for _, n := range []string{"x86/a.dll", "x64/a.dll", "eula.txt", "eula.fr.txt", "only64.dll", "fr.dll"} {
		tree[n] = &fstest.MapFile{Data: []byte("x")}
	}
	return tree
}

const matrixText = `
[package]
kb = 1
product = "P"
publisher = "Q"
arch = ["x86", "x64"]
language = ["en-US", "FRA", "neutral"]
eula = "eula.txt"
[variables]
where = "system32"
[[file]]
source = "${arch}/a.dll"
to = "${where}"
[[file]]
source = "x86/a.dll"
to = 'program-files\P-${language}-${language-code}'
[[for.x64.file]]
source = "only64.dll"
to = "${where}"
[for.x64.variables]
where = "windows"
[for.fr-FR.package]
title = "Correctif"
eula = "eula.fr.txt"
applies-to = ["Un", "Deux"]
[[for.FRA.file]]
source = "fr.dll"
to = "system32"
[for.neutral.arp]
help-link = "https://n.example"
`

// TestMatrix: one manifest for each architecture in each language, each with its own parts.
func TestMatrix(t *testing.T) {
	list, err := parseAll("update.toml", "", matrixText, matrixTree())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		line := m.Arch + " " + m.Language.Code + " " + m.EULA + " " + m.Title + " " + m.ARP.HelpLink
		for _, f := range m.Files {
			line += " " + f.Sources[""] + ">" + DirString(f.To[0])
		}
		got = append(got, line)
	}
	want := []string{
		`x86 ENU eula.txt Hotfix for P (KB1)  x86/a.dll>system32 x86/a.dll>program-files\P-en-US-ENU`,
		`x86 FRA eula.fr.txt Correctif  x86/a.dll>system32 x86/a.dll>program-files\P-fr-FR-FRA fr.dll>system32`,
		`x86  eula.txt Hotfix for P (KB1) https://n.example x86/a.dll>system32 x86/a.dll>program-files\P-neutral-neutral`,
		`x64 ENU eula.txt Hotfix for P (KB1)  x64/a.dll>windows x86/a.dll>program-files\P-en-US-ENU only64.dll>windows`,
		`x64 FRA eula.fr.txt Correctif  x64/a.dll>windows x86/a.dll>program-files\P-fr-FR-FRA only64.dll>windows fr.dll>system32`,
		`x64  eula.txt Hotfix for P (KB1) https://n.example x64/a.dll>windows x86/a.dll>program-files\P-neutral-neutral only64.dll>windows`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if at := list[4].At("file[2].source"); at.Line != 18 {
		t.Errorf("a file of [for.x64] stands on line %d", at.Line)
	}
	if _, err := Parse("update.toml", "", matrixText, matrixTree()); err == nil || !strings.Contains(err.Error(), "makes 6 packages") {
		t.Errorf("Parse: %v", err)
	}
}
