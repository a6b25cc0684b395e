package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/youmark/pkcs8"
)

// seeds are signed files of each kind, made with fixed keys' worth of randomness; small ones, so that fuzzing is quick.
func seeds(f *testing.F) (cat, unsigned, exe, token []byte) {
	f.Helper()
	p := newPKI(f)
	c := &Catalog{Version: CatalogV2, Date: catalogDate, Attrs: []Attr{{Name: "OSAttr", Value: "2:10.0"}}}
	if err := c.Add("a", strings.NewReader("a"), 1, Attr{Name: "x", Value: "y"}); err != nil {
		f.Fatal(err)
	}
	var err error
	if unsigned, err = c.Marshal(); err != nil {
		f.Fatal(err)
	}
	tsa := newTSA(f, p.root, testNow)
	o := options()
	o.Stamper = client(tsa.serve(f))
	if cat, err = c.Sign(context.Background(), p.key, o); err != nil {
		f.Fatal(err)
	}
	if token, err = o.Stamper.Stamp(context.Background(), []byte("s"), crypto.SHA256); err != nil {
		f.Fatal(err)
	}
	path := writeFile(f, f.TempDir(), "tiny.exe", tinyImage())
	if err := PE(context.Background(), path, path, p.key, o); err != nil {
		f.Fatal(err)
	}
	return cat, unsigned, readFile(f, path), token
}

// tinyImage is an image with one section of 512 bytes.
func tinyImage() []byte {
	b := make([]byte, 1024)
	copy(b, "MZ")
	b[0x3c] = 0x40
	copy(b[0x40:], "PE\x00\x00\x4c\x01\x01\x00")
	b[0x40+20] = 0xe0 // optional header
	opt := b[0x40+24:]
	copy(opt, "\x0b\x01")
	opt[37], opt[61] = 2, 2 // alignment and headers of 512
	opt[92] = 16
	section := opt[0xe0:]
	copy(section, ".text")
	section[17], section[21] = 2, 2 // 512 bytes at 512
	return b
}

// FuzzParseCatalog: no panic, and what parses comes out again as a list that parses to the same.
func FuzzParseCatalog(f *testing.F) {
	cat, unsigned, _, _ := seeds(f)
	f.Add(cat)
	f.Add(unsigned)
	for _, name := range []string{"catalog-v1.hex", "catalog-v2.hex"} {
		b, err := hex.DecodeString(strings.TrimSpace(string(readFile(f, filepath.Join("testdata", name)))))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(envelope(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, s, err := ParseCatalog(b)
		if err != nil {
			return
		}
		if c.Info(s).String() == "" {
			t.Fatal("nothing to say")
		}
		one, err := c.Marshal()
		if err != nil {
			return // no members, or a date that does not encode
		}
		again, _, err := ParseCatalog(one)
		if err != nil {
			t.Fatalf("what we wrote does not parse: %v", err)
		}
		two, err := again.Marshal()
		if err != nil || !bytes.Equal(one, two) {
			t.Fatalf("not stable: %v", err)
		}
	})
}

// FuzzVerify: no panic on any file, and nothing altered passes as signed by our root.
func FuzzVerify(f *testing.F) {
	cat, unsigned, exe, _ := seeds(f)
	for _, b := range [][]byte{cat, unsigned, exe} {
		f.Add(b)
	}
	for _, name := range []string{"dummy.cab", "dummy.msi"} {
		if b, err := os.ReadFile(relicFixture(f, name)); err == nil {
			f.Add(b)
		}
	}
	path := filepath.Join(f.TempDir(), "fuzzed")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		rep, err := Verify(path, VerifyOptions{At: testNow, Roots: Pool()})
		if err == nil || rep.OK {
			t.Fatalf("passes without any root: %v", rep)
		}
		_ = rep.String()
		_, _ = Extract(path)
	})
}

// FuzzStampResponse: no panic, and no answer without the nonce passes.
func FuzzStampResponse(f *testing.F) {
	_, _, _, token := seeds(f)
	f.Add(der(tagSequence, der(tagSequence, derInt(0)), token))
	f.Add(der(tagSequence, der(tagSequence, derInt(2), der(tagSequence, der(0x0c, []byte("no"))))))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := stampResponse(b, []byte("s"), big.NewInt(7)); err == nil {
			t.Fatal("accepted")
		}
	})
}

// FuzzImageHash: no panic, bounded work.
func FuzzImageHash(f *testing.F) {
	_, _, exe, _ := seeds(f)
	f.Add(exe)
	f.Add(tinyImage())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _, _ = ImageHash(bytes.NewReader(b), int64(len(b)), crypto.SHA256)
		if im, err := openImage(bytes.NewReader(b), int64(len(b))); err == nil {
			_, _ = im.pageHashes(crypto.SHA256)
			_, _ = im.tableEntries()
		}
	})
}

// FuzzPrivateKey: no panic whatever the file.
func FuzzPrivateKey(f *testing.F) {
	key, err := pkcs8.MarshalPrivateKey(newECKey(f), []byte("word"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: key}))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = parsePrivateKey(b, func() ([]byte, error) { return []byte("word"), nil })
	})
}

func newECKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
