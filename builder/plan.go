// Package builder turns a manifest into a package: it plans (a pure value that can be printed and compared), writes the
// tree of the white paper's tables 8 and 10, signs, packs and links. It never touches a machine that is to be updated.
package builder

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/updateinf"
)

// Plan is everything about a package that can be known before its files are written. It is never changed once made.
type Plan struct {
	Manifest  *manifest.Manifest `json:"-"`
	FileName  string             `json:"fileName"`
	BuildTime time.Time          `json:"buildTime"`
	Branches  []PlannedBranch    `json:"branches"`
	Files     []PlannedFile      `json:"files"`
	Contents  []Content          `json:"contents"`
	RawFiles  []FileVersion      `json:"rawFiles,omitempty"` // that only raw INF text speaks of; Branch empty: of all branches
	Warnings  manifest.Faults    `json:"-"`
	Helpers   []FileVersion      `json:"helpers,omitempty"` // files that the installation itself needs
}

// PlannedBranch is a branch that brings files.
type PlannedBranch struct {
	Name       string `json:"name"` // empty in the standard layout
	DefaultFor []int  `json:"defaultFor,omitempty"`
	INF        string `json:"inf"` // path in the package
}

// PlannedFile is one file of the target machine.
type PlannedFile struct {
	Name     string         `json:"name"`
	To       []Place        `json:"to"`
	When     updateinf.When `json:"when"`
	Flags    uint32         `json:"flags,omitempty"`
	Versions []FileVersion  `json:"versions"` // one a branch, in the order of branches

	Editions  []string `json:"editions,omitempty"`  // SKUs; none: all
	Condition int      `json:"condition,omitempty"` // number of a [[condition]], counting from 1
	Directory int      `json:"directory,omitempty"` // number of a [[directory]], counting from 1
}

// Place is a destination. In JSON it is the manifest's spelling: "system32\\drivers".
type Place struct{ updateinf.Dir }

// MarshalText spells the place as a manifest does.
func (p Place) MarshalText() ([]byte, error) { return []byte(manifest.DirString(p.Dir)), nil }

// FileVersion is what one branch brings for a file.
type FileVersion struct {
	Branch  string `json:"branch,omitempty"`
	Path    string `json:"path"`   // in the package
	Source  string `json:"source"` // relative to the manifest, with slashes
	Version string `json:"version,omitempty"`
	Size    int64  `json:"size"`
	MD5     string `json:"md5"`
	CRC     string `json:"crc"`
	open    string // path as opened
	fact    *Fact
}

// Role says what a file of the package is for.
type Role string

// Roles of the files of a package.
const (
	Runtime   Role = "runtime"   // an executable of ours, from builder/stubs
	Generated Role = "generated" // written by this package
	Catalog   Role = "catalog"
	Text      Role = "text" // the licence
	Payload   Role = "payload"
	Helper    Role = "helper" // a DLL or catalog that the installation itself needs
)

// Content is one file of the package.
type Content struct {
	Path string `json:"path"` // relative to the package root, with backslashes
	Role Role   `json:"role"`
}

// NewPlan plans the package of a manifest whose payload has the given facts. buildTime is used where the manifest names
// none. It reads and writes nothing. What is wrong with [raw] comes back as manifest.Faults.
func NewPlan(m *manifest.Manifest, facts Facts, buildTime time.Time) (*Plan, error) {
	p := &Plan{Manifest: m, FileName: PackageName(m), BuildTime: m.BuildTime}
	if p.BuildTime.IsZero() {
		p.BuildTime = buildTime.UTC().Truncate(time.Second)
	}
	if y := p.BuildTime.Year(); y < 1980 || y > 2107 {
		return nil, fmt.Errorf("the build time %s is outside the years 1980 to 2107, which a cabinet can hold; correct SOURCE_DATE_EPOCH or package.build-time", p.BuildTime.Format(time.RFC3339))
	}
	for _, b := range m.Branches {
		if b.Payload {
			p.Branches = append(p.Branches, PlannedBranch{Name: b.Name, DefaultFor: b.DefaultFor, INF: p.infPath(b.Name)})
		}
	}
	if err := p.planFiles(facts); err != nil {
		return nil, err
	}
	if err := p.planHelpers(facts); err != nil {
		return nil, err
	}
	p.planContents()
	if err := p.checkContents(); err != nil {
		return nil, err
	}
	for _, b := range m.Branches {
		if b.Payload && m.RawINF+b.RawINF != "" {
			if _, err := p.infText(b); err != nil {
				return nil, err
			}
		}
	}
	p.Warnings = warnings(p)
	return p, nil
}

// NewPlans plans the packages of a manifest. Faults of all of them come back at once.
func NewPlans(list []*manifest.Manifest, facts Facts, buildTime time.Time) ([]*Plan, error) {
	plans := make([]*Plan, len(list))
	var faults manifest.Faults
	for i, m := range list {
		var some manifest.Faults
		p, err := NewPlan(m, facts, buildTime)
		switch {
		case errors.As(err, &some):
			faults = append(faults, some...)
		case err != nil:
			return nil, err
		}
		plans[i] = p
	}
	if len(faults) > 0 {
		return nil, faults.Sort()
	}
	return plans, nil
}

// Warnings are those of all plans, each once.
func Warnings(plans []*Plan) manifest.Faults {
	var list manifest.Faults
	for _, p := range plans {
		list = append(list, p.Warnings...)
	}
	return list.Sort()
}

// PackageName is the file name of the package, after the pattern of Microsoft's bulletins:
// <Product>-KB<number>[-v<n>]-<arch>[-<LANG>].exe. A neutral package has no language (OURS).
func PackageName(m *manifest.Manifest) string {
	parts := []string{m.Name, m.KB}
	if m.Revision > 1 {
		parts = append(parts, fmt.Sprintf("v%d", m.Revision))
	}
	if m.Kind.IsServicePack() {
		parts = append(parts, fmt.Sprintf("SP%d", m.ServicePack))
	}
	parts = append(parts, m.Arch)
	if !m.Language.Neutral() {
		parts = append(parts, m.Language.Code)
	}
	return strings.Join(parts, "-") + ".exe"
}

func (p *Plan) planFiles(facts Facts) error {
	taken := map[string]string{} // folded path in the package → source
	for _, f := range p.Manifest.Files {
		pf := PlannedFile{Name: f.Name, When: f.When, Flags: f.Flags, Editions: f.Editions, Condition: f.Condition, Directory: f.Directory}
		for _, d := range f.To {
			pf.To = append(pf.To, Place{d})
		}
		for _, b := range p.Branches {
			source, ok := f.Sources[b.Name]
			if !ok {
				continue // this branch does not bring the file
			}
			fact := facts[source]
			if fact == nil {
				return fmt.Errorf("plan %s: no facts of %s", f.Name, source)
			}
			v := FileVersion{Branch: b.Name, Source: p.Manifest.Relative(source), Size: fact.Size, open: fact.path, fact: fact,
				MD5: hexMD5(fact), CRC: hexCRC(fact), Path: p.payloadPath(b.Name, f, source, taken)}
			if ver, ok := fact.Version(); ok {
				v.Version = ver.String()
			}
			pf.Versions = append(pf.Versions, v)
		}
		p.Files = append(p.Files, pf)
	}
	return p.planRawFiles(facts)
}

// versionsOf lists the payload of a branch, in the order of the manifest.
func (p *Plan) versionsOf(branch string) []FileVersion {
	var list []FileVersion
	for _, f := range p.Files {
		for _, v := range f.Versions {
			if v.Branch == branch {
				list = append(list, v)
			}
		}
	}
	for _, v := range p.RawFiles {
		if v.Branch == branch || v.Branch == "" && strings.HasPrefix(strings.ToLower(v.Path), strings.ToLower(p.root(branch))) {
			list = append(list, v)
		}
	}
	return list
}

// planHelpers places the DLLs and catalogs that the installation needs in the folder "update".
func (p *Plan) planHelpers(facts Facts) error {
	for _, h := range p.Manifest.Helpers {
		fact := facts[h.Source]
		if fact == nil {
			return fmt.Errorf("plan %s: no facts of %s", h.Name, h.Source)
		}
		v := FileVersion{Source: p.Manifest.Relative(h.Source), Size: fact.Size, open: fact.path, fact: fact,
			MD5: fmt.Sprintf("%X", fact.MD5), CRC: fmt.Sprintf("%08X", fact.CRC), Path: p.sharedPath(`update\` + h.Name)}
		if ver, ok := fact.Version(); ok {
			v.Version = ver.String()
		}
		p.Helpers = append(p.Helpers, v)
	}
	return nil
}

// version is what lies at a payload path of the package.
func (p *Plan) version(path string) FileVersion {
	for _, v := range p.Helpers {
		if v.Path == path {
			return v
		}
	}
	for _, f := range p.Files {
		for _, v := range f.Versions {
			if v.Path == path {
				return v
			}
		}
	}
	for _, v := range p.RawFiles {
		if v.Path == path {
			return v
		}
	}
	return FileVersion{}
}
