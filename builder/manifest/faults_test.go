package manifest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

// unbroken are texts that no archive can show: the disk must fail for them, or a file be of megabytes (TestTooLong).
var unbroken = []string{"cannot be read: %v", "read manifest", "make the schema", "bytes long; a manifest has at most", "%s is %d bytes long; at most %d",
	"makes %d packages, one is expected",     // of Load
	"version %q has %d numbers instead of 4"} // the last: for other callers of ParseVersion

// TestEveryFault: each text of a fault in the sources of this package stands in the diagnostics of a broken manifest.
func TestEveryFault(t *testing.T) {
	var all strings.Builder
	paths, _ := filepath.Glob("testdata/broken/*.txtar")
	if len(paths) < 100 {
		t.Errorf("%d broken manifests; there are to be 100", len(paths))
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(a.Files[len(a.Files)-1].Data)
	}
	texts := faultTexts(t)
	if len(texts) < 120 {
		t.Fatalf("only %d texts found in the sources", len(texts))
	}
	for _, text := range texts {
		if slices.ContainsFunc(unbroken, func(u string) bool { return strings.Contains(text, u) }) {
			continue
		}
		if !asPattern(text).MatchString(all.String()) {
			t.Errorf("no broken manifest shows %q", text)
		}
	}
}

// faultTexts are the formats of r.fault and of the errors that end up in faults.
func faultTexts(t *testing.T) []string {
	var texts []string
	sources, _ := filepath.Glob("*.go")
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			fun, ok := call.Fun.(*ast.SelectorExpr)
			at := map[string]int{"fault": 1, "Errorf": 0, "New": 0}
			if i, wanted := at[selector(fun, ok)]; wanted && i < len(call.Args) {
				if text, ok := literal(call.Args[i]); ok && !wraps(text) {
					texts = append(texts, text)
				}
			}
			return true
		})
	}
	return texts
}

func selector(s *ast.SelectorExpr, ok bool) string {
	if !ok {
		return ""
	}
	return s.Sel.Name
}

// wraps: a format without words of its own says nothing that could be looked for.
func wraps(text string) bool {
	return regexp.MustCompile(`%[a-z]`).ReplaceAllString(strings.ReplaceAll(text, ": ", ""), "") == ""
}

func literal(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		return s, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := literal(x.X)
		b, okB := literal(x.Y)
		return a + b, okA && okB
	}
	return "", false
}

// asPattern is a format as what it prints.
func asPattern(format string) *regexp.Regexp {
	p := regexp.QuoteMeta(format)
	p = regexp.MustCompile(`%[a-z]`).ReplaceAllString(p, ".*")
	return regexp.MustCompile(p)
}

// TestTooLong: what archives are too small for.
func TestTooLong(t *testing.T) {
	const head = "[package]\nkb = 1\nproduct = \"P\"\npublisher = \"Q\"\n"
	big := strings.Repeat("; a line of text\n", MaxRaw/16)
	for text, want := range map[string]string{
		head + "[raw]\ninf = '''\n[A]\n" + big + "'''\n": "update.toml:6:1: raw.inf is 1114116 bytes long; at most 1048576",
		"include = [\"big.toml\"]\n" + head:              "update.toml:1:12: big.toml is 4456448 bytes long; a manifest has at most 4194304",
	} {
		tree := fstest.MapFS{"big.toml": {Data: []byte(strings.Repeat("# a line of text\n", MaxBytes/16))}}
		if _, err := Parse("update.toml", "", text, tree); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.80v, want %s", err, want)
		}
	}
	failing := badFS{fstest.MapFS{"a": {}}}
	if _, err := Parse("update.toml", "", head+"eula = \"a\"\n", failing); err == nil || !strings.Contains(err.Error(), "a cannot be read: permission denied") {
		t.Error(err)
	}
}

type badFS struct{ fstest.MapFS }

func (badFS) Stat(string) (fs.FileInfo, error) { return nil, fs.ErrPermission }
