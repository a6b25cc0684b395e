package installer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/inf"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/branch"
	"github.com/kbforge/kbforge/installer/dirid"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/journal"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/ui"
	"github.com/kbforge/kbforge/installer/winpath"
)

// IntegrateLog is the log of /integrate, in the root of the system drive (white paper, "Spslpsrm.log").
const IntegrateLog = "spslpsrm.log"

// selfName is how steps call the package itself, which is no file of the extracted package.
const selfName = `:package`

// integration is a plan in the making that puts an update into Windows source files (white paper, "Integrated Installation";
// the steps are those of package-format.md section 13). What setup copies from the share is replaced; the package, run at the
// end of setup from svcpack.inf, does the rest and registers the update.
type integration struct {
	*draft
	r     *run
	s     *share
	u     *updateinf.Update
	files []integrated
}

// integrated is one file of the share.
type integrated struct {
	name   string // as Windows will have it
	short  string // as the share has it
	source string // in the package
	code   int    // directory number of txtsetup.sif
	known  bool   // setup knows the file
}

// integrate is the whole run of /integrate.
func (r *run) integrate(ctx context.Context) error {
	r.Options.Log = first(r.Options.Log, winpath.Join(r.info.SystemDrive+`\`, IntegrateLog))
	l, err := r.load()
	if err != nil {
		return err
	}
	s, err := openShare(r.Host, r.Options.Integrate)
	if err != nil {
		return err
	}
	s.info.Language = r.info.Language // the files do not say it in a place that is public
	u, name, err := r.shareBranch(l, s)
	if err != nil {
		return err
	}
	r.logf("Integrating %s into %s: Windows %d.%d.%d service pack %d, %s", name, s.dir, s.info.Major, s.info.Minor, s.info.Build, s.info.ServicePack, s.info.Arch)
	if err := r.integrable(s, u); err != nil {
		return err
	}
	jdir := journal.Dir(r.info.WindowsDir, r.res.KB)
	in := &integration{draft: newDraft(r.Host, jdir, nil), r: r, s: s, u: u}
	in.known[host.Fold(winpath.Join(r.info.WindowsDir, journal.Folder))] = true
	for _, part := range []func() error{in.inventory, in.payload, in.setupFiles, in.driverIndex, in.svcpack} {
		if err := part(); err != nil {
			return fmt.Errorf("plan the integration: %w", err)
		}
	}
	p := journal.Plan{Operation: "integrate", Name: r.res.KB, Steps: in.plan()}
	r.res.Plan = p
	if err := r.checkSpace(p); err != nil {
		return err
	}
	if r.Options.DryRun {
		r.res.DryRun = true
		return nil
	}
	return r.execute(ctx, selfPackage{stepPackage{r.Package}, r.OpenSelf}, ui.Installing, jdir, in.blobs, p)
}

// integrable refuses what white paper table 18 says No to, and what is not done here.
func (r *run) integrable(s *share, u *updateinf.Update) error {
	if kindOf(u) == instlog.ServicePack {
		why := "service packs are not integrated by this version"
		if list := s.updates(); len(list) > 0 {
			why = "a service pack cannot be integrated where updates are (white paper table 18): " + strings.Join(list, ", ")
		}
		return fmt.Errorf("%s: %w", why, host.ErrUnsupported)
	}
	if r.OpenSelf == nil {
		return fmt.Errorf("/integrate copies the package itself; run the package with it, not the extracted update.exe: %w", host.ErrUnsupported)
	}
	return nil
}

// shareBranch chooses the branch as an installation does: the default of the share's service pack, or a more cumulative one
// that a file integrated before is from.
func (r *run) shareBranch(l *loaded, s *share) (*updateinf.Update, string, error) {
	name, path := "", plainINF
	machine := r.info
	r.info = s.info // gates and sections are about the Windows of the share
	defer func() { r.info = machine }()
	c := &chosen{chain: l.chain}
	if l.br != nil {
		if err := r.startBranch(l, c); err != nil {
			return nil, "", err
		}
		name, c.chooser.Chain = c.branch, l.chain // the branches.inf of this machine has no say about the share
	}
	for range 100 {
		if l.br != nil {
			p, ok := l.br.INF(name)
			if !ok {
				return nil, "", status.Wrap(status.NoBranchAvailable, fmt.Errorf("branch %s has no INF in updatebr.inf", name))
			}
			path = p
		}
		u, err := r.parseUpdate(path)
		if err != nil {
			return nil, "", err
		}
		r.info.WindowsDir = machine.WindowsDir
		r.named(u)
		r.info.WindowsDir = s.info.WindowsDir
		if err := gates(u, s.info); err != nil {
			return nil, "", err
		}
		if err := r.verify(l); err != nil {
			return nil, "", err
		}
		if l.br == nil {
			return u, r.res.KB, nil
		}
		files, err := s.branches(u)
		if err != nil {
			return nil, "", err
		}
		next, cause, err := c.chooser.Next(name, files)
		if err != nil {
			return nil, "", status.Wrap(status.IncomparableBranches, err)
		}
		if strings.EqualFold(next, name) {
			r.res.Branch = name
			return u, r.res.KB + ", branch " + name, nil
		}
		r.logf("AnalyzeForBranching: g_bRepeatInventory set to TRUE because target file %s has branch %s", strings.ToLower(cause.Path), strings.ToLower(cause.Branch))
		name = next
	}
	return nil, "", status.Wrap(status.NoBranchAvailable, errors.New("the choice of a branch does not settle"))
}

// branches tells the branch of each uncompressed file of the share that the INF names.
func (s *share) branches(u *updateinf.Update) ([]branch.Installed, error) {
	var list []branch.Installed
	for _, g := range u.Files {
		for _, f := range g.Files {
			path := winpath.Join(s.dir, s.shareName(f.Name))
			facts, err := inventory.OfHost(s.host, path)
			if err != nil {
				return nil, err
			}
			if facts.Exists {
				list = append(list, branch.Installed{Path: path, Branch: facts.Branch})
			}
		}
	}
	return list, nil
}

// inventory decides for each file of the INF whether it goes into the share.
func (in *integration) inventory() error {
	dirs := dirid.New(in.host, in.s.info)
	seen := map[string]bool{}
	taken := func(name string) bool {
		there, err := in.s.exists(winpath.Join(in.s.dir, name))
		return err != nil || there || seen[host.Fold(name)] || in.s.listed(name)
	}
	for _, g := range in.u.Files {
		// The file protection cache is filled by setup itself (package-format.md 13, step 6).
		if g.Kind != updateinf.Copy || g.Dir.ID == dirid.DllCache || !inventory.Applies(g.When, g.SKU, in.s.info) {
			continue
		}
		dir, err := dirs.Path(g.Dir)
		if err != nil {
			return fmt.Errorf("section [%s]: %w", g.Section, err)
		}
		for _, f := range g.Files {
			if err := in.consider(g, f, dir, seen, taken); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
		}
	}
	return nil
}

func (in *integration) consider(g updateinf.FileGroup, f updateinf.FileLine, dir string, seen map[string]bool, taken func(string) bool) error {
	it := integrated{name: f.Name, short: f.Name, source: f.Source}
	if in.s.info.Arch != host.X86 && winpath.Equal(dir, in.s.info.SystemDirX86) {
		it.short = "w" + it.name // 32-bit files of a 64-bit tree
	}
	it.short = in.s.shareName(it.short)
	if seen[host.Fold(it.short)] {
		return nil
	}
	present, err := in.s.has(it.short)
	if err != nil {
		return err
	}
	it.known = in.s.listed(it.short)
	if !present && !it.known {
		if g.When == updateinf.ReplaceIfExist || f.Flags&updateinf.CopyReplaceOnly != 0 {
			in.r.logf("%s will not be integrated: setup does not know it", f.Name)
			return nil
		}
		rel, ok := relative(dir, in.s.info.WindowsDir)
		if ok {
			it.code, ok = in.s.codes[host.Fold(rel)]
		}
		if !ok {
			in.r.logf("%s will not be integrated: setup has no number for the directory %s; the package installs it at the end of setup", f.Name, dir)
			return nil
		}
		if it.short, err = in.s.shortName(it.short, taken); err != nil {
			return err
		}
	}
	if newer, err := in.newer(it); err != nil || newer {
		return err
	}
	seen[host.Fold(it.short)] = true
	in.r.logf("%s will be integrated as %s", f.Source, winpath.Join(in.s.dir, it.short))
	in.files = append(in.files, it)
	return nil
}

// relative is the part of dir below base; ok is false when it is not below.
func relative(dir, base string) (string, bool) {
	if winpath.Equal(dir, base) {
		return "", true
	}
	if !winpath.Under(dir, base) {
		return dir, false
	}
	return strings.Trim(dir[len(base):], `\`), true
}

// has reports whether the share has a file, compressed or not.
func (s *share) has(name string) (bool, error) {
	there, err := s.exists(winpath.Join(s.dir, name))
	if err != nil || there {
		return there, err
	}
	return s.exists(winpath.Join(s.dir, compressedName(name)))
}

// newer applies the version rule to an uncompressed file of the share. A compressed one is of the original Windows.
func (in *integration) newer(it integrated) (bool, error) {
	path := winpath.Join(in.s.dir, it.short)
	old, err := inventory.OfHost(in.host, path)
	if err != nil || !old.Exists {
		return false, err
	}
	f, err := in.r.Package.Open(it.source)
	if err != nil {
		return false, err
	}
	defer f.Close()
	ours, err := inventory.Read(f)
	if err != nil {
		return false, err
	}
	if old.HasVersion && ours.HasVersion && ours.Version.Compare(old.Version) < 0 {
		in.r.logf("%s will not be changed: it has version %s, the package has version %s", path, old.Version, ours.Version)
		return true, nil
	}
	return false, nil
}

// payload replaces the files; the compressed original goes, or setup would take it.
func (in *integration) payload() error {
	for _, it := range in.files {
		if err := in.put(winpath.Join(in.s.dir, it.short), step.FromPackage+it.source); err != nil {
			return err
		}
		if err := in.delete(winpath.Join(in.s.dir, compressedName(it.short))); err != nil {
			return err
		}
	}
	return nil
}

func (in *integration) put(target, from string) error {
	s := step.Step{Kind: step.PutFile, Path: target, From: from}
	if err := in.dir(winpath.Dir(target), 0); err != nil {
		return err
	}
	var err error
	if s.Existed, err = in.exists(target); err != nil {
		return err
	}
	if s.Existed {
		if s.Backup, err = in.save(target, "", ""); err != nil {
			return err
		}
	}
	if s.Temp, err = in.temp(target); err == nil {
		in.add(s)
	}
	return err
}

func (in *integration) delete(path string) error {
	there, err := in.exists(path)
	if err != nil || !there {
		return err
	}
	s := step.Step{Kind: step.DeleteFile, Path: path, Existed: true}
	if s.Backup, err = in.save(path, "", ""); err != nil {
		return err
	}
	if s.Temp, err = in.temp(path); err == nil {
		in.add(s)
	}
	return err
}

// edit plans the new text of a setup file.
func (in *integration) edit(name string, f *inf.File) error {
	data, err := f.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return in.put(winpath.Join(in.s.dir, name), in.blob(bytesBlob(name, data, in.host.Now())))
}

// setupFiles tells setup of new files and of the folder svcpack (package-format.md 13, step 4).
func (in *integration) setupFiles() error {
	if s := section(in.s.dosnet, "OptionalSrcDirs"); !hasLine(s, "svcpack") {
		s.AddFields(inf.Bare("svcpack"))
	}
	changed := false
	for _, it := range in.files {
		if it.known {
			continue
		}
		if s := section(in.s.dosnet, "Files"); !hasLine(s, "d1,"+it.short) {
			s.AddFields(inf.Bare("d1"), inf.Bare(it.short))
		}
		fields := []string{"1", "", "", "", "", "", "", strconv.Itoa(it.code), "0", "0"}
		if !strings.EqualFold(it.short, it.name) {
			fields = append(fields, it.name)
		}
		section(in.s.txt, "SourceDisksFiles").AddLine(it.short, fields...)
		changed = true
	}
	if err := in.edit("dosnet.inf", in.s.dosnet); err != nil || !changed {
		return err
	}
	return in.edit("txtsetup.sif", in.s.txt)
}

func section(f *inf.File, name string) *inf.Section {
	if s := f.Section(name); s != nil {
		return s
	}
	return f.AddSection(name)
}

func hasLine(s *inf.Section, text string) bool {
	return slices.ContainsFunc(s.Lines(), func(l inf.Line) bool {
		return strings.EqualFold(strings.Join(l.Fields, ","), text) && !l.HasKey
	})
}

// driverIndex takes files out of drvindex.inf, so that setup uses the loose one instead of that in driver.cab (step 5).
func (in *integration) driverIndex() error {
	if in.s.drvidx == nil {
		return nil
	}
	ours, changed := map[string]bool{}, false
	for _, it := range in.files {
		ours[host.Fold(it.name)] = true
	}
	for _, s := range in.s.drvidx.Sections {
		if strings.EqualFold(s.Name, "Version") || strings.EqualFold(s.Name, "Cabs") || strings.EqualFold(s.Name, "Strings") {
			continue
		}
		s.Nodes = slices.DeleteFunc(s.Nodes, func(n *inf.Node) bool {
			gone := n.Kind == inf.Entry && !n.Line.HasKey && len(n.Line.Fields) == 1 && ours[host.Fold(n.Line.Fields[0])]
			changed = changed || gone
			return gone
		})
	}
	if !changed {
		return nil
	}
	return in.edit("drvindex.inf", in.s.drvidx)
}

// svcpack has setup run the package at its end (steps 1 and 2). Commands that are there keep their order.
func (in *integration) svcpack() error {
	kb := in.r.res.KB
	if err := in.put(winpath.Join(in.s.dir, "svcpack", kb+".exe"), step.FromPackage+selfName); err != nil {
		return err
	}
	f := in.s.svcpack
	if f == nil {
		i := in.s.info
		f = inf.New()
		v := f.AddSection("Version")
		v.AddKeyed("Signature", inf.Quoted("$Windows NT$"))
		v.AddLine("MajorVersion", number(i.Major))
		v.AddLine("MinorVersion", number(i.Minor))
		v.AddLine("BuildNumber", number(i.Build))
		f.AddSection("SetupData").AddKeyed("CatalogSubDir", inf.Quoted(`\`+winpath.Base(in.s.dir)+`\svcpack`))
	}
	cats := section(f, "ProductCatalogsToInstall")
	for _, c := range in.u.Catalogs {
		if err := in.put(winpath.Join(in.s.dir, "svcpack", winpath.Base(c.Name)), step.FromPackage+c.Path); err != nil {
			return err
		}
		if !hasLine(cats, winpath.Base(c.Name)) {
			cats.AddFields(inf.Bare(winpath.Base(c.Name)))
		}
	}
	run := section(f, "SetupHotfixesToRun")
	if !slices.ContainsFunc(run.Lines(), func(l inf.Line) bool {
		return strings.HasPrefix(strings.ToLower(strings.Join(l.Fields, ",")), strings.ToLower(kb)+".exe")
	}) {
		run.AddFields(inf.Bare(kb + ".exe /q /n /z"))
	}
	if err := in.delete(winpath.Join(in.s.dir, "svcpack.in_")); err != nil {
		return err
	}
	return in.edit("svcpack.inf", f)
}

// selfPackage lets steps read the package itself, too.
type selfPackage struct {
	stepPackage
	self func() (io.ReadCloser, error)
}

func (p selfPackage) Open(name string) (io.ReadCloser, error) {
	if name != selfName {
		return p.stepPackage.Open(name)
	}
	if p.self == nil {
		return nil, fmt.Errorf("open the package: %w", fs.ErrNotExist)
	}
	return p.self()
}
