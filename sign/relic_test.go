//go:build !(windows && arm64)

package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
	"github.com/sassoftware/relic/v7/lib/authenticode"
	"github.com/sassoftware/relic/v7/lib/certloader"
	"github.com/sassoftware/relic/v7/lib/pkcs7"
)

// relic's lib/authenticode as a second opinion. It does not compile for windows/arm64.

func TestImageHash(t *testing.T) {
	p := newPKI(t)
	src := goImage(t, "amd64", 12_345)
	signed := filepath.Join(t.TempDir(), "signed.exe")
	if err := PE(context.Background(), src, signed, p.key, options()); err != nil {
		t.Fatal(err)
	}
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.SHA256, crypto.SHA384} {
		var sums [2][]byte
		for i, path := range []string{src, signed} {
			b := readFile(t, path)
			s, pe, err := ImageHash(bytes.NewReader(b), int64(len(b)), h)
			if err != nil || !pe {
				t.Fatal(pe, err)
			}
			sums[i] = s[0]
			d, err := authenticode.DigestPE(bytes.NewReader(b), h, false)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(d.Imprint, s[0]) {
				t.Errorf("%v of %s: %x, relic computes %x", h, path, s[0], d.Imprint)
			}
		}
		if !bytes.Equal(sums[0], sums[1]) {
			t.Errorf("%v: signing changes the image hash", h)
		}
	}
	checksumAgrees(t, signed)
}

// checksumAgrees compares the checksum field with relic's computation.
func checksumAgrees(t *testing.T, path string) {
	t.Helper()
	b := readFile(t, path)
	pe := binary.LittleEndian.Uint32(b[0x3c:])
	h := authenticode.NewPEChecksum(int(pe))
	h.Write(b)
	want := binary.LittleEndian.Uint32(h.Sum(nil))
	if got := binary.LittleEndian.Uint32(b[pe+88:]); got != want {
		t.Errorf("checksum %#x, relic computes %#x", got, want)
	}
}

// relic's own catalog signing does not sort; the verifier must say so. This is the proof that the order check can fail.
func TestUnsortedCatalogRefused(t *testing.T) {
	p := newPKI(t)
	list, err := sampleCatalog(t, CatalogV2, goImage(t, "386", 5)).ctl()
	if err != nil {
		t.Fatal(err)
	}
	b := pkcs7.NewBuilder(p.key.signer, embedded(p.key), crypto.SHA256)
	if err := b.SetContent(oidCTL, asn1.RawValue{FullBytes: list}); err != nil {
		t.Fatal(err)
	}
	for _, oid := range []asn1.ObjectIdentifier{authenticode.OidSpcSpOpusInfo, authenticode.OidSpcStatementType} {
		if err := b.AddAuthenticatedAttribute(oid, authenticode.SpcSpOpusInfo{}); err != nil {
			t.Fatal(err)
		}
	}
	psd, err := b.Sign()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := psd.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	o := p.verify()
	o.Strict = false
	rep, err := Verify(writeFile(t, t.TempDir(), "relic.cat", raw), o)
	if !errors.Is(err, CheckOrder) || len(rep.Findings) != 1 {
		t.Errorf("got %v", err)
	}
}

// Wine refuses what relic signs, because its attributes are not in DER order: why this package has a builder of its own.
func TestWineRefusesUnsorted(t *testing.T) {
	machine := winekit.New(t)
	exe := winekit.BuildWindows(t, probe, "amd64")
	p := newPKI(t)
	signed := filepath.Join(t.TempDir(), "relic.exe")
	src, err := os.Open(goImage(t, "386", 0))
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	d, err := authenticode.DigestPE(src, crypto.SHA256, false)
	if err != nil {
		t.Fatal(err)
	}
	cert := &certloader.Certificate{Leaf: p.key.chain[0], Certificates: p.key.chain, PrivateKey: p.key.signer}
	patch, _, err := d.Sign(context.Background(), cert, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := patch.Apply(src, signed); err != nil {
		t.Fatal(err)
	}
	o := p.verify()
	o.Strict = false
	if _, err := Verify(signed, o); !errors.Is(err, CheckOrder) {
		t.Errorf("our verifier: %v", err)
	}
	if r := machine.Run(t, exe, "trust", machine.WinPath(signed)); strings.TrimSpace(r.Stdout) != "trust 0x80096004" { // TRUST_E_CERT_SIGNATURE
		t.Errorf("Wine: %q %s", r.Stdout, r.Stderr)
	}
}
