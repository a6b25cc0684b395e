package e2e

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/kbforge/kbforge/internal/need"
)

// signedReader builds the hotfix signed with a development key and returns it with the root to trust.
func signedReader(t *testing.T, f readerFiles) (pkg, root string) {
	t.Helper()
	pkg = readerProject(t, f, signWithDevKey).build(t)
	return pkg, filepath.Join(filepath.Dir(pkg), "kbforge-dev-key", "development-root.pem")
}

// osslsigncode accepts a signed package with our root, and rejects it with another root and after any change of a byte of
// the cabinet. So does kbforge verify.
func TestSignature(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	ossl := need.Tool(t, "osslsigncode")
	pkg, root := signedReader(t, f)
	_, otherRoot := signedReader(t, f)
	tool(t, ossl, "verify", "-CAfile", root, pkg)
	if said, err := exec.Command(ossl, "verify", "-CAfile", otherRoot, pkg).CombinedOutput(); err == nil {
		t.Errorf("accepted with a root of another key:\n%s", said)
	}
	if _, stderr, err := kbforge(t, "", nil, "verify", "--root", root, pkg); err != nil {
		t.Errorf("kbforge verify: %v\n%s", err, stderr)
	}
	if _, _, err := kbforge(t, "", nil, "verify", "--root", otherRoot, pkg); err == nil {
		t.Error("kbforge verify accepts it with a root of another key")
	}
	for i, damaged := range flipped(t, pkg, 24) {
		if said, err := exec.Command(ossl, "verify", "-CAfile", root, damaged).CombinedOutput(); err == nil {
			t.Errorf("osslsigncode accepts damaged copy %d:\n%s", i, said)
		}
		if i%6 == 0 {
			if _, _, err := kbforge(t, "", nil, "verify", "--root", root, damaged); err == nil {
				t.Errorf("kbforge verify accepts damaged copy %d", i)
			}
		}
	}
}

// flipped makes n copies of a package, each with one bit of its cabinet changed, from the first byte to the last of the data.
// What pads the cabinet behind it means nothing, and nothing but a signature covers it.
func flipped(t *testing.T, pkg string, n int) (copies []string) {
	t.Helper()
	data, err := os.ReadFile(pkg)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := cabinetOf(t, data)
	dir := t.TempDir()
	for i := range n {
		damaged := bytes.Clone(data)
		damaged[begin+(end-begin-1)*i/(n-1)] ^= 0x10
		path := filepath.Join(dir, itoa(i)+".exe")
		if err := os.WriteFile(path, damaged, 0o755); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, path)
	}
	return copies
}

// cabinetOf finds the cabinet behind the last section of the executable, and the end of its last data block ([MS-CAB] 2).
func cabinetOf(t *testing.T, data []byte) (begin, end int) {
	t.Helper()
	f, err := pe.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Sections {
		begin = max(begin, int(s.Offset+s.Size))
	}
	i := bytes.Index(data[begin:], []byte("MSCF\x00\x00\x00\x00"))
	if i < 0 {
		t.Fatalf("no cabinet behind %d", begin)
	}
	begin += i
	const header, folder, block = 36, 8, 8
	le := binary.LittleEndian
	for i := range int(le.Uint16(data[begin+26:])) {
		entry := data[begin+header+folder*i:]
		at := begin + int(le.Uint32(entry))
		for range le.Uint16(entry[4:]) {
			at += block + int(le.Uint16(data[at+4:]))
		}
		end = max(end, at)
	}
	return begin, end
}

// A damaged package, signed or not, changes nothing on the machine.
func TestDamagedPackage(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	signed, _ := signedReader(t, f)
	m := readerMachine(t, f)
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)
	for _, pkg := range []string{signed, readerProject(t, f, "").build(t)} {
		for i, damaged := range flipped(t, pkg, 4) {
			if r := m.Run(t, damaged, "/quiet", "/norestart"); r.ExitCode == 0 || r.ExitCode == 3010 {
				t.Errorf("copy %d of %s was installed", i, filepath.Base(pkg))
			}
		}
	}
	same(t, m, tree.Without(isLog).Diff(m.SnapshotTree(t).Without(isLog)))
	same(t, m, registry.Without(isNoise).Diff(m.SnapshotRegistry(t).Without(isNoise)))
}

// A signed package lives as an unsigned one does, and its catalog comes and goes with it.
func TestSignedLifecycle(t *testing.T) {
	t.Parallel()
	f := newReaderFiles(t)
	pkg, _ := signedReader(t, f)
	m := readerMachine(t, f)
	tree, registry := m.SnapshotTree(t), m.SnapshotRegistry(t)
	exits(t, m, m.Run(t, pkg, "/quiet", "/norestart"), 0)
	checkInstalled(t, m, f.gdr, gdrExit)
	exits(t, m, spuninst(t, m, "KB123456", "/quiet", "/norestart"), 0)
	same(t, m, tree.Without(isLog).Diff(m.SnapshotTree(t).Without(isLog)))
	same(t, m, registry.Without(isNoise).Diff(m.SnapshotRegistry(t).Without(isNoise)))
}
