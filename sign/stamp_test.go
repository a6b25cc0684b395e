package sign

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
)

// testTSA is an RFC 3161 authority in this process. Its faults are for the tests of refusal.
type testTSA struct {
	key      *memoryKey
	now      time.Time
	noNonce  bool
	foreign  bool // stamps something else
	requests atomic.Int32
}

func newTSA(t testing.TB, a *authority, now time.Time) *testTSA {
	t.Helper()
	template := leafTemplate("Test Time Stamp Authority")
	template.ExtKeyUsage = nil
	template.ExtraExtensions = []pkix.Extension{{Id: oidExtKeyUsage, Critical: true, Value: der(tagSequence, derOID(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 3, 8}))}}
	return &testTSA{key: a.keyFor(t, template, newRSA(t)), now: now}
}

func (a *testTSA) serve(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	return s.URL
}

func (a *testTSA) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.requests.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	token, err := a.token(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	w.Write(der(tagSequence, der(tagSequence, derInt(0)), token))
}

// token signs the imprint of a request.
func (a *testTSA) token(request []byte) ([]byte, error) {
	var req struct {
		Version int
		Imprint asn1.RawValue
		Nonce   *big.Int
		CertReq bool
	}
	if _, err := asn1.Unmarshal(request, &req); err != nil {
		return nil, err
	}
	imprint := req.Imprint.FullBytes
	if a.foreign {
		imprint, _ = digestInfo(crypto.SHA256, make([]byte, 32))
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	parts := [][]byte{derInt(1), derOID(asn1.ObjectIdentifier{1, 2, 3, 4}), imprint, derInt(serial.Int64()),
		der(asn1.TagGeneralizedTime, []byte(a.now.UTC().Format("20060102150405Z")))}
	if !a.noNonce {
		n, err := asn1.Marshal(req.Nonce)
		if err != nil {
			return nil, err
		}
		parts = append(parts, n)
	}
	info := der(tagSequence, parts...)
	leaf := a.key.chain[0]
	certSum := sha256.Sum256(leaf.Raw)
	infoSum := sha256.Sum256(info)
	attrs := [][]byte{
		entryValue(oidContentType, derOID(oidTSTInfo)),
		entryValue(oidMessageDigest, der(tagOctets, infoSum[:])),
		entryValue(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}, der(tagSequence, der(tagSequence, der(tagSequence, der(tagOctets, certSum[:]))))),
	}
	set := derSet(attrs...)
	attrSum := sha256.Sum256(set)
	sig, err := a.key.SignDigest(context.Background(), attrSum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	sha := asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	set[0] = tagExplicit
	serialDER, err := asn1.Marshal(leaf.SerialNumber)
	if err != nil {
		return nil, err
	}
	signer := der(tagSequence, derInt(1), der(tagSequence, leaf.RawIssuer, serialDER), derAlgorithm(sha), set,
		derAlgorithm(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}), der(tagOctets, sig))
	signed := der(tagSequence, derInt(3), der(tagSet, derAlgorithm(sha)), der(tagSequence, derOID(oidTSTInfo), der(tagExplicit, der(tagOctets, info))),
		der(tagExplicit, leaf.Raw), der(tagSet, signer))
	return der(tagSequence, derOID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}), der(tagExplicit, signed)), nil
}

func client(urls ...string) *TimestampClient {
	return &TimestampClient{URLs: urls, Tries: 2, Backoff: time.Millisecond, Timeout: 2 * time.Second}
}

// Stamped signatures of every kind of file hold here and with osslsigncode, also when the signer's certificate has expired
// since, and not when the stamp lies outside its life.
func TestTimestampCarriesExpiredSigner(t *testing.T) {
	p := newPKI(t)
	tsaRoot := newRoot(t, "Test TSA Root")
	template := leafTemplate("Expired Publisher")
	template.NotAfter = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	old := p.sub.keyFor(t, template, newRSA(t), p.root.cert)
	then := time.Date(2023, 5, 5, 5, 5, 5, 0, time.UTC)
	tsa := newTSA(t, tsaRoot, then)
	dir := t.TempDir()
	tsaRootFile := writeFile(t, dir, "tsa.pem", pemOf(tsaRoot.cert))
	src, signed, bare := goImage(t, "386", 77), filepath.Join(dir, "stamped.exe"), filepath.Join(dir, "bare.exe")
	o := Options{Now: then}
	if err := PE(context.Background(), src, bare, old, o); err != nil {
		t.Fatal(err)
	}
	o.Stamper = client(tsa.serve(t))
	if err := PE(context.Background(), src, signed, old, o); err != nil {
		t.Fatal(err)
	}
	v := p.verify()
	v.TimestampRoots = Pool(tsaRoot.cert)
	rep, err := Verify(signed, v)
	if err != nil || rep.Signatures[0].Timestamp == nil || !rep.Signatures[0].Timestamp.Time.Equal(then) {
		t.Errorf("stamped: %v %v", rep, err)
	}
	if out, ok := osslVerify(t, p.rootFile, signed, "-TSA-CAfile", tsaRootFile); !ok {
		t.Errorf("osslsigncode rejects the stamped file:\n%s", out)
	}
	if _, err := Verify(bare, v); !errors.Is(err, CheckDates) {
		t.Errorf("without a stamp: %v", err)
	}
	if out, ok := osslVerify(t, p.rootFile, bare); ok {
		t.Errorf("osslsigncode accepts an expired signature:\n%s", out)
	}
	v.TimestampRoots = Pool(p.root.cert)
	if _, err := Verify(signed, v); !errors.Is(err, CheckTimestamp) {
		t.Errorf("untrusted authority: %v", err)
	}
	tsa.now = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := PE(context.Background(), src, signed, old, o); !errors.Is(err, CheckTimestamp) {
		t.Errorf("stamp after the certificate's end: %v", err)
	}
}

func TestTimestampLater(t *testing.T) {
	p := newPKI(t)
	tsa := newTSA(t, p.root, testNow)
	dir := t.TempDir()
	v := p.verify()
	v.RequireTimestamp = true
	c := client(tsa.serve(t))
	cat, err := sampleCatalog(t, CatalogV2, goImage(t, "386", 0)).Sign(context.Background(), p.key, options())
	if err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(dir, "a.exe")
	if err := PE(context.Background(), goImage(t, "386", 3), exe, p.key, options()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{exe, writeFile(t, dir, "a.cat", cat)} {
		if _, err := Verify(path, v); !errors.Is(err, CheckTimestamp) {
			t.Errorf("%s, none yet: %v", path, err)
		}
		for range 2 { // the second replaces the first
			if err := AddTimestamp(context.Background(), path, path, c, testNow); err != nil {
				t.Fatal(err)
			}
			if _, err := Verify(path, v); err != nil {
				t.Error(err)
			}
		}
		if out, ok := osslVerify(t, p.rootFile, path, "-TSA-CAfile", p.rootFile); !ok {
			t.Errorf("osslsigncode:\n%s", out)
		}
	}
}

func TestTimestampClient(t *testing.T) {
	p := newPKI(t)
	good := newTSA(t, p.root, testNow)
	goodURL := good.serve(t)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer broken.Close()
	garbage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }))
	defer garbage.Close()
	long := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, MaxStampResponse+5)) }))
	defer long.Close()
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(der(tagSequence, der(tagSequence, derInt(2), der(tagSequence, der(0x0c, []byte("no"))))))
	}))
	defer refuses.Close()
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer slow.Close()
	defer close(release)
	sig := []byte("a signature")

	if _, err := client(broken.URL, garbage.URL, goodURL).Stamp(context.Background(), sig, crypto.SHA256); err != nil || good.requests.Load() != 1 {
		t.Errorf("failover: %v, %d requests", err, good.requests.Load())
	}
	var tries atomic.Int32
	flaky := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) == 1 {
			w.WriteHeader(500)
			return
		}
		good.ServeHTTP(w, r)
	}))
	defer flaky.Close()
	if _, err := client(flaky.URL).Stamp(context.Background(), sig, crypto.SHA1); err != nil {
		t.Errorf("second round: %v", err)
	}
	noNonce, foreign := newTSA(t, p.root, testNow), newTSA(t, p.root, testNow)
	noNonce.noNonce, foreign.foreign = true, true
	wrongUse := &testTSA{key: p.key, now: testNow}
	for name, url := range map[string]string{"503": broken.URL, "garbage": garbage.URL, "long": long.URL, "refuses": refuses.URL,
		"no nonce": noNonce.serve(t), "foreign": foreign.serve(t), "code signing certificate": wrongUse.serve(t), "nobody": "http://127.0.0.1:1/"} {
		if tok, err := client(url).Stamp(context.Background(), sig, crypto.SHA256); !errors.Is(err, CheckTimestamp) || tok != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := client(slow.URL)
	c.Tries, c.Timeout = 1, 50*time.Millisecond
	if _, err := c.Stamp(context.Background(), sig, crypto.SHA256); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v", err)
	}
	if _, err := client().Stamp(context.Background(), sig, crypto.SHA256); err == nil {
		t.Error("no servers: accepted")
	}
}

var _ Stamper = (*TimestampClient)(nil)
