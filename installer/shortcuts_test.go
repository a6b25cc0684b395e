package installer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/winpath"
)

const shortcutSections = `
[ProductInstall.CopyFilesAlways]
ProfileItems=Link1,Link2
[ProductInstall.CopyFilesAlways.Professional]
ProfileItems=Link3
[Link1]
Name=Reader
CmdLine=11,Tools,reader.exe
SubDir=Contoso\Tools
WorkingDir=10
IconPath=11,,shell32.dll
IconIndex=3
InfoTip="Reads 100%"
[Link2]
Name=Old,2
SubDir=Contoso
[Link3]
Name=Never
CmdLine=11,,never.exe
`

// Shortcuts are written where the start menu is, deleted where the INF says so, and removal restores what was there.
func TestShortcuts(t *testing.T) {
	p, files := standard(t)
	p.extra = crlf(shortcutSections)
	m := newMachine(t, files)
	menu, err := m.h.Folder(23)
	if err != nil {
		t.Fatal(err)
	}
	old, link := winpath.Join(menu, `Contoso\Old.lnk`), winpath.Join(menu, `Contoso\Tools\Reader.lnk`)
	m.write(old, []byte("old link"))
	before := m.snapshot()
	mustRun(t)(m.install(p.tree(t)))
	data := m.read(link)
	for _, text := range []string{`C:\WINDOWS\system32\Tools\reader.exe`, `C:\WINDOWS`, `C:\WINDOWS\system32\shell32.dll`, "Reads 100%"} {
		var wide []byte
		for _, c := range text {
			wide = append(wide, byte(c), 0)
		}
		if !bytes.Contains(bytes.ToLower(data), bytes.ToLower(wide)) {
			t.Errorf("the link lacks %q", text)
		}
	}
	if m.has(old) || m.has(winpath.Join(menu, "Never.lnk")) {
		t.Error("a shortcut to delete, or of another edition, is there")
	}
	mustRun(t)(m.install(p.tree(t)))
	mustRun(t)(m.remove(p.kb))
	if d := diffLines(before, m.snapshot()); d != "" && strings.Contains(d, ".lnk") {
		t.Errorf("the machine differs after removal:\n%s", d)
	}
	if _, err := m.h.Stat(old); err != nil {
		t.Errorf("the deleted shortcut is not back: %v", err)
	}
}
