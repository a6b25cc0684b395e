package stubs

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/internal/need"
)

const tinyModule = "example.com/tiny"

// tiny is a module with the two main packages and one that both import.
func tiny() map[string]string {
	return map[string]string{
		"go.mod":                 "module " + tinyModule + "\n\ngo 1.26.0\n",
		"stub/main.go":           "package main\n\nimport \"example.com/tiny/inf\"\n\nfunc main() { println(\"runtime\", inf.Word) }\n",
		"stub/extractor/main.go": "package main\n\nimport \"example.com/tiny/inf\"\n\nfunc main() { println(\"extractor\", inf.Word) }\n",
		"inf/inf.go":             "package inf\n\nconst Word = \"first\"\n",
		"inf/inf_test.go":        "package inf\n",
	}
}

func checkout(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func compiler(t *testing.T, dir string) Compiler {
	t.Helper()
	need.Tool(t, "go")
	c := Default()
	c.Module, c.Sources, c.Dir, c.CacheDir = tinyModule, []string{"inf", "stub"}, dir, filepath.Join(t.TempDir(), "cache")
	return c
}

func compile(t *testing.T, c Compiler, kind Kind, arch string) Stub {
	t.Helper()
	s, err := c.Compile(context.Background(), kind, arch)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCompileEveryArch(t *testing.T) {
	c := compiler(t, checkout(t, tiny()))
	for _, arch := range Arches() {
		for _, kind := range Kinds() {
			s := compile(t, c, kind, arch)
			info, err := pefile.Read(bytes.NewReader(s.Bytes), int64(len(s.Bytes)))
			if err != nil || pefile.Arch(info.Machine) != arch || info.Subsystem != 2 {
				t.Errorf("%s %s: %+v, %v", kind, arch, info, err)
			}
			if !bytes.Contains(s.Bytes, []byte(kind.String())) || bytes.Contains(s.Bytes, []byte(c.Dir)) {
				t.Errorf("%s %s: another program, or one that names the folder of its sources", kind, arch)
			}
		}
	}
}

// TestReproducible: two checkouts in different folders, and an environment that tries to steer the build, give the same.
func TestReproducible(t *testing.T) {
	a := compile(t, compiler(t, checkout(t, tiny())), Runtime, "x64")
	t.Setenv("GOFLAGS", "-tags=other -ldflags=-X=main.x=y")
	t.Setenv("GOOS", "linux")
	t.Setenv("GOARCH", "riscv64")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("GOWORK", "/nowhere/go.work")
	t.Setenv("CGO_ENABLED", "1")
	b := compile(t, compiler(t, checkout(t, tiny())), Runtime, "x64")
	if !bytes.Equal(a.Bytes, b.Bytes) {
		t.Error("the bytes differ")
	}
}

func TestCache(t *testing.T) {
	dir := checkout(t, tiny())
	c := compiler(t, dir)
	first := compile(t, c, Runtime, "x64")
	change := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	isCached := func(s Stub) bool { return strings.HasSuffix(s.Origin, "(cached)") }
	if again := compile(t, c, Runtime, "x64"); !isCached(again) || !bytes.Equal(again.Bytes, first.Bytes) || isCached(first) {
		t.Errorf("first %q, second %q", first.Origin, again.Origin)
	}
	change("inf/inf_test.go", "package inf // another test\n")
	if s := compile(t, c, Runtime, "x64"); !isCached(s) {
		t.Error("a changed test is compiled anew")
	}
	change("inf/inf.go", "package inf\n\nconst Word = \"second\"\n")
	second := compile(t, c, Runtime, "x64")
	if isCached(second) || bytes.Equal(second.Bytes, first.Bytes) {
		t.Error("a changed source is not compiled anew")
	}
	entries, err := os.ReadDir(c.CacheDir)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%v, %v", entries, err)
	}
	for _, e := range entries { // damage both
		if err := os.Truncate(filepath.Join(c.CacheDir, e.Name()), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if s := compile(t, c, Runtime, "x64"); isCached(s) || !bytes.Equal(s.Bytes, second.Bytes) {
		t.Error("a damaged entry is used")
	}
}

func TestCacheKeepsTheNewest(t *testing.T) {
	c := Compiler{CacheDir: t.TempDir()}
	for i := range CacheEntries + 5 {
		if err := c.store(fmt.Sprint("k", i), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	entries, _ := os.ReadDir(c.CacheDir)
	if len(entries) != CacheEntries {
		t.Errorf("%d entries", len(entries))
	}
	if b, ok := c.cached(fmt.Sprint("k", CacheEntries+4)); !ok || b[0] != CacheEntries+4 {
		t.Error("the newest is gone")
	}
}

// TestModuleCache compiles from a module that only a proxy has, as an installed kbforge does, and gets the bytes that a
// checkout gives.
func TestModuleCache(t *testing.T) {
	c := compiler(t, "")
	proxy, cache := t.TempDir(), t.TempDir()
	publish(t, proxy, "v1.2.3", tiny())
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GOMODCACHE", cache)
	t.Setenv("GOSUMDB", "off") // it does not know example.com
	t.Setenv("GOTOOLCHAIN", "local")
	t.Cleanup(func() { makeWritable(cache) })

	tool := need.Tool(t, "go")
	dir, err := c.download(context.Background(), tool, "v1.2.3", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off") // from now on the cache alone
	if again, err := c.download(context.Background(), tool, "v1.2.3", ""); err != nil || again != dir {
		t.Fatalf("without a proxy: %q, %v", again, err)
	}
	if _, err := c.download(context.Background(), tool, "v1.2.3", "h1:other="); err == nil || !strings.Contains(err.Error(), "has the sum h1:") {
		t.Errorf("another sum: %v", err)
	}
	if _, err := c.download(context.Background(), tool, "v1.2.4", ""); err == nil || !strings.Contains(err.Error(), "cannot be downloaded") {
		t.Errorf("a missing version: %v", err)
	}
	fromCheckout := compile(t, compiler(t, checkout(t, tiny())), Extractor, "x64")
	c.Dir = dir
	if s := compile(t, c, Extractor, "x64"); !bytes.Equal(s.Bytes, fromCheckout.Bytes) {
		t.Error("the module cache and a checkout give different bytes")
	}
}

// publish puts a version of the module into a folder that GOPROXY can name.
func publish(t *testing.T, proxy, version string, files map[string]string) {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, text := range files {
		f, err := w.Create(tinyModule + "@" + version + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(proxy, tinyModule, "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for ext, text := range map[string]string{
		".zip": buf.String(), ".mod": files["go.mod"], ".info": `{"Version":"` + version + `"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, version+ext), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// makeWritable lets the test remove a module cache, which the go command makes read-only.
func makeWritable(dir string) {
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			os.Chmod(path, 0o755)
		}
		return nil
	})
}

func TestOwnModule(t *testing.T) {
	const path = "example.com/tiny"
	for name, c := range map[string]struct {
		info debug.BuildInfo
		want string // version; empty: none
	}{
		"installed":        {debug.BuildInfo{Main: debug.Module{Path: path, Version: "v1.2.3"}}, "v1.2.3"},
		"checkout":         {debug.BuildInfo{Main: debug.Module{Path: path, Version: "(devel)"}}, ""},
		"changed checkout": {debug.BuildInfo{Main: debug.Module{Path: path, Version: "v0.0.0-20260101000000-abcdefabcdef+dirty"}}, ""},
		"library": {debug.BuildInfo{Main: debug.Module{Path: "example.com/app", Version: "v9.0.0"},
			Deps: []*debug.Module{{Path: path, Version: "v1.4.0"}}}, "v1.4.0"},
		"replaced by a folder": {debug.BuildInfo{Main: debug.Module{Path: "example.com/app"},
			Deps: []*debug.Module{{Path: path, Version: "v1.4.0", Replace: &debug.Module{Path: "../tiny"}}}}, ""},
		"another": {debug.BuildInfo{Main: debug.Module{Path: "example.com/app", Version: "v1.0.0"}}, ""},
	} {
		m, ok := ownModule(&c.info, path)
		if ok != (c.want != "") || ok && m.Version != c.want {
			t.Errorf("%s: %+v, %v", name, m, ok)
		}
	}
}

func TestSourcesAreFound(t *testing.T) {
	tool := need.Tool(t, "go")
	t.Run("by variable", func(t *testing.T) {
		dir := checkout(t, tiny())
		t.Setenv(SourceVariable, dir)
		if got, err := compiler(t, "").sourceDir(context.Background(), tool); err != nil || got != dir {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("by a wrong variable", func(t *testing.T) {
		t.Setenv(SourceVariable, t.TempDir())
		_, err := compiler(t, "").sourceDir(context.Background(), tool)
		if !errors.Is(err, ErrNoSource) || !strings.Contains(err.Error(), SourceVariable) {
			t.Errorf("%v", err)
		}
	})
	t.Run("around the working directory", func(t *testing.T) {
		dir := checkout(t, tiny())
		t.Chdir(filepath.Join(dir, "stub", "extractor"))
		if got, err := compiler(t, "").sourceDir(context.Background(), tool); err != nil || !sameFile(got, dir) {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("where this file was compiled", func(t *testing.T) {
		c := Default()
		got, err := c.sourceDir(context.Background(), tool)
		if err != nil || !sameFile(got, filepath.Join("..", "..")) {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("nowhere", func(t *testing.T) {
		t.Chdir(t.TempDir())
		_, err := compiler(t, "").sourceDir(context.Background(), tool)
		if !errors.Is(err, ErrNoSource) || !strings.Contains(err.Error(), SourceVariable) || !strings.Contains(err.Error(), "release build") {
			t.Errorf("%v", err)
		}
	})
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	y, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(x, y)
}

func TestFaults(t *testing.T) {
	broken := tiny()
	broken["inf/inf.go"] = "package inf\n\nconst Word = missing\n"
	if _, err := compiler(t, checkout(t, broken)).Compile(context.Background(), Runtime, "x64"); err == nil ||
		!strings.Contains(err.Error(), "compile the runtime for x64") || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("broken source: %v", err)
	}
	if _, err := Get(context.Background(), Runtime, "mips"); !errors.Is(err, ErrArch) || !strings.Contains(err.Error(), "x86, x64, arm64") {
		t.Errorf("architecture: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := compiler(t, checkout(t, tiny())).Compile(ctx, Runtime, "x64"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	c := compiler(t, checkout(t, tiny()))
	t.Setenv("PATH", t.TempDir())
	if _, err := c.Compile(context.Background(), Runtime, "x64"); !errors.Is(err, ErrNoSource) || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("no Go: %v", err)
	}
}

func TestArchive(t *testing.T) {
	exes := map[string][]byte{}
	for _, k := range Kinds() {
		for _, a := range Arches() {
			exes[ArchiveName(k, a)] = bytes.Repeat([]byte(k.String()+a), 1000)
		}
	}
	files, err := Archive(exes)
	if err != nil {
		t.Fatal(err)
	}
	archive := fstest.MapFS{}
	for name, b := range files {
		archive["prebuilt/"+name] = &fstest.MapFile{Data: b}
	}
	for _, k := range Kinds() {
		for _, a := range Arches() {
			if s, err := fromArchive(archive, k, a); err != nil || !bytes.Equal(s.Bytes, exes[ArchiveName(k, a)]) {
				t.Errorf("%s %s: %q, %v", k, a, s.Origin, err)
			}
		}
	}
	archive["prebuilt/runtime-x64.exe.zst"] = archive["prebuilt/runtime-x86.exe.zst"]
	if _, err := fromArchive(archive, Runtime, "x64"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("another file in its place: %v", err)
	}
	delete(archive, "prebuilt/runtime-x64.exe.zst")
	if _, err := fromArchive(archive, Runtime, "x64"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	delete(exes, "runtime-x64.exe")
	if _, err := Archive(exes); err == nil {
		t.Error("an incomplete archive is packed")
	}
}
