package sign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/sassoftware/relic/v7/lib/binpatch"
)

// File signs src, whatever of the known formats it is, and writes dst; see PE, Cabinet, Installer and CatalogFile.
func File(ctx context.Context, src, dst string, k Key, o Options) error {
	format, err := detectFile(src)
	if err != nil {
		return err
	}
	switch format {
	case FormatPE:
		return PE(ctx, src, dst, k, o)
	case FormatCabinet:
		return Cabinet(ctx, src, dst, k, o)
	case FormatInstaller:
		return Installer(ctx, src, dst, k, o)
	}
	return CatalogFile(ctx, src, dst, k, o)
}

func detectFile(path string) (Format, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	format, err := Detect(f)
	if err != nil {
		return "", fmt.Errorf("sign %s: %w", path, err)
	}
	return format, nil
}

// replace writes dst by way of a temporary file next to it: build fills the file at tmp from src, check looks at the result,
// and only then it takes dst's name. Whatever fails leaves dst as it was and no temporary file. The file mode is src's.
func replace(src, dst string, build func(in *os.File, tmp string) error, check func(tmp string) error) (err error) {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", src)
	}
	tmpFile, err := os.CreateTemp(filepath.Dir(dst), "."+filepath.Base(dst)+".signing-*")
	if err != nil {
		return err
	}
	tmp := tmpFile.Name()
	defer func() {
		if err != nil {
			os.Remove(tmp)
		}
	}()
	if err := tmpFile.Close(); err != nil {
		return err
	}
	if err := build(in, tmp); err != nil {
		return err
	}
	if err := check(tmp); err != nil {
		return err
	}
	if err := settle(tmp, info.Mode()); err != nil {
		return err
	}
	in.Close() // Windows does not rename over an open file
	return os.Rename(tmp, dst)
}

// settle gives the file its mode and brings it to the disk.
func settle(path string, mode os.FileMode) error {
	if err := os.Chmod(path, mode.Perm()); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrPermission) {
		return nil // a read-only source makes a read-only result; it cannot be synced by name
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// patched applies p while copying in to path. relic's Apply renames its own temporary file over path and closes its input,
// so it gets another handle.
func patched(in *os.File, path string, p *binpatch.PatchSet) error {
	again, err := os.Open(in.Name())
	if err != nil {
		return err
	}
	defer again.Close()
	return p.Apply(again, path)
}

// verified returns the check of a result. Roots are what the signature itself brings along: here only the consistency of
// what was written is in question, and who trusts the key is not known.
func verified(o VerifyOptions) func(string) error {
	o.TrustEmbedded = true
	return func(tmp string) error {
		if _, err := Verify(tmp, o); err != nil {
			return fmt.Errorf("the result does not verify and was thrown away: %w", err)
		}
		return nil
	}
}

// result is what must hold for a file signed with o. A signature that was there before need neither be sorted nor stamped.
func (o Options) result() VerifyOptions {
	return VerifyOptions{At: o.Now, Strict: !o.Append, RequireTimestamp: o.Stamper != nil && !o.Append}
}

// readExactly reads n bytes at off.
func readExactly(r io.ReaderAt, off, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := r.ReadAt(b, off); err != nil && !(err == io.EOF && n == 0) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return b, nil
}
