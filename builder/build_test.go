package builder

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/builder/stubs"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// sampleStubs stands small executables in for the runtime: these tests are about what is put around it. The script tests of
// cmd/kbforge build with the real one.
func sampleStubs(_ context.Context, kind stubs.Kind, arch string) (stubs.Stub, error) {
	b, err := samplepe.Build(samplepe.Spec{Arch: arch, ExitCode: uint32(kind), NoVersion: true})
	return stubs.Stub{Bytes: b}, err
}

func testTime() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

func devSigner(t *testing.T) (*Signer, *sign.Development) {
	t.Helper()
	dir := t.TempDir()
	var said []string
	from := KeySource{DevDir: filepath.Join(dir, "dev"), Now: testTime(), Warn: func(s string) { said = append(said, s) }}
	s, err := OpenSigner(manifest.Signing{Dev: true}, from)
	if err != nil {
		t.Fatal(err)
	}
	if len(said) != 1 || !strings.Contains(said[0], sign.DevelopmentName) {
		t.Errorf("a new development key is announced by %q", said)
	}
	again, err := OpenSigner(manifest.Signing{Dev: true}, from)
	if err != nil || !again.Key.Certificates()[0].Equal(s.Key.Certificates()[0]) {
		t.Errorf("the development key is not found again: %v", err)
	}
	return s, s.Key.(*sign.Development)
}

func mustBuild(t *testing.T, name string, s *Signer) (Result, string) {
	t.Helper()
	p := planOf(t, starter(t, name))
	out := filepath.Join(t.TempDir(), "out")
	res, err := Build(context.Background(), p, Options{OutDir: out, Stubs: sampleStubs, Signer: s})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(out)
	if err != nil || len(entries) != 1 || filepath.Join(out, entries[0].Name()) != res.Package {
		t.Errorf("beside the package there is %v (%v)", entries, err)
	}
	return res, out
}

// TestBuildSame: the same bytes from another directory, unsigned and signed.
func TestBuildSame(t *testing.T) {
	signer, _ := devSigner(t)
	for _, s := range []*Signer{nil, signer} {
		var first []byte
		for range 2 {
			res, _ := mustBuild(t, "multi-branch", s)
			b, err := os.ReadFile(res.Package)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = b
			} else if !bytes.Equal(first, b) {
				t.Errorf("two builds differ (signed: %v)", s != nil)
			}
		}
	}
}

// TestForeignTools: cabinet tools open the package as it is, before and after signing.
func TestForeignTools(t *testing.T) {
	signer, dev := devSigner(t)
	for _, s := range []*Signer{nil, signer} {
		res, _ := mustBuild(t, "multi-branch", s)
		for _, cmd := range [][]string{
			{need.Tool(t, "7zz", "7z"), "t", res.Package},
			{need.Tool(t, "cabextract"), "-t", res.Package},
		} {
			if out, err := exec.Command(cmd[0], cmd[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%q: %v\n%s", cmd, err, out)
			}
		}
		out, err := exec.Command(need.Tool(t, "7zz", "7z"), "l", "-ba", res.Package).Output()
		if err != nil || !bytes.Contains(out, []byte("RTMQFE")) || !bytes.Contains(out, []byte("update.exe")) {
			t.Errorf("7z lists %v\n%s", err, out)
		}
		if s == nil {
			continue
		}
		ca := rootFile(t, dev)
		osslsigncode := func(path string) ([]byte, error) {
			return exec.Command(need.Tool(t, "osslsigncode"), "verify", "-CAfile", ca, "-time", "1767400000", "-in", path).CombinedOutput()
		}
		if out, err := osslsigncode(res.Package); err != nil {
			t.Errorf("osslsigncode: %v\n%s", err, out)
		}
		for _, at := range flipPlaces(t, res.Package) {
			if out, err := osslsigncode(flipped(t, res.Package, at)); err == nil {
				t.Errorf("osslsigncode accepts the package with byte %d flipped\n%s", at, out)
			}
		}
	}
}

// flipPlaces are some bytes of the cabinet in a package.
func flipPlaces(t *testing.T, path string) []int64 {
	t.Helper()
	a, err := OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var places []int64
	for i := range int64(8) {
		places = append(places, a.Location.Offset+i*(a.Size-1)/7)
	}
	return places
}

// flipped is a copy of a file with one bit changed.
func flipped(t *testing.T, path string, at int64) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x10
	to := filepath.Join(t.TempDir(), "flipped.exe")
	if err := os.WriteFile(to, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return to
}

func rootFile(t *testing.T, dev *sign.Development) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.der")
	if err := os.WriteFile(path, pemOf(dev.Root().Raw), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerify(t *testing.T) {
	signer, dev := devSigner(t)
	res, _ := mustBuild(t, "multi-branch", signer)
	o := VerifyOptions{Roots: sign.Pool(dev.Root()), At: testTime(), MustSign: true}
	v, err := Verify(context.Background(), res.Package, o)
	if err != nil || !v.OK() || v.Outer == nil || v.Catalog == nil || v.KB != "KB123456" || v.Files != 14 {
		t.Fatalf("a good package: %+v, %v", v, err)
	}
	for at := int64(1000); at < res.Size; at += res.Size/40 + 1 {
		if v, err := Verify(context.Background(), flipped(t, res.Package, at), o); err == nil && v.OK() {
			t.Errorf("byte %d of %d flipped: the package still verifies", at, res.Size)
		}
	}
	if v, err := Verify(context.Background(), res.Package, VerifyOptions{Roots: sign.Pool(), At: testTime()}); err != nil || v.OK() {
		t.Errorf("an unknown root: %+v, %v", v, err)
	}
	plain, _ := mustBuild(t, "multi-branch", nil)
	if v, err := Verify(context.Background(), plain.Package, o); err != nil || len(v.Findings) != 5 {
		t.Errorf("an unsigned package where a signature must be: %+v, %v", v, err)
	}
	o.MustSign = false
	if v, err := Verify(context.Background(), plain.Package, o); err != nil || !v.OK() || len(v.Notes) != 2 {
		t.Errorf("an unsigned package: %+v, %v", v, err)
	}
}

// TestVerifyTree: what is wrong in a tree is named, each by itself.
func TestVerifyTree(t *testing.T) {
	p := planOf(t, starter(t, "multi-branch"))
	tree, err := NewTree(context.Background(), p, placeholders(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(dir string) error
		want   []string
	}{
		{"nothing", func(string) error { return nil }, nil},
		{"payload gone", func(dir string) error { return os.Remove(filepath.Join(dir, "RTMQFE", "reader.dll")) }, []string{
			`update.ver names rtmqfe\reader.dll, which is not in the package`,
			`update_rtmqfe.inf names RTMQFE\reader.dll, which is not in the package`,
			`the catalog update/KB123456.cat lists reader.dll, which is not in the package as it was`}},
		{"payload changed", func(dir string) error {
			path := filepath.Join(dir, "RTMGDR", "reader.dll")
			b, err := os.ReadFile(path)
			b[len(b)-1] ^= 1
			return errors.Join(err, os.WriteFile(path, b, 0o666))
		}, []string{`rtmgdr\reader.dll has another content than update.ver says`, `RTMGDR/reader.dll is not what the catalog`, `lists reader.dll, which is not in the package as it was`}},
		{"setup file gone", func(dir string) error { return os.Remove(filepath.Join(dir, "spmsg.dll")) }, []string{`updatebr.inf names spmsg.dll, which is not in the package`}},
		{"inf gone", func(dir string) error { return os.Remove(filepath.Join(dir, "update", "update_rtmqfe.inf")) }, []string{
			`updatebr.inf names update\update_rtmqfe.inf, which is not in the package`}},
		{"branches.inf broken", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "update", "branches.inf"), []byte("[FileBranchInfo]\r\nRTMGDR=\"x\",RTMQFE\r\n"), 0o666)
		}, []string{"update/branches.inf: [Version] with Signature", "update/branches.inf is not what the catalog"}},
		{"update.ver broken", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "update", "update.ver"), []byte("[SourceFileInfo]\r\nx\r\n"), 0o666)
		}, []string{"update.ver:2: no path before ="}},
	} {
		dir := filepath.Join(t.TempDir(), "tree")
		if err := tree.Write(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		if err := c.change(dir); err != nil {
			t.Fatal(err)
		}
		d, err := openTree(dir)
		if err != nil {
			t.Fatal(err)
		}
		v := &Verification{}
		v.coverage(d, v.tree(d).named, VerifyOptions{At: testTime()})
		all := fmt.Sprint(v.Findings)
		for _, w := range c.want {
			if !strings.Contains(all, w) {
				t.Errorf("%s: no finding %q in\n%s", c.name, w, all)
			}
		}
		if c.want == nil && len(v.Findings) > 0 {
			t.Errorf("%s: %s", c.name, all)
		}
	}
}

// TestExtract: what was packed comes out, with its times; a failure leaves nothing.
func TestExtract(t *testing.T) {
	res, out := mustBuild(t, "standard", nil)
	dir := filepath.Join(out, "x")
	made, err := Extract(context.Background(), res.Package, dir)
	if err != nil || len(made) != len(res.Contents) {
		t.Fatalf("extracted %q: %v", made, err)
	}
	st, err := os.Stat(filepath.Join(dir, "reader.dll"))
	if err != nil || st.ModTime().Sub(testTime()).Abs() > 2*time.Second {
		t.Errorf("reader.dll: %v, %v", st, err)
	}
	if _, err := Extract(context.Background(), res.Package, dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a directory with files: %v", err)
	}
	b, err := os.ReadFile(res.Package)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(out, "cut.exe")
	if err := os.WriteFile(cut, b[:len(b)-2000], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Extract(context.Background(), cut, filepath.Join(out, "y")); !errors.Is(err, cab.ErrTruncated) {
		t.Errorf("a package cut short: %v", err)
	}
	if _, err := os.Stat(filepath.Join(out, "y")); err == nil {
		t.Error("a failed extraction left its directory")
	}
}

// TestNothingLeft: a build that fails at any stage, or is interrupted there, leaves no file and no directory.
func TestNothingLeft(t *testing.T) {
	m := starter(t, "multi-branch")
	stages := []string{"preparing the runtime", "writing the catalog", "compressing", "checking the result"}
	for _, stage := range stages {
		p := planOf(t, m)
		top := t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		seen := false
		_, err := Build(ctx, p, Options{OutDir: filepath.Join(top, "a", "b"), Stubs: sampleStubs, Progress: func(s string) {
			if s == stage {
				seen = true
				cancel()
			}
		}})
		if !seen || !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted at %q (reached: %v): %v", stage, seen, err)
		}
		if entries, _ := os.ReadDir(top); len(entries) > 0 {
			t.Errorf("interrupted at %q: %v is left", stage, entries)
		}
	}
	payload := m.Files[0].Sources["RTMGDR"]
	p := planOf(t, m)
	b, err := os.ReadFile(payload)
	if err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	_, err = Build(context.Background(), p, Options{OutDir: filepath.Join(top, "a"), Stubs: sampleStubs, Progress: func(s string) {
		if s == "compressing" {
			b[len(b)-1] ^= 1
			_ = os.WriteFile(payload, b, 0o666)
		}
	}})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("payload changed meanwhile: %v", err)
	}
	if entries, _ := os.ReadDir(top); len(entries) > 0 {
		t.Errorf("after a failure %v is left", entries)
	}
}

// TestTwins: the branches of one file are neighbours, and update.exe and spuninst.exe are stored once.
func TestTwins(t *testing.T) {
	res, _ := mustBuild(t, "multi-branch", nil)
	if res.Cabinet.Files-res.Cabinet.Unique != 1 {
		t.Errorf("%d of %d files are stored; update.exe and spuninst.exe are one", res.Cabinet.Unique, res.Cabinet.Files)
	}
	a, err := OpenArchive(res.Package)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	var names []string
	for _, f := range a.Files {
		names = append(names, f.Name)
	}
	i, j := slices.Index(names, `RTMGDR\reader.dll`), slices.Index(names, `RTMQFE\reader.dll`)
	if i < 0 || j < 0 || i-j != 1 && j-i != 1 {
		t.Errorf("order %q", names)
	}
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
