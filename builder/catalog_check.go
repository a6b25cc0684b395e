package builder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kbforge/kbforge/sign"
)

// CatalogCheck is how a catalog and a set of files fit together.
type CatalogCheck struct {
	Path      string            `json:"path"`
	Version   int               `json:"version"`
	Members   int               `json:"members"`
	Signature *sign.Report      `json:"signature,omitempty"` // nil: none
	Files     int               `json:"files"`               // that were compared
	Covered   int               `json:"covered"`
	Missing   []string          `json:"missing"`   // files that no member covers
	Exempt    []Exemption       `json:"exempt"`    // files that need no member
	Unmatched []sign.MemberInfo `json:"unmatched"` // members that match none of the files
	Findings  []string          `json:"findings"`
	Notes     []string          `json:"notes"`
}

// Exemption is a file of a package that no member needs to cover.
type Exemption struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// OK reports whether everything holds.
func (k *CatalogCheck) OK() bool { return len(k.Findings) == 0 }

// CatalogOptions say with what a catalog is compared.
type CatalogOptions struct {
	VerifyOptions
	Files   []CatalogFile // what it must cover
	Package string        // a package whose files it must cover, but for those that need no member
}

// CompareCatalog verifies a catalog's signature and compares it with files: each file must have a member, and each member a
// file. Without files, the members are not compared. The error is for what prevented the check.
func CompareCatalog(ctx context.Context, path string, o CatalogOptions) (*CatalogCheck, error) {
	c, _, err := readCatalogFile(path)
	if err != nil {
		return nil, err
	}
	v := &Verification{Findings: []Finding{}, Notes: []string{}}
	k := &CatalogCheck{Path: path, Version: c.Version, Members: len(c.Members), Missing: []string{}, Exempt: []Exemption{},
		Unmatched: []sign.MemberInfo{}, Findings: []string{}, Notes: []string{}}
	if k.Signature, err = v.signature("the catalog", CheckCatalogSignature, path, o.VerifyOptions); err != nil {
		return nil, err
	}
	for _, f := range v.Findings {
		k.Findings = append(k.Findings, f.Reason)
	}
	k.Notes = append(k.Notes, v.Notes...)
	files := o.Files
	if o.Package != "" {
		dir, err := os.MkdirTemp("", "kbforge-catalog-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		if _, err := Extract(ctx, o.Package, dir); err != nil {
			return nil, err
		}
		of, err := CatalogFiles([]string{dir}, nil, "")
		if err != nil {
			return nil, err
		}
		files = append(files, of...)
	}
	if len(files) == 0 {
		k.Notes = append(k.Notes, "no files were given; the members were compared with nothing")
		return k, nil
	}
	return k, k.compare(ctx, c, files, o)
}

func (k *CatalogCheck) compare(ctx context.Context, c *sign.Catalog, files []CatalogFile, o CatalogOptions) error {
	hashes := make([]sign.FileHash, len(files))
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if hashes[i], err = hashFile(f.Name, f.Path); err != nil {
			return err
		}
	}
	v := c.Coverage(hashes)
	missing := map[string]bool{}
	for _, f := range v.Missing {
		missing[f.Name] = true
	}
	k.Files = len(files)
	for _, f := range files {
		if !missing[f.Name] {
			k.Covered++
			continue
		}
		if why := needsNoMember(f, o.VerifyOptions); o.Package != "" && why != "" {
			k.Exempt = append(k.Exempt, Exemption{f.Name, why})
			continue
		}
		k.Missing = append(k.Missing, f.Name)
		k.Findings = append(k.Findings, fmt.Sprintf("%s is not covered: no member has its digest", f.Name))
	}
	seen := map[string]bool{} // V2 has two members for a file
	for _, m := range v.Unmatched {
		k.Unmatched = append(k.Unmatched, m.Info())
		text := fmt.Sprintf("the member %s matches no file", memberName(m))
		if !seen[text] {
			seen[text] = true
			k.Findings = append(k.Findings, text)
		}
	}
	return nil
}

// memberName is the file a member says it is, else its tag.
func memberName(m sign.Member) string {
	if f := m.File(); f != "" {
		return f
	}
	return m.Info().Tag
}

// needsNoMember says why a file of a package needs no member, "" if it does: catalogs, the licence (people read it, nothing
// runs it), and what is signed by itself (package-format.md 6.2; see Plan.buildCatalog).
func needsNoMember(f CatalogFile, o VerifyOptions) string {
	lower := strings.ToLower(f.Name)
	switch {
	case strings.HasSuffix(lower, ".cat"):
		return "it is a catalog"
	case isLicence(lower):
		return "it is the licence"
	}
	if r, err := sign.Verify(f.Path, o.File()); err == nil {
		return "it is signed by itself, by " + r.Signatures[0].Signer.Subject
	}
	return ""
}

// isLicence knows the places of the licence, in lower case (WP tables 8 and 9).
func isLicence(name string) bool {
	name = setupName(name)
	return name == "eula.txt" || strings.HasPrefix(name, "langspecific/") && strings.HasSuffix(name, "/eula.txt")
}

func readCatalogFile(path string) (*sign.Catalog, *sign.Signature, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the catalog: %w", err)
	}
	if st.Size() > sign.MaxCatalogBytes {
		return nil, nil, fmt.Errorf("read the catalog: %s has %d bytes; %d are the limit", path, st.Size(), sign.MaxCatalogBytes)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read the catalog: %w", err)
	}
	c, s, err := sign.ParseCatalog(b)
	if err != nil {
		return nil, nil, fmt.Errorf("read the catalog %s: %w", path, err)
	}
	return c, s, nil
}

// ReadCatalog describes a catalog file.
func ReadCatalog(path string) (sign.CatalogInfo, error) {
	c, s, err := readCatalogFile(path)
	if err != nil {
		return sign.CatalogInfo{}, err
	}
	return c.Info(s), nil
}

func hashFile(name, path string) (sign.FileHash, error) {
	f, err := os.Open(filepath.FromSlash(path))
	if err != nil {
		return sign.FileHash{}, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return sign.FileHash{}, err
	}
	h, err := sign.HashFile(name, f, st.Size())
	if err != nil {
		return h, fmt.Errorf("hash %s: %w", path, err)
	}
	return h, nil
}
