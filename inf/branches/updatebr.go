package branches

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
)

// UpdateBR is one updatebr.inf.
type UpdateBR struct {
	CatalogFile string       // [Version] CatalogFile; empty without
	Defaults    []DefaultSet // [DefaultBranchesServicePacks] and its decorated forms
	INFs        []BranchINF  // [SourceInfsBranches]
	Common      []string     // [SetupFiles.Common]: copied to $hf_mig$ besides the payload
	PerBranch   []SetupFiles // [SetupFiles.<branch>]
}

// DefaultSet says with which branch a machine starts.
type DefaultSet struct {
	Decoration string // "WinNt52" for Windows NT 5.2; empty: any version
	Levels     []Level
}

// Level is the branch for machines of a service pack and up to the next level that is listed.
type Level struct {
	ServicePack uint32
	Branch      string
}

// BranchINF is the INF of a branch; Path is relative to the package root: update\update_SP2GDR.inf.
type BranchINF struct{ Branch, Path string }

// SetupFiles are the setup files of one branch, relative to the package root.
type SetupFiles struct {
	Branch string
	Files  []string
}

const (
	defaultBranches = "DefaultBranchesServicePacks"
	setupFiles      = "SetupFiles."
	common          = "Common"
)

// ParseUpdateBR reads updatebr.inf. A default branch without an INF is accepted: a real package has one, and it matters
// only on the system concerned. The error wraps ErrInvalidUpdateBR and is an *inf.ErrorList underneath.
func ParseUpdateBR(f *inf.File) (*UpdateBR, error) {
	v := f.View(0)
	p := &brParser{file: f, view: v, u: &UpdateBR{}}
	p.u.CatalogFile, _ = v.Value("Version", "CatalogFile")
	for _, section := range v.Sections() {
		fold := strings.ToLower(section)
		switch {
		case fold == strings.ToLower(defaultBranches):
			p.defaults(section, "")
		case strings.HasPrefix(fold, strings.ToLower(defaultBranches)+"."):
			p.defaults(section, section[len(defaultBranches)+1:])
		case fold == "sourceinfsbranches":
			p.infs(section)
		case fold == strings.ToLower(setupFiles+common):
			p.u.Common = p.paths(section)
		case strings.HasPrefix(fold, strings.ToLower(setupFiles)):
			p.u.PerBranch = append(p.u.PerBranch, SetupFiles{section[len(setupFiles):], p.paths(section)})
		}
	}
	if len(p.u.Defaults) == 0 {
		p.errs.Add(f.Name, inf.Pos{}, inf.ErrorSectionNotFound, "[%s] is missing; add it with service pack=branch", defaultBranches)
	}
	if len(p.u.INFs) == 0 {
		p.errs.Add(f.Name, inf.Pos{}, inf.ErrorSectionNotFound, "[SourceInfsBranches] is missing or empty; add branch=update\\update_branch.inf")
	}
	if err := p.errs.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidUpdateBR, err)
	}
	return p.u, nil
}

type brParser struct {
	file *inf.File
	view *inf.View
	u    *UpdateBR
	errs inf.ErrorList
}

func (p *brParser) fault(l inf.Line, format string, args ...any) {
	p.errs.Add(p.file.Name, l.Pos, inf.ErrorGeneralSyntax, format, args...)
}

func (p *brParser) defaults(section, decoration string) {
	set := DefaultSet{Decoration: decoration}
	seen := map[uint32]bool{}
	for _, l := range p.view.Lines(section) {
		n, err := inf.ParseUint32(l.Key)
		branch := l.Field(0)
		switch {
		case !l.HasKey || err != nil || l.Key == "" || branch == "":
			p.fault(l, "[%s] %s: write service pack=branch, such as 2=SP2GDR", section, l.Describe())
			continue
		case seen[n]:
			continue // the first line of a key counts, as in SetupFindFirstLine; real packages repeat the section
		}
		seen[n] = true
		set.Levels = append(set.Levels, Level{n, branch})
	}
	sort.SliceStable(set.Levels, func(i, j int) bool { return set.Levels[i].ServicePack < set.Levels[j].ServicePack })
	p.u.Defaults = append(p.u.Defaults, set)
	sort.SliceStable(p.u.Defaults, func(i, j int) bool {
		return strings.ToLower(p.u.Defaults[i].Decoration) < strings.ToLower(p.u.Defaults[j].Decoration)
	})
}

func (p *brParser) infs(section string) {
	for _, l := range p.view.Lines(section) {
		b := BranchINF{l.Key, l.Field(0)}
		if !l.HasKey || b.Branch == "" || b.Path == "" {
			p.fault(l, "[%s] %s: write branch=update\\update_branch.inf", section, l.Describe())
			continue
		}
		if _, ok := p.u.INF(b.Branch); !ok {
			p.u.INFs = append(p.u.INFs, b)
		}
	}
}

func (p *brParser) paths(section string) []string {
	var paths []string
	for _, l := range p.view.Lines(section) {
		if l.HasKey || len(l.Fields) != 1 || l.Field(0) == "" {
			p.fault(l, "[%s] %s: write one path a line", section, l.Describe())
			continue
		}
		paths = append(paths, l.Field(0))
	}
	return paths
}

// Default returns the branch that a machine starts with: [DefaultBranchesServicePacks.WinNt<major><minor>] if the file has
// it, else the undecorated section (measured on real packages); there the highest level that is not above the machine's
// service pack. No such level: false, 61677 STATUS_NO_BRANCH_AVAILABLE.
func (u *UpdateBR) Default(major, minor, servicePack uint32) (string, bool) {
	decoration := "WinNt" + strconv.FormatUint(uint64(major), 10) + strconv.FormatUint(uint64(minor), 10)
	set := u.set(decoration)
	if set == nil {
		set = u.set("")
	}
	if set == nil {
		return "", false
	}
	branch, ok := "", false
	for _, l := range set.Levels {
		if l.ServicePack <= servicePack {
			branch, ok = l.Branch, true
		}
	}
	return branch, ok
}

func (u *UpdateBR) set(decoration string) *DefaultSet {
	for i := range u.Defaults {
		if strings.EqualFold(u.Defaults[i].Decoration, decoration) {
			return &u.Defaults[i]
		}
	}
	return nil
}

// INF returns the path of a branch's INF. Case does not matter.
func (u *UpdateBR) INF(branch string) (path string, ok bool) {
	for _, b := range u.INFs {
		if strings.EqualFold(b.Branch, branch) {
			return b.Path, true
		}
	}
	return "", false
}

// SetupFiles returns the common setup files and those of a branch.
func (u *UpdateBR) SetupFiles(branch string) []string {
	files := append([]string(nil), u.Common...)
	for _, s := range u.PerBranch {
		if strings.EqualFold(s.Branch, branch) {
			files = append(files, s.Files...)
		}
	}
	return files
}

// Print writes updatebr.inf.
func (u *UpdateBR) Print() []byte {
	f := inf.New()
	f.Name = "updatebr.inf"
	s := f.AddSection("Version")
	s.AddKeyed("Signature", inf.Quoted("$Windows NT$"))
	if u.CatalogFile != "" {
		s.AddLine("CatalogFile", literal(u.CatalogFile))
	}
	s.AlignKeys()
	for _, d := range u.Defaults {
		name := defaultBranches
		if d.Decoration != "" {
			name += "." + d.Decoration
		}
		s.AddBlank()
		s = f.AddSection(name)
		for _, l := range d.Levels {
			s.AddLine(strconv.FormatUint(uint64(l.ServicePack), 10), literal(l.Branch))
		}
	}
	s.AddBlank()
	s = f.AddSection("SourceInfsBranches")
	for _, b := range u.INFs {
		s.AddKeyed(literal(b.Branch), inf.Quoted(literal(b.Path)))
	}
	if len(u.Common) > 0 {
		s = addPaths(f, s, setupFiles+common, u.Common)
	}
	for _, p := range u.PerBranch {
		s = addPaths(f, s, setupFiles+p.Branch, p.Files)
	}
	return f.Bytes()
}

// literal writes text so that it reads back as it is; the file has no [Strings].
func literal(s string) string {
	return inf.Escape(s, func(string) (string, bool) { return "", false })
}

func addPaths(f *inf.File, last *inf.Section, name string, paths []string) *inf.Section {
	last.AddBlank()
	s := f.AddSection(name)
	for _, p := range paths {
		s.AddFields(inf.Bare(literal(p)))
	}
	return s
}
