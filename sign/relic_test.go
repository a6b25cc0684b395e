//go:build !(windows && arm64)

package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"path/filepath"
	"testing"

	"github.com/sassoftware/relic/v7/lib/authenticode"
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
