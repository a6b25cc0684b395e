package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
)

// works signs a digest and checks it.
func works(t *testing.T, k Key) {
	t.Helper()
	sum := make([]byte, 32)
	sig, err := k.SignDigest(context.Background(), sum, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(k.Public(), sum, crypto.SHA256, sig) || !samePublic(k.Public(), k.Certificates()[0].PublicKey) {
		t.Fatal("the signature is not that of the leaf")
	}
}

func TestPEMFindsLeaf(t *testing.T) {
	p := newPKI(t)
	k, err := LoadPEM(p.certFile, p.keyFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	works(t, k)
	if c := k.Certificates(); len(c) != 2 || !c[0].Equal(p.key.chain[0]) || !c[1].Equal(p.sub.cert) {
		t.Errorf("chain of %d", len(c))
	}
}

func TestPEMKinds(t *testing.T) {
	ssl := need.Tool(t, "openssl")
	p := newPKI(t)
	dir := t.TempDir()
	out := filepath.Join(dir, "k.pem")
	mustRun(t, ssl, "rsa", "-in", p.keyFile, "-traditional", "-out", out)
	if !bytes.Contains(readFile(t, out), []byte("BEGIN RSA PRIVATE KEY")) {
		t.Fatal("openssl wrote another kind")
	}
	if k, err := LoadPEM(p.certFile, out, nil); err != nil {
		t.Error(err)
	} else {
		works(t, k)
	}
	for name, args := range map[string][]string{
		"PKCS #8":             {"pkcs8", "-topk8", "-in", p.keyFile, "-out", out, "-passout", "pass:s3cret-word"},
		"PKCS #8 with scrypt": {"pkcs8", "-topk8", "-scrypt", "-in", p.keyFile, "-out", out, "-passout", "pass:s3cret-word"},
		"PKCS #8 with 3DES":   {"pkcs8", "-topk8", "-v2", "des3", "-in", p.keyFile, "-out", out, "-passout", "pass:s3cret-word"},
		"traditional":         {"rsa", "-in", p.keyFile, "-traditional", "-aes128", "-out", out, "-passout", "pass:s3cret-word"},
	} {
		mustRun(t, ssl, args...)
		if _, err := LoadPEM(p.certFile, out, nil); !errors.Is(err, ErrEncryptedKey) || !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "password") {
			t.Errorf("encrypted %s: %v", name, err)
		}
		word := func(s string) func() ([]byte, error) { return func() ([]byte, error) { return []byte(s), nil } }
		if k, err := LoadPEM(p.certFile, out, word("s3cret-word")); err != nil {
			t.Errorf("encrypted %s, with its password: %v", name, err)
		} else {
			works(t, k)
		}
		for _, bad := range []string{"", "s3cret-wort"} {
			if _, err := LoadPEM(p.certFile, out, word(bad)); !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("encrypted %s, password %q: %v", name, bad, err)
			}
		}
	}
	if _, err := LoadPEM(p.otherRootFile, p.keyFile, nil); !errors.Is(err, ErrKey) {
		t.Errorf("certificate of another key: %v", err)
	}
	if _, err := LoadPEM(p.certFile, p.certFile, nil); !errors.Is(err, ErrKey) {
		t.Errorf("no key in the file: %v", err)
	}
}

func TestPFX(t *testing.T) {
	ssl := need.Tool(t, "openssl")
	p := newPKI(t)
	dir := t.TempDir()
	const password = "pässword €1"
	env := func(name string) (string, bool) { return password, name == "KEY_PASSWORD" }
	pwFile := writeFile(t, dir, "pw.txt", []byte(password+"\r\n"))
	t.Setenv("TEST_PFX_PASSWORD", password)
	for name, args := range map[string][]string{"modern": nil, "legacy": {"-legacy"}, "3DES": {"-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-3DES", "-macalg", "sha1"}} {
		file := filepath.Join(dir, name+".pfx")
		out, ok := run(t, ssl, append([]string{"pkcs12", "-export", "-in", p.certFile, "-inkey", p.keyFile, "-out", file, "-passout", "env:TEST_PFX_PASSWORD"}, args...)...)
		if !ok {
			need.Missing(t, "openssl pkcs12 %v: %s", args, out)
		}
		k, err := LoadPFX(file, []byte(password))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		works(t, k)
		if len(k.Certificates()) != 2 {
			t.Errorf("%s: %d certificates", name, len(k.Certificates()))
		}
		_, err = LoadPFX(file, []byte("the wrong one"))
		if !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "the wrong one") {
			t.Errorf("%s, wrong password: %v", name, err)
		}
		for _, s := range []Source{{PFX: file, PasswordEnv: "KEY_PASSWORD"}, {PFX: file, PasswordFile: pwFile}} {
			if _, err := s.Open(env, nil); err != nil {
				t.Errorf("%s %+v: %v", name, s, err)
			}
		}
		if _, err := (Source{PFX: file}).Open(env, func(string) ([]byte, error) { return []byte(password), nil }); err != nil {
			t.Errorf("%s by prompt: %v", name, err)
		}
	}
	junk := writeFile(t, dir, "junk.pfx", []byte("junk"))
	if _, err := LoadPFX(junk, []byte(password)); !errors.Is(err, ErrKey) || strings.Contains(err.Error(), password) {
		t.Errorf("junk: %v", err)
	}
}

func TestSourceContradictions(t *testing.T) {
	env := func(string) (string, bool) { return "", false }
	for name, s := range map[string]Source{
		"nothing": {}, "two": {PFX: "a", Development: "b"}, "cert alone": {Certificate: "a"}, "key alone": {Key: "a"}, "password": {Certificate: "a", Command: []string{"b"}, PasswordEnv: "X"},
		"two passwords": {PFX: "a", PasswordEnv: "A", PasswordFile: "B"}, "unset": {PFX: "a", PasswordEnv: "A"}, "nobody to ask": {PFX: "a"},
	} {
		if _, err := s.Open(env, nil); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCommandKey(t *testing.T) {
	ssl := need.Tool(t, "openssl")
	p := newPKI(t)
	certs := []*x509.Certificate{p.key.chain[0], p.sub.cert}
	k, err := CommandKey(certs, ssl, "pkeyutl", "-sign", "-inkey", p.keyFile, "-pkeyopt", "digest:sha256")
	if err != nil {
		t.Fatal(err)
	}
	works(t, k)
	dir := t.TempDir()
	src, one, two := goImage(t, "386", 0), filepath.Join(dir, "1.exe"), filepath.Join(dir, "2.exe")
	for dst, k := range map[string]Key{one: k, two: p.key} {
		if err := PE(context.Background(), src, dst, k, options()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(readFile(t, one), readFile(t, two)) {
		t.Error("the command's signature differs from that of the key in memory")
	}
	if runtime.GOOS == "windows" {
		return
	}
	seen := filepath.Join(dir, "seen")
	for name, c := range map[string]struct{ script, want string }{
		"fails":    {"echo token locked >&2; exit 3", "token locked"},
		"nothing":  {"cat >/dev/null", "no RSA signature"},
		"too much": {"cat >/dev/null; head -c 20000 /dev/zero", "more than"},
		"env":      {"cat >/dev/null; echo $KBFORGE_SIGN_HASH $KBFORGE_SIGN_KEY > " + seen, "no RSA signature"},
	} {
		k, err := CommandKey(certs, "/bin/sh", "-c", c.script)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.SignDigest(context.Background(), make([]byte, 32), crypto.SHA256); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := string(readFile(t, seen)); got != "SHA-256 RSA\n" {
		t.Errorf("environment %q", got)
	}
}

func TestDevelopmentKey(t *testing.T) {
	k, err := DevelopmentKey(rand.Reader, testNow)
	if err != nil {
		t.Fatal(err)
	}
	works(t, k)
	dir := filepath.Join(t.TempDir(), "keys")
	if _, err := LoadDevelopmentKey(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := k.Save(dir); err != nil {
		t.Fatal(err)
	}
	if err := k.Save(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("saved over itself: %v", err)
	}
	info, err := os.Stat(filepath.Join(dir, developmentKey))
	if err != nil || (runtime.GOOS != "windows" && info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	loaded, err := LoadDevelopmentKey(dir)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	o := options()
	o.Warn = func(m string) { said = append(said, m) }
	dst := filepath.Join(dir, "a.exe")
	if err := PE(context.Background(), goImage(t, "amd64", 50), dst, loaded, o); err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(dst, VerifyOptions{Roots: Pool(k.Root()), At: testNow})
	if err != nil || !rep.Signatures[0].Development || !strings.Contains(rep.String(), DevelopmentName) || !strings.Contains(strings.Join(said, ""), DevelopmentName) {
		t.Errorf("%v %v %q", rep, err, said)
	}
	if _, err := Verify(dst, VerifyOptions{Roots: x509.NewCertPool(), At: testNow}); !errors.Is(err, CheckChain) {
		t.Errorf("nobody's root: %v", err)
	}
}

// Keys that would make worthless signatures are refused before anything is written.
func TestCheckKey(t *testing.T) {
	p := newPKI(t)
	change := func(f func(*x509.Certificate)) *memoryKey {
		c := leafTemplate("changed")
		f(c)
		return p.sub.keyFor(t, c, p.key.signer)
	}
	for name, k := range map[string]Key{
		"expired":    change(func(c *x509.Certificate) { c.NotAfter = testNow.Add(-time.Hour) }),
		"not yet":    change(func(c *x509.Certificate) { c.NotBefore = testNow.Add(time.Hour) }),
		"TLS":        change(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }),
		"encryption": change(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }),
		"other key":  &memoryKey{chain: p.key.chain, signer: p.sub.key},
		"no chain":   &memoryKey{signer: p.key.signer},
	} {
		dst := filepath.Join(t.TempDir(), "x")
		if err := PE(context.Background(), "missing.exe", dst, k, options()); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := PE(context.Background(), "missing.exe", "x", p.key, Options{}); err == nil || !strings.Contains(err.Error(), "Now") {
		t.Errorf("no time: %v", err)
	}
	w, err := CheckKey(&memoryKey{chain: p.key.chain[:1], signer: p.key.signer}, testNow)
	if err != nil || len(w) != 1 || !strings.Contains(w[0], "intermediate") {
		t.Errorf("missing intermediate: %v %v", w, err)
	}
	if w, err := CheckKey(p.key, testNow); err != nil || len(w) != 0 {
		t.Errorf("good key: %v %v", w, err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newMemoryKey(ed, p.key.chain); !errors.Is(err, ErrKey) {
		t.Errorf("Ed25519: %v", err)
	}
	if err := supported(&rsa.PublicKey{N: p.key.chain[0].SerialNumber, E: 3}); !errors.Is(err, ErrKey) {
		t.Errorf("short RSA: %v", err)
	}
}
