package sign

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kbforge/kbforge/internal/need"
)

// sample is an unsigned file of each format, and a byte of it that a signature must protect.
type sample struct {
	format Format
	path   string
	flip   func(signed []byte) int
}

func samples(t *testing.T) []sample {
	t.Helper()
	dir := t.TempDir()
	exe := goImage(t, "386", 5000)
	cat, err := sampleCatalog(t, CatalogV2, exe).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	payload := writeFile(t, dir, "payload.txt", bytes.Repeat([]byte("cabinet payload\n"), 500))
	cab := filepath.Join(dir, "sample.cab")
	mustRun(t, need.Tool(t, "gcab"), "-c", "-n", cab, payload)
	msi := writeFile(t, dir, "sample.msi", readFile(t, relicFixture(t, "dummy.msi")))
	if err := Remove(msi, msi); err != nil && !errors.Is(err, CheckNotSigned) {
		t.Fatal(err)
	}
	return []sample{
		{FormatPE, exe, func(b []byte) int { return len(b)/2 + 1 }},
		{FormatCatalog, writeFile(t, dir, "sample.cat", cat), func(b []byte) int { return bytes.Index(b, []byte("260102030405Z")) + 11 }},
		{FormatCabinet, cab, func(b []byte) int { return bytes.Index(b, []byte("cabinet payload")) }},
		{FormatInstaller, msi, func(b []byte) int { return bytes.Index(b, []byte("Installation Database")) }},
	}
}

// Every format against good and bad: the matrix of docs/signing.md.
func TestMatrix(t *testing.T) {
	p := newPKI(t)
	change := func(f func(*x509.Certificate)) *memoryKey {
		c := leafTemplate("Changed Publisher")
		f(c)
		return p.sub.keyFor(t, c, p.key.signer, p.root.cert)
	}
	expired := change(func(c *x509.Certificate) { c.NotAfter = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC) })
	for _, s := range samples(t) {
		t.Run(string(s.format), func(t *testing.T) {
			dir := t.TempDir()
			dst := filepath.Join(dir, "signed")
			if err := File(context.Background(), s.path, dst, p.key, options()); err != nil {
				t.Fatal(err)
			}
			rep, err := Verify(dst, p.verify())
			if err != nil || rep.Format != s.format || !rep.OK {
				t.Fatalf("good: %v %v", rep, err)
			}
			if out, ok := osslVerify(t, p.rootFile, dst); !ok {
				t.Errorf("good: osslsigncode rejects:\n%s", out)
			}
			good := readFile(t, dst)
			again := filepath.Join(dir, "again")
			if err := File(context.Background(), dst, again, p.key, options()); err != nil || !bytes.Equal(readFile(t, again), good) {
				t.Errorf("signing the signed file again: other bytes, or %v", err)
			}
			unsigned, err := Verify(s.path, p.verify())
			if !errors.Is(err, CheckNotSigned) || unsigned.OK {
				t.Errorf("unsigned: %v", err)
			}
			foreign := p.verify()
			foreign.Roots = Pool(p.other.cert)
			if _, err := Verify(dst, foreign); !errors.Is(err, CheckChain) {
				t.Errorf("unknown root: %v", err)
			}
			if _, ok := osslVerify(t, p.otherRootFile, dst); ok {
				t.Error("unknown root: osslsigncode accepts")
			}
			pinned := p.verify()
			pinned.Publisher = strings.ToUpper(Fingerprint(p.key.chain[0]))
			if _, err := Verify(dst, pinned); err != nil {
				t.Errorf("pinned: %v", err)
			}
			pinned.Publisher = Fingerprint(p.ecKey.chain[0])
			if _, err := Verify(dst, pinned); !errors.Is(err, CheckPublisher) {
				t.Errorf("pinned to another: %v", err)
			}
			bad := bytes.Clone(good)
			at := s.flip(bad)
			if at < 0 {
				t.Fatal("the sample has not the byte to change")
			}
			bad[at] ^= 1
			badFile := writeFile(t, dir, "bad", bad)
			if _, err := Verify(badFile, p.verify()); !errors.Is(err, CheckContent) && !errors.Is(err, CheckAttributes) {
				t.Errorf("flipped: %v", err)
			}
			if out, ok := osslVerify(t, p.rootFile, badFile); ok {
				t.Errorf("flipped: osslsigncode accepts:\n%s", out)
			}
			for _, n := range []int{len(good) - 1, len(good) / 2, 100} {
				if _, err := Verify(writeFile(t, dir, "short", good[:n]), p.verify()); err == nil {
					t.Errorf("truncated to %d of %d: accepted", n, len(good))
				}
			}
			if err := File(context.Background(), s.path, again, expired, Options{Now: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(again, p.verify()); !errors.Is(err, CheckDates) {
				t.Errorf("expired: %v", err)
			}
			if _, ok := osslVerify(t, p.rootFile, again); ok {
				t.Error("expired: osslsigncode accepts")
			}
			wrongUse(t, p, s)
			roundTrips(t, p, s, good)
		})
	}
}

// wrongUse signs with a TLS certificate, which Options refuses, by way of the builder itself.
func wrongUse(t *testing.T, p *pki, s sample) {
	t.Helper()
	ossl := need.Tool(t, "osslsigncode")
	dir := t.TempDir()
	template := leafTemplate("TLS")
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	tls := p.sub.keyFor(t, template, p.key.signer)
	certs, dst := writeFile(t, dir, "tls.pem", pemOf(tls.chain...)), filepath.Join(dir, "tls")
	mustRun(t, ossl, "sign", "-h", "sha256", "-certs", certs, "-key", p.keyFile, "-in", s.path, "-out", dst)
	o := p.verify()
	o.Strict = false
	if _, err := Verify(dst, o); !errors.Is(err, CheckUsage) {
		t.Errorf("TLS certificate: %v", err)
	}
	if _, ok := osslVerify(t, p.rootFile, dst); ok {
		t.Error("TLS certificate: osslsigncode accepts")
	}
}

// roundTrips removes, extracts and attaches.
func roundTrips(t *testing.T, p *pki, s sample, good []byte) {
	t.Helper()
	dir := t.TempDir()
	signed, bare := writeFile(t, dir, "signed", good), filepath.Join(dir, "bare")
	blob, err := Extract(signed)
	if err != nil {
		t.Fatal(err)
	}
	if err := Remove(signed, bare); err != nil {
		t.Fatal(err)
	}
	original := readFile(t, s.path)
	if s.format == FormatCabinet || s.format == FormatCatalog {
		if !bytes.Equal(readFile(t, bare), original) {
			t.Error("removing the signature does not give back the unsigned file")
		}
	}
	if err := Remove(bare, bare); !errors.Is(err, CheckNotSigned) {
		t.Errorf("removing twice: %v", err)
	}
	for _, src := range []string{bare, s.path} {
		dst := filepath.Join(dir, "attached")
		if err := Attach(src, dst, blob, testNow); err != nil {
			t.Fatalf("attach: %v", err)
		}
		if _, err := Verify(dst, p.verify()); err != nil {
			t.Error(err)
		}
		if s.format != FormatInstaller && !bytes.Equal(readFile(t, dst), good) {
			t.Error("an attached signature gives another file")
		}
	}
	if s.format == FormatPE {
		if err := Attach(goImage(t, "amd64", 0), filepath.Join(dir, "x"), blob, testNow); !errors.Is(err, CheckContent) {
			t.Errorf("attached to another file: %v", err)
		}
	}
}

func TestCabinetStillOpens(t *testing.T) {
	p := newPKI(t)
	for _, s := range samples(t) {
		if s.format != FormatCabinet {
			continue
		}
		dst := filepath.Join(t.TempDir(), "signed.cab")
		if err := File(context.Background(), s.path, dst, p.key, options()); err != nil {
			t.Fatal(err)
		}
		mustRun(t, need.Tool(t, "cabextract"), "-t", dst)
		mustRun(t, need.Tool(t, "7zz", "7z"), "t", dst)
	}
}

func TestDualSignature(t *testing.T) {
	p := newPKI(t)
	dst := filepath.Join(t.TempDir(), "dual.exe")
	o := options()
	o.Hash = crypto.SHA1
	if err := PE(context.Background(), goImage(t, "amd64", 33), dst, p.key, o); err != nil {
		t.Fatal(err)
	}
	o.Append, o.Hash = true, crypto.SHA256
	o.Stamper = client(newTSA(t, p.root, testNow).serve(t))
	if err := PE(context.Background(), dst, dst, p.key, o); err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(dst, p.verify())
	if err != nil || len(rep.Signatures) != 2 || rep.Signatures[0].Hash != "SHA-1" || rep.Signatures[1].Hash != "SHA-256" || !rep.Signatures[1].Nested || rep.Signatures[1].Timestamp == nil {
		t.Fatalf("%+v %v", rep, err)
	}
	out, ok := osslVerify(t, p.rootFile, dst, "-TSA-CAfile", p.rootFile)
	if !ok || !strings.Contains(out, "SHA1") || !strings.Contains(out, "SHA256") {
		t.Errorf("osslsigncode:\n%s", out)
	}
	b := readFile(t, dst)
	b[len(b)/2] ^= 1
	rep, err = Verify(writeFile(t, t.TempDir(), "bad.exe", b), p.verify())
	if !errors.Is(err, CheckContent) || len(rep.Findings) != 2 {
		t.Errorf("flipped: %v", err)
	}
	v := p.verify()
	v.RequireTimestamp = true
	if _, err := Verify(dst, v); !errors.Is(err, CheckTimestamp) {
		t.Error("the first signature has no stamp, but passes where one is required")
	}
}

func TestPageHashesEqualOsslsigncode(t *testing.T) {
	p := newPKI(t)
	ossl := need.Tool(t, "osslsigncode")
	for _, arch := range []string{"386", "amd64", "arm64"} {
		src, dir := goImage(t, arch, 5001), t.TempDir()
		ours, theirs := filepath.Join(dir, "ours.exe"), filepath.Join(dir, "theirs.exe")
		o := options()
		o.PageHashes = true
		if err := PE(context.Background(), src, ours, p.key, o); err != nil {
			t.Fatal(err)
		}
		mustRun(t, ossl, "sign", "-ph", "-h", "sha256", "-certs", p.certFile, "-key", p.keyFile, "-in", src, "-out", theirs)
		var lists [2][]byte
		for i, path := range []string{ours, theirs} {
			blob, err := Extract(path)
			if err != nil {
				t.Fatal(err)
			}
			c, err := parseCMS(blob)
			if err != nil {
				t.Fatal(err)
			}
			element, _, err := c.content()
			if err != nil {
				t.Fatal(err)
			}
			d, err := parseIndirect(element)
			if err != nil {
				t.Fatal(err)
			}
			h, list, ok, err := parsePageHashes(d.imageLink())
			if err != nil || !ok || h != crypto.SHA256 {
				t.Fatal(h, ok, err)
			}
			lists[i] = list
			v := p.verify()
			v.Strict = false
			rep, err := Verify(path, v)
			if err != nil || !rep.Signatures[0].PageHashes {
				t.Errorf("%s: %v", path, err)
			}
		}
		if !bytes.Equal(lists[0], lists[1]) {
			t.Errorf("%s: our page hashes are not osslsigncode's", arch)
		}
		if out, ok := osslVerify(t, p.rootFile, ours); !ok || !strings.Contains(strings.ToLower(out), "page hash") {
			t.Errorf("osslsigncode:\n%s", out)
		}
	}
}

func TestBatch(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	exe := readFile(t, goImage(t, "386", 9))
	var jobs []Job
	for _, n := range []string{"a.exe", "b.exe", "c.exe"} {
		f := writeFile(t, dir, n, exe)
		jobs = append(jobs, Job{f, f})
	}
	jobs = slices.Insert(jobs, 1, Job{writeFile(t, dir, "text", []byte("text")), filepath.Join(dir, "text")})
	o := BatchOptions{Options: options(), Parallel: 3, SkipSigned: true}
	for round := range 2 {
		for i, r := range Batch(context.Background(), jobs, p.key, o) {
			if r.Job != jobs[i] || (r.Err != nil) != (i == 1) || r.Skipped != (round == 1 && i != 1) {
				t.Errorf("round %d: %+v", round, r)
			}
		}
	}
	if r := Batch(context.Background(), jobs[1:2], p.key, o); !errors.Is(r[0].Err, ErrFormat) {
		t.Errorf("unknown format: %v", r[0].Err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := Batch(ctx, jobs[:1], p.key, o); !errors.Is(r[0].Err, context.Canceled) {
		t.Errorf("cancelled: %v", r[0].Err)
	}
}

func TestReportJSON(t *testing.T) {
	p := newPKI(t)
	dst := filepath.Join(t.TempDir(), "a.exe")
	if err := PE(context.Background(), goImage(t, "386", 1), dst, p.key, options()); err != nil {
		t.Fatal(err)
	}
	v := p.verify()
	v.Roots = Pool(p.other.cert)
	rep, _ := Verify(dst, v)
	b, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"format":"pe"`, `"ok":false`, `"check":"not trusted"`, `"signature":1`, `"sha256":"` + Fingerprint(p.key.chain[0])} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%s lacks %s", b, want)
		}
	}
	if _, err := Verify(dst, VerifyOptions{}); err == nil {
		t.Error("no time given: accepted")
	}
	if _, err := Verify(filepath.Join(t.TempDir(), "none"), p.verify()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}
