package stubs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Names inside the archive of a release build.
const (
	archiveDir = "prebuilt"
	sumsName   = "SHA256SUMS" // lines of sha256sum: of the executables, not of the compressed files
)

const maxStub = 64 << 20 // bytes of an unpacked stub

// ArchiveName is the name of a stub in the archive, "runtime-x64.exe"; the file has .zst behind it.
func ArchiveName(kind Kind, arch string) string { return kind.String() + "-" + arch + ".exe" }

func fromArchive(archive fs.FS, kind Kind, arch string) (Stub, error) {
	name := ArchiveName(kind, arch)
	packed, err := fs.ReadFile(archive, path.Join(archiveDir, name+".zst"))
	if err != nil {
		return Stub{}, fmt.Errorf("this kbforge was built without %s: %w", name, err)
	}
	sums, err := fs.ReadFile(archive, path.Join(archiveDir, sumsName))
	if err != nil {
		return Stub{}, fmt.Errorf("this kbforge was built without checksums of its stubs: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxStub), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return Stub{}, fmt.Errorf("unpack %s: %w", name, err)
	}
	defer dec.Close()
	b, err := dec.DecodeAll(packed, nil)
	if err != nil {
		return Stub{}, fmt.Errorf("unpack %s: %w", name, err)
	}
	sum := sha256.Sum256(b)
	line := hex.EncodeToString(sum[:]) + "  " + name + "\n"
	if !bytes.Contains(sums, []byte(line)) {
		return Stub{}, fmt.Errorf("%s inside this kbforge is damaged; install kbforge again", name)
	}
	return Stub{Bytes: b, Origin: "part of this kbforge, SHA-256 " + hex.EncodeToString(sum[:])}, nil
}

// Archive packs stubs as a release build embeds them: file names (below builder/stubs/prebuilt) and their contents.
func Archive(stubs map[string][]byte) (map[string][]byte, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("pack stubs: %w", err)
	}
	defer enc.Close()
	out := map[string][]byte{}
	var sums strings.Builder
	for _, kind := range Kinds() {
		for _, arch := range Arches() {
			name := ArchiveName(kind, arch)
			b, ok := stubs[name]
			if !ok {
				return nil, fmt.Errorf("pack stubs: %s is missing", name)
			}
			out[name+".zst"] = enc.EncodeAll(b, nil)
			fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(b), name)
		}
	}
	out[sumsName] = []byte(sums.String())
	return out, nil
}
