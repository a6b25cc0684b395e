package builder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/builder/link"
	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/builder/stubs"
	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/stub/cab/makecab"
	"github.com/kbforge/kbforge/stub/sfx"
)

// Stubs gives the executables without resources; stubs.Get is one.
type Stubs func(ctx context.Context, kind stubs.Kind, arch string) (stubs.Stub, error)

// InstallerVersion is the version of update.exe: after the last of Microsoft's, 6.3.15.0 (OURS).
func InstallerVersion() pefile.Version { return pefile.Version{7, 0, 0, 0} }

// Options say where a build goes and what it takes from outside.
type Options struct {
	OutDir   string  // where the package goes; it is made if need be
	Stubs    Stubs   // required
	Signer   *Signer // nil: unsigned
	Sidecars Sidecars
	Progress func(stage string)
	// Count tells how much of the content, in bytes, is compressed. It is called from several goroutines.
	Count func(done, total int64)
}

// Result is what a build made.
type Result struct {
	Package  string // path
	Size     int64  // bytes
	Cabinet  makecab.Stats
	Signed   bool
	Contents []Content
	Sidecars []string // paths
}

// stage makes a package in a directory of its own.
func stage(ctx context.Context, p *Plan, o Options, work string) (Result, error) {
	o.Progress("preparing the runtime")
	exe, err := runtimeFiles(ctx, p, o, work)
	if err != nil {
		return Result{}, err
	}
	o.Progress("writing the catalog")
	tree, err := NewTree(ctx, p, exe, o.Signer)
	if err != nil {
		return Result{}, err
	}
	o.Progress("compressing")
	outer := filepath.Join(work, "package.exe")
	stats, err := pack(ctx, p, o, tree, outer)
	if err != nil {
		return Result{}, err
	}
	if o.Signer != nil {
		o.Progress("signing")
	}
	if err := o.Signer.file(ctx, outer, p.Manifest.Title, p.Manifest.ARP.HelpLink); err != nil {
		return Result{}, err
	}
	o.Progress("checking the result")
	if err := checkResult(ctx, outer, filepath.Join(work, "check"), tree, p, o.Signer); err != nil {
		return Result{}, fmt.Errorf("the package does not hold: %w", err)
	}
	st, err := os.Stat(outer)
	if err != nil {
		return Result{}, err
	}
	names, err := sidecars(ctx, p, o, tree, exe, outer, work)
	if err != nil {
		return Result{}, err
	}
	for i, n := range names {
		names[i] = filepath.Join(work, n)
	}
	return Result{Package: outer, Sidecars: names, Size: st.Size(), Cabinet: stats, Signed: o.Signer != nil, Contents: p.Contents}, nil
}

// runtimeFiles links and signs update.exe (spuninst.exe is the same file) and spmsg.dll.
func runtimeFiles(ctx context.Context, p *Plan, o Options, work string) (Executables, error) {
	m := p.Manifest
	about := link.Runtime{Version: InstallerVersion(), Publisher: m.Publisher, Product: m.Product}
	stub, err := o.Stubs(ctx, stubs.Runtime, m.Arch)
	if err != nil {
		return Executables{}, err
	}
	var exe Executables
	if exe.Runtime, err = about.Link(stub.Bytes); err != nil {
		return exe, err
	}
	if exe.Messages, err = link.MessageDLL(m.Arch, about); err != nil {
		return exe, err
	}
	if exe.Runtime, err = signBytes(ctx, o.Signer, filepath.Join(work, "update.exe"), exe.Runtime, m); err != nil {
		return exe, err
	}
	exe.Messages, err = signBytes(ctx, o.Signer, filepath.Join(work, "spmsg.dll"), exe.Messages, m)
	return exe, err
}

// signBytes signs by way of a file, as package sign works on files.
func signBytes(ctx context.Context, s *Signer, path string, b []byte, m *manifest.Manifest) ([]byte, error) {
	if s == nil {
		return b, nil
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		return nil, err
	}
	if err := s.file(ctx, path, m.Title, m.ARP.HelpLink); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// pack writes the extractor with the cabinet behind it.
func pack(ctx context.Context, p *Plan, o Options, tree *Tree, path string) (makecab.Stats, error) {
	var stats makecab.Stats
	stub, err := o.Stubs(ctx, stubs.Extractor, p.Manifest.Arch)
	if err != nil {
		return stats, err
	}
	linked, err := outerResources(p).Link(stub.Bytes)
	if err != nil {
		return stats, err
	}
	at, err := sfx.End(linked)
	if err != nil {
		return stats, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o777)
	if err != nil {
		return stats, err
	}
	defer f.Close()
	if _, err := f.Write(append(linked, make([]byte, at-int64(len(linked)))...)); err != nil {
		return stats, err
	}
	if stats, err = makecab.Write(ctx, f, counted(inputs(tree), o.Count), makecab.Options{}); err != nil {
		return stats, err
	}
	if _, err := f.Write(make([]byte, sfx.Padding(at+stats.Size))); err != nil {
		return stats, err
	}
	if err := f.Sync(); err != nil {
		return stats, err
	}
	return stats, f.Close()
}

// inputs is the tree in the order of the cabinet: the files that resemble each other are neighbours.
func inputs(tree *Tree) []makecab.Input {
	list := make([]makecab.Input, len(tree.Files))
	for i, f := range tree.Files {
		list[i] = makecab.Input{Name: f.Path, Size: f.Size, ModTime: tree.Time, Open: f.Open}
	}
	return makecab.TwinOrder(list)
}

// outerResources is what the package says about itself.
func outerResources(p *Plan) link.Package {
	m := p.Manifest
	return link.Package{
		Version:          pefile.Version(m.Version),
		Product:          m.Product,
		Publisher:        m.Publisher,
		BuildDate:        p.BuildTime.UTC().Format("2006/01/02"),
		AppliesTo:        m.AppliesTo,
		InstallerVersion: InstallerVersion(),
		KB:               m.KB,
		SupportLink:      m.ARP.HelpLink,
		Arch:             m.Arch,
		PackageType:      strings.ToLower(m.ReleaseType), // "update" in a real package whose release type is Update
	}
}
