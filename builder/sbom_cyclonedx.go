package builder

import (
	"bytes"
	"runtime/debug"
	"strconv"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// cycloneDX is the bill of materials in CycloneDX 1.6 (ECMA-424), as JSON: the package, each file in it, and the Go modules in
// its installer.
func (s *shipped) cycloneDX() ([]byte, error) {
	m := s.plan.Manifest
	root := cdx.Component{BOMRef: s.plan.FileName, Type: cdx.ComponentTypeApplication, Name: m.Name + "-" + m.KB, Version: m.Version.String(),
		Publisher: m.Publisher, Description: m.Title, Hashes: s.pkg.cdxHashes(), Supplier: &cdx.OrganizationalEntity{Name: m.Publisher}}
	bom := cdx.NewBOM()
	bom.SerialNumber = "urn:uuid:" + s.id()
	bom.Metadata = &cdx.Metadata{
		Timestamp: s.plan.BuildTime.UTC().Format(time.RFC3339),
		Tools:     &cdx.ToolsChoice{Components: &[]cdx.Component{{Type: cdx.ComponentTypeApplication, Name: "kbforge", Version: s.tool}}},
		Component: &root,
	}
	var components []cdx.Component
	var contents, modules []string
	for _, f := range s.files {
		components = append(components, f.component())
		contents = append(contents, f.ref())
	}
	for _, mod := range s.modules {
		c := goModule(mod)
		components = append(components, c)
		modules = append(modules, c.BOMRef)
	}
	deps := []cdx.Dependency{{Ref: root.BOMRef, Dependencies: &contents}}
	for _, f := range s.files {
		d := cdx.Dependency{Ref: f.ref()}
		if f.isInstaller() && len(modules) > 0 {
			d.Dependencies = &modules
		}
		deps = append(deps, d)
	}
	for _, ref := range modules {
		deps = append(deps, cdx.Dependency{Ref: ref})
	}
	bom.Components, bom.Dependencies = &components, &deps
	var b bytes.Buffer
	enc := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).SetEscapeHTML(false)
	err := enc.EncodeVersion(bom, cdx.SpecVersion1_6)
	return b.Bytes(), err
}

func (f shippedFile) ref() string { return "file:" + f.Path }

// isInstaller tells the files that the runtime is in.
func (f shippedFile) isInstaller() bool { return f.Role == Runtime && !isDLL(f.Path) }

func (f shippedFile) component() cdx.Component {
	kind := cdx.ComponentTypeFile
	switch {
	case f.isInstaller():
		kind = cdx.ComponentTypeApplication
	case f.Role == Payload && isDLL(f.Path):
		kind = cdx.ComponentTypeLibrary
	}
	properties := []cdx.Property{{Name: "kbforge:role", Value: string(f.Role)}, {Name: "kbforge:size", Value: strconv.FormatInt(f.Size, 10)}}
	if f.Branch != "" {
		properties = append(properties, cdx.Property{Name: "kbforge:branch", Value: f.Branch})
	}
	return cdx.Component{BOMRef: f.ref(), Type: kind, Name: f.Path, Version: f.Version, Hashes: f.cdxHashes(), Properties: &properties}
}

func (f shippedFile) cdxHashes() *[]cdx.Hash {
	return &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA1, Value: f.SHA1}, {Algorithm: cdx.HashAlgoSHA256, Value: f.SHA256}}
}

// goModule is a module of the installer. Package URL: pkg:golang/path@version.
func goModule(m *debug.Module) cdx.Component {
	if m.Replace != nil {
		m = m.Replace
	}
	url := "pkg:golang/" + m.Path + "@" + m.Version
	return cdx.Component{BOMRef: url, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: url}
}
