package sign

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

const gram = 16 // characters that make a piece of a secret

// pieces are all runs of gram characters of the forms in which secrets may be printed: as they are, in hexadecimal, base64 (at
// every alignment), decimal, and as a list of bytes; white space does not count.
func pieces(secrets ...[]byte) map[string]bool {
	all := map[string]bool{}
	for _, s := range secrets {
		forms := []string{string(s), hex.EncodeToString(s), strings.ToUpper(hex.EncodeToString(s)), new(big.Int).SetBytes(s).String()}
		for i := range 3 {
			forms = append(forms, base64.RawStdEncoding.EncodeToString(s[i:]))
		}
		for _, f := range forms {
			f = strings.Join(strings.Fields(f), "")
			for i := 0; i+gram <= len(f); i++ {
				all[f[i:i+gram]] = true
			}
		}
	}
	return all
}

// leaks finds a piece in a text.
func leaks(text string, pieces map[string]bool) string {
	plain := strings.Join(strings.Fields(text), "")
	for i := 0; i+gram <= len(plain); i++ {
		if pieces[plain[i:i+gram]] {
			return plain[i : i+gram]
		}
	}
	return ""
}

// TestNoSecretsInErrors: whatever is wrong with a key file, and however a key is printed, neither the key nor its password is
// in the text.
func TestNoSecretsInErrors(t *testing.T) {
	ssl := need.Tool(t, "openssl")
	p := newPKI(t)
	dir := t.TempDir()
	const password = "Hunter2-gehe1m-und-lang"
	pass := writeFile(t, dir, "pass", []byte(password+"\n"))
	locked, pfx := filepath.Join(dir, "locked.pem"), filepath.Join(dir, "k.pfx")
	mustRun(t, ssl, "pkcs8", "-topk8", "-in", p.keyFile, "-out", locked, "-passout", "file:"+pass)
	mustRun(t, ssl, "pkcs12", "-export", "-inkey", p.keyFile, "-in", p.certFile, "-out", pfx, "-passout", "file:"+pass)
	rsaKey, ecKey := p.key.signer.(*rsa.PrivateKey), p.ecKey.signer.(*ecdsa.PrivateKey)
	ecDER, err := x509.MarshalPKCS8PrivateKey(ecKey)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(readFile(t, p.keyFile))
	secrets := pieces([]byte(password), rsaKey.D.Bytes(), rsaKey.Primes[0].Bytes(), rsaKey.Primes[1].Bytes(), ecDER[len(ecDER)-110:len(ecDER)-70], block.Bytes[300:])
	if leaks("x"+hex.EncodeToString(rsaKey.D.Bytes())[21:40], secrets) == "" || leaks("a "+password, secrets) == "" {
		t.Fatal("this test finds nothing")
	}
	word := func() ([]byte, error) { return []byte(password), nil }
	env := func(name string) (string, bool) { return password, name == "PW" }
	check := func(what string, text string) {
		t.Helper()
		if found := leaks(text, secrets); found != "" {
			t.Errorf("%s tells %q:\n%s", what, found, text)
		}
	}
	n := 0
	for _, file := range []string{p.keyFile, locked, pfx, writeFile(t, dir, "ec.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: ecDER}))} {
		good := readFile(t, file)
		for at := 0; at < len(good); at += len(good)/60 + 1 {
			for _, bad := range [][]byte{good[:at], append(bytes.Clone(good[:at]), good[min(at+7, len(good)):]...), flip(good, at)} {
				name := writeFile(t, dir, "bad", bad)
				for _, s := range []Source{{PFX: name, PasswordEnv: "PW"}, {Certificate: p.certFile, Key: name, PasswordFile: pass}, {Certificate: name, Key: name, PasswordEnv: "PW"}} {
					if _, err := s.Open(env, nil); err != nil {
						n++
						check(fmt.Sprintf("%s broken at %d", filepath.Base(file), at), err.Error()+fmt.Sprintf("%+v %#v", err, s))
					}
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d errors were seen", n)
	}
	if _, err := LoadPEM(p.otherRootFile, locked, word); err == nil {
		t.Error("a key without its certificate opens")
	} else {
		check("a key without its certificate", err.Error())
	}
	dst := filepath.Join(dir, "signed.exe")
	o := options()
	var said []string
	o.Warn = func(m string) { said = append(said, m) }
	if err := PE(context.Background(), goImage(t, "386", 3), dst, p.key, o); err != nil {
		t.Fatal(err)
	}
	rep, err := Verify(dst, p.verify())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(rep)
	if err != nil {
		t.Fatal(err)
	}
	check("the report", rep.String()+string(b)+fmt.Sprintf("%+v", rep)+strings.Join(said, "\n"))
	check("the signed file", string(readFile(t, dst)))
	for _, k := range []Key{p.key, p.ecKey} {
		check("a printed key", fmt.Sprintf("%v %+v %#v %s", k, k, k, k))
	}
}

func flip(b []byte, at int) []byte {
	c := bytes.Clone(b)
	c[at] ^= 4
	return c
}
