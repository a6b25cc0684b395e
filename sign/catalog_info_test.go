package sign

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// appxCatalog is a V2 catalog of another maker: the CodeIntegrity.cat in relic's sample APPX.
func appxCatalog(t *testing.T) []byte {
	t.Helper()
	z, err := zip.OpenReader(relicFixture(t, "App1_1.0.3.0_x64.appx"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("AppxMetadata/CodeIntegrity.cat")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every member and attribute of a foreign V2 catalog comes out again, and signing the file keeps its list byte for byte.
func TestCatalogForeignV2(t *testing.T) {
	b := appxCatalog(t)
	c, s, err := ParseCatalog(b)
	if err != nil || c.Version != CatalogV2 || s == nil || len(c.Members) != 6 || attr(c.Attrs, "OSAttr") != "2:6.2" {
		t.Fatalf("%+v %+v %v", c, s, err)
	}
	out, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, none, err := ParseCatalog(out)
	if err != nil || none != nil {
		t.Fatal(none, err)
	}
	if got, want := again.Info(nil).String(), c.Info(nil).String(); got != want || len(again.Members) != len(c.Members) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, m := range c.Members {
		if !slices.ContainsFunc(again.Members, func(n Member) bool { return bytes.Equal(n.der(), m.der()) }) {
			t.Errorf("member %x is not as it was", m.Tag)
		}
	}
	p := newPKI(t)
	path := writeFile(t, t.TempDir(), "a.cat", b)
	signed := filepath.Join(t.TempDir(), "b.cat")
	if err := CatalogFile(context.Background(), path, signed, p.key, options()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(listOf(t, readFile(t, signed)), listOf(t, b)) {
		t.Error("signing changes the list")
	}
}

func listOf(t *testing.T, b []byte) []byte {
	t.Helper()
	psd, err := parseEnvelope(b)
	if err != nil {
		t.Fatal(err)
	}
	list, err := catalogContent(psd)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCatalogInfo(t *testing.T) {
	c, s, err := ParseCatalog(readFile(t, relicFixture(t, "hyperv.cat")))
	if err != nil {
		t.Fatal(err)
	}
	text := c.Info(s).String()
	for _, want := range []string{"catalog      V1 of 2010-11-20 19:26:00 UTC\n", "attribute    OSAttr=2:5.1,2:5.2,2:6.0,2:6.1\n",
		"signature    CN=Microsoft Windows,", "time stamp   2010-11-20 19:35 UTC by CN=Microsoft Time-Stamp Service,", "members      22\n",
		"  SHA-1    image  0eb0437fc77cdabf1b479d3e39e0fc1f4e3d0897\n", "  SHA-1    flat   3d5356310576faed5840c53e8475f433676ff182\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if got := (Attr{Name: "a", Value: "b\nc"}).String(); got != `"a=b\nc"` {
		t.Errorf("a value with a line end is printed as %s", got)
	}
}

// File can be given instead of taken from the name.
func TestCatalogFileAttribute(t *testing.T) {
	c := &Catalog{Date: testNow}
	if err := c.Add("dir/name.txt", strings.NewReader("x"), 1, Attr{Name: "file", Value: "other"}); err != nil {
		t.Fatal(err)
	}
	if m := c.Members[0]; m.File() != "other" || len(m.Attrs) != 1 {
		t.Errorf("%+v", m)
	}
}
