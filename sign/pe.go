package sign

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/sassoftware/relic/v7/lib/binpatch"
)

// The attribute certificate table (Microsoft, "PE Format"): entries of length, revision, type, data, each filled with zeros
// to 8 bytes.
const (
	certificateHeader = 8
	revision2         = 0x0200 // WIN_CERT_REVISION_2_0
	typePKCS          = 0x0002 // WIN_CERT_TYPE_PKCS_SIGNED_DATA
	maxImageSize      = 1 << 32
)

// PE signs a PE image. Everything in the file is covered, an overlay behind the last section too, so a package's cabinet is
// signed with its executable. A signature that is there is replaced, unless o.Append is set. src and dst may be the same.
// Memory is bounded whatever the file's size; the limit of the format is 4 GiB.
func PE(ctx context.Context, src, dst string, k Key, o Options) error {
	if err := o.check(k); err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	err := replace(src, dst, func(in *os.File, tmp string) error {
		im, err := openImageFile(in)
		if err != nil {
			return err
		}
		blob, err := signImage(ctx, im, k, o)
		if err != nil {
			return err
		}
		if o.Append && im.tableSize > 0 {
			if blob, err = nest(im, blob); err != nil {
				return err
			}
		}
		return writeTable(in, tmp, im, blob)
	}, verified(o.result()))
	if err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	return nil
}

func openImageFile(f *os.File) (*image, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return openImage(f, info.Size())
}

// signImage digests and signs.
func signImage(ctx context.Context, im *image, k Key, o Options) ([]byte, error) {
	h := o.hash()
	d := h.New()
	if err := im.digest(d); err != nil {
		return nil, err
	}
	link := fileLink("")
	if o.PageHashes {
		list, err := im.pageHashes(h)
		if err != nil {
			return nil, err
		}
		if link, err = pageHashLink(h, list); err != nil {
			return nil, err
		}
	}
	content, err := indirectPE(link, h, d.Sum(nil))
	if err != nil {
		return nil, err
	}
	return signCMS(ctx, k, oidIndirectData, content, o)
}

// writeTable copies in to tmp with blob as the only entry of the certificate table, and sets directory entry and checksum.
// A nil blob takes the table away.
func writeTable(in *os.File, tmp string, im *image, blob []byte) error {
	var table, entry []byte
	entry = make([]byte, 8)
	if blob != nil {
		start := im.table + im.padding()
		length := certificateHeader + (len(blob)+7)&^7
		if start+int64(length) > maxImageSize {
			return fmt.Errorf("the signed file would have %d bytes; PE images end at 4 GiB", start+int64(length))
		}
		table = make([]byte, im.padding(), int(im.padding())+length)
		table = binary.LittleEndian.AppendUint32(table, uint32(length))
		table = binary.LittleEndian.AppendUint16(table, revision2)
		table = binary.LittleEndian.AppendUint16(table, typePKCS)
		table = append(table, blob...)
		table = append(table, make([]byte, length-certificateHeader-len(blob))...)
		binary.LittleEndian.PutUint32(entry, uint32(start))
		binary.LittleEndian.PutUint32(entry[4:], uint32(length))
	}
	p := binpatch.New()
	p.Add(im.directory, 8, entry)
	p.Add(im.table, im.tableSize, table)
	if err := patched(in, tmp, p); err != nil {
		return err
	}
	return fixChecksum(tmp, im.checksum)
}

// fixChecksum recomputes the optional header's checksum, which drivers and some loaders check.
func fixChecksum(path string, field int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	sum, err := peChecksum(f, info.Size(), field)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(binary.LittleEndian.AppendUint32(nil, sum), field); err != nil {
		return err
	}
	return f.Close()
}

// tableEntries returns the PKCS #7 structures of the certificate table.
func (im *image) tableEntries() ([][]byte, error) {
	if im.tableSize > MaxSignatureBytes {
		return nil, fmt.Errorf("%w: a certificate table of %d bytes (limit %d)", CheckFormat, im.tableSize, MaxSignatureBytes)
	}
	table, err := readExactly(im.r, im.table, im.tableSize)
	if err != nil {
		return nil, err
	}
	var blobs [][]byte
	for len(table) > 0 {
		if len(table) < certificateHeader || len(blobs) == MaxNested {
			return nil, fmt.Errorf("%w: the certificate table has %d bytes behind its last entry, or more than %d entries", CheckFormat, len(table), MaxNested)
		}
		length := int64(binary.LittleEndian.Uint32(table))
		if length < certificateHeader || length > int64(len(table)) {
			return nil, fmt.Errorf("%w: a certificate table entry of %d bytes where %d are left", CheckFormat, length, len(table))
		}
		if kind := binary.LittleEndian.Uint16(table[6:]); kind != typePKCS {
			return nil, fmt.Errorf("%w: a certificate table entry of type %d; only PKCS #7 is known", CheckFormat, kind)
		}
		blobs = append(blobs, table[certificateHeader:length])
		next := min((length+7)&^7, int64(len(table)))
		if !allZero(table[length:next]) {
			return nil, fmt.Errorf("%w: the padding of the certificate table is not zero", CheckFormat)
		}
		table = table[next:]
	}
	return blobs, nil
}

func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// image verifies a PE image.
func (v *verifier) image() error {
	im, err := openImage(v.file, v.size)
	if errors.Is(err, errNotImage) {
		return fmt.Errorf("%w: %w", CheckNotSigned, err)
	}
	if err != nil {
		return err
	}
	if im.tableSize == 0 {
		return fmt.Errorf("%w: the image has no certificate table", CheckNotSigned)
	}
	blobs, err := im.tableEntries()
	if err != nil {
		return err
	}
	for _, blob := range blobs {
		if err := v.imageSignature(im, blob, false); err != nil {
			return err
		}
	}
	return nil
}

// imageSignature verifies one signature and those nested in it.
func (v *verifier) imageSignature(im *image, blob []byte, nested bool) error {
	if len(v.rep.Signatures) >= MaxNested {
		return fmt.Errorf("%w: more than %d signatures", CheckFormat, MaxNested)
	}
	c, s := v.signature(blob, nested)
	if c == nil {
		return nil
	}
	n := s.Number
	d := v.indirect(c, s)
	if d != nil && !d.kind.Equal(oidPEImageData) {
		v.fail(n, fmt.Errorf("%w: it is a signature for another kind of file (%s)", CheckFormat, d.kind))
	} else if d != nil {
		if err := v.compareImage(im, d, s); err != nil {
			return err
		}
	}
	inner, err := c.unsigned(oidNested)
	if err != nil {
		v.fail(n, err)
	}
	for _, b := range inner {
		if nested {
			return fmt.Errorf("%w: a nested signature holds another", CheckFormat)
		}
		if err := v.imageSignature(im, b, true); err != nil {
			return err
		}
	}
	return nil
}

// compareImage holds digest and page hashes against the file.
func (v *verifier) compareImage(im *image, d *signedDigest, s *Signature) error {
	h := d.hash.New()
	if err := im.digest(h); err != nil {
		return err
	}
	v.compare(s.Number, d, h.Sum(nil))
	ph, list, ok, err := parsePageHashes(d.imageLink())
	if err != nil {
		v.fail(s.Number, err)
	}
	if !ok {
		return nil
	}
	s.PageHashes = true
	got, err := im.pageHashes(ph)
	if err != nil {
		v.fail(s.Number, err)
	} else if string(got) != string(list) {
		v.fail(s.Number, fmt.Errorf("%w: the page hashes are not those of the file", CheckPageHashes))
	}
	return nil
}

// indirect parses what the signature says about the file.
func (v *verifier) indirect(c *cms, s *Signature) *signedDigest {
	if !c.psd.Content.ContentInfo.ContentType.Equal(oidIndirectData) {
		v.fail(s.Number, fmt.Errorf("%w: the signed content is no Authenticode data", CheckFormat))
		return nil
	}
	element, _, err := c.content()
	if err != nil {
		v.fail(s.Number, err)
		return nil
	}
	d, err := parseIndirect(element)
	if err != nil {
		v.fail(s.Number, err)
		return nil
	}
	s.Digest, s.DigestHash = fmt.Sprintf("%x", d.sum), d.hash.String()
	return d
}

// compare records a content that is not the signed one.
func (v *verifier) compare(n int, d *signedDigest, got []byte) {
	if string(got) != string(d.sum) {
		v.fail(n, fmt.Errorf("%w: the file's %v digest is %x, the signed one %x; the file was changed after it was signed", CheckContent, d.hash, got, d.sum))
	}
}
