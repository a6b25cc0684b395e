package sign

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/sassoftware/relic/v7/lib/comdoc"
)

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
