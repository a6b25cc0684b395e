package sign

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sassoftware/relic/v7/lib/cabfile"
	"github.com/sassoftware/relic/v7/lib/comdoc"
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

// Remove writes src without its signatures to dst. A cabinet and the list of a catalog come out as they were before
// signing. An image keeps up to 7 zero bytes of padding behind it, since nothing tells them from its own, and gets a
// correct checksum; its image hash is the same. A database keeps its layout.
func Remove(src, dst string) error {
	err := replace(src, dst, func(in *os.File, tmp string) error {
		if _, err := extract(in); err != nil {
			return err
		}
		format, err := Detect(in)
		if err != nil {
			return err
		}
		switch format {
		case FormatPE:
			im, err := openImageFile(in)
			if err != nil {
				return err
			}
			return writeTable(in, tmp, im, nil)
		case FormatCabinet:
			return unsignCabinet(in, tmp)
		case FormatInstaller:
			return unsignInstaller(in, tmp)
		}
		return unsignCatalog(in, tmp)
	}, func(tmp string) error {
		if _, err := Extract(tmp); !errors.Is(err, CheckNotSigned) {
			return fmt.Errorf("a signature is still there (%v)", err)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove the signature of %s: %w", src, err)
	}
	return nil
}

func unsignCatalog(in *os.File, tmp string) error {
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return err
	}
	b, err := readCatalog(in)
	if err != nil {
		return err
	}
	psd, err := parseEnvelope(b)
	if err != nil {
		return err
	}
	list, err := catalogContent(psd)
	if err != nil {
		return err
	}
	return os.WriteFile(tmp, envelope(list), 0o600)
}

func unsignInstaller(in *os.File, tmp string) error {
	f, err := copyTo(in, tmp)
	if err != nil {
		return err
	}
	defer f.Close()
	db, err := comdoc.WriteFile(f)
	if err != nil {
		return err
	}
	for _, name := range []string{streamSignatureEx, streamSignature} {
		if err := db.DeleteFile(name); err != nil {
			return err
		}
	}
	return db.Close()
}

// copyTo fills tmp from the start of in and leaves it open.
func copyTo(in *os.File, tmp string) (*os.File, error) {
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_TRUNC, 0)
	if err != nil {
		return nil, err
	}
	if _, err = in.Seek(0, io.SeekStart); err == nil {
		_, err = io.Copy(f, in)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Sizes in a cabinet (the CAB SDK): header, the reserved area's own header with the signature header, a folder entry.
const (
	cabHeader     = 36
	cabReserve    = 4 + 20
	cabFolder     = 8
	cabTotalSize  = 8
	cabFirstFile  = 16
	cabFolders    = 26
	cabFlags      = 30
	cabHasReserve = 4
)

// unsignCabinet drops the reserved area and moves everything up.
func unsignCabinet(in *os.File, tmp string) error {
	cab, err := openCabinet(in)
	if err != nil {
		return err
	}
	if cab.ReserveHeader.HeaderSize != cabReserve-4 {
		return fmt.Errorf("%w: the cabinet's reserved area holds more than a signature", CheckFormat)
	}
	head, err := readExactly(in, 0, int64(cab.Header.OffsetFiles))
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	if len(head) < cabHeader+cabReserve+cabFolder*int(cab.Header.NumFolders) {
		return fmt.Errorf("%w: the cabinet's folders reach into its file table", CheckFormat)
	}
	folders := head[cabHeader+cabReserve:]
	head = head[:cabHeader]
	le.PutUint16(head[cabFlags:], le.Uint16(head[cabFlags:])&^cabHasReserve)
	for _, at := range []int{cabTotalSize, cabFirstFile} {
		le.PutUint32(head[at:], le.Uint32(head[at:])-cabReserve)
	}
	for i := 0; i < int(le.Uint16(head[cabFolders:])); i++ {
		entry := folders[i*cabFolder:]
		le.PutUint32(entry, le.Uint32(entry)-cabReserve)
	}
	out, err := os.OpenFile(tmp, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	body := io.NewSectionReader(in, int64(cab.Header.OffsetFiles), int64(cab.Header.TotalSize)-int64(cab.Header.OffsetFiles))
	for _, b := range [][]byte{head, folders} {
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	if _, err := io.Copy(out, body); err != nil {
		return err
	}
	return out.Close()
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
