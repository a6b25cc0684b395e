package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

var catalogDate = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// sampleCatalog holds files in an order that is not that of the tags.
func sampleCatalog(t *testing.T, version int, files ...string) *Catalog {
	t.Helper()
	c := &Catalog{Version: version, Date: catalogDate, Attrs: []Attr{{Name: "OSAttr", Value: "2:10.0"}, {Name: "SpAttr", Value: "20260102"}}}
	for _, f := range files {
		b := readFile(t, f)
		if err := c.Add(f, bytes.NewReader(b), int64(len(b)), Attr{Name: "OSAttr", Value: "2:10.0"}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// The list of one flat file, byte for byte, as worked out by hand from the layout in catalog_der.go. The digests are those of
// "abc" (FIPS 180).
func TestCatalogGolden(t *testing.T) {
	sha1hex, sha256hex := "a9993e364706816aba3e25717850c26c9cd0d89d", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	c := &Catalog{Date: catalogDate}
	if err := c.Add("abc.txt", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	got, err := c.ctl()
	if err != nil {
		t.Fatal(err)
	}
	wantParts := []string{
		"300c060a2b0601040182370c0101",                       // catalog list
		"170d" + hex.EncodeToString([]byte("260102030405Z")), // date
		"300e060a2b0601040182370c01030500",                   // member V2
		"0414" + sha1hex, "0420" + sha256hex,
		"3010060a2b0601040182370c020331028200", // flat
		"020410010001",                         // flags
		hex.EncodeToString(bmp("File")), hex.EncodeToString(utf16z("abc.txt")),
		"060a2b060104018237020119a21e801c" + hex.EncodeToString(bmp(obsolete)) + "3031300d060960864801650304020105000420" + sha256hex,
	}
	rest := hex.EncodeToString(got)
	for _, w := range wantParts {
		if !strings.Contains(rest, w) {
			t.Errorf("the list lacks %s:\n%s", w, rest)
		}
	}
	if strings.Count(rest, "060a2b060104018237020104") != 1 {
		t.Error("indirect data must be on the SHA-256 entry only")
	}
	golden(t, "catalog-v2.hex", rest)
	c1 := &Catalog{Version: CatalogV1, Date: catalogDate, Attrs: []Attr{{Name: "OSAttr", Value: "2:6.1", Flags: 0x10001}}}
	if err := c1.Add("abc.txt", strings.NewReader("abc"), 3); err != nil {
		t.Fatal(err)
	}
	if got, err = c1.ctl(); err != nil {
		t.Fatal(err)
	}
	golden(t, "catalog-v1.hex", hex.EncodeToString(got))
}

func TestCatalogMicrosoftRoundTrip(t *testing.T) {
	b := readFile(t, relicFixture(t, "hyperv.cat"))
	c, s, err := ParseCatalog(b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != CatalogV1 || len(c.Members) == 0 || s == nil || !strings.Contains(s.Signer.Subject, "Microsoft") {
		t.Fatalf("version %d, %d members, signature %+v", c.Version, len(c.Members), s)
	}
	psd, err := pkcs7.Unmarshal(b)
	if err != nil {
		t.Fatal(err)
	}
	want, err := catalogContent(psd)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(c.Members)
	got, err := c.ctl()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("Microsoft's list does not come out as it went in")
	}
	for _, m := range c.Members {
		if m.Hash != crypto.SHA1 || len(m.Digest) != 20 {
			t.Errorf("member %x: %v %x", m.Tag, m.Hash, m.Digest)
		}
		// What newMember writes is what Microsoft wrote, but for the image flags (101, where we, as relic and osslsigncode,
		// write none).
		ours, err := newMember(m.Digest, crypto.SHA1, m.PE, CatalogV1)
		if err != nil {
			t.Fatal(err)
		}
		flags := der(tagSequence, []byte{asn1.TagBitString, 2, 5, 0xa0}, der(tagExplicit, fileLink(obsolete)))
		data, err := indirect(oidPEImageData, flags, crypto.SHA1, m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		if m.PE {
			ours.values[1] = entryValue(oidIndirectData, data)
		}
		ours.Attrs = m.Attrs
		if !bytes.Equal(ours.der(), m.der()) {
			t.Errorf("member %x: we would write %x, Microsoft wrote %x", m.Digest, ours.der(), m.der())
		}
	}
}

func TestCatalogAcceptedByOsslsigncode(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	exe, text := goImage(t, "386", 999), writeFile(t, dir, "update.inf", []byte("[Version]\r\n"))
	signedExe := filepath.Join(dir, "signed.exe")
	if err := PE(context.Background(), exe, signedExe, p.key, options()); err != nil {
		t.Fatal(err)
	}
	foreign := goImage(t, "amd64", 1)
	for _, version := range []int{CatalogV1, CatalogV2} {
		c := sampleCatalog(t, version, exe, text)
		o := options()
		signed, err := c.Sign(context.Background(), p.key, o)
		if err != nil {
			t.Fatal(err)
		}
		cat := writeFile(t, dir, "update.cat", signed)
		if _, err := Verify(cat, p.verify()); err != nil {
			t.Fatal(err)
		}
		if out, ok := osslVerify(t, p.rootFile, cat); !ok {
			t.Errorf("V%d: osslsigncode rejects the catalog:\n%s", version, out)
		}
		for _, member := range []string{exe, signedExe} {
			if out, ok := osslVerify(t, p.rootFile, member, "-catalog", cat); !ok {
				t.Errorf("V%d: osslsigncode does not find %s:\n%s", version, member, out)
			}
		}
		if out, ok := osslVerify(t, p.rootFile, foreign, "-catalog", cat); ok {
			t.Errorf("V%d: osslsigncode finds a file that is no member:\n%s", version, out)
		}
		if out, ok := osslVerify(t, p.otherRootFile, exe, "-catalog", cat); ok {
			t.Errorf("V%d: osslsigncode accepts a foreign root:\n%s", version, out)
		}
		again, err := sampleCatalog(t, version, text, exe).Sign(context.Background(), p.key, o)
		if err != nil || !bytes.Equal(again, signed) {
			t.Errorf("V%d: the same files in another order give another catalog (%v)", version, err)
		}
		badAt := bytes.Index(signed, []byte("260102030405Z"))
		bad := bytes.Clone(signed)
		bad[badAt]++
		if _, err := Verify(writeFile(t, dir, "bad.cat", bad), p.verify()); !errors.Is(err, CheckAttributes) {
			t.Errorf("V%d: a changed list: %v", version, err)
		}
	}
}

// An unsigned catalog is one that osslsigncode signs; what it makes is unsorted, which we say.
func TestUnsignedCatalogSignedByOsslsigncode(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	c := sampleCatalog(t, CatalogV2, goImage(t, "386", 5))
	b, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	unsigned, signed := writeFile(t, dir, "unsigned.cat", b), filepath.Join(dir, "signed.cat")
	if _, err := Verify(unsigned, p.verify()); !errors.Is(err, CheckNotSigned) {
		t.Errorf("unsigned: %v", err)
	}
	mustRun(t, need.Tool(t, "osslsigncode"), "sign", "-h", "sha256", "-certs", p.certFile, "-key", p.keyFile, "-in", unsigned, "-out", signed)
	again := filepath.Join(dir, "again.cat")
	if err := File(context.Background(), signed, again, p.key, options()); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(again, p.verify()); err != nil {
		t.Error(err)
	}
	before, _, err := ParseCatalog(b)
	if err != nil {
		t.Fatal(err)
	}
	after, s, err := ParseCatalog(readFile(t, again))
	if err != nil || s == nil {
		t.Fatal(s, err)
	}
	one, _ := before.Marshal()
	two, _ := after.Marshal()
	if !bytes.Equal(one, two) || !bytes.Equal(one, b) {
		t.Error("the list changed on the way")
	}
}

func TestCatalogCoverage(t *testing.T) {
	c := &Catalog{Date: catalogDate}
	hashes := map[string]FileHash{}
	for _, s := range []string{"a", "b", "c"} {
		f, err := HashFile(s, strings.NewReader(s), 1)
		if err != nil {
			t.Fatal(err)
		}
		hashes[s] = f
	}
	for _, s := range []string{"a", "b"} {
		if err := c.AddHashed(hashes[s]); err != nil {
			t.Fatal(err)
		}
	}
	if v := c.Coverage([]FileHash{hashes["a"], hashes["b"]}); !v.Complete() {
		t.Errorf("complete set: %+v", v)
	}
	v := c.Coverage([]FileHash{hashes["a"], hashes["c"]})
	if len(v.Missing) != 1 || v.Missing[0].Name != "c" || len(v.Unmatched) != 2 || v.Unmatched[0].File() != "b" {
		t.Errorf("got %+v", v)
	}
	if !c.Covers(hashes["a"]) || c.Covers(hashes["c"]) || len(c.Lookup(hashes["b"].SHA1)) != 1 {
		t.Error("Covers or Lookup is wrong")
	}
}

func TestCatalogRefusals(t *testing.T) {
	for name, c := range map[string]*Catalog{
		"no members": {Date: catalogDate},
		"no date":    {Members: []Member{{Tag: []byte{1}}}},
		"version 3":  {Version: 3, Date: catalogDate, Members: []Member{{Tag: []byte{1}}}},
	} {
		if _, err := c.Marshal(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// golden compares with testdata; UPDATE_GOLDEN=1 writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		writeFile(t, "testdata", name, []byte(got+"\n"))
	}
	if want := strings.TrimSpace(string(readFile(t, path))); got != want {
		t.Errorf("%s:\n got %s\nwant %s", name, got, want)
	}
}
