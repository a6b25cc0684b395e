package e2e

import (
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/winekit"
)

const packManifest = `
[package]
kb = "KB123457"
title = "Contoso Reader Service Pack 1"
kind = "service-pack"
product = "Contoso Reader"
publisher = "Contoso"
version = "1.2.3.4"
service-pack = 1
language = "en-US"
build-time = 2026-01-02T03:04:05Z

[target]
min = "5.2"

[[file]]
source = "reader.dll"
to = 'program-files\Contoso Reader'
`

// A service pack asks where to keep what it replaces, and keeps it there.
func TestWizardArchive(t *testing.T) {
	f := newReaderFiles(t)
	m, s := screenMachine(t, f, "")
	pkg := newProject(t, packManifest, map[string][]byte{"reader.dll": sample(t, true, 0, pefile.Version{1, 1, 0, 0}, "", "pack")}).build(t)
	run := m.Start(t, winekit.Cmd{Exe: pkg})
	s.Wait(t, "welcome", has(idNext, true))
	s.Key(t, "Return")
	w := s.Wait(t, "archive folder", has(idFolder, false))
	if c, _ := control(w, idSpace); !strings.Contains(c.Text, "Free on C: ") {
		t.Errorf("the space is %q", c.Text)
	}
	looksLike(t, s, w, "en-archive")
	s.Key(t, "alt+f", "ctrl+a", "BackSpace")
	s.Type(t, `nowhere`)
	s.Wait(t, "a refused folder", func(w winekit.Window) bool { c, ok := control(w, idNext); return ok && !c.Enabled })
	s.Key(t, "ctrl+a", "BackSpace")
	s.Type(t, `C:\Keep\Pack`)
	s.Wait(t, "a good folder", has(idNext, false))
	s.Key(t, "Return")
	s.Wait(t, "completion", finishes)
	s.Key(t, "Return")
	exits(t, m, run.Wait(t), 0)
	holds(t, m, `C:\Keep\Pack\reader.dll`, f.old["reader.dll"])
}
