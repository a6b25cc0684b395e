package samplepe_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/templates/samplepe"
)

const loader = `
#include <windows.h>
#include <stdio.h>
int main(int n, char **arg)
{
	HMODULE h = LoadLibraryA(arg[1]);
	printf("%s %lu\n", h ? "loaded" : "not loaded", h ? 0 : GetLastError());
	return h && FreeLibrary(h) ? 0 : 1;
}
`

// TestWine runs a program and loads a DLL.
func TestWine(t *testing.T) {
	gcc := need.Tool(t, "x86_64-w64-mingw32-gcc")
	p := winekit.New(t)
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, arch := range []string{"x64", "x86"} {
		if arch == "x86" && !p.Has32() {
			t.Log("NOT TESTED HERE: this Wine runs no 32-bit programs")
			continue
		}
		for _, code := range []uint32{0, 3010, 0xC0000005} {
			exe := file("program.exe", build(t, samplepe.Spec{Arch: arch, ExitCode: code}))
			if got := p.Run(t, exe).ExitCode; got != code {
				t.Errorf("the program for %s returned %#x, want %#x", arch, got, code)
			}
		}
	}
	source := file("loader.c", []byte(loader))
	run(t, gcc, "-o", filepath.Join(dir, "loader.exe"), source)
	file("sample.dll", build(t, samplepe.Spec{Arch: "x64", DLL: true, Blob: []byte("contents"), Size: 100_000}))
	res := p.RunCmd(t, winekit.Cmd{Exe: filepath.Join(dir, "loader.exe"), Args: []string{"sample.dll"}, Dir: dir})
	if res.ExitCode != 0 || !strings.HasPrefix(res.Stdout, "loaded") {
		t.Errorf("LoadLibrary: %+v", res)
	}
}
