package sign

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sassoftware/relic/v7/lib/pkcs7"
	"github.com/sassoftware/relic/v7/lib/x509tools"
)

// relicServer answers as relic's server does (server/view_getkey.go, view_sign.go and signers/cat of v7.6.2), by its own CMS
// builder. It lets in who has the client certificate or the token.
type relicServer struct {
	*memoryKey
	token string
	asked []string // queries
	sizes []int    // of what was sent
}

func (s *relicServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+s.token && (r.TLS == nil || len(r.TLS.PeerCertificates) == 0) {
		http.Error(w, `{"type":"forbidden"}`, http.StatusForbidden)
		return
	}
	s.asked = append(s.asked, r.URL.RawQuery)
	switch r.URL.Path {
	case "/relic/keys/release":
		_ = json.NewEncoder(w).Encode(map[string]string{"X509Certificate": string(pemOf(s.chain...))})
	case "/relic/keys/moved":
		http.Redirect(w, r, "http://127.0.0.1:1/keys/moved", http.StatusFound)
	case "/relic/keys/junk":
		_, _ = w.Write([]byte("junk"))
	case "/relic/sign":
		body, err := io.ReadAll(r.Body)
		if err == nil {
			s.sizes = append(s.sizes, len(body))
			body, err = s.sign(body, r.URL.Query().Get("digest"), r.URL.Query().Get("sigtype"))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = w.Write(body)
	default:
		http.NotFound(w, r)
	}
}

func (s *relicServer) sign(blob []byte, digest, kind string) ([]byte, error) {
	old, err := pkcs7.Unmarshal(blob)
	if err != nil {
		return nil, err
	}
	if kind != "cat" || !old.Content.ContentInfo.ContentType.Equal(oidCTL) {
		return nil, errors.New("not a security catalog")
	}
	h := x509tools.HashByName(digest)
	if h == 0 {
		return nil, errors.New("unknown digest " + digest)
	}
	b := pkcs7.NewBuilder(s.signer, s.chain, h)
	if err := b.SetContentInfo(old.Content.ContentInfo); err != nil {
		return nil, err
	}
	psd, err := b.Sign()
	if err != nil {
		return nil, err
	}
	return psd.Marshal()
}

func TestRelicKey(t *testing.T) {
	p := newPKI(t)
	dir := t.TempDir()
	server := &relicServer{memoryKey: p.key, token: "t0ken-gehe1m"}
	web := httptest.NewUnstartedServer(server)
	// One certificate for both ends: the server's own, and the client's.
	both := p.other.keyFor(t, &x509.Certificate{KeyUsage: x509.KeyUsageDigitalSignature, NotBefore: p.other.cert.NotBefore, NotAfter: p.other.cert.NotAfter,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, newRSA(t))
	web.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: Pool(p.other.cert),
		Certificates: []tls.Certificate{{Certificate: [][]byte{both.chain[0].Raw}, PrivateKey: both.signer}}}
	web.StartTLS()
	t.Cleanup(web.Close)
	der, err := x509.MarshalPKCS8PrivateKey(both.signer)
	if err != nil {
		t.Fatal(err)
	}
	clientFile := writeFile(t, dir, "client.pem", append(pemOf(both.chain[0]), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...))
	address := web.URL + "/relic?key=release"
	env := func(name string) (string, bool) {
		return map[string]string{"TOKEN": server.token, "WRONG": "wr0ng-gehe1m"}[name], true
	}

	for name, s := range map[string]Source{
		"certificate": {Relic: address, RelicCert: clientFile, RelicRoots: p.otherRootFile},
		"token":       {Relic: address, RelicRoots: p.otherRootFile, PasswordEnv: "TOKEN"},
	} {
		k, err := s.Open(env, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, sm := range samples(t) {
			ours, theirs := filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")
			if err := File(context.Background(), sm.path, theirs, k, options()); err != nil {
				t.Fatalf("%s, %s: %v", name, sm.format, err)
			}
			if err := File(context.Background(), sm.path, ours, p.key, options()); err != nil {
				t.Fatal(err)
			}
			if string(readFile(t, ours)) != string(readFile(t, theirs)) {
				t.Errorf("%s, %s: the server's key signs another way than the same key in memory", name, sm.format)
			}
		}
		if _, err := k.SignDigest(context.Background(), make([]byte, 32), 0); !errors.Is(err, ErrKey) {
			t.Errorf("a digest: %v", err)
		}
	}
	for _, n := range server.sizes {
		if n > 1000 {
			t.Errorf("%d bytes were sent; the attributes are enough", n)
		}
	}
	for _, q := range server.asked {
		if strings.Contains(q, "gehe1m") {
			t.Errorf("the token is in the address: %s", q)
		}
	}

	for name, c := range map[string]struct {
		s    Source
		want string
	}{
		"not let in":      {Source{Relic: address, RelicRoots: p.otherRootFile, PasswordEnv: "WRONG"}, "403 Forbidden"},
		"no credentials":  {Source{Relic: address, RelicRoots: p.otherRootFile}, "403 Forbidden"},
		"unknown server":  {Source{Relic: address, PasswordEnv: "TOKEN"}, "certificate signed by unknown authority"},
		"no such key":     {Source{Relic: web.URL + "/relic?key=other", RelicRoots: p.otherRootFile, PasswordEnv: "TOKEN"}, "404"},
		"sent elsewhere":  {Source{Relic: web.URL + "/relic?key=moved", RelicRoots: p.otherRootFile, PasswordEnv: "TOKEN"}, "302 Found"},
		"junk":            {Source{Relic: web.URL + "/relic?key=junk", RelicRoots: p.otherRootFile, PasswordEnv: "TOKEN"}, "no description of a key"},
		"without TLS":     {Source{Relic: "http://relic.example/?key=a"}, "use https"},
		"no key":          {Source{Relic: "https://relic.example/"}, "name the key"},
		"a user":          {Source{Relic: "https://u:gehe1m@relic.example/?key=a"}, "more than host"},
		"no address":      {Source{Relic: "relic.example"}, "is no address"},
		"no client key":   {Source{Relic: address, RelicCert: p.certFile}, "no client certificate with its key"},
		"roots for what":  {Source{PFX: "a", RelicRoots: "b"}, "for relic only"},
		"a cert, too":     {Source{Relic: address, Certificate: "a"}, "cert does not go with"},
		"nobody is there": {Source{Relic: "http://127.0.0.1:1/?key=a"}, "connection refused"},
	} {
		_, err := c.s.Open(env, nil)
		if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "gehe1m") {
			t.Errorf("%s: %v", name, err)
		}
	}

	// A server that signs with another key than its certificate says is noticed before a file changes.
	k, err := Source{Relic: address, RelicRoots: p.otherRootFile, PasswordEnv: "TOKEN"}.Open(env, nil)
	if err != nil {
		t.Fatal(err)
	}
	server.memoryKey = p.sub.keyFor(t, leafTemplate("Somebody else"), newRSA(t), p.root.cert)
	dst := filepath.Join(dir, "never")
	if err := PE(context.Background(), goImage(t, "386", 0), dst, k, options()); err == nil || !strings.Contains(err.Error(), "not that of what was asked for") {
		t.Errorf("another key: %v", err)
	}
}
