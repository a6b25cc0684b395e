package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// contender is a way to make a package of a corpus.
type contender struct {
	name  string
	tool  string // its program; without it the contender is left out
	shape string // natural or twins
	ext   string
	note  string
	// make returns the command that packs tree into out, and the directory to run it in. It may write files below tmp.
	make func(b *bench, tree, out, tmp string) (args []string, dir string, err error)
}

func contenders() []contender {
	var list []contender
	for _, shape := range []string{natural, twins} {
		list = append(list,
			contender{"LZX cabinet (kbforge's writer alone)", "", shape, ".cab", "", ourCabinet},
			contender{"makensis, lzma solid", "makensis", shape, ".exe", "default 8 MiB dictionary", nsis},
			contender{"7z -mx9", "7zz", shape, ".7z", "-mmt2; no SFX stub", sevenZip},
			contender{"gcab, MSZIP", "gcab", shape, ".gcab.cab", "", gcab},
		)
	}
	return append([]contender{
		{"kbforge build", "", natural, ".kbforge", "orders twins itself", kbforgeBuild},
	}, list...)
}

func ourCabinet(b *bench, tree, out, _ string) ([]string, string, error) {
	return []string{b.self, "cabinet", out, tree}, "", nil
}

func kbforgeBuild(b *bench, tree, out, _ string) ([]string, string, error) {
	manifest := filepath.Join(filepath.Dir(tree), "update.toml")
	if err := writeManifest(manifest, tree); err != nil {
		return nil, "", err
	}
	return []string{b.kbforge, "build", manifest, "-o", out}, "", os.MkdirAll(out, 0o755)
}

// writeManifest describes the whole tree as one update with two branches.
func writeManifest(path, tree string) error {
	names, err := os.ReadDir(filepath.Join(tree, gdr))
	if err != nil {
		return err
	}
	var m strings.Builder
	m.WriteString("[package]\nkb = \"KB900001\"\nproduct = \"Bench\"\npublisher = \"Bench\"\nbuild-time = 2009-04-14T12:00:00Z\n")
	for _, n := range names {
		source := func(branch string) string { return filepath.Base(tree) + "/" + branch + "/" + n.Name() }
		fmt.Fprintf(&m, "\n[[file]]\nto = \"system32\"\nsource = { %s = %q, %s = %q }\n", gdr, source(gdr), qfe, source(qfe))
	}
	return os.WriteFile(path, []byte(m.String()), 0o644)
}

func nsis(_ *bench, tree, out, tmp string) ([]string, string, error) {
	names, _, err := (corpus{dir: filepath.Dir(tree)}).files(filepath.Base(tree))
	if err != nil {
		return nil, "", err
	}
	var s strings.Builder
	fmt.Fprintf(&s, "Target amd64-unicode\nSetCompressor /SOLID lzma\nName bench\nOutFile \"%s\"\nRequestExecutionLevel user\nSilentInstall silent\nInstallDir \"C:\\bench\"\nSection\n", out)
	for _, n := range names {
		folder := strings.ReplaceAll(filepath.Dir(n), "/", `\`)
		fmt.Fprintf(&s, "SetOutPath \"$INSTDIR\\%s\"\nFile \"%s\"\n", folder, filepath.Join(tree, n))
	}
	s.WriteString("SectionEnd\n")
	script := filepath.Join(tmp, "bench.nsi")
	return []string{"makensis", "-V1", script}, "", os.WriteFile(script, []byte(s.String()), 0o644)
}

func sevenZip(_ *bench, tree, out, _ string) ([]string, string, error) {
	return []string{"7zz", "a", "-bd", "-mx9", "-mmt2", out, "."}, tree, nil
}

func gcab(_ *bench, tree, out, _ string) ([]string, string, error) {
	names, _, err := (corpus{dir: filepath.Dir(tree)}).files(filepath.Base(tree))
	args := []string{"gcab", "-c", "-z", out}
	return append(args, names...), tree, err
}
