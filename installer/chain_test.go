package installer_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/host/imagehost"
	"github.com/kbforge/kbforge/installer/pfr"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/status"
)

func example(t *testing.T, kb, version string) pkg {
	f := map[string][]byte{"example.dll": samplepe1(t, version, "srv03_sp2_gdr", kb)}
	return pkg{kb: kb, gdr: f, qfe: f}
}

// White paper, "Chained Installation": version 1.2 waits for the restart, 1.1 comes after it; 1.2 is what the restart brings.
// Also the other way round, and with something else's entries before, between and after.
func TestChainedInstallation(t *testing.T) {
	for name, order := range map[string][]string{"newer first": {"5.2.3790.120", "5.2.3790.110"}, "older first": {"5.2.3790.110", "5.2.3790.120"}} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t, map[string][]byte{sys + "example.dll": samplepe1(t, "5.2.3790.100", "", "old"), `C:\other\x.tmp`: []byte("x")})
			before := m.snapshot()
			foreign := []pfr.Pair{{Src: `\??\C:\other\x.tmp`, Dst: "!\\??\\C:\\other\\\xed\xa0\x80.dll"}, {Src: `*1\??\C:\other\gone`, Dst: ""}}
			if err := pfr.Write(m.h, foreign); err != nil {
				t.Fatal(err)
			}
			raw := pfr.Encode(foreign)
			if _, err := m.h.HoldOpen(sys+"example.dll", imagehost.HoldMapped); err != nil {
				t.Fatal(err)
			}
			for i, v := range order {
				if res := mustRun(t)(m.install(example(t, "KB90000"+string(rune('1'+i)), v).tree(t))); !res.RestartNeeded && (i == 0 || name == "older first") {
					t.Error("a restart is needed")
				}
			}
			queue, err := pfr.Read(m.h)
			if err != nil || len(queue) != 3 || !bytes.HasPrefix(pfr.Encode(queue), raw[:len(raw)-2]) {
				t.Fatalf("%v, %v: want the two foreign pairs as they were and one of ours", queue, err)
			}
			if _, err := m.h.SimulateRestart(); err != nil {
				t.Fatal(err)
			}
			if got := versionField(m.read(sys + "example.dll")); got != "000500020ECE0078" {
				t.Errorf("after the restart the version is %s, want 5.2.3790.120", got)
			}
			for _, kb := range []string{"KB900002", "KB900001"} {
				mustRun(t)(m.remove(kb))
			}
			if d := diffLines(before, m.snapshot()); strings.Contains(d, "SET") || strings.Contains(d, "Uninstall") {
				t.Errorf("left behind:\n%s", d)
			}
		})
	}
}

// KB 815062: version 8 waits for the restart, version 12 is put in its place at once by something that knows nothing of it.
// The restart must not bring version 8.
func TestPendingOlderVersionDoesNotComeBack(t *testing.T) {
	m := newMachine(t, map[string][]byte{sys + "example.dll": samplepe1(t, "5.2.3790.100", "", "old"), sys + "a.dll": samplepe1(t, "5.2.3790.100", "", "a")})
	release, err := m.h.HoldOpen(sys+"example.dll", imagehost.HoldMapped)
	if err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(example(t, "KB900001", "5.2.3790.108").tree(t)))
	release()
	twelve := samplepe1(t, "5.2.3790.112", "", "twelve")
	m.write(sys+"example.dll", twelve)
	other := pkg{kb: "KB900002", gdr: map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "a")}}
	other.qfe = other.gdr
	mustRun(t)(m.install(other.tree(t)))
	if queue, err := pfr.Read(m.h); err != nil || len(queue) != 0 {
		t.Errorf("%v, %v: version 8 still waits", queue, err)
	}
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.read(sys+"example.dll"), twelve) {
		t.Error("the file was downgraded")
	}
	if log := string(m.read(`C:\WINDOWS\KB900002.log`)); !strings.Contains(log, "CleanPFR: "+sys+"SET1.tmp is not put in the place of "+sys+"example.dll: a newer version is on disk") {
		t.Errorf("the log does not say so:\n%s", log)
	}
	if m.has(sys + "SET1.tmp") {
		t.Error("the dropped file is left")
	}
}

// Several removals, one restart: what a removal brings back waits under a name that no later run takes for outdated.
func TestChainedRemovals(t *testing.T) {
	m := newMachine(t, map[string][]byte{sys + "example.dll": samplepe1(t, "5.2.3790.100", "", "old"), sys + "a.dll": samplepe1(t, "5.2.3790.100", "", "a")})
	before := m.snapshot()
	other := pkg{kb: "KB900003", gdr: map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "a")}}
	other.qfe = other.gdr
	for _, p := range []pkg{example(t, "KB900001", "5.2.3790.110"), example(t, "KB900002", "5.2.3790.120"), other} {
		mustRun(t)(m.install(p.tree(t)))
	}
	for _, n := range []string{"example.dll", "a.dll"} {
		if _, err := m.h.HoldOpen(sys+n, imagehost.HoldMapped); err != nil {
			t.Fatal(err)
		}
	}
	for _, kb := range []string{"KB900002", "KB900001", "KB900003"} {
		if res := mustRun(t)(m.remove(kb)); !res.RestartNeeded {
			t.Errorf("%s: no restart needed", kb)
		}
	}
	wantValue(t, m, `SOFTWARE\Microsoft\Updates\UpdateExeVolatile`, "Flags", regplan.DWORD(1))
	// An installation in between must not undo the removals.
	mustRun(t)(m.install(pkg{kb: "KB900004", gdr: map[string][]byte{}, qfe: map[string][]byte{}, addReg: `HKLM,"SOFTWARE\Contoso","X",,1`}.tree(t)))
	mustRun(t)(m.remove("KB900004"))
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	after := strings.Replace(m.snapshot(), "[HKLM\\SOFTWARE\\Microsoft\\Updates]\n", "", 1)
	if d := diffLines(before, after); d != "" {
		t.Errorf("the machine differs:\n%s", d)
	}
}

// White paper, table 5: each of the values of the restart flags.
func TestRestartFlags(t *testing.T) {
	m := newMachine(t, map[string][]byte{sys + "example.dll": samplepe1(t, "5.2.3790.100", "", "old"), sys + "a.dll": samplepe1(t, "5.2.3790.100", "", "a")})
	flags := func() uint32 {
		v, err := m.h.GetValue(host.Key{Root: host.HKLM, Path: `SOFTWARE\Microsoft\Updates\UpdateExeVolatile`}, "Flags")
		if err != nil {
			return 0
		}
		n, _ := v.Uint32()
		return n
	}
	hold := func(n string) {
		if _, err := m.h.HoldOpen(sys+n, imagehost.HoldMapped); err != nil {
			t.Fatal(err)
		}
	}
	other := pkg{kb: "KB900003", gdr: map[string][]byte{"a.dll": samplepe1(t, "5.2.3790.200", "srv03_sp2_gdr", "a")}}
	other.qfe = other.gdr
	var got []uint32
	mustRun(t)(m.install(other.tree(t)))
	got = append(got, flags()) // nothing waits
	hold("a.dll")
	mustRun(t)(m.remove("KB900003"))
	got = append(got, flags()) // a removal
	hold("example.dll")
	mustRun(t)(m.install(example(t, "KB900001", "5.2.3790.110").tree(t)))
	got = append(got, flags()) // both
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	got = append(got, flags())
	hold("example.dll")
	mustRun(t)(m.install(example(t, "KB900002", "5.2.3790.120").tree(t)))
	got = append(got, flags()) // an installation
	if want := []uint32{0, 1, 3, 0, 2}; !slices.Equal(got, want) {
		t.Errorf("flags %v, want %v", got, want)
	}
}

// A foreign replacement that waits for one of the package's files must come first.
func TestForeignPendingFileComesFirst(t *testing.T) {
	m := newMachine(t, map[string][]byte{sys + "example.dll": samplepe1(t, "5.2.3790.100", "", "old"), `C:\other\x.tmp`: []byte("x")})
	if err := pfr.Write(m.h, []pfr.Pair{pfr.Replace(`C:\other\x.tmp`, sys+"example.dll")}); err != nil {
		t.Fatal(err)
	}
	before := m.snapshot()
	if _, err := m.install(example(t, "KB900001", "5.2.3790.110").tree(t)); status.Code(err) != status.MustRestartFirst {
		t.Fatalf("%v, want 61482", err)
	}
	if d := diffLines(before, m.snapshot()); d != "" {
		t.Errorf("changed:\n%s", d)
	}
}

// A removal leaves the deletion of a file waiting; nobody owns the file now. An installation that finds it as it wants it must not
// rely on it: the restart would take it away.
func TestFileThatIsDeletedAtTheRestart(t *testing.T) {
	p, files := standard(t)
	m := newMachine(t, files)
	mustRun(t)(m.install(p.tree(t)))
	if _, err := m.h.HoldOpen(sys+"new.dll", imagehost.HoldMapped); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.remove(p.kb))
	if _, err := m.install(p.tree(t)); status.Code(err) != status.MustRestartFirst {
		t.Errorf("%v, want 61482", err)
	}
	if _, err := m.h.SimulateRestart(); err != nil {
		t.Fatal(err)
	}
	mustRun(t)(m.install(p.tree(t)))
	if !m.has(sys + "new.dll") {
		t.Error("new.dll is missing")
	}
}
