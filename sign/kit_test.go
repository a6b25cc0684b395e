package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
)

// testNow is the clock of all tests; osslsigncode uses the machine's, so the test certificates live long.
var testNow = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// authority is a test CA.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newRSA makes a key pair; making them is the slow part of these tests.
func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newRoot(t testing.TB, cn string) *authority {
	t.Helper()
	a := &authority{key: newRSA(t)}
	a.cert = a.make(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2049, 1, 1, 0, 0, 0, 0, time.UTC),
	}, a.key.Public())
	return a
}

var serials struct {
	sync.Mutex
	n int64
}

// make issues a certificate; the authority issues its own first.
func (a *authority) make(t testing.TB, template *x509.Certificate, pub crypto.PublicKey) *x509.Certificate {
	t.Helper()
	serials.Lock()
	serials.n++
	template.SerialNumber = big.NewInt(1000 + serials.n)
	serials.Unlock()
	parent := a.cert
	if parent == nil {
		parent = template
	}
	b, err := x509.CreateCertificate(rand.Reader, template, parent, pub, a.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sub makes an intermediate CA.
func (a *authority) sub(t testing.TB, cn string) *authority {
	t.Helper()
	s := &authority{key: newRSA(t)}
	s.cert = a.make(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter,
	}, s.key.Public())
	return s
}

// leaf is a template for code signing, valid from 2020 to 2048.
func leafTemplate(cn string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: cn}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2048, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// key issues a certificate by template for a new key, and returns the key with chain.
func (a *authority) keyFor(t testing.TB, template *x509.Certificate, signer crypto.Signer, chain ...*x509.Certificate) *memoryKey {
	t.Helper()
	c := a.make(t, template, signer.Public())
	return &memoryKey{chain: append([]*x509.Certificate{c, a.cert}, chain...), signer: signer}
}

// pki is the set of keys most tests share.
type pki struct {
	root, sub, other   *authority
	key, ecKey         *memoryKey // issued by sub
	rootFile, certFile string     // PEM: root; leaf and intermediate
	keyFile            string
	otherRootFile      string
}

func newPKI(t testing.TB) *pki {
	t.Helper()
	p := &pki{root: newRoot(t, "Test Root"), other: newRoot(t, "Other Root")}
	p.sub = p.root.sub(t, "Test Intermediate")
	p.key = p.sub.keyFor(t, leafTemplate("Test Publisher"), newRSA(t), p.root.cert)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.ecKey = p.sub.keyFor(t, leafTemplate("Test Publisher EC"), ec, p.root.cert)
	dir := t.TempDir()
	p.rootFile = writeFile(t, dir, "root.pem", pemOf(p.root.cert))
	p.otherRootFile = writeFile(t, dir, "other.pem", pemOf(p.other.cert))
	p.certFile = writeFile(t, dir, "cert.pem", pemOf(p.sub.cert, p.key.chain[0])) // leaf not first, on purpose
	b, err := x509.MarshalPKCS8PrivateKey(p.key.signer)
	if err != nil {
		t.Fatal(err)
	}
	p.keyFile = writeFile(t, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}))
	return p
}

func pemOf(certs ...*x509.Certificate) []byte {
	var b []byte
	for _, c := range certs {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return b
}

func (p *pki) roots() *x509.CertPool { return Pool(p.root.cert) }

func (p *pki) verify() VerifyOptions {
	return VerifyOptions{Roots: p.roots(), At: testNow, Strict: true}
}

func options() Options { return Options{Now: testNow} }

func writeFile(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func readFile(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run executes a tool and returns its output and whether it returned 0.
func run(t testing.TB, tool string, args ...string) (string, bool) {
	t.Helper()
	out, err := exec.Command(tool, args...).CombinedOutput()
	if _, exit := err.(*exec.ExitError); err != nil && !exit {
		t.Fatalf("%s: %v", tool, err)
	}
	return string(out), err == nil
}

func mustRun(t testing.TB, tool string, args ...string) string {
	t.Helper()
	out, ok := run(t, tool, args...)
	if !ok {
		t.Fatalf("%s %s failed:\n%s", tool, strings.Join(args, " "), out)
	}
	return out
}

// osslVerify runs osslsigncode verify with a root.
func osslVerify(t testing.TB, root, file string, more ...string) (string, bool) {
	t.Helper()
	return run(t, need.Tool(t, "osslsigncode"), append(append([]string{"verify", "-CAfile", root}, more...), file)...)
}

// goImage builds a small Go program for windows/arch and adds an overlay of n bytes.
func goImage(t testing.TB, arch string, overlay int) string {
	t.Helper()
	dir := t.TempDir()
	src := writeFile(t, dir, "main.go", []byte("package main\n\nfunc main() { println(\"hello\") }\n"))
	out := filepath.Join(dir, "app-"+arch+".exe")
	cmd := exec.Command(filepath.Join(goRoot(t), "bin", "go"), "build", "-trimpath", "-ldflags", "-s -w", "-o", out, src)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the test program: %v\n%s", err, b)
	}
	f, err := os.OpenFile(out, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(bytes.Repeat([]byte("overlay"), overlay/7+1)[:overlay]); err != nil {
		t.Fatal(err)
	}
	return out
}

func goRoot(t testing.TB) string {
	t.Helper()
	return strings.TrimSpace(mustRun(t, "go", "env", "GOROOT"))
}

// relicFixture returns a file of the relic module's functest/packages, which the module cache holds.
func relicFixture(t testing.TB, name string) string {
	t.Helper()
	out, ok := run(t, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/sassoftware/relic/v7")
	path := filepath.Join(strings.TrimSpace(out), "functest", "packages", name)
	if _, err := os.Stat(path); !ok || err != nil {
		need.Missing(t, "the relic module's fixture %s: %v %s", name, err, out)
	}
	return path
}
