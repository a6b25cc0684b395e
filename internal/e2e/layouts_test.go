package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/templates"
)

// starter is a project of kbforge init.
func starter(t *testing.T, name string) project {
	t.Helper()
	p := project{t.TempDir()}
	files, err := templates.Files(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		p.write(t, f.Path, f.Data)
	}
	return p
}

func (p project) read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// removed runs a removal program and waits until its directory is gone.
func removed(t *testing.T, m *winekit.Prefix, dir string) {
	t.Helper()
	exits(t, m, m.Run(t, dir+`\spuninst\spuninst.exe`, "/quiet", "/norestart"), 0)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		copies, _ := filepath.Glob(filepath.Join(m.Path(`C:\windows`), "kb[0-9a-f]*.exe"))
		if _, err := os.Stat(m.Path(dir)); os.IsNotExist(err) && len(copies) == 0 {
			return
		}
	}
	t.Errorf("%s is still there", dir)
}

func isLayoutLog(name string) bool {
	return isLog(name) || regexp.MustCompile(`(?i)^C:\\windows\\(xpsp1hfm|svcpack|spuninst)\.log$`).MatchString(name)
}

// TestLayouts: dual-mode packages and service packs on a machine: the extractor finds what to start in each layout, the dispatcher
// chooses by the service pack (Wine is Windows 7 with the first), and everything goes again. What dual-mode keeps for later is a package, too.
func TestLayouts(t *testing.T) {
	t.Parallel()
	m := winekit.New(t)
	dual, pack := starter(t, "dual-mode"), starter(t, "service-pack")
	// For machines with the first and the second service pack.
	later := strings.NewReplacer("SP1 =", "SP2 =", "SP2 =", "SP3 =").Replace(string(dual.read(t, "update.toml")))
	dual.write(t, "update.toml", []byte(later))
	put(t, m, readerDLL, dual.read(t, "installed/reader.dll"))
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)

	exits(t, m, m.Run(t, dual.build(t), "/quiet", "/norestart", "/ER"), 0)
	holds(t, m, readerDLL, dual.read(t, "sp1/reader.dll"))
	const cache = `C:\windows\$xpsp1hfm$\KB123456`
	holds(t, m, cache+`\sp3\reader.dll`, dual.read(t, "sp2/reader.dll"))
	logged(t, m, `service pack 1 is installed, the update for SP2 is needed`)
	// Started as it is, the cache refuses a machine that has not the service pack yet: STATUS_SP_VERSION_LESSER.
	if r := m.Run(t, cache+`\xpsp1hfm.exe`, "/quiet", "/norestart", "/ER"); r.ExitCode == 0 || !strings.Contains(logs(m), "the package is for machines before service pack 3") {
		t.Errorf("xpsp1hfm.exe of the cache: exit code %d\n%s", r.ExitCode, logs(m))
	}
	removed(t, m, `C:\windows\$NtUninstallKB123456$`)
	same(t, m, tree.Without(isLayoutLog).Diff(m.SnapshotTree(t).Without(isLayoutLog)))

	exits(t, m, m.Run(t, pack.build(t), "/quiet", "/norestart", "/ER"), 0)
	holds(t, m, readerDLL, pack.read(t, "payload/reader.dll"))
	holds(t, m, `C:\windows\ServicePackFiles\amd64\reader.dll`, pack.read(t, "payload/reader.dll"))
	removed(t, m, `C:\windows\$NtServicePackUninstall$`)
	same(t, m, tree.Without(isLayoutLog).Diff(m.SnapshotTree(t).Without(isLayoutLog)))
	same(t, m, registry.Without(isNoise).Diff(m.SnapshotRegistry(t).Without(isNoise)))
}
