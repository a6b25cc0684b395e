package installer_test

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer"
	"github.com/kbforge/kbforge/installer/cmdline"
	"github.com/kbforge/kbforge/installer/host"
)

// events is a machine whose event log can be read.
type events struct {
	host.Host
	seen *[]string
}

func (e events) ReportEvent(source string, id uint32, t host.EventType, text string) error {
	*e.seen = append(*e.seen, fmt.Sprintf("%s %d %d %s", source, id, t, text))
	return e.Host.ReportEvent(source, id, t, text)
}

// White paper, "Event Log Entries", KB 829427 and package-format.md 10.2.
func TestEvents(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	var seen []string
	h := events{m.h, &seen}
	last := func(want string) {
		t.Helper()
		if len(seen) == 0 || !regexp.MustCompile(want).MatchString(seen[len(seen)-1]) {
			t.Errorf("events %q, want a last one that matches %s", seen, want)
		}
		seen = nil
	}
	mustRun(t)(installer.Install(context.Background(), request(t, h, p.tree(t), "/quiet")))
	last(`^NtServicePack 4377 4 Security Update \(KB900001\) was installed\.$`)
	remove := installer.Request{Host: h, UninstallDir: `C:\WINDOWS\$NtUninstallKB900001$`, Options: cmdline.Options{Quiet: true}, Start: testNow}
	mustRun(t)(installer.Remove(context.Background(), remove))
	last(`^NtServicePack 4382 4 Security Update \(KB900001\) was removed from your computer, and the previous .* configuration was restored\.$`)
	p.pack = true
	mustRun(t)(installer.Install(context.Background(), request(t, h, p.tree(t), "/quiet")))
	last(`^NtServicePack 4371 4 Security Update \(KB900001\) was installed \(Service Pack 2 was previously installed\)\.$`)
	p.pack, p.kb = false, "KB900002"
	req := request(t, facts{Host: h, missing: []string{"SeBackupPrivilege"}}, damaged(t, p, "SP2GDR/a.dll", []byte("x")), "/quiet", "/ER")
	if _, err := installer.Install(context.Background(), req); err == nil {
		t.Fatal("installed")
	}
	if slices.ContainsFunc(seen, func(e string) bool { return strings.Contains(e, " 4377 ") }) {
		t.Errorf("a failure is reported as success: %q", seen)
	}
	req = request(t, h, damaged(t, p, "SP2GDR/a.dll", []byte("x")), "/quiet")
	if _, err := installer.Install(context.Background(), req); err == nil {
		t.Fatal("installed")
	}
	last(`^NtServicePack 4373 1 Security Update \(KB900002\) installation failed\. `)
}

// White paper, "To perform a manual removal through the recovery console": spuninst.txt alone brings the files back, and
// spuninst.exe does the rest afterwards.
func TestRecoveryConsole(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	before := m.snapshot()
	mustRun(t)(m.install(p.tree(t)))
	const dir = `C:\WINDOWS\$NtUninstallKB900001$\spuninst\`
	for range 2 { // "sometimes it had to be run twice"
		for _, line := range strings.Split(strings.TrimSpace(string(m.read(dir+"spuninst.txt"))), "\r\n") {
			m.console(line)
		}
		if !bytes.Equal(m.read(sys+"a.dll"), files[sys+"a.dll"]) || m.has(sys+"new.dll") {
			t.Fatal("the files are not as before")
		}
	}
	mustRun(t)(m.remove("KB900001"))
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("removal left\n%s", d)
	}
}

// console does one command of the recovery console: copy and del of whole paths.
func (m *machine) console(line string) {
	m.t.Helper()
	words := regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(line, -1)
	for i := range words {
		words[i] = strings.Trim(words[i], `"`)
	}
	switch {
	case len(words) == 3 && strings.EqualFold(words[0], "copy"):
		m.write(words[2], m.read(words[1]))
	case len(words) == 2 && strings.EqualFold(words[0], "del"):
		_ = m.h.Remove(words[1]) // the second time there is nothing to delete
	default:
		m.t.Fatalf("the recovery console does not know %q", line)
	}
}
