package sign

import (
	"context"
	"crypto"
	"encoding/binary"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"

	"github.com/sassoftware/relic/v7/lib/comdoc"
)

// Streams of a Windows Installer database that hold the signature, and the digest of its metadata.
const (
	streamSignature   = "\x05DigitalSignature"
	streamSignatureEx = "\x05MsiDigitalSignatureEx"
)

// Installer signs a Windows Installer database (.msi, .msp, .mst). A signature that is there is replaced. src and dst may be
// the same.
func Installer(ctx context.Context, src, dst string, k Key, o Options) error {
	if err := o.check(k); err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	if o.PageHashes || o.Append {
		return fmt.Errorf("sign %s: page hashes and additional signatures exist for PE images only", src)
	}
	err := replace(src, dst, func(in *os.File, tmp string) error {
		db, err := openDatabase(in)
		if err != nil {
			return err
		}
		sum, meta, err := digestDatabase(db, o.hash(), true)
		if err != nil {
			return err
		}
		content, err := indirectInstaller(o.hash(), sum)
		if err != nil {
			return err
		}
		blob, err := signCMS(ctx, k, oidIndirectData, content, o)
		if err != nil {
			return err
		}
		return insertSignature(in, tmp, blob, meta)
	}, verified(o.result()))
	if err != nil {
		return fmt.Errorf("sign %s: %w", src, err)
	}
	return nil
}

func openDatabase(f *os.File) (*comdoc.ComDoc, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkCompound(f, info.Size()); err != nil {
		return nil, err
	}
	db, err := comdoc.ReadFile(f)
	if err != nil {
		return nil, fmt.Errorf("%w: compound file: %w", CheckFormat, err)
	}
	return db, nil
}

// insertSignature copies in to tmp and adds the two streams.
func insertSignature(in *os.File, tmp string, blob, meta []byte) error {
	f, err := copyTo(in, tmp)
	if err != nil {
		return err
	}
	defer f.Close()
	db, err := comdoc.WriteFile(f)
	if err != nil {
		return err
	}
	if err := db.AddFile(streamSignatureEx, meta); err != nil {
		return err
	}
	if err := db.AddFile(streamSignature, blob); err != nil {
		return err
	}
	return db.Close()
}

// digestDatabase hashes all streams but the signature's (and, when extended, first the digest of their metadata), in the
// order Windows sorts them, each storage followed by its class. The rule is the one osslsigncode and relic follow.
func digestDatabase(db *comdoc.ComDoc, h crypto.Hash, extended bool) (sum, meta []byte, err error) {
	d := h.New()
	if extended {
		m := h.New()
		if err := hashMetadata(db, db.RootStorage(), m, 0); err != nil {
			return nil, nil, fmt.Errorf("%w: %w", CheckFormat, err)
		}
		meta = m.Sum(nil)
		d.Write(meta)
	}
	if err := hashStorage(db, db.RootStorage(), d, 0); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", CheckFormat, err)
	}
	return d.Sum(nil), meta, nil
}

// signedEntries lists a storage without the signature streams, sorted by the bytes of the UTF-16LE names; a name that
// begins another stands after it.
func signedEntries(db *comdoc.ComDoc, parent *comdoc.DirEnt, depth int) ([]*comdoc.DirEnt, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("storages nested deeper than %d", maxDepth)
	}
	if parent.StorageRoot < 0 {
		return nil, nil // relic would look for entry -1
	}
	list, err := db.ListDir(parent)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e *comdoc.DirEnt) bool {
		return e.Name() == streamSignature || e.Name() == streamSignatureEx
	})
	slices.SortFunc(list, func(a, b *comdoc.DirEnt) int {
		x, y := nameBytes(a), nameBytes(b)
		n := min(len(x), len(y))
		if c := slices.Compare(x[:n], y[:n]); c != 0 {
			return c
		}
		return len(y) - len(x)
	})
	return list, nil
}

// nameBytes is the name with its closing NUL.
func nameBytes(e *comdoc.DirEnt) []byte {
	b := make([]byte, 0, 64)
	for _, r := range e.NameRunes {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return b[:min(int(e.NameLength), len(b))]
}

func hashStorage(db *comdoc.ComDoc, parent *comdoc.DirEnt, d hash.Hash, depth int) error {
	list, err := signedEntries(db, parent, depth)
	if err != nil {
		return err
	}
	for _, e := range list {
		switch e.Type {
		case comdoc.DirStream:
			r, err := db.ReadStream(e)
			if err != nil {
				return err
			}
			if _, err := io.Copy(d, r); err != nil {
				return err
			}
		case comdoc.DirStorage:
			if err := hashStorage(db, e, d, depth+1); err != nil {
				return err
			}
		}
	}
	d.Write(parent.UID[:])
	return nil
}

func hashMetadata(db *comdoc.ComDoc, parent *comdoc.DirEnt, d hash.Hash, depth int) error {
	list, err := signedEntries(db, parent, depth)
	if err != nil {
		return err
	}
	hashEntry(parent, d)
	for _, e := range list {
		switch e.Type {
		case comdoc.DirStream:
			hashEntry(e, d)
		case comdoc.DirStorage:
			if err := hashMetadata(db, e, d, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// hashEntry hashes a directory entry's metadata: name without NUL (not of the root), class (storages), size (streams),
// state bits, times (not of the root).
func hashEntry(e *comdoc.DirEnt, d hash.Hash) {
	raw, err := binary.Append(nil, binary.LittleEndian, e.RawDirEnt)
	if err != nil || len(raw) < 124 {
		return // a RawDirEnt is 128 bytes
	}
	if e.Type != comdoc.DirRoot {
		d.Write(raw[:max(2, min(int(e.NameLength), 64))-2])
	}
	if e.Type != comdoc.DirStream {
		d.Write(e.UID[:])
	} else {
		d.Write(raw[120:124])
	}
	d.Write(raw[96:100])
	if e.Type != comdoc.DirRoot {
		d.Write(raw[100:116])
	}
}

// installer verifies a Windows Installer database.
func (v *verifier) installer() error {
	db, err := openDatabase(v.file)
	if err != nil {
		return err
	}
	blob, err := rootStream(db, streamSignature)
	if err != nil {
		return err
	}
	if blob == nil {
		return fmt.Errorf("%w: the database has no signature", CheckNotSigned)
	}
	meta, err := rootStream(db, streamSignatureEx)
	if err != nil {
		return err
	}
	c, s := v.signature(blob, false)
	if c == nil {
		return nil
	}
	d := v.indirect(c, s)
	if d == nil {
		return nil
	}
	if !d.kind.Equal(oidSipInfo) {
		return fmt.Errorf("%w: it is a signature for another kind of file (%s)", CheckFormat, d.kind)
	}
	sum, gotMeta, err := digestDatabase(db, d.hash, meta != nil)
	if err != nil {
		return err
	}
	if meta != nil && string(meta) != string(gotMeta) {
		v.fail(s.Number, fmt.Errorf("%w: the metadata of the streams (names, sizes, times) was changed after signing", CheckContent))
	}
	v.compare(s.Number, d, sum)
	return nil
}

// rootStream reads a stream of the root storage; nil when there is none.
func rootStream(db *comdoc.ComDoc, name string) ([]byte, error) {
	list, err := db.ListDir(nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", CheckFormat, err)
	}
	for _, e := range list {
		if e.Name() != name {
			continue
		}
		if e.StreamSize > MaxSignatureBytes {
			return nil, fmt.Errorf("%w: a signature of %d bytes (limit %d)", CheckFormat, e.StreamSize, MaxSignatureBytes)
		}
		r, err := db.ReadStream(e)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", CheckFormat, err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", CheckFormat, err)
		}
		return b, nil
	}
	return nil, nil
}
