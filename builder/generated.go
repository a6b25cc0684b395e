package builder

import (
	"fmt"
	"strings"

	"github.com/kbforge/kbforge/builder/manifest"
	"github.com/kbforge/kbforge/inf/branches"
	"github.com/kbforge/kbforge/inf/updatever"
)

// chain is branches.inf: the hierarchy in the order of the manifest, the last branch its own successor.
func (p *Plan) chain() *branches.Chain {
	m := p.Manifest
	c := &branches.Chain{FileVersion: m.HierarchyVersion, BuildTimestamp: p.timestamp()}
	for i, b := range m.Branches {
		next := m.Branches[min(i+1, len(m.Branches)-1)].Name
		c.Branches = append(c.Branches, branches.Branch{Name: b.Name, Display: b.DisplayName, Next: next})
	}
	return c
}

// updateBR is updatebr.inf. Setup files are all files of the package besides the payload: they go to $hf_mig$.
func (p *Plan) updateBR() *branches.UpdateBR {
	u := &branches.UpdateBR{CatalogFile: p.Manifest.KB + ".cat"}
	var defaults branches.DefaultSet
	infs := map[string]bool{}
	for _, b := range p.Branches {
		for _, level := range b.DefaultFor {
			defaults.Levels = append(defaults.Levels, branches.Level{ServicePack: uint32(level), Branch: b.Name})
		}
		u.INFs = append(u.INFs, branches.BranchINF{Branch: b.Name, Path: b.INF})
		u.PerBranch = append(u.PerBranch, branches.SetupFiles{Branch: b.Name, Files: []string{b.INF}})
		infs[b.INF] = true
	}
	u.Defaults = []branches.DefaultSet{defaults}
	for _, c := range p.Contents {
		if c.Role != Payload && !infs[c.Path] {
			u.Common = append(u.Common, c.Path)
		}
	}
	return u
}

// updateVer lists every payload file once.
func (p *Plan) updateVer() []updatever.Entry {
	var list []updatever.Entry
	seen := map[string]bool{}
	for _, f := range p.Files {
		for _, v := range f.Versions {
			if seen[v.Path] {
				continue
			}
			seen[v.Path] = true
			e := updatever.Entry{Path: strings.ToLower(v.Path), MD5: v.fact.MD5, Size: v.Size, Branch: v.Branch, CRC: v.fact.CRC, HasCRC: true}
			e.Version, e.HasVersion = v.fact.Version()
			list = append(list, e)
		}
	}
	return list
}

// timestamp is BUILDTIMESTAMP: YYYYMMDD.HHMMSS (WP table 11).
func (p *Plan) timestamp() string { return p.BuildTime.UTC().Format("20060102.150405") }

// generate makes the files of role Generated, by path.
func (p *Plan) generate() (map[string][]byte, error) {
	out := map[string][]byte{`update\update.ver`: updatever.Print(p.updateVer())}
	if p.Manifest.Layout == manifest.MultiBranch {
		out[`update\branches.inf`] = p.chain().Print()
		out[`update\updatebr.inf`] = p.updateBR().Print()
	}
	for _, b := range p.Manifest.Branches {
		if !b.Payload {
			continue
		}
		text, err := p.infText(b)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", infName(b.Name), err)
		}
		out[infName(b.Name)] = text
	}
	return out, nil
}
