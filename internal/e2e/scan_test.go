package e2e

import (
	"os"
	"strings"
	"testing"
)

// On the target: spuninst.exe /status finds damage, logs it below %SystemRoot%\Logs, and the package's /repair puts it right.
// The exit code tells.
func TestScanAndRepair(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	pkg := readerProject(t, f, "").build(t)
	m := readerMachine(t, f)
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
	const removal = `C:\windows\$NtUninstallKB123456$\spuninst\spuninst.exe`
	exits(t, m, m.Run(t, removal, "/status", "/quiet"), 0)

	if err := os.WriteFile(m.Path(readerDLL), []byte("damaged"), 0o644); err != nil {
		t.Fatal(err)
	}
	exits(t, m, m.Run(t, removal, "/status", "/quiet"), 1603)
	exits(t, m, m.Run(t, removal, "/status", "/quiet", "/ER"), 13)
	log, err := os.ReadFile(m.Path(`C:\windows\Logs\KBForge\CheckUpdates.log`))
	if err != nil || !strings.Contains(string(log), `reader.dll is changed`) {
		t.Errorf("the log does not tell: %v\n%s", err, log)
	}
	exits(t, m, m.Run(t, removal, "/repair", "/quiet"), 1603) // no copy on the machine
	exits(t, m, m.Run(t, pkg, "/repair", "/quiet"), 0)
	holds(t, m, readerDLL, f.gdr["reader.dll"])
	exits(t, m, m.Run(t, removal, "/status", "/quiet"), 0)

	// The same program under the name of Microsoft's tool.
	program, err := os.ReadFile(m.Path(removal))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Path(`C:\windows\qfecheck.exe`), program, 0o755); err != nil {
		t.Fatal(err)
	}
	r := m.Run(t, `C:\windows\qfecheck.exe`)
	exits(t, m, r, 0)
	if !strings.Contains(r.Stdout+r.Stderr, "KB123456\tintact") {
		t.Errorf("qfecheck.exe says %q %q", r.Stdout, r.Stderr)
	}
}
