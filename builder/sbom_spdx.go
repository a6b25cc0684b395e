package builder

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// The parts of SPDX 2.3 (ISO/IEC 5962 has 2.2.1) that say what a package holds.
type (
	spdxDocument struct {
		Version       string             `json:"spdxVersion"`
		License       string             `json:"dataLicense"`
		ID            string             `json:"SPDXID"`
		Name          string             `json:"name"`
		Namespace     string             `json:"documentNamespace"`
		Creation      spdxCreation       `json:"creationInfo"`
		Packages      []spdxPackage      `json:"packages"`
		Files         []spdxFile         `json:"files"`
		Relationships []spdxRelationship `json:"relationships"`
	}
	spdxCreation struct {
		Created  string   `json:"created"`
		Creators []string `json:"creators"`
	}
	spdxPackage struct {
		ID               string            `json:"SPDXID"`
		Name             string            `json:"name"`
		Version          string            `json:"versionInfo,omitempty"`
		FileName         string            `json:"packageFileName,omitempty"`
		Supplier         string            `json:"supplier,omitempty"`
		DownloadLocation string            `json:"downloadLocation"`
		FilesAnalyzed    bool              `json:"filesAnalyzed"`
		Verification     *spdxVerification `json:"packageVerificationCode,omitempty"`
		Checksums        []spdxChecksum    `json:"checksums,omitempty"`
		Concluded        string            `json:"licenseConcluded"`
		Declared         string            `json:"licenseDeclared"`
		Copyright        string            `json:"copyrightText"`
		Summary          string            `json:"summary,omitempty"`
		Refs             []spdxRef         `json:"externalRefs,omitempty"`
	}
	spdxVerification struct {
		Value string `json:"packageVerificationCodeValue"`
	}
	spdxChecksum struct {
		Algorithm string `json:"algorithm"`
		Value     string `json:"checksumValue"`
	}
	spdxRef struct {
		Category string `json:"referenceCategory"`
		Type     string `json:"referenceType"`
		Locator  string `json:"referenceLocator"`
	}
	spdxFile struct {
		ID        string         `json:"SPDXID"`
		Name      string         `json:"fileName"`
		Types     []string       `json:"fileTypes"`
		Checksums []spdxChecksum `json:"checksums"`
		Concluded string         `json:"licenseConcluded"`
		InFile    []string       `json:"licenseInfoInFiles"`
		Copyright string         `json:"copyrightText"`
	}
	spdxRelationship struct {
		Element string `json:"spdxElementId"`
		Type    string `json:"relationshipType"`
		Related string `json:"relatedSpdxElement"`
	}
)

const (
	spdxNone     = "NOASSERTION" // kbforge knows no licences
	spdxRoot     = "SPDXRef-DOCUMENT"
	spdxPackaged = "SPDXRef-Package"
)

// spdx is the bill of materials in SPDX 2.3, as JSON.
func (s *shipped) spdx() ([]byte, error) {
	m := s.plan.Manifest
	d := spdxDocument{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: spdxRoot, Name: strings.TrimSuffix(s.plan.FileName, path.Ext(s.plan.FileName)),
		Namespace: "urn:uuid:" + s.id(),
		Creation: spdxCreation{Created: s.plan.BuildTime.UTC().Format(time.RFC3339),
			Creators: []string{"Organization: " + m.Publisher, "Tool: kbforge-" + s.tool}},
		Packages: []spdxPackage{{
			ID: spdxPackaged, Name: m.Name + "-" + m.KB, Version: m.Version.String(), FileName: s.plan.FileName, Supplier: "Organization: " + m.Publisher,
			DownloadLocation: spdxNone, FilesAnalyzed: true, Verification: &spdxVerification{s.verificationCode()}, Checksums: s.pkg.spdxChecksums(),
			Concluded: spdxNone, Declared: spdxNone, Copyright: spdxNone, Summary: m.Title,
		}},
		Relationships: []spdxRelationship{{spdxRoot, "DESCRIBES", spdxPackaged}},
	}
	installer := ""
	for i, f := range s.files {
		id := fmt.Sprintf("SPDXRef-File-%d", i+1)
		d.Files = append(d.Files, spdxFile{ID: id, Name: "./" + f.Path, Types: []string{f.spdxType()}, Checksums: f.spdxChecksums(),
			Concluded: spdxNone, InFile: []string{spdxNone}, Copyright: spdxNone})
		d.Relationships = append(d.Relationships, spdxRelationship{spdxPackaged, "CONTAINS", id})
		if installer == "" && f.isInstaller() {
			installer = id
		}
	}
	for i, mod := range s.modules {
		c := goModule(mod)
		id := fmt.Sprintf("SPDXRef-Module-%d", i+1)
		d.Packages = append(d.Packages, spdxPackage{ID: id, Name: c.Name, Version: c.Version, DownloadLocation: spdxNone, Concluded: spdxNone,
			Declared: spdxNone, Copyright: spdxNone, Refs: []spdxRef{{"PACKAGE-MANAGER", "purl", c.PackageURL}}})
		d.Relationships = append(d.Relationships, spdxRelationship{installer, "STATIC_LINK", id})
	}
	b, err := json.MarshalIndent(d, "", "  ")
	return append(b, '\n'), err
}

func (f shippedFile) spdxType() string {
	switch {
	case isDLL(f.Path), strings.EqualFold(path.Ext(f.Path), ".exe"), strings.EqualFold(path.Ext(f.Path), ".sys"):
		return "BINARY"
	case f.Role == Text, f.Role == Generated:
		return "TEXT"
	}
	return "OTHER"
}

func (f shippedFile) spdxChecksums() []spdxChecksum {
	return []spdxChecksum{{"SHA1", f.SHA1}, {"SHA256", f.SHA256}}
}

// verificationCode is the SHA-1 of all files' SHA-1 digests, sorted and joined (SPDX 2.3, 7.9).
func (s *shipped) verificationCode() string {
	sums := make([]string, len(s.files))
	for i, f := range s.files {
		sums[i] = f.SHA1
	}
	slices.Sort(sums)
	sum := sha1.Sum([]byte(strings.Join(sums, "")))
	return hex.EncodeToString(sum[:])
}

func isDLL(name string) bool { return strings.EqualFold(path.Ext(name), ".dll") }
