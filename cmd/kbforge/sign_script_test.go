package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kbforge/kbforge/internal/need"
)

// scriptTest is the key under which a script's commands find its test.
type scriptTest struct{}

// scriptCommands are the commands that scripts have beside those of testscript.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){"need": needTools, "tsa": startTSA, "replace": replaceText}
}

// needTools skips the script when one of the named tools is missing, and fails it in CI.
func needTools(ts *testscript.TestScript, _ bool, args []string) {
	for _, tool := range args {
		need.Tool(ts.Value(scriptTest{}).(testing.TB), tool)
	}
}

// startTSA runs a time stamp authority for the rest of the script: openssl ts behind HTTP. Its address goes into $TSA, its
// self-signed certificate into tsa/root.pem.
func startTSA(ts *testscript.TestScript, _ bool, _ []string) {
	needTools(ts, false, []string{"openssl"})
	dir := ts.MkAbs("tsa")
	ts.Check(makeTSA(dir))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		cmd := exec.Command("openssl", "ts", "-reply", "-queryfile", "/dev/stdin", "-config", "tsa.cnf")
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(query)
		var diag bytes.Buffer
		cmd.Stderr = &diag
		answer, err := cmd.Output()
		if err != nil {
			http.Error(w, diag.String(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/timestamp-reply")
		_, _ = w.Write(answer)
	}))
	ts.Defer(server.Close)
	ts.Setenv("TSA", server.URL)
}

const tsaConfig = `[tsa]
default_tsa = tsa_config
[tsa_config]
serial = serial
signer_cert = root.pem
signer_key = key.pem
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
`

func makeTSA(dir string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	usage, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}) // id-kp-timeStamping; RFC 3161 wants it critical
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Script TSA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: usage}}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, b := range map[string][]byte{
		"root.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}),
		"tsa.cnf":  []byte(tsaConfig),
		"serial":   []byte("01\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}
