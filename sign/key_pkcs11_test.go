//go:build pkcs11 && cgo

package sign

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

const (
	softPIN   = "gehe1m-4711"
	softToken = "kbforge test"
)

// softHSM makes a token that holds the key of the tests, with its certificate under id 01, and an ECDSA key under id 02. It
// returns the library.
func softHSM(t *testing.T, p *pki) string {
	t.Helper()
	util, tool := need.Tool(t, "softhsm2-util"), need.Tool(t, "pkcs11-tool")
	library := ""
	for _, l := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"} {
		if _, err := os.Stat(l); err == nil {
			library = l
		}
	}
	if library == "" {
		need.Missing(t, "libsofthsm2.so")
	}
	dir := t.TempDir()
	conf := writeFile(t, dir, "softhsm2.conf", fmt.Appendf(nil, "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", dir))
	t.Setenv("SOFTHSM2_CONF", conf)
	mustRun(t, util, "--init-token", "--free", "--label", softToken, "--so-pin", "so-1234", "--pin", softPIN)
	mustRun(t, util, "--import", p.keyFile, "--token", softToken, "--label", "signer", "--id", "01", "--pin", softPIN)
	cert := filepath.Join(dir, "leaf.der")
	if err := os.WriteFile(cert, p.key.chain[0].Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, tool, "--module", library, "--token-label", softToken, "--login", "--pin", softPIN, "--write-object", cert, "--type", "cert", "--id", "01", "--label", "signer")
	ec := writeFile(t, dir, "ec.pem", ecPEM(t, p.ecKey))
	mustRun(t, util, "--import", ec, "--token", softToken, "--label", "curve", "--id", "02", "--pin", softPIN)
	return library
}

func ecPEM(t *testing.T, k *memoryKey) []byte {
	t.Helper()
	b, err := x509.MarshalPKCS8PrivateKey(k.signer)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})
}

func TestPKCS11(t *testing.T) {
	p := newPKI(t)
	uri := "pkcs11:token=kbforge%20test;object=signer;id=%01?module-path=" + softHSM(t, p)
	pin := writeFile(t, t.TempDir(), "pin", []byte(softPIN+"\n"))
	none := func(string) (string, bool) { return "", false }

	// The certificate of the token; several files with one login. The same bytes as with the key in memory.
	k, err := Source{PKCS11: uri, PasswordFile: pin}.Open(none, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := k.Certificates(); len(got) != 1 || !got[0].Equal(p.key.chain[0]) {
		t.Errorf("certificates %v", got)
	}
	works(t, k)
	if err := k.(io.Closer).Close(); err != nil {
		t.Error(err)
	}
	k, err = Source{PKCS11: uri, PasswordFile: pin, Certificate: p.certFile}.Open(none, nil)
	if err != nil {
		t.Fatal(err)
	}
	exe, dir := goImage(t, "386", 100), t.TempDir()
	soft, hard := filepath.Join(dir, "soft.exe"), filepath.Join(dir, "hard.exe")
	var jobs []Job
	for _, dst := range []string{hard, filepath.Join(dir, "b.exe"), filepath.Join(dir, "c.exe")} {
		jobs = append(jobs, Job{exe, dst})
	}
	for _, r := range Batch(context.Background(), jobs, k, BatchOptions{Options: options(), Parallel: 3}) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	if err := PE(context.Background(), exe, soft, p.key, options()); err != nil {
		t.Fatal(err)
	}
	if string(readFile(t, soft)) != string(readFile(t, hard)) {
		t.Error("the token's signature is not that of the same key in memory")
	}
	if out, ok := osslVerify(t, p.rootFile, hard); !ok {
		t.Errorf("osslsigncode:\n%s", out)
	}
	if err := k.(io.Closer).Close(); err != nil {
		t.Error(err)
	}

	// ECDSA, with a certificate from a file
	ecCert := writeFile(t, dir, "ec.pem", pemOf(p.ecKey.chain...))
	k, err = Source{PKCS11: strings.Replace(uri, "object=signer;id=%01", "id=%02", 1), PasswordFile: pin, Certificate: ecCert}.Open(none, nil)
	if err != nil {
		t.Fatal(err)
	}
	works(t, k)
	k.(io.Closer).Close()

	for name, c := range map[string]struct {
		uri, pin, want string
	}{
		"two keys":    {strings.Replace(uri, ";object=signer;id=%01", "", 1), softPIN, "2 key pairs that fit"},
		"no such key": {strings.Replace(uri, "object=signer", "object=other", 1), softPIN, `no key pair with object "other"`},
		"no cert":     {strings.Replace(uri, "object=signer;id=%01", "id=%02", 1), softPIN, "no certificate under the key's id"},
		"wrong PIN":   {uri, "0815-gehe1m", "CKR_PIN_INCORRECT"},
		"other token": {strings.Replace(uri, "kbforge%20test", "nobody", 1), softPIN, "open the PKCS #11 token"},
		"no library":  {"pkcs11:token=a?module-path=/none.so", softPIN, "open the PKCS #11 token"},
	} {
		_, err := PKCS11Key(c.uri, []byte(c.pin), nil)
		if err == nil || !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "gehe1m") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
