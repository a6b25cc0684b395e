package sign

import (
	"bytes"
	"context"
	"crypto"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kbforge/kbforge/internal/winekit"
)

const probe = "github.com/kbforge/kbforge/sign/internal/catprobe"

// What Wine's wintrust can tell: the image digest, the signature, the order of the attributes, and membership in catalogs
// that are V1 and signed with SHA-1. It does not look at roots, dates or usages.
func TestWine(t *testing.T) {
	machine := winekit.New(t)
	exe := winekit.BuildWindows(t, probe, "amd64")
	p := newPKI(t)
	dir := t.TempDir()
	trust := func(t *testing.T, file, want string) {
		t.Helper()
		if r := machine.Run(t, exe, "trust", machine.WinPath(file)); strings.TrimSpace(r.Stdout) != "trust "+want {
			t.Errorf("%s: %q, want %s (%s)", filepath.Base(file), r.Stdout, want, r.Stderr)
		}
	}
	for _, arch := range []string{"386", "amd64", "arm64"} {
		t.Run("image "+arch, func(t *testing.T) {
			src, signed := goImage(t, arch, 1001), filepath.Join(dir, arch+".exe")
			if err := PE(context.Background(), src, signed, p.key, options()); err != nil {
				t.Fatal(err)
			}
			trust(t, signed, "0x00000000")
			bad := readFile(t, signed)
			bad[len(bad)/2] ^= 1
			trust(t, writeFile(t, dir, arch+"-bad.exe", bad), "0x80096010") // TRUST_E_BAD_DIGEST
			trust(t, src, "0x800B0100")                                     // TRUST_E_NOSIGNATURE
		})
	}
	t.Run("catalog", func(t *testing.T) {
		a, b, inf := goImage(t, "386", 1), goImage(t, "amd64", 2), writeFile(t, dir, "update.inf", []byte("[Version]\r\n"))
		c := sampleCatalog(t, CatalogV1, a, b, inf)
		o := options()
		o.Hash = crypto.SHA1 // EnumCatalogFromHash of Wine 8.0 crashes on catalogs signed with SHA-256
		signed, err := c.Sign(context.Background(), p.key, o)
		if err != nil {
			t.Fatal(err)
		}
		cat := writeFile(t, dir, "update.cat", signed)
		trust(t, cat, "0x00000000")
		args := []string{"catalog", machine.WinPath(cat)}
		var want strings.Builder
		for i, f := range []string{a, b, inf, goImage(t, "arm64", 3)} {
			data := readFile(t, f)
			h, err := HashFile(f, bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			args = append(args, hex.EncodeToString(h.SHA1))
			fmt.Fprintf(&want, "%x %s\n", h.SHA1, []string{"found", "found", "found", "missing"}[i])
		}
		r := machine.Run(t, exe, args...)
		if got := strings.ReplaceAll(r.Stdout, "\r", ""); got != want.String() {
			t.Errorf("got\n%s%s\nwant\n%s", got, r.Stderr, want.String())
		}
		v2, err := sampleCatalog(t, CatalogV2, a, inf).Sign(context.Background(), p.key, options())
		if err != nil {
			t.Fatal(err)
		}
		trust(t, writeFile(t, dir, "v2.cat", v2), "0x00000000")
	})
	for _, s := range samples(t) {
		if s.format == FormatPE || s.format == FormatCatalog {
			continue
		}
		t.Run(string(s.format), func(t *testing.T) {
			dst := filepath.Join(dir, "signed."+string(s.format))
			if err := File(context.Background(), s.path, dst, p.key, options()); err != nil {
				t.Fatal(err)
			}
			trust(t, dst, "0x00000000")
		})
	}
}
