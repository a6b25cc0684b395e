package makecab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

// TestWine has Wine's cabinet library extract what we write, through extrac32 and through the Setup API.
func TestWine(t *testing.T) {
	p := winekit.New(t)
	iterate := winekit.BuildWindows(t, "github.com/kbforge/kbforge/stub/cab/makecab/testdata/iterate", "amd64")
	files := tree()
	for n := range files {
		if strings.IndexFunc(n, func(r rune) bool { return r > 0x7F }) >= 0 {
			delete(files, n) // Wine 8.0 does not know names in UTF-8
		}
	}
	for _, m := range allMethods {
		for _, size := range []int64{0, 100_000} {
			_, b := write(t, inputs(files), Options{Method: m, FolderSize: size})
			at := p.Path(`C:\test.cab`)
			if err := os.WriteFile(at, b, 0o644); err != nil {
				t.Fatal(err)
			}
			for _, run := range []winekit.Cmd{
				{Exe: "extrac32.exe", Args: []string{"/Y", "/E", "/L", `C:\out`, `C:\test.cab`}},
				{Exe: iterate, Args: []string{`C:\test.cab`, `C:\out`}},
			} {
				out := filepath.Join(p.Dir, "drive_c", "out")
				if err := os.MkdirAll(out, 0o755); err != nil {
					t.Fatal(err)
				}
				if res := p.RunCmd(t, run); res.ExitCode != 0 {
					t.Errorf("%s, %s, folders of %d: exit code %d\n%s%s", run.Exe, m, size, res.ExitCode, res.Stdout, res.Stderr)
				}
				compare(t, filepath.Base(run.Exe)+", "+m.String(), diskTree(t, out), files)
				if err := os.RemoveAll(out); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
