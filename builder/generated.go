package builder

import (
	"bytes"
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

// updateVer lists every payload file below a root once, with its path there.
func (p *Plan) updateVer(branch string) []updatever.Entry {
	var list []updatever.Entry
	seen := map[string]bool{}
	for _, v := range p.Helpers {
		if strings.HasPrefix(v.Path, p.root(branch)) && p.Manifest.Layout != manifest.DualMode { // there they stand in common\update.ver
			list = append(list, verEntry(strings.TrimPrefix(v.Path, p.root(branch)), v.fact))
		}
	}
	for _, f := range p.Files {
		for _, v := range f.Versions {
			if seen[v.Path] || !strings.HasPrefix(v.Path, p.root(branch)) {
				continue
			}
			seen[v.Path] = true
			e := verEntry(strings.TrimPrefix(v.Path, p.root(branch)), v.fact)
			if p.Manifest.Layout == manifest.MultiBranch {
				e.Branch = v.Branch
			}
			list = append(list, e)
		}
	}
	for _, v := range p.RawFiles {
		if strings.HasPrefix(v.Path, p.root(branch)) && !seen[v.Path] {
			e := verEntry(strings.TrimPrefix(v.Path, p.root(branch)), v.fact)
			e.Branch = v.Branch
			list = append(list, e)
		}
	}
	return list
}

func verEntry(path string, f *Fact) updatever.Entry {
	e := updatever.Entry{Path: strings.ToLower(path), MD5: f.MD5, Size: f.Size, CRC: f.CRC, HasCRC: true}
	e.Version, e.HasVersion = f.Version()
	return e
}

// commonVer is common\update.ver: white paper table 9 shows the file. It lists what is in common\, with paths there (OURS).
func commonVer(files []TreeFile) ([]byte, error) {
	var list []updatever.Entry
	for _, f := range files {
		name, ok := strings.CutPrefix(f.Path, `common\`)
		if !ok || f.Role == Generated {
			continue
		}
		var fact *Fact
		var err error
		if f.Role == Helper {
			fact, err = readFact(f.open)
		} else {
			fact, err = factOf(bytes.NewReader(f.data), int64(len(f.data)))
		}
		if err != nil {
			return nil, fmt.Errorf("describe %s: %w", f.Path, err)
		}
		list = append(list, verEntry(name, fact))
	}
	return updatever.Print(list), nil
}

// timestamp is BUILDTIMESTAMP: YYYYMMDD.HHMMSS (WP table 11).
func (p *Plan) timestamp() string { return p.BuildTime.UTC().Format("20060102.150405") }

// Generated are the INFs and VER files of the package, by path, but common\update.ver of the dual-mode layout.
func (p *Plan) Generated() (map[string][]byte, error) { return p.generate() }

// generate makes the files of role Generated, by path, but common\update.ver, which describes the others.
func (p *Plan) generate() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, root := range p.roots() {
		out[p.verPath(root)] = updatever.Print(p.updateVer(root))
	}
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
			return nil, fmt.Errorf("write %s: %w", p.infPath(b.Name), err)
		}
		out[p.infPath(b.Name)] = text
	}
	return out, nil
}
