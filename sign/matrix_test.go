package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/winekit"
)

// states are what can be the matter with a signed file. Each has the files that show it: a cell says "accepts" or "rejects" when
// all of them are, else "differs".
func states() []string {
	return []string{"good", "one byte flipped", "expired", "wrong key usage", "unknown root", "attributes not sorted", "cut off"}
}

// inStates makes the files of every state of a format.
func inStates(t *testing.T, p *pki, s sample, dir string) map[string][]string {
	t.Helper()
	good := filepath.Join(dir, "good."+string(s.format))
	if err := File(context.Background(), s.path, good, p.key, options()); err != nil {
		t.Fatal(err)
	}
	b := readFile(t, good)
	put := func(name string, b []byte) string {
		return writeFile(t, dir, strings.ReplaceAll(name, " ", "-")+"."+string(s.format), b)
	}
	flipped := bytes.Clone(b)
	flipped[s.flip(flipped)] ^= 1
	issued := func(name string, change func(*x509.Certificate)) []string {
		c := leafTemplate("Changed Publisher")
		change(c)
		blob := signedAgain(t, good, p.sub.keyFor(t, c, p.key.signer, p.root.cert))
		return []string{withSignature(t, s.path, put(name, nil), blob)}
	}
	return map[string][]string{
		"good":             {good},
		"one byte flipped": {put("flipped", flipped)},
		"expired":          issued("expired", func(c *x509.Certificate) { c.NotAfter = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC) }),
		"wrong key usage": issued("usage", func(c *x509.Certificate) {
			c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		}),
		"unknown root":          {good},
		"attributes not sorted": {withSignature(t, s.path, put("unsorted", nil), unsorted(t, good, p.key))},
		"cut off":               {put("last byte", b[:len(b)-1]), put("half", b[:len(b)/2])},
	}
}

// signedAgain signs the content of a good file with another key, whatever its certificate says.
func signedAgain(t *testing.T, good string, k *memoryKey) []byte {
	t.Helper()
	c := parsedSignature(t, good)
	content, _, err := c.content()
	if err != nil {
		t.Fatal(err)
	}
	blob, err := signCMS(context.Background(), k, c.psd.Content.ContentInfo.ContentType, content, options())
	if err != nil {
		t.Fatal(err)
	}
	return blob
}

// unsorted signs the attributes of a good file in another order.
func unsorted(t *testing.T, good string, k *memoryKey) []byte {
	t.Helper()
	c := parsedSignature(t, good)
	slices.Reverse(c.si.AuthenticatedAttributes)
	attrs, err := c.si.AuthenticatedAttributes.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	h := crypto.SHA256.New()
	h.Write(attrs)
	if c.si.EncryptedDigest, err = k.SignDigest(context.Background(), h.Sum(nil), crypto.SHA256); err != nil {
		t.Fatal(err)
	}
	c.si.RawContent = nil
	b, err := asn1.Marshal(*c.psd)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func parsedSignature(t *testing.T, path string) *cms {
	t.Helper()
	blob, err := Extract(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parseCMS(blob)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withSignature(t *testing.T, src, dst string, blob []byte) string {
	t.Helper()
	in, err := os.Open(src)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := embed(in, dst, blob); err != nil {
		t.Fatal(err)
	}
	return dst
}

// verdict of some answers: true is accepted.
func verdict(answers []bool) string {
	switch {
	case !slices.Contains(answers, false):
		return "accepts"
	case !slices.Contains(answers, true):
		return "rejects"
	}
	return "differs"
}

// TestMatrixDocumented: the table of docs/signing.md is what this test sees, cell by cell: format × state × verifier. With UPDATE_GOLDEN=1
// the table is written.
func TestMatrixDocumented(t *testing.T) {
	t.Run("table", func(t *testing.T) { matrix(t, nil) })
	t.Run("Wine", func(t *testing.T) {
		machine := winekit.New(t)
		exe := winekit.BuildWindows(t, probe, "amd64")
		matrix(t, func(file string) bool {
			return strings.TrimSpace(machine.Run(t, exe, "trust", machine.WinPath(file)).Stdout) == "trust 0x00000000"
		})
	})
}

// matrix compares the table, without its last column where wine is nil.
func matrix(t *testing.T, wine func(file string) bool) {
	p := newPKI(t)
	var table strings.Builder
	for _, s := range samples(t) {
		files := inStates(t, p, s, t.TempDir())
		for _, state := range states() {
			var ours, ossl, wines []bool
			for _, f := range files[state] {
				o, root := p.verify(), p.rootFile
				if state == "unknown root" {
					o.Roots, root = Pool(p.other.cert), p.otherRootFile
				}
				o.Strict = false
				_, err := Verify(f, o)
				ours = append(ours, err == nil)
				_, ok := osslVerify(t, root, f)
				ossl = append(ossl, ok)
				if wine != nil {
					wines = append(wines, wine(f))
				}
			}
			fmt.Fprintf(&table, "| %s | %s | %s | %s |", strings.ToUpper(string(s.format)), state, verdict(ours), verdict(ossl))
			if wine != nil {
				fmt.Fprintf(&table, " %s |", verdict(wines))
			}
			table.WriteByte('\n')
		}
	}
	compareTable(t, table.String(), wine != nil)
}

func compareTable(t *testing.T, got string, whole bool) {
	t.Helper()
	const file, head, tail = "../docs/signing.md", "<!-- matrix: TestMatrixDocumented writes this -->\n| format | state | kbforge | osslsigncode | Wine |\n|---|---|---|---|---|\n", "<!-- end -->"
	text := string(readFile(t, file))
	before, rest, ok := strings.Cut(text, head)
	old, after, ok2 := strings.Cut(rest, tail)
	if !ok || !ok2 {
		t.Fatalf("%s has no matrix", file)
	}
	if os.Getenv("UPDATE_GOLDEN") == "1" && whole {
		if err := os.WriteFile(file, []byte(before+head+got+tail+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !whole {
		var lines []string
		for l := range strings.Lines(old) {
			cells := strings.Split(l, "|")
			lines = append(lines, strings.Join(cells[:max(len(cells)-2, 0)], "|")+"|\n")
		}
		old = strings.Join(lines, "")
	}
	if got != old {
		t.Errorf("%s has\n%s\nthe verifiers say\n%s", file, old, got)
	}
}
