package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/templates/samplepe"
)

type task struct {
	group      string
	size       int64
	contenders []contender
}

type contender struct {
	tool, does string
	args       []string
	before     func() error // not measured
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func exeName(size int64) string { return fmt.Sprintf("package-%d.exe", size>>20) }

// prepare builds kbforge and makes the files: executables with random bytes behind them, as a package has its cabinet there, and
// a directory of small ones for the catalog, every fifth an executable.
func (b *bench) prepare(ctx context.Context) error {
	var err error
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.ossl, err = exec.LookPath("osslsigncode"); err != nil {
		return err
	}
	b.kbforge = b.path("kbforge")
	if out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", b.kbforge, "github.com/kbforge/kbforge/cmd/kbforge").CombinedOutput(); err != nil {
		return fmt.Errorf("build kbforge: %w\n%s", err, out)
	}
	random := rand.NewChaCha8([32]byte{1})
	for _, size := range b.sizes {
		if err := writeImage(b.path(exeName(size)), size, random); err != nil {
			return err
		}
	}
	files := b.path("files")
	if err := os.Mkdir(files, 0o777); err != nil {
		return err
	}
	for i := range b.members {
		path := filepath.Join(files, fmt.Sprintf("%05d.txt", i))
		if i%5 == 0 {
			err = writeImage(strings.TrimSuffix(path, ".txt")+".dll", 8<<10, random)
		} else {
			err = os.WriteFile(path, fmt.Appendf(nil, "%d %d\r\n", i, random.Uint64()), 0o666)
		}
		if err != nil {
			return err
		}
	}
	if err := copyFile(filepath.Join(files, "00000.dll"), b.path("first.dll")); err != nil {
		return err
	}
	_, err = b.measure(ctx, b.kbforge, "sign", "--dev-key", "keys", "first.dll") // makes the key
	return err
}

func writeImage(path string, size int64, random io.Reader) error {
	pe, err := samplepe.Build(samplepe.Spec{Arch: "x64"})
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err = f.Write(pe); err == nil {
		_, err = io.CopyN(f, random, max(size-int64(len(pe)), 0))
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (b *bench) tasks() []task {
	const root, cert, key = "keys/development-root.pem", "keys/development-cert.pem", "keys/development-key.pem"
	kb := func(args ...string) []string { return append([]string{b.kbforge}, args...) }
	ossl := func(args ...string) []string { return append([]string{b.ossl}, args...) }
	sign := func(in, out string, more ...string) []string {
		return ossl(append(append([]string{"sign", "-h", "sha256", "-certs", cert, "-key", key}, more...), "-in", in, "-out", out)...)
	}
	gone := func(name string) func() error {
		return func() error {
			if err := os.Remove(b.path(name)); err != nil && !os.IsNotExist(err) {
				return err
			}
			return nil
		}
	}
	fresh := func(from, to string) func() error { return func() error { return copyFile(b.path(from), b.path(to)) } }
	var list []task
	for _, size := range b.sizes {
		name := exeName(size)
		list = append(list, task{fmt.Sprintf("executable of %d MiB", size>>20), size, []contender{
			{"kbforge", "sign, and verify the result", kb("sign", "--dev-key", "keys", "ours.exe"), fresh(name, "ours.exe")},
			{"osslsigncode", "sign", sign(name, "theirs.exe"), gone("theirs.exe")},
			{"kbforge", "verify", kb("verify", "--root", root, "theirs.exe"), nil},
			{"osslsigncode", "verify", ossl("verify", "-CAfile", root, "ours.exe"), nil},
			{"kbforge", "sign with page hashes, and verify", kb("sign", "--page-hashes", "--dev-key", "keys", "ours.exe"), fresh(name, "ours.exe")},
			{"osslsigncode", "sign with page hashes", sign(name, "theirs.exe", "-ph"), gone("theirs.exe")},
		}})
	}
	return append(list, task{fmt.Sprintf("catalog of %d files", b.members), 0, []contender{
		{"kbforge", "create, unsigned", kb("catalog", "create", "-o", "plain.cat", "files"), nil},
		{"kbforge", "sign, and verify the result", kb("catalog", "sign", "--dev-key", "keys", "ours.cat"), fresh("plain.cat", "ours.cat")},
		{"osslsigncode", "sign", sign("plain.cat", "theirs.cat"), gone("theirs.cat")},
		{"kbforge", "verify the signature", kb("catalog", "verify", "--root", root, "theirs.cat"), nil},
		{"osslsigncode", "verify the signature", ossl("verify", "-CAfile", root, "ours.cat"), nil},
		{"kbforge", "verify signature and all files", kb("catalog", "verify", "--root", root, "ours.cat", "files"), nil},
		{"osslsigncode", "verify signature and one file", ossl("verify", "-CAfile", root, "-catalog", "ours.cat", "files/00000.dll"), nil},
	}})
}
