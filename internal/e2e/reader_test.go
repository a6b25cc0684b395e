package e2e

import (
	"testing"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/winekit"
)

// Contoso Reader is the program that the packages of these tests patch: a hotfix with two branches, files that are
// replaced where they are installed, a file that is always written, registry values added, changed and deleted, a licence.
const readerManifest = `
[package]
kb = "KB123456"
title = "Security Update for Contoso Reader (KB123456)"
kind = "security-update"
product = "Contoso Reader"
publisher = "Contoso"
version = "1.2.3.4"
service-pack = 2
language = "en-US"
eula = "eula.txt"
build-time = 2026-01-02T03:04:05Z

[target]
min = "5.2"

[arp]
help-link = "https://contoso.example/kb/123456"
info-link = "https://contoso.example/"

[[file]]
source = "{branch}/reader.dll"
to = 'program-files\Contoso Reader'

[[file]]
source = "{branch}/spell.dll"
to = 'program-files\Contoso Reader\spell'

[[file]]
source = { SP1GDR = "sp1gdr/fix.exe", SP1QFE = "sp1qfe/fix.exe" }
to = 'program-files\Contoso Reader\fixes'
when = "always"

[[file]]
source = "{branch}/absent.dll"
to = 'program-files\Contoso Reader'

[[registry]]
key = 'HKLM\SOFTWARE\Contoso\Reader'
name = "MacroLevel"
value = 2

[[registry]]
key = 'HKLM\SOFTWARE\Contoso\Reader\New\Deep'
name = "Plugins"
type = "expand"
value = '%ProgramFiles%\Contoso Reader\plugins'

[[registry]]
key = 'HKLM\SOFTWARE\Contoso\Reader'
name = "AllowLegacyFormat"
action = "delete"

[[registry]]
key = 'HKLM\SOFTWARE\Contoso\Reader\Obsolete'
action = "delete"
`

const (
	readerDir = `C:\Program Files\Contoso Reader`
	readerKey = `HKLM\SOFTWARE\Contoso\Reader`
	readerDLL = readerDir + `\reader.dll`
	spellDLL  = readerDir + `\spell\spell.dll`
	fixEXE    = readerDir + `\fixes\fix.exe`
	absentDLL = readerDir + `\absent.dll`
)

// readerFiles are the builds of the program's files. fix.exe exits with a code of its branch.
type readerFiles struct{ old, gdr, qfe map[string][]byte }

const gdrExit, qfeExit = 11, 22

func newReaderFiles(t *testing.T) readerFiles {
	t.Helper()
	dll := func(build uint16, text string) []byte {
		return sample(t, true, 0, pefile.Version{1, 0, 0, build}, text, text)
	}
	set := func(reader uint16, branch string, exit uint32) map[string][]byte {
		text := " (contoso_sp1_" + branch + ".260102-0304)"
		return map[string][]byte{
			"reader.dll": dll(reader, "1.0.0."+itoa(int(reader))+text),
			"spell.dll":  dll(reader+1, "1.0.0."+itoa(int(reader)+1)+text),
			"absent.dll": dll(reader, ""),
			"fix.exe":    sample(t, false, exit, pefile.Version{1, 0, 0, reader}, "", branch),
		}
	}
	return readerFiles{
		old: map[string][]byte{"reader.dll": dll(0, ""), "spell.dll": dll(0, "1.0.0.0 (spell)")},
		gdr: set(100, "gdr", gdrExit),
		qfe: set(200, "qfe", qfeExit),
	}
}

// readerProject is the hotfix with the files of both branches. extra goes to the end of the manifest.
func readerProject(t *testing.T, f readerFiles, extra string) project {
	t.Helper()
	files := map[string][]byte{"eula.txt": []byte("Contoso licence.\r\n")}
	for branch, set := range map[string]map[string][]byte{"sp1gdr": f.gdr, "sp1qfe": f.qfe} {
		for name, data := range set {
			files[branch+"/"+name] = data
		}
	}
	return newProject(t, readerManifest+extra, files)
}

// readerMachine is a machine at service pack 1 with the old program.
func readerMachine(t *testing.T, f readerFiles) *winekit.Prefix {
	t.Helper()
	m := winekit.New(t)
	readerState(t, m, f)
	return m
}

// readerState puts the old program on a machine.
func readerState(t *testing.T, m *winekit.Prefix, f readerFiles) {
	t.Helper()
	put(t, m, readerDLL, f.old["reader.dll"])
	put(t, m, spellDLL, f.old["spell.dll"])
	m.RegSet(t, readerKey, "MacroLevel", winekit.DWORD(1))
	m.RegSet(t, readerKey, "AllowLegacyFormat", winekit.SZ("yes"))
	m.RegSet(t, readerKey, "Untouched", winekit.MultiSZ("a", "b"))
	m.RegSet(t, readerKey+`\Obsolete`, "", winekit.Binary([]byte{1, 2, 3}))
	m.RegSet(t, readerKey+`\Obsolete\Below`, "Odd", winekit.RegValue{Type: 1, Data: []byte{65}})
}
