package builder

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/sign"
	"github.com/kbforge/kbforge/stub/sfx"
	"github.com/kbforge/kbforge/templates/samplepe"
)

// faulty makes a package that Build would not: parts are signed by several keys or none, and files differ from the plan.
type faulty struct {
	catalog, runtime, outer *Signer
	tree                    func(*Tree)
	resource                func(*manifest.Manifest) // changes what the version resource is made of
	after                   func(path string)        // changes the finished file
}

func (f faulty) build(t *testing.T, p *Plan) string {
	t.Helper()
	ctx, dir := context.Background(), t.TempDir()
	exe, err := runtimeFiles(ctx, p, Options{Stubs: sampleStubs, Signer: f.runtime}, dir)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := NewTree(ctx, p, exe, f.catalog)
	if err != nil {
		t.Fatal(err)
	}
	if f.tree != nil {
		f.tree(tree)
	}
	about := *p
	m := *p.Manifest
	about.Manifest = &m
	if f.resource != nil {
		f.resource(&m)
	}
	path := filepath.Join(dir, "package.exe")
	if _, err := pack(ctx, &about, Options{Stubs: sampleStubs}, tree, path); err != nil {
		t.Fatal(err)
	}
	if err := f.outer.file(ctx, path, "", ""); err != nil {
		t.Fatal(err)
	}
	if f.after != nil {
		f.after(path)
	}
	return path
}

func (t *Tree) file(path string) *TreeFile {
	i := slices.IndexFunc(t.Files, func(f TreeFile) bool { return strings.EqualFold(f.Path, path) })
	return &t.Files[i]
}

// edit replaces a text in a generated file of a tree.
func edit(path, old, with string) func(*Tree) {
	return func(t *Tree) {
		f := t.file(path)
		f.data = bytes.Replace(f.data, []byte(old), []byte(with), 1)
		f.Size = int64(len(f.data))
	}
}

func bytesOf(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, change(b), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestVerifyReasons: each thing that can be wrong with a package is found, under its own name, and nothing else is.
func TestVerifyReasons(t *testing.T) {
	p := planOf(t, starter(t, "multi-branch"))
	us, dev := devSigner(t)
	them, theirs := devSigner(t)
	good := VerifyOptions{Roots: sign.Pool(dev.Root()), At: testTime(), MustSign: true, Expect: p}
	all := faulty{catalog: us, runtime: us, outer: us}
	with := func(change func(*faulty)) faulty { f := all; change(&f); return f }
	opts := func(change func(*VerifyOptions)) VerifyOptions { o := good; change(&o); return o }
	lax := opts(func(o *VerifyOptions) { o.MustSign = false })
	other := *planOf(t, starter(t, "multi-branch"))
	other.Contents = slices.DeleteFunc(slices.Clone(other.Contents), func(c Content) bool { return strings.HasSuffix(c.Path, "eula.txt") })
	for _, c := range []struct {
		name   string
		made   faulty
		o      VerifyOptions
		checks []PackageCheck
		of     sign.Check
		reason string
	}{
		{"good", all, good, nil, "", ""},
		{"good, unsigned", faulty{}, lax, nil, "", ""},
		{"unsigned where signatures must be", faulty{}, good, []PackageCheck{CheckPackageSignature, CheckCatalogSignature, CheckRuntimeSignature}, sign.CheckNotSigned, "the package is not signed"},
		{"package by another", with(func(f *faulty) { f.outer = them }), good, []PackageCheck{CheckPackageSignature}, sign.CheckChain, "no chain leads from"},
		{"catalog by another", with(func(f *faulty) { f.catalog = them }), good, []PackageCheck{CheckCatalogSignature}, sign.CheckChain, "no chain leads from"},
		{"catalog unsigned", with(func(f *faulty) { f.catalog = nil }), good, []PackageCheck{CheckCatalogSignature}, sign.CheckNotSigned, "update/KB123456.cat is not signed"},
		{"runtime by another", with(func(f *faulty) { f.runtime = them }), good, []PackageCheck{CheckRuntimeSignature}, sign.CheckChain, "update/update.exe: not trusted"},
		{"runtime unsigned", with(func(f *faulty) { f.runtime = nil }), lax, []PackageCheck{CheckRuntimeSignature}, sign.CheckNotSigned, "spuninst.exe is not signed"},
		{"expired", all, opts(func(o *VerifyOptions) { o.At = testTime().AddDate(2, 0, 0) }), []PackageCheck{CheckPackageSignature, CheckCatalogSignature, CheckRuntimeSignature}, sign.CheckDates, "not at 2028-01-02"},
		{"not yet valid", all, opts(func(o *VerifyOptions) { o.At = testTime().AddDate(-2, 0, 0) }), []PackageCheck{CheckPackageSignature, CheckCatalogSignature, CheckRuntimeSignature}, sign.CheckDates, "not at 2024-01-02"},
		{"time stamp missing", all, opts(func(o *VerifyOptions) { o.RequireTimestamp = true }), []PackageCheck{CheckPackageSignature, CheckCatalogSignature, CheckRuntimeSignature}, sign.CheckTimestamp, "there is none, and one is required"},
		{"pinned to us", all, opts(func(o *VerifyOptions) { o.Publisher = sign.Fingerprint(us.Key.Certificates()[0]) }), nil, "", ""},
		{"pinned to another", all, opts(func(o *VerifyOptions) {
			o.Publisher = sign.Fingerprint(them.Key.Certificates()[0])
		}), []PackageCheck{CheckPackageSignature, CheckCatalogSignature, CheckRuntimeSignature}, sign.CheckPublisher, "not by the pinned certificate"},
		{"two roots", with(func(f *faulty) { f.outer = them }), opts(func(o *VerifyOptions) { o.Roots = sign.Pool(dev.Root(), theirs.Root()) }), nil, "", ""},
		{"a byte of the cabinet", faulty{after: func(path string) {
			bytesOf(t, path, func(b []byte) []byte { b[len(b)-len(b)/4] ^= 1; return b })
		}}, lax, []PackageCheck{CheckStructure}, "", "extract"},
		{"cut off", faulty{after: func(path string) {
			bytesOf(t, path, func(b []byte) []byte { return b[:len(b)-100] })
		}}, lax, []PackageCheck{CheckStructure}, "", "package.exe"},
		{"something behind the cabinet", faulty{after: func(path string) {
			bytesOf(t, path, func(b []byte) []byte { return append(b, "hidden load"...) })
		}}, lax, []PackageCheck{CheckTrailer}, "", "11 bytes follow the cabinet"},
		{"content of the package", with(func(f *faulty) {
			f.after = func(path string) { bytesOf(t, path, func(b []byte) []byte { b[int(b[0x3c])+8] ^= 1; return b }) } // the link time
		}), good, []PackageCheck{CheckPackageSignature}, sign.CheckContent, "changed after it was signed"},
		{"update.ver lies", with(func(f *faulty) { f.tree = edit(`update\update.ver`, ",00", ",01") }), good, []PackageCheck{CheckUpdateVer, CheckCatalog}, "", "update.ver says 261."},
		{"INF names what is not there", with(func(f *faulty) { f.tree = edit(`update\update_rtmgdr.inf`, `RTMGDR\reader.dll`, `RTMGDR\writer.dll`) }), good,
			[]PackageCheck{CheckINF, CheckCatalog}, "", `update_rtmgdr.inf names RTMGDR\writer.dll, which is not in the package`},
		{"INF without its catalog", with(func(f *faulty) {
			f.tree = func(tr *Tree) { tr.file(`update\KB123456.cat`).Path = `update\KB1.cat` }
		}), good, []PackageCheck{CheckINF, CheckManifest}, "", `names update\KB123456.cat, which is not in the package`},
		{"a file that nothing covers", with(func(f *faulty) {
			f.tree = func(tr *Tree) {
				tr.Files = append(tr.Files, TreeFile{Path: `update\custom.dll`, Role: Generated, data: []byte("x"), Size: 1})
			}
		}), good, []PackageCheck{CheckCatalog, CheckManifest}, "", "update/custom.dll is in the package, but no catalog covers it"},
		{"version resource says another KB", with(func(f *faulty) { f.resource = func(m *manifest.Manifest) { m.KB = "KB999999" } }), good,
			[]PackageCheck{CheckVersionResource}, "", `the version resource says "999999", the INF "123456"`},
		{"version resource says another version", with(func(f *faulty) { f.resource = func(m *manifest.Manifest) { m.Version = manifest.Version{9, 9} } }), good,
			[]PackageCheck{CheckVersionResource}, "", "the version resource has the file version 9.9.0.0, the manifest says"},
		{"version resource, without the manifest", with(func(f *faulty) { f.resource = func(m *manifest.Manifest) { m.Publisher = "Fabrikam" } }),
			opts(func(o *VerifyOptions) { o.Expect = nil }), []PackageCheck{CheckVersionResource}, "", `the version resource says "Fabrikam", the INF "Contoso`},
		{"another manifest", all, opts(func(o *VerifyOptions) { o.Expect = &other }), []PackageCheck{CheckManifest}, "", "update/eula.txt is in the package, but not in the manifest"},
	} {
		v, err := Verify(context.Background(), c.made.build(t, p), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var checks []PackageCheck
		found := c.reason == ""
		for _, f := range v.Findings {
			if !slices.Contains(checks, f.Check) {
				checks = append(checks, f.Check)
			}
			if c.of != "" && f.Signature != c.of {
				t.Errorf("%s: finding %+v; its signature check should be %q", c.name, f, c.of)
			}
			found = found || strings.Contains(f.Reason, c.reason)
		}
		slices.Sort(checks)
		slices.Sort(c.checks)
		if !slices.Equal(checks, c.checks) || !found {
			t.Errorf("%s: findings of %q, want %q with %q:\n%+v", c.name, checks, c.checks, c.reason, v.Findings)
		}
		for _, k := range checks {
			if !slices.Contains(Checks(), k) {
				t.Errorf("%s is no check that Checks lists", k)
			}
		}
	}
}

// TestVerifyKeyUsage: a package signed by a certificate for something else. Our own signing refuses it, so osslsigncode signs.
func TestVerifyKeyUsage(t *testing.T) {
	ossl := need.Tool(t, "osslsigncode")
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "TLS"}, NotBefore: testTime().AddDate(-1, 0, 0), NotAfter: testTime().AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile, signedFile := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem"), filepath.Join(dir, "signed.exe")
	for name, b := range map[string][]byte{certFile: pemOf(der), keyFile: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := faulty{}.build(t, planOf(t, starter(t, "multi-branch")))
	if out, err := exec.Command(ossl, "sign", "-h", "sha256", "-certs", certFile, "-key", keyFile, "-in", path, "-out", signedFile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	v, err := Verify(context.Background(), signedFile, VerifyOptions{Roots: sign.Pool(cert), At: testTime()})
	if err != nil || !slices.ContainsFunc(v.Findings, func(f Finding) bool { return f.Check == CheckPackageSignature && f.Signature == sign.CheckUsage }) {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestVerifyNoPackage: what is no package is an error, not a finding.
func TestVerifyNoPackage(t *testing.T) {
	if _, err := Verify(context.Background(), filepath.Join(t.TempDir(), "none.exe"), VerifyOptions{At: testTime()}); err == nil {
		t.Error("a file that is not there verifies")
	}
	b, err := samplepe.Build(samplepe.Spec{Arch: "x64"})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "plain.exe")
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(context.Background(), path, VerifyOptions{At: testTime()}); err == nil || !strings.Contains(err.Error(), sfx.ErrNone.Error()) {
		t.Errorf("an executable that is no package: %v", err)
	}
}

// TestChecksDocumented: docs/signing.md explains every check, of packages and of signatures.
func TestChecksDocumented(t *testing.T) {
	b, err := os.ReadFile("../docs/signing.md")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range Checks() {
		names = append(names, string(c))
	}
	for _, c := range sign.Checks() {
		names = append(names, string(c))
	}
	for _, n := range names {
		if !bytes.Contains(b, []byte("`"+n+"`")) {
			t.Errorf("docs/signing.md does not explain the check `%s`", n)
		}
	}
}
