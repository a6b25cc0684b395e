package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/kbforge/kbforge/stub/cab"
	"github.com/kbforge/kbforge/stub/cab/makecab"
	"github.com/kbforge/kbforge/stub/sfx"
)

const module = "github.com/kbforge/kbforge"

// report is what the fake update.exe writes.
type report struct {
	Line, Dir, Image, Root string
	Args, Files            []string
}

// pack links an extractor and a cabinet of the files.
func pack(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	exe := winekit.BuildWindows(t, module+"/stub/extractor", "amd64", "-ldflags", "-s -w -H windowsgui")
	stub, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	var in []makecab.Input
	for n, b := range files {
		in = append(in, makecab.Input{Name: n, Size: int64(len(b)), ModTime: time.Date(2009, 4, 14, 12, 0, 2, 0, time.UTC),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }})
		if strings.HasSuffix(n, ".dll") {
			in[len(in)-1].Attr = cab.AttrReadOnly
		}
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "x.cab"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := makecab.Write(context.Background(), f, makecab.TwinOrder(in), makecab.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := sfx.Append(&out, stub, f); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// put writes a file to drive C:.
func put(t *testing.T, p *winekit.Prefix, path string, b []byte) string {
	t.Helper()
	to := p.Path(path)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// roots lists what is in the root of drive C: and of the other drives that Wine has.
func roots(t *testing.T, p *winekit.Prefix) []string {
	t.Helper()
	var all []string
	for _, dir := range []string{filepath.Join(p.Dir, "drive_c"), "/"} {
		list, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if len(e.Name()) == 32 {
				all = append(all, filepath.Join(dir, e.Name()))
			}
		}
	}
	return all
}

func decode(t *testing.T, s string) report {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		t.Fatalf("the fake update.exe did not report: %v\n%s", err, s)
	}
	return r
}

func TestWine(t *testing.T) {
	p := winekit.New(t)
	fake, err := os.ReadFile(winekit.BuildWindows(t, module+"/stub/extractor/testdata/fakeupdate", "amd64"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		`update\update.exe`: fake, `spuninst.exe`: fake, `SP2GDR\a.dll`: bytes.Repeat([]byte("gdr"), 50_000),
		`SP2QFE\a.dll`: bytes.Repeat([]byte("gdr"), 50_001), `update\eula.txt`: []byte("licence"), `empty`: {},
		`SP2GDR\Übung\日本.txt`: []byte("names"),
	}
	whole := pack(t, files)
	pkg := put(t, p, `C:\Down loads\Product-KB123456-x64-ENU.exe`, whole)
	name := func(s string) string { return p.Path(s) }

	t.Run("install", func(t *testing.T) {
		line := `/quiet  /norestart "/log:C:\a b\x.log" /exit:3010 /litter odd\"quote "" `
		res := p.RunCmd(t, winekit.Cmd{Exe: pkg, Line: line, Dir: `C:\windows`})
		if res.ExitCode != 3010 {
			t.Fatalf("exit code %d, want 3010; %s", res.ExitCode, res.Stderr)
		}
		r := decode(t, res.Stdout)
		if want := `"` + r.Root + `\update\update.exe" ` + line; r.Line != want {
			t.Errorf("command line\n%s, want\n%s", r.Line, want)
		}
		if !strings.EqualFold(r.Dir, `C:\windows`) {
			t.Errorf("current directory %s", r.Dir)
		}
		if !reflect.DeepEqual(r.Args, split(line)) {
			t.Errorf("our reading of the line differs from the program's: %q, %q", split(line), r.Args)
		}
		if base := r.Root[len(r.Root)-32:]; len(r.Root) != 35 || strings.Trim(base, "0123456789abcdef") != "" {
			t.Errorf("extraction directory %s, want 32 hexadecimal digits in a root", r.Root)
		}
		want := slices.Sorted(func(yield func(string) bool) {
			for n := range files {
				if !yield(n) {
					return
				}
			}
		})
		slices.Sort(r.Files)
		if !slices.Equal(r.Files, want) {
			t.Errorf("extracted %q, want %q", r.Files, want)
		}
		if left := roots(t, p); left != nil {
			t.Errorf("not cleaned up: %q", left)
		}
	})

	t.Run("exit codes", func(t *testing.T) {
		for _, code := range []string{"0", "1603", "61686", "0xC0000005", "0xFFFFFFFF"} {
			res := p.RunLine(t, pkg, "/q /exit:"+code)
			var want uint32
			if err := json.Unmarshal([]byte(map[bool]string{true: code}[!strings.HasPrefix(code, "0x")]+
				map[string]string{"0xC0000005": "3221225477", "0xFFFFFFFF": "4294967295"}[code]), &want); err != nil {
				t.Fatal(err)
			}
			if res.ExitCode != want {
				t.Errorf("exit code %d, want %s", res.ExitCode, code)
			}
		}
	})

	t.Run("help", func(t *testing.T) {
		r := decode(t, p.RunLine(t, pkg, "/?").Stdout)
		if !reflect.DeepEqual(r.Args, []string{"/?"}) {
			t.Errorf("update.exe was started with %q", r.Args)
		}
	})

	t.Run("restart", func(t *testing.T) {
		// Wine says yes to a shutdown and goes on, so the code tells that it was asked.
		for line, want := range map[string]uint32{
			"/q /exit:3010 /restart:restart": 0, "/q /exit:3010 /restart:force": 0, "/q /exit:5 /restart:restart": 5,
			"/q /exit:3010 /restart:rubbish": 3010, "/q /exit:3010": 3010,
		} {
			if res := p.RunLine(t, pkg, line); res.ExitCode != want {
				t.Errorf("%s: exit code %d, want %d; %s", line, res.ExitCode, want, res.Stderr)
			}
			if left := roots(t, p); left != nil {
				t.Errorf("not cleaned up: %q", left)
			}
		}
	})

	t.Run("extract to a path", func(t *testing.T) {
		put(t, p, `C:\new\deep\dir\update\eula.txt`, []byte("an old, longer licence"))
		for range 2 { // the second time over its own read-only files
			res := p.RunLine(t, pkg, `/x:"C:\new\deep\dir" /q /z`)
			if res.ExitCode != 0 {
				t.Fatalf("exit code %d; %s", res.ExitCode, res.Stderr)
			}
		}
		for n, want := range files {
			at := filepath.Join(name(`C:\new\deep\dir`), filepath.FromSlash(strings.ReplaceAll(n, `\`, "/")))
			got, err := os.ReadFile(at)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: %v, or it differs", n, err)
			}
			if st, err := os.Stat(at); err == nil && !st.ModTime().Equal(time.Date(2009, 4, 14, 12, 0, 2, 0, time.UTC)) {
				t.Errorf("%s has the time %v", n, st.ModTime())
			}
		}
	})

	t.Run("extract relative, older switch", func(t *testing.T) {
		put(t, p, `C:\here\x`, nil)
		if res := p.RunCmd(t, winekit.Cmd{Exe: pkg, Line: `-X:sub /u`, Dir: `C:\here`}); res.ExitCode != 0 {
			t.Fatalf("exit code %d; %s", res.ExitCode, res.Stderr)
		}
		if _, err := os.Stat(name(`C:\here\sub\update\update.exe`)); err != nil {
			t.Error(err)
		}
	})

	t.Run("extract unattended without a path", func(t *testing.T) {
		for _, line := range []string{"/extract /passive", "/x /q"} {
			res := p.RunCmd(t, winekit.Cmd{Exe: pkg, Line: line, Dir: `C:\windows`})
			dir, ok := strings.CutPrefix(strings.TrimSpace(res.Stdout), "Extracted to ")
			if res.ExitCode != 0 || !ok || !strings.HasPrefix(dir, `C:\`) || len(dir) != 35 {
				t.Fatalf("exit code %d, %q, %q", res.ExitCode, res.Stdout, res.Stderr)
			}
			if _, err := os.Stat(name(dir + `\spuninst.exe`)); err != nil {
				t.Error(err)
			}
			if err := os.RemoveAll(name(dir)); err != nil {
				t.Fatal(err)
			}
		}
	})

	t.Run("refused", func(t *testing.T) {
		put(t, p, `C:\afile`, []byte("keep me"))
		bad := bytes.Clone(whole)
		bad[len(bad)-3000] ^= 1
		damaged := put(t, p, `C:\damaged.exe`, bad)
		short := put(t, p, `C:\short.exe`, whole[:len(whole)-5000])
		none := put(t, p, `C:\none.exe`, pack(t, map[string][]byte{"a.txt": []byte("a")}))
		evil := put(t, p, `C:\evil.exe`, bytes.ReplaceAll(pack(t, map[string][]byte{
			`update\update.exe`: fake, `xx\xx\evil.txt`: []byte("outside"),
		}), []byte(`xx\xx\evil.txt`), []byte(`..\..\evil.txt`)))
		for _, c := range []struct {
			exe, line string
			code      uint32
			say       string
		}{
			{pkg, `/x:C:\afile /q`, 1603, `C:\afile`},
			{pkg, `/x:C:\afile /q /ER`, 267, `C:\afile`},
			{pkg, `/x: /q /ER`, codeInvalidSwitches, "a path must follow"},
			{pkg, `/x:C:\o /rubbish /q`, 1603, "unknown switch"},
			{pkg, `/x /ER`, codeUserCancelled, "No directory was chosen"}, // no desktop
			{damaged, `/q /ER`, codeFileCorrupt, "damaged"},
			{damaged, `/q`, 1603, "damaged"},
			{damaged, `/x:C:\out /q /ER`, codeFileCorrupt, "damaged"},
			{short, `/q /ER`, codeFileCorrupt, "cut short"},
			{none, `/q /ER`, codeFileNotFound, `no update\update.exe`},
			{evil, `/q /ER`, codeFileCorrupt, "not safe"},
			{evil, `/x:C:\deep\in\here /q /ER`, codeFileCorrupt, "not safe"},
		} {
			res := p.RunLine(t, c.exe, c.line)
			if res.ExitCode != c.code || !strings.Contains(res.Stderr, c.say) {
				t.Errorf("%s %s: exit code %d, want %d; it says %q", c.exe, c.line, res.ExitCode, c.code, res.Stderr)
			}
		}
		if b, err := os.ReadFile(name(`C:\afile`)); err != nil || string(b) != "keep me" {
			t.Errorf("the file in the way was touched: %q, %v", b, err)
		}
		if left := roots(t, p); left != nil {
			t.Errorf("not cleaned up: %q", left)
		}
		for _, n := range []string{`C:\evil.txt`, `C:\deep\evil.txt`, `C:\o`} {
			if _, err := os.Stat(name(n)); err == nil {
				t.Errorf("%s was made", n)
			}
		}
	})

	t.Run("dual mode", func(t *testing.T) {
		dual := put(t, p, `C:\dual.exe`, pack(t, map[string][]byte{`xpsp1hfm.exe`: fake, `sp1\update\update.exe`: {1}}))
		res := p.RunLine(t, dual, "/q /exit:7")
		if r := decode(t, res.Stdout); res.ExitCode != 7 || r.Image != r.Root+`\xpsp1hfm.exe` {
			t.Errorf("exit code %d, %s", res.ExitCode, r.Image)
		}
	})
}
