package sign

import (
	"crypto/sha1"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/kbforge/kbforge/internal/need"
	"github.com/kbforge/kbforge/internal/winekit"
)

// kbforge.exe signs with a key that a PFX brought into a certificate store; osslsigncode verifies. Wine's keys are CAPI ones.
func TestStoreKeyWine(t *testing.T) {
	need.Tool(t, "osslsigncode")
	machine := winekit.New(t)
	put := winekit.BuildWindows(t, "github.com/kbforge/kbforge/sign/internal/storeprobe", "amd64")
	kbforge := winekit.BuildWindows(t, "github.com/kbforge/kbforge/cmd/kbforge", "amd64")
	p := newPKI(t)
	dir := t.TempDir()
	src := goImage(t, "amd64", 100)
	leaf := p.key.chain[0]
	thumbprint := fmt.Sprintf("%x", sha1.Sum(leaf.Raw))
	b, err := pkcs12.LegacyDES.Encode(p.key.signer, leaf, []*x509.Certificate{p.sub.cert}, "geheim")
	if err != nil {
		t.Fatal(err)
	}
	pfx := machine.WinPath(writeFile(t, dir, "release.pfx", b))
	for _, at := range [][]string{{"user", "My"}, {"machine", "Release"}} {
		if r := machine.Run(t, put, at[0], at[1], pfx, "geheim"); r.ExitCode != 0 || !strings.Contains(r.Stdout, thumbprint) {
			t.Fatalf("import into %s: exit code %d %s%s", at, r.ExitCode, r.Stdout, r.Stderr)
		}
	}
	n := 0
	kbforgeSign := func(args ...string) (string, winekit.Result) {
		n++
		file := writeFile(t, dir, fmt.Sprintf("signed%d.exe", n), readFile(t, src))
		return file, machine.Run(t, kbforge, append(append([]string{"sign"}, args...), machine.WinPath(file))...)
	}
	machine.Restart(t)
	good := map[string][]string{
		"thumbprint":       {"--thumbprint", strings.ToUpper(thumbprint)},
		"subject":          {"--subject", "test publisher"},
		"whole subject":    {"--subject", leaf.Subject.String(), "--store", "My", "--store-location", "user"},
		"store of machine": {"--thumbprint", thumbprint, "--store", "Release", "--store-location", "machine"},
		"SHA-384":          {"--thumbprint", thumbprint, "--hash", "sha384"},
	}
	for what, args := range good {
		t.Run(what, func(t *testing.T) {
			file, r := kbforgeSign(args...)
			if r.ExitCode != 0 {
				t.Fatalf("exit code %d: %s%s", r.ExitCode, r.Stdout, r.Stderr)
			}
			if out, ok := osslVerify(t, p.rootFile, file); !ok {
				t.Errorf("osslsigncode: %s", out)
			}
		})
	}
	bad := map[string]struct {
		args []string
		want string
	}{
		"no such thumbprint": {[]string{"--thumbprint", strings.Repeat("ab", 20)}, "the certificate store My of the current user has no certificate with thumbprint abab"},
		"no such subject":    {[]string{"--subject", "Publisher"}, `has no certificate for "Publisher"`},
		"other location":     {[]string{"--thumbprint", thumbprint, "--store-location", "machine"}, "of the local machine"},
		"no such store":      {[]string{"--thumbprint", thumbprint, "--store", "Nowhere"}, "certificate store Nowhere of the current user"},
	}
	for what, c := range bad {
		t.Run(what, func(t *testing.T) {
			file, r := kbforgeSign(c.args...)
			if r.ExitCode == 0 || !strings.Contains(r.Stderr, c.want) {
				t.Errorf("exit code %d: %s%s", r.ExitCode, r.Stdout, r.Stderr)
			}
			if string(readFile(t, file)) != string(readFile(t, src)) {
				t.Errorf("%s has changed", filepath.Base(file))
			}
		})
	}
}

// What Windows's own functions sign, without crypt32: see key_store_windows_test.go.
func TestStoreKeyProvidersWine(t *testing.T) {
	machine := winekit.New(t)
	tests := winekit.BuildWindowsTest(t, "github.com/kbforge/kbforge/sign", "amd64")
	r := machine.Run(t, tests, "-test.v", "-test.run", "^TestProvider")
	if r.ExitCode != 0 {
		t.Fatalf("exit code %d\n%s%s", r.ExitCode, r.Stdout, r.Stderr)
	}
	for _, want := range []string{"--- PASS: TestProviderCAPI", "--- PASS: TestProviderCNG/RSA"} {
		if !strings.Contains(r.Stdout, want) {
			t.Errorf("no %q in\n%s", want, r.Stdout)
		}
	}
}
