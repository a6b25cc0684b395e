package link

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/tc-hib/winres"

	"github.com/kbforge/kbforge/installer/pefile"
)

// Package is what the outer executable of a package says about itself. Names and order of its version strings are those of
// real packages with a branded version resource (measured on WindowsInstaller-KB893803-v2-x86.exe); "Package Version" is OURS.
type Package struct {
	Version          pefile.Version // of the package: FILEVERSION and FileVersion (white paper: since July 2004 the package's version)
	Product          string         // ProductName
	ProductVersion   pefile.Version // zero: Version
	Publisher        string         // CompanyName
	Copyright        string         // LegalCopyright
	BuildDate        string         // "Build Date", yyyy/mm/dd
	AppliesTo        []string       // "Applies to", products
	InstallationType string         // "Installation Type"; empty: "Full"
	InstallerVersion pefile.Version // "Installer Version", of update.exe, and "Self-Extractor Version"
	KB               string         // "KB Article Number": digits; a leading KB is dropped
	SupportLink      string         // "Support Link", an address; written in quotation marks, as real packages have it
	PackageType      string         // "Package Type"; empty: "update"
	Arch             string         // "Proc. Architecture": "x86", "x64", "arm64"
	Icon             []byte         // an .ico file; nil: ours
	Level            Level
}

// Link puts the resources of p into a stub. The version resource has all strings of Package, FileDescription "Update
// Package", and InternalName and OriginalFilename "SFXCAB.EXE".
func (p Package) Link(stub []byte) ([]byte, error) {
	if pefile.Arch(machineOf(stub)) != p.Arch {
		return nil, fmt.Errorf("link the package: %w: it is for %q, the package for %q", ErrStub, pefile.Arch(machineOf(stub)), p.Arch)
	}
	version, versionErr := p.version()
	icon, iconErr := loadIcon(p.Icon)
	if err := errors.Join(versionErr, iconErr); err != nil {
		return nil, fmt.Errorf("link the package: %w", err)
	}
	out, err := put(stub, resources{icon: icon, manifest: appManifest(p.Level), version: version})
	if err != nil {
		return nil, fmt.Errorf("link the package: %w", err)
	}
	return out, nil
}

func (p Package) version() ([]byte, error) {
	return versionBlock(p.Version, p.productVersion(), 1, p.Strings())
}

func (p Package) productVersion() pefile.Version {
	if p.ProductVersion.IsZero() {
		return p.Version
	}
	return p.ProductVersion
}

// Strings are those of the version resource, in its order; empty ones are left out there.
func (p Package) Strings() []pefile.String {
	link := p.SupportLink
	if link != "" {
		link = `"` + strings.Trim(link, `"`) + `"`
	}
	return []pefile.String{
		{Name: "CompanyName", Value: p.Publisher},
		{Name: "FileDescription", Value: "Update Package"},
		{Name: "FileVersion", Value: p.Version.String()},
		{Name: "InternalName", Value: "SFXCAB.EXE"},
		{Name: "LegalCopyright", Value: p.Copyright},
		{Name: "OriginalFilename", Value: "SFXCAB.EXE"},
		{Name: "ProductName", Value: p.Product},
		{Name: "ProductVersion", Value: p.productVersion().String()},
		{Name: "Build Date", Value: p.BuildDate},
		{Name: "Applies to", Value: strings.Join(p.AppliesTo, ", ")},
		{Name: "Installation Type", Value: orElse(p.InstallationType, "Full")},
		{Name: "Installer Engine", Value: "update.exe"},
		{Name: "Installer Version", Value: p.InstallerVersion.String()},
		{Name: "KB Article Number", Value: strings.TrimPrefix(strings.ToUpper(p.KB), "KB")},
		{Name: "Support Link", Value: link},
		{Name: "Package Type", Value: orElse(p.PackageType, "update")},
		{Name: "Proc. Architecture", Value: p.Arch},
		{Name: "Self-Extractor Version", Value: "SFXCAB v" + p.InstallerVersion.String()},
		{Name: "Package Version", Value: p.Version.String()},
	}
}

// Runtime is what update.exe and spuninst.exe, which are the same bytes, say about themselves.
type Runtime struct {
	Version   pefile.Version // of the installer: 7.0.0.0 comes after the last of Microsoft's, 6.3.15.0 (OURS)
	Publisher string         // CompanyName
	Copyright string         // LegalCopyright
	Product   string         // ProductName
	Icon      []byte         // an .ico file; nil: ours
	Level     Level
}

// Link puts the resources of r into a stub; with the message table, so that the file can be an EventMessageFile itself.
func (r Runtime) Link(stub []byte) ([]byte, error) {
	version, versionErr := r.version("update.exe", "Update Installer", 1)
	icon, iconErr := loadIcon(r.Icon)
	if err := errors.Join(versionErr, iconErr); err != nil {
		return nil, fmt.Errorf("link the runtime: %w", err)
	}
	out, err := put(stub, resources{icon: icon, manifest: appManifest(r.Level), version: version, messages: true})
	if err != nil {
		return nil, fmt.Errorf("link the runtime: %w", err)
	}
	return out, nil
}

func (r Runtime) version(name, description string, fileType uint32) ([]byte, error) {
	return versionBlock(r.Version, r.Version, fileType, []pefile.String{
		{Name: "CompanyName", Value: r.Publisher},
		{Name: "FileDescription", Value: description},
		{Name: "FileVersion", Value: r.Version.String()},
		{Name: "InternalName", Value: name},
		{Name: "LegalCopyright", Value: r.Copyright},
		{Name: "OriginalFilename", Value: name},
		{Name: "ProductName", Value: r.Product},
		{Name: "ProductVersion", Value: r.Version.String()},
	})
}

func loadIcon(ico []byte) (*winres.Icon, error) {
	if ico == nil {
		return defaultIcon()
	}
	icon, err := winres.LoadICO(bytes.NewReader(ico))
	if err != nil {
		return nil, fmt.Errorf("read the icon: %w; an .ico file is needed", err)
	}
	return icon, nil
}

func machineOf(stub []byte) uint16 {
	info, _ := pefile.Read(bytes.NewReader(stub), int64(len(stub)))
	if info == nil {
		return 0
	}
	return info.Machine
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
