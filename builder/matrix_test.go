package builder

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/templates/samplepe"
)

const matrix = head + `arch = ["x86", "x64", "arm64"]
language = ["en-US", "de-DE"]
[[file]]
source = "${arch}/a.dll"
to = "system32"
when = "always"
[[for.x64.file]]
source = "x86/a.dll"
to = "system32-x86"
when = "always"
[for.de-DE.package]
title = "Aktualisierung für P (KB1)"
`

func matrixPlans(t *testing.T) []*Plan {
	t.Helper()
	files := map[string]samplepe.Spec{}
	for i, arch := range manifest.Architectures() {
		files[arch+"/a.dll"] = samplepe.Spec{Arch: arch, DLL: true, Version: pefile.Version{1, 0, 0, uint16(i + 1)}}
	}
	list, err := manifest.LoadAll(writeFiles(t, matrix, files))
	if err != nil {
		t.Fatal(err)
	}
	facts, err := ReadFacts(list...)
	if err != nil {
		t.Fatal(err)
	}
	plans, err := NewPlans(list, facts, testTime())
	if err != nil {
		t.Fatal(err)
	}
	if w := Warnings(plans); w != nil {
		t.Errorf("warnings %v", w)
	}
	return plans
}

func jobsOf(plans []*Plan) []Job {
	jobs := make([]Job, len(plans))
	for i, p := range plans {
		jobs[i] = Job{Plan: p}
	}
	return jobs
}

// TestBuildAll: all packages of a manifest, the same bytes as built one by one, each for its own machine and language.
func TestBuildAll(t *testing.T) {
	plans := matrixPlans(t)
	out := t.TempDir()
	results, err := BuildAll(context.Background(), jobsOf(plans), Options{OutDir: out, Stubs: sampleStubs})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i, r := range results {
		names = append(names, filepath.Base(r.Package))
		_, alone := buildPlan(t, plans[i])
		a, errA := os.ReadFile(r.Package)
		b, errB := os.ReadFile(alone)
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s built alone has other bytes (%v)", names[i], err)
		}
	}
	want := []string{"P-KB1-x86-ENU.exe", "P-KB1-x86-DEU.exe", "P-KB1-x64-ENU.exe", "P-KB1-x64-DEU.exe", "P-KB1-arm64-ENU.exe", "P-KB1-arm64-DEU.exe"}
	if !slices.Equal(names, want) {
		t.Errorf("packages %q, want %q", names, want)
	}
	m := newTestMachine(t, "win10-x64") // English
	before := m.snapshot()
	for i, code := range []uint32{status.PlatformMismatch, status.FailedLanguageType, 0, status.FailedLanguageType, status.PlatformMismatch, status.FailedLanguageType} {
		if code == 0 {
			continue
		}
		if _, err := m.install(results[i].Package); status.Code(err) != code {
			t.Errorf("%s: %v, want code %d", names[i], err, code)
		}
	}
	m.same(before)
	m.mustInstall(results[2].Package)
	m.fileIs(`C:\Windows\System32\a.dll`, "1.0.0.2")
	m.fileIs(`C:\Windows\SysWOW64\a.dll`, "1.0.0.1")
	m.mustRemove("KB1")
	m.same(before)
}

// TestBuildAllOrNone: when one package cannot be made, or cannot have its name, what was there stays.
func TestBuildAllOrNone(t *testing.T) {
	plans := matrixPlans(t)
	for _, broken := range []string{"name", "payload"} {
		out := t.TempDir()
		first := filepath.Join(out, plans[0].FileName)
		if err := os.WriteFile(first, []byte("as it was"), 0o666); err != nil {
			t.Fatal(err)
		}
		left := []string{plans[0].FileName}
		want := ""
		switch broken {
		case "name":
			dir := filepath.Join(out, plans[3].FileName, "x")
			if err := os.MkdirAll(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			left, want = append(left, plans[3].FileName), "is a directory"
		case "payload":
			path := plans[4].Files[0].Versions[0].open
			if err := os.WriteFile(path, []byte("other"), 0o666); err != nil {
				t.Fatal(err)
			}
			want = ErrChanged.Error()
		}
		_, err := BuildAll(context.Background(), jobsOf(plans), Options{OutDir: out, Stubs: sampleStubs})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", broken, err, want)
		}
		var names []string
		entries, _ := os.ReadDir(out)
		for _, e := range entries {
			names = append(names, e.Name())
		}
		slices.Sort(left)
		if !slices.Equal(names, left) {
			t.Errorf("%s: %q is left, want %q", broken, names, left)
		}
		if b, err := os.ReadFile(first); err != nil || string(b) != "as it was" {
			t.Errorf("%s: the earlier package is %q, %v", broken, b, err)
		}
	}
}
