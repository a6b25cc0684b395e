package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/kbforge/kbforge"

// rule says what the packages below a folder may import. The longest matching folder decides.
type rule struct {
	folder string
	// ours are the folders of this module that may be imported, with all below them.
	ours []string
	// never are packages that must not even be linked: import paths, or folders of ours after "./".
	never []string
}

// target is what must not be linked into what runs on the target: the author's side, and what is large.
var target = []string{"./builder", "./sign", "./cmd", "./templates", "./internal",
	"github.com/sassoftware/relic", "github.com/spf13/cobra", "github.com/BurntSushi/toml", "github.com/go-ini/ini",
	"net/http", "text/template", "crypto/x509", "encoding/xml", "regexp"}

var rules = []rule{
	{folder: "inf", ours: []string{"inf"}, never: target},
	{folder: "installer", ours: []string{"inf", "installer"}, never: target},
	{folder: "installer/host/imagehost", ours: []string{"inf", "installer"}, never: without(target, "github.com/go-ini/ini", "regexp")},
	{folder: "installer/host/hosttest", ours: []string{"inf", "installer"}},
	{folder: "stub", ours: []string{"inf", "installer", "stub"}, never: target},
	{folder: "stub/extractor", ours: []string{"stub/sfx", "stub/cab"}, never: append([]string{"fmt", "os/exec", "encoding/json"}, target...)},
	{folder: "sign", ours: []string{"sign", "installer/pefile"}},
	{folder: "templates", ours: []string{"templates", "inf", "installer/pefile"}},
	{folder: "docs"},
	{folder: "builder", ours: []string{"docs", "builder", "sign", "stub", "installer", "templates", "inf"}},
	{folder: "cmd", ours: []string{"cmd", "builder", "sign", "stub", "installer", "templates", "inf"}},
	{folder: "internal", ours: []string{"internal", "cmd", "builder", "sign", "stub", "installer", "templates", "inf"}},
}

// onlyIn are the modules that one side alone knows.
var onlyIn = map[string][]string{
	"github.com/sassoftware/relic": {"sign"},
	"github.com/spf13/cobra":       {"cmd"},
	"github.com/BurntSushi/toml":   {"builder"},
}

func without(list []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// pkg is what `go list -json` says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func TestImports(t *testing.T) {
	for _, goos := range []string{"linux", "windows"} {
		t.Run(goos, func(t *testing.T) {
			pkgs := list(t, goos)
			if len(pkgs) < 5 {
				t.Fatalf("go list finds only %d packages", len(pkgs))
			}
			for _, p := range pkgs {
				for _, fault := range check(p) {
					t.Error(fault)
				}
			}
		})
	}
}

// A rule that cannot be broken holds nothing.
func TestCheckFindsFaults(t *testing.T) {
	for _, c := range []struct {
		p    pkg
		want string
	}{
		{pkg{ImportPath: module + "/inf/x", Imports: []string{module + "/installer"}}, "may import"},
		{pkg{ImportPath: module + "/stub", Deps: []string{"net/http"}}, "links net/http"},
		{pkg{ImportPath: module + "/stub/extractor", Deps: []string{"fmt"}}, "links fmt"},
		{pkg{ImportPath: module + "/stub/extractor", Imports: []string{module + "/installer"}}, "may import"},
		{pkg{ImportPath: module + "/installer", Deps: []string{"github.com/sassoftware/relic/v7/lib/pkcs7"}}, "links"},
		{pkg{ImportPath: module + "/builder", Imports: []string{"github.com/sassoftware/relic/v7/lib/pkcs7"}}, "only sign"},
		{pkg{ImportPath: module + "/builder", Imports: []string{module + "/internal/need"}}, "may import"},
		{pkg{ImportPath: module + "/installer", Deps: []string{module + "/builder/link"}}, "links ./builder/link"},
		{pkg{ImportPath: module + "/surprise"}, "no rule"},
	} {
		if got := strings.Join(check(c.p), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want a fault with %q", c.p, got, c.want)
		}
	}
	if got := check(pkg{ImportPath: module + "/stub", Imports: []string{module + "/installer/host", "os"}, Deps: []string{"os", "internal/abi"}}); got != nil {
		t.Errorf("faults in a good package: %q", got)
	}
}

// check returns the faults of one package.
func check(p pkg) (faults []string) {
	folder := strings.TrimPrefix(p.ImportPath, module+"/")
	r, ok := ruleFor(folder)
	if !ok {
		return []string{fmt.Sprintf("%s: no rule of docs/architecture.md speaks of this folder", folder)}
	}
	for _, i := range p.Imports {
		if own, ok := strings.CutPrefix(i, module+"/"); ok && !below(own, r.ours) {
			faults = append(faults, fmt.Sprintf("%s imports %s; %s may import %s of ours", folder, own, r.folder, strings.Join(r.ours, ", ")))
		}
		for mod, in := range onlyIn {
			if below(i, []string{mod}) && !below(folder, in) {
				faults = append(faults, fmt.Sprintf("%s imports %s; only %s may", folder, i, in[0]))
			}
		}
	}
	for _, d := range p.Deps {
		if d = strings.Replace(d, module, ".", 1); below(d, r.never) {
			faults = append(faults, fmt.Sprintf("%s links %s", folder, d))
		}
	}
	slices.Sort(faults)
	return faults
}

func ruleFor(folder string) (best rule, ok bool) {
	for _, r := range rules {
		if below(folder, []string{r.folder}) && len(r.folder) >= len(best.folder) {
			best, ok = r, true
		}
	}
	return best, ok
}

// below reports whether path is one of folders or inside one.
func below(path string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return path == f || strings.HasPrefix(path, f+"/") })
}

// list returns the packages of this module as they are built for an operating system, without their tests.
func list(t *testing.T, goos string) (pkgs []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, said.String())
	}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}
