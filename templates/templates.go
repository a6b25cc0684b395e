// Package templates holds the starter projects of kbforge init: a manifest, and a sample payload made by code, that build as
// they are. Each is built by a test.
package templates

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/installer/pefile"
	"github.com/kbforge/kbforge/templates/samplepe"
)

//go:embed starters
var starters embed.FS

// Default is the template that init writes when none is named.
const Default = "multi-branch"

// ErrUnknown is wrapped by Write for a name that is no template.
var ErrUnknown = errors.New("unknown template")

// Names lists the templates, sorted.
func Names() []string {
	entries, err := starters.ReadDir("starters")
	if err != nil {
		panic("the embedded templates are gone: " + err.Error()) // decided when the program was compiled
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
}

// Write writes a template into dir, which it makes. An existing file is not replaced: fs.ErrExist, and nothing is written.
// It returns the paths of the files it wrote.
func Write(name, dir string) ([]string, error) {
	files, err := Files(name)
	if err != nil {
		return nil, err
	}
	return WriteFiles(files, dir)
}

// WriteFiles writes files as Write does.
func WriteFiles(files []File, dir string) ([]string, error) {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if _, err := os.Lstat(path); err == nil {
			return nil, fmt.Errorf("write template: %s is already there: %w", path, fs.ErrExist)
		}
	}
	var made []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return made, fmt.Errorf("write template: %w", err)
		}
		if err := os.WriteFile(path, f.Data, 0o666); err != nil {
			return made, fmt.Errorf("write template: %w", err)
		}
		made = append(made, path)
	}
	return made, nil
}

// File is one file of a template, Path with slashes.
type File struct {
	Path string
	Data []byte
}

// Files makes the files of a template, the sample payload included, in a fixed order.
func Files(name string) ([]File, error) {
	root := "starters/" + name
	if name == "" || strings.ContainsAny(name, `/\.`) {
		return nil, fmt.Errorf("%w %q; there are: %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	entries, err := starters.ReadDir(root)
	if err != nil {
		return nil, fmt.Errorf("%w %q; there are: %s", ErrUnknown, name, strings.Join(Names(), ", "))
	}
	var files []File
	for _, e := range entries {
		data, err := starters.ReadFile(root + "/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("read template %s: %w", name, err)
		}
		files = append(files, File{e.Name(), data})
	}
	for _, s := range samples(name) {
		data, err := samplepe.Build(s.spec)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", s.path, err)
		}
		files = append(files, File{s.path, data})
	}
	return files, nil
}

type sample struct {
	path string
	spec samplepe.Spec
}

// samples is the payload of a template, and below "installed" what a machine has before the update, for trying it out.
func samples(name string) []sample {
	dll := func(v pefile.Version, text string) samplepe.Spec { return reader(true, v, text) }
	switch name {
	case "multi-branch":
		fix := pefile.Version{5, 1, 0, 200}
		return []sample{
			{"installed/reader.dll", dll(pefile.Version{5, 1, 0, 100}, "5.1.0.100 (rtm.250101-0000)")},
			{"rtmgdr/reader.dll", dll(fix, "5.1.0.200 (gdr.260102-0304)")},
			{"rtmgdr/readerfix.exe", reader(false, fix, "5.1.0.200 (gdr.260102-0304)")},
			{"rtmqfe/reader.dll", dll(pefile.Version{5, 1, 0, 201}, "5.1.0.201 (qfe.260102-0304)")},
			{"rtmqfe/readerfix.exe", reader(false, pefile.Version{5, 1, 0, 201}, "5.1.0.201 (qfe.260102-0304)")},
		}
	case "kb943144":
		return []sample{
			{"installed/wups2.dll", library("x86", "wups2.dll", pefile.Version{7, 0, 6000, 381})},
			{"agent/WindowsUpdateAgent30-x86.exe", agent("x86")},
			{"agent/WindowsUpdateAgent30-x64.exe", agent("x64")},
		}
	case "dual-mode":
		return []sample{
			{"installed/reader.dll", dll(pefile.Version{5, 1, 0, 100}, "5.1.0.100")},
			{"sp1/reader.dll", dll(pefile.Version{5, 1, 0, 200}, "5.1.0.200")},
			{"sp1/readerfix.exe", reader(false, pefile.Version{5, 1, 0, 200}, "5.1.0.200")},
			{"sp2/reader.dll", dll(pefile.Version{5, 1, 1, 200}, "5.1.1.200")},
		}
	case "service-pack":
		return []sample{
			{"installed/reader.dll", dll(pefile.Version{5, 1, 0, 100}, "5.1.0.100")},
			{"payload/reader.dll", dll(pefile.Version{5, 2, 0, 1000}, "5.2.0.1000")},
			{"payload/readerfix.exe", reader(false, pefile.Version{5, 2, 0, 1000}, "5.2.0.1000")},
		}
	case "standard":
		return []sample{
			{"installed/reader.dll", dll(pefile.Version{5, 1, 0, 100}, "5.1.0.100")},
			{"payload/reader.dll", dll(pefile.Version{5, 1, 0, 200}, "5.1.0.200")},
		}
	}
	return nil
}

func reader(dll bool, v pefile.Version, text string) samplepe.Spec {
	name, about := "readerfix.exe", "Contoso Reader repair program"
	if dll {
		name, about = "reader.dll", "Contoso Reader library"
	}
	const built = 1767323045 // 2026-01-02 03:04:05 UTC
	return samplepe.Spec{Arch: "x64", DLL: dll, Version: v, FileVersionText: text, LinkTime: built, Blob: []byte(about + " " + text),
		Strings: []pefile.String{{Name: "CompanyName", Value: "Contoso"}, {Name: "FileDescription", Value: about},
			{Name: "InternalName", Value: name}, {Name: "OriginalFilename", Value: name}, {Name: "ProductName", Value: "Contoso Reader"}}}
}

// agent stands for the Windows Update Agent's installer. It ends with 0 and does nothing.
func agent(arch string) samplepe.Spec {
	name := "WindowsUpdateAgent30-" + arch + ".exe"
	s := library(arch, name, pefile.Version{7, 0, 6000, 381})
	s.DLL = false
	return s
}

func library(arch, name string, v pefile.Version) samplepe.Spec {
	const built = 1767323045 // 2026-01-02 03:04:05 UTC
	return samplepe.Spec{Arch: arch, DLL: true, Version: v, LinkTime: built, Blob: []byte("sample of " + name),
		Strings: []pefile.String{{Name: "CompanyName", Value: "Contoso"}, {Name: "FileDescription", Value: "Sample of " + name},
			{Name: "InternalName", Value: name}, {Name: "OriginalFilename", Value: name}, {Name: "ProductName", Value: "Contoso samples"}}}
}
