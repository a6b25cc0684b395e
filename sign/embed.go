package sign

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sassoftware/relic/v7/lib/cabfile"
)

// Extract returns the signature of a file: the DER of a CMS SignedData, with nested signatures and time stamps as they are.
// Of a catalog, that is the whole file. The error wraps CheckNotSigned when there is none. Nothing is verified.
func Extract(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	blob, err := extract(f)
	if err != nil {
		return nil, fmt.Errorf("extract the signature of %s: %w", path, err)
	}
	return blob, nil
}

func extract(f *os.File) ([]byte, error) {
	format, err := Detect(f)
	if err != nil {
		return nil, err
	}
	switch format {
	case FormatPE:
		return extractPE(f)
	case FormatCabinet:
		return extractCabinet(f)
	case FormatInstaller:
		return extractInstaller(f)
	}
	b, err := readCatalog(f)
	if err != nil {
		return nil, err
	}
	_, s, err := ParseCatalog(b)
	if err == nil && s == nil {
		err = fmt.Errorf("%w: the catalog has no signature", CheckNotSigned)
	}
	return b, err
}

func extractPE(f *os.File) ([]byte, error) {
	im, err := openImageFile(f)
	if err != nil {
		return nil, err
	}
	blobs, err := im.tableEntries()
	switch {
	case err != nil:
		return nil, err
	case len(blobs) == 0:
		return nil, fmt.Errorf("%w: the image has no certificate table", CheckNotSigned)
	case len(blobs) > 1:
		return nil, fmt.Errorf("%w: the certificate table has %d entries; one, with nested signatures, can be handled", CheckFormat, len(blobs))
	}
	return blobs[0], nil
}

func extractCabinet(f *os.File) ([]byte, error) {
	cab, err := openCabinet(f)
	if err != nil {
		return nil, err
	}
	if len(cab.Signature) == 0 {
		return nil, fmt.Errorf("%w: the cabinet has no signature", CheckNotSigned)
	}
	return cab.Signature, nil
}

func extractInstaller(f *os.File) ([]byte, error) {
	db, err := openDatabase(f)
	if err != nil {
		return nil, err
	}
	blob, err := rootStream(db, streamSignature)
	if err == nil && blob == nil {
		err = fmt.Errorf("%w: the database has no signature", CheckNotSigned)
	}
	return blob, err
}

// Attach puts a signature that was made elsewhere (Extract gives it) on a file with the same content: signing behind an air
// gap, or rebuilding a signed file from source and published signature. The result is verified at the time at, against the
// certificates in the signature, before dst changes.
func Attach(src, dst string, signature []byte, at time.Time) error {
	err := replace(src, dst, func(in *os.File, tmp string) error {
		return embed(in, tmp, signature)
	}, verified(VerifyOptions{At: at}))
	if err != nil {
		return fmt.Errorf("attach a signature to %s: %w", src, err)
	}
	return nil
}

// embed writes in with blob as its signature to tmp.
func embed(in *os.File, tmp string, blob []byte) error {
	format, err := Detect(in)
	if err != nil {
		return err
	}
	c, err := parseCMS(blob)
	if err != nil {
		return err
	}
	switch format {
	case FormatPE:
		im, err := openImageFile(in)
		if err != nil {
			return err
		}
		return writeTable(in, tmp, im, blob)
	case FormatCabinet:
		d, err := digestCabinet(in, Options{Hash: c.hash})
		if err != nil {
			return err
		}
		return patched(in, tmp, d.MakePatch(blob))
	case FormatInstaller:
		db, err := openDatabase(in)
		if err != nil {
			return err
		}
		_, meta, err := digestDatabase(db, c.hash, true)
		if err != nil {
			return err
		}
		return insertSignature(in, tmp, blob, meta)
	}
	return os.WriteFile(tmp, blob, 0o600)
}

// openCabinet reads a cabinet's headers and signature; folder entries and file table are within the file then.
func openCabinet(f *os.File) (*cabfile.Cabinet, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := cabinetFits(f, info.Size()); err != nil {
		return nil, err
	}
	cab, err := cabfile.Parse(io.NewSectionReader(f, 0, info.Size()))
	if err != nil {
		return nil, fmt.Errorf("%w: cabinet: %w", CheckFormat, err)
	}
	return cab, nil
}

// AddTimestamp stamps a file that was signed without, or stamps it anew: every signature in it. Nothing that is signed
// changes. at is the current time, at which the result is verified.
func AddTimestamp(ctx context.Context, src, dst string, s Stamper, at time.Time) error {
	err := replace(src, dst, func(in *os.File, tmp string) error {
		blob, err := extract(in)
		if err != nil {
			return err
		}
		if blob, err = restamp(ctx, blob, s, 0); err != nil {
			return err
		}
		return embed(in, tmp, blob)
	}, verified(VerifyOptions{At: at, RequireTimestamp: true}))
	if err != nil {
		return fmt.Errorf("time stamp %s: %w", src, err)
	}
	return nil
}

// restamp replaces the time stamp of a signature and of those nested in it.
func restamp(ctx context.Context, blob []byte, s Stamper, depth int) ([]byte, error) {
	c, err := parseCMS(blob)
	if err != nil {
		return nil, err
	}
	token, err := stampToken(ctx, c.si.EncryptedDigest, c.hash, c.signer, s)
	if err != nil {
		return nil, err
	}
	inner, err := c.unsigned(oidNested)
	if err != nil {
		return nil, err
	}
	if depth > 0 && len(inner) > 0 || len(inner) > MaxNested {
		return nil, fmt.Errorf("%w: signatures nested too deep or too many", CheckFormat)
	}
	for i := range inner {
		if inner[i], err = restamp(ctx, inner[i], s, depth+1); err != nil {
			return nil, err
		}
	}
	for _, change := range []struct {
		oid    []int
		values [][]byte
	}{{oidTSTToken, nil}, {oidCounterSign, nil}, {oidSpcToken, [][]byte{token}}, {oidNested, inner}} {
		if err := setUnsigned(c.si, change.oid, change.values); err != nil {
			return nil, err
		}
	}
	return c.psd.Marshal()
}
