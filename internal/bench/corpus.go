package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The payload of the corpora: real PE files. Wine's DLLs for amd64 carry symbols and DWARF, which shipped Windows files do
// not; they are stripped. The QFE version of a file is its twin (twin.go): what a small change of the source and a rebuild
// leave. Same Wine, same bytes.
const (
	wineDLLs  = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows"
	stripTool = "x86_64-w64-mingw32-strip"
)

// The branches, and the two shapes of the same files. natural is how a packager is commonly given them: a folder a branch,
// so that a file and its twin are far apart. twins has a folder a file, so that tools that go through names in order meet
// a file right after its twin.
const (
	gdr, qfe = "SP2GDR", "SP2QFE"
	natural  = "natural"
	twins    = "twins"
)

func corpusTime() time.Time { return time.Date(2009, time.April, 14, 12, 0, 0, 0, time.UTC) }

// overhead is the corpus of one tiny file: what a container costs before anything is in it.
const overhead = "overhead"

// corpus is a set of files on disk: dir/natural/<branch>/<file> and dir/twins/<file>/<branch>.
type corpus struct {
	name  string
	dir   string
	edits int // places changed in a twin; some files get up to four times as many
	pick  func([]dll) []dll
}

// dll is a stripped file.
type dll struct {
	name string
	data []byte
}

func corpora(dir string, smoke bool) []corpus {
	rollup := func(all []dll) []dll { return all[10:160] } // the largest but ten, which are unlike what updates carry
	if smoke {
		rollup = func(all []dll) []dll { return all[60:68] }
	}
	return []corpus{
		{"hotfix", filepath.Join(dir, "hotfix"), 4, named("user32.dll", "ole32.dll", "oleaut32.dll", "msi.dll", "urlmon.dll", "rpcrt4.dll")},
		{"rollup", filepath.Join(dir, "rollup"), 6, rollup},
		{overhead, filepath.Join(dir, overhead), 0, func([]dll) []dll { return []dll{{"a.txt", []byte("next to nothing\n")}} }},
	}
}

func named(names ...string) func([]dll) []dll {
	return func(all []dll) []dll {
		return slices.DeleteFunc(slices.Clone(all), func(d dll) bool { return !slices.Contains(names, d.name) })
	}
}

// makeCorpora writes the corpora below dir.
func makeCorpora(ctx context.Context, dir string, smoke bool) error {
	all, err := strippedDLLs(ctx)
	if err != nil {
		return err
	}
	if len(all) < 160 {
		return fmt.Errorf("%s has only %d files; install libwine", wineDLLs, len(all))
	}
	for _, c := range corpora(dir, smoke) {
		if err := os.RemoveAll(c.dir); err != nil {
			return err
		}
		for _, d := range c.pick(all) {
			if err := c.add(d.name, d.data, twinOf(d.data, d.name, c.edits)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c corpus) add(name string, base, twin []byte) error {
	for branch, data := range map[string][]byte{gdr: base, qfe: twin} {
		path := filepath.Join(c.dir, natural, branch, name)
		other := filepath.Join(c.dir, twins, name, branch)
		if err := writeFile(path, data); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(other), 0o755); err != nil {
			return err
		}
		if err := os.Link(path, other); err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return os.Chtimes(path, corpusTime(), corpusTime())
}

// strippedDLLs returns Wine's files without debug data, the largest first.
func strippedDLLs(ctx context.Context) ([]dll, error) {
	tmp, err := os.MkdirTemp("", "kbforge-strip-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	entries, err := os.ReadDir(wineDLLs)
	if err != nil {
		return nil, fmt.Errorf("the corpora are made of Wine's DLLs: %w", err)
	}
	var all []dll
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), ".a") || strings.HasSuffix(e.Name(), ".lib") {
			continue
		}
		data, err := strip(ctx, filepath.Join(wineDLLs, e.Name()), filepath.Join(tmp, e.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, dll{e.Name(), data})
	}
	slices.SortFunc(all, func(a, b dll) int {
		return cmp.Or(cmp.Compare(len(b.data), len(a.data)), strings.Compare(a.name, b.name))
	})
	return all, nil
}

// strip returns a file without its debug data, or as it is if strip does not know its kind.
func strip(ctx context.Context, from, to string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, stripTool, "-o", to, from)
	cmd.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", corpusTime().Unix())) // else it writes the time of day
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil || said.Len() == 0 {
			return nil, fmt.Errorf("%s: %w", cmd, err)
		}
		to = from
	}
	return os.ReadFile(to)
}

// files lists the corpus in one of its shapes, sorted, relative to the shape's folder.
func (c corpus) files(shape string) (names []string, size int64, err error) {
	root := filepath.Join(c.dir, shape)
	err = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		names, size = append(names, rel), size+info.Size()
		return err
	})
	return names, size, err
}
