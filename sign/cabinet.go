package sign

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/sassoftware/relic/v7/lib/cabfile"
)

// Cabinet signs a cabinet file. Cabinets that are part of a set, or have reserved areas in folders or data blocks, are
// refused. A signature that is there is replaced. src and dst may be the same.
func Cabinet(ctx context.Context, src, dst string, k Key, o Options) error {
	if err := o.check(k); err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	if o.PageHashes || o.Append {
		return fmt.Errorf("sign %s: page hashes and additional signatures exist for PE images only", src)
	}
	err := replace(src, dst, func(in *os.File, tmp string) error {
		d, err := digestCabinet(in, o)
		if err != nil {
			return err
		}
		content, err := indirectFlat(obsolete, o.hash(), d.Imprint)
		if err != nil {
			return err
		}
		blob, err := signCMS(ctx, k, oidIndirectData, content, o)
		if err != nil {
			return err
		}
		return patched(in, tmp, d.MakePatch(blob))
	}, verified(o.result()))
	if err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	return nil
}

func digestCabinet(f *os.File, o Options) (*cabfile.CabinetDigest, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := cabinetFits(f, info.Size()); err != nil {
		return nil, err
	}
	d, err := cabfile.Digest(io.NewSectionReader(f, 0, info.Size()), o.hash())
	if err != nil {
		return nil, fmt.Errorf("%w: cabinet: %w", CheckFormat, err)
	}
	return d, nil
}

// cabinet verifies a cabinet.
func (v *verifier) cabinet() error {
	// The signature says which digest to compute over the file.
	d, err := openCabinet(v.file)
	if err != nil {
		return err
	}
	if len(d.Signature) == 0 {
		return fmt.Errorf("%w: the cabinet has no signature", CheckNotSigned)
	}
	c, s := v.signature(d.Signature, false)
	if c == nil {
		return nil
	}
	sum := v.indirect(c, s)
	if sum == nil {
		return nil
	}
	if !sum.kind.Equal(oidCabImageData) {
		return fmt.Errorf("%w: it is a signature for another kind of file (%s)", CheckFormat, sum.kind)
	}
	got, err := digestCabinet(v.file, Options{Hash: sum.hash})
	if err != nil {
		return err
	}
	v.compare(s.Number, sum, got.Imprint)
	return nil
}

// cabinetFits bounds what relic allocates by: the offset of the file table (at 16), the size of the cabinet (at 8), and
// that of the signature (at 48, when the header has a reserved area).
func cabinetFits(f io.ReaderAt, fileSize int64) error {
	b, err := readExactly(f, 0, min(fileSize, 56))
	if err != nil {
		return err
	}
	if len(b) < cabHeader {
		return fmt.Errorf("%w: a cabinet of %d bytes", CheckFormat, len(b))
	}
	total, files := int64(binary.LittleEndian.Uint32(b[cabTotalSize:])), int64(binary.LittleEndian.Uint32(b[cabFirstFile:]))
	if total > fileSize || files > total {
		return fmt.Errorf("%w: a cabinet of %d bytes in a file of %d; it is cut off", CheckFormat, total, fileSize)
	}
	if len(b) < 56 || b[cabFlags]&cabHasReserve == 0 {
		return nil
	}
	if size := int64(binary.LittleEndian.Uint32(b[48:])); size > MaxSignatureBytes || size > fileSize {
		return fmt.Errorf("%w: the cabinet names a signature of %d bytes in a file of %d", CheckFormat, size, fileSize)
	}
	return nil
}
