package sign

import (
	"context"
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

func digestCabinet(r io.ReaderAt, o Options) (*cabfile.CabinetDigest, error) {
	d, err := cabfile.Digest(io.NewSectionReader(r, 0, 1<<62), o.hash())
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

// cabinetFits bounds the signature size field before relic allocates by it: it stands at offset 48 when the header has a
// reserved area of at least 20 bytes (offset 36).
func cabinetFits(f io.ReaderAt, fileSize int64) error {
	b, err := readExactly(f, 0, min(fileSize, 56))
	if err != nil {
		return err
	}
	if len(b) < 56 || b[30]&4 == 0 {
		return nil // no reserved area: relic finds no signature, or a short file
	}
	size := int64(b[48]) | int64(b[49])<<8 | int64(b[50])<<16 | int64(b[51])<<24
	if size > MaxSignatureBytes || size > fileSize {
		return fmt.Errorf("%w: the cabinet names a signature of %d bytes in a file of %d", CheckFormat, size, fileSize)
	}
	return nil
}
