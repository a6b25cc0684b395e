package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/kbforge/kbforge/inf/spuninst"
	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// messages plans the event source: its message file must stay on the machine (white paper, table 6: spmsg.dll).
func (p *installPlan) messages() error {
	name := p.c.update.Config.EventLogDllName
	if name == "" || !p.r.Package.Has(name) {
		return nil
	}
	k := host.Key{Root: host.HKLM, Path: register.EventLogRoot + `\` + eventSource(p.c.update.Config.EventLogKeyName)}
	target := winpath.Join(p.r.info.SystemDir, winpath.Base(name))
	if ok, err := p.host.KeyExists(k); err != nil || ok {
		if err != nil {
			return err
		}
		return p.share(target) // a message file serves the source already
	}
	if ok, err := p.exists(target); err != nil || ok {
		return err
	}
	return p.put(target, step.FromPackage+name, inventory.Item{})
}

// registry plans the registration (tables 1 to 4), the package's own lines, and the file list. What the runtime writes
// comes first, so that an INF can say otherwise (as real packages do).
func (p *installPlan) registry() error {
	o := regplan.New(p.host)
	if err := p.describe(); err != nil {
		return err
	}
	if err := p.reg.Plan(o); err != nil {
		return err
	}
	if err := p.eventKey(o); err != nil {
		return err
	}
	if err := p.packRegistry(o); err != nil {
		return err
	}
	for _, g := range p.c.update.Registry {
		if !p.appliesNow(g) {
			continue
		}
		if err := o.Apply(g, p.c.dirs.Expand); err != nil {
			return err
		}
	}
	for _, g := range p.c.registry {
		if err := o.Apply(g, p.c.dirs.Expand); err != nil {
			return err
		}
	}
	if isServicePack(p.c.update) {
		p.reg.Files = nil // the summary of a service pack has no file list (white paper, table 2)
	}
	if err := p.reg.PlanFiles(o); err != nil {
		return err
	}
	steps := o.Steps()
	p.add(steps...)
	p.undoOf(steps)
	p.stayValues(o, steps)
	return p.savedKeys()
}

func (p *installPlan) appliesNow(g updateinf.RegistryGroup) bool {
	switch g.When {
	case updateinf.GlobalInstall:
		return p.old == nil && inventory.Applies("", g.SKU, p.r.info)
	case updateinf.GlobalReinstall:
		return p.old != nil && inventory.Applies("", g.SKU, p.r.info)
	}
	return inventory.Applies(g.When, g.SKU, p.r.info)
}

func (p *installPlan) eventKey(o *regplan.Overlay) error {
	cfg := p.c.update.Config
	if cfg.EventLogDllName == "" || !p.r.Package.Has(cfg.EventLogDllName) {
		return nil
	}
	k := host.Key{Root: host.HKLM, Path: register.EventLogRoot + `\` + eventSource(cfg.EventLogKeyName)}
	if ok, err := o.Exists(k); err != nil || ok {
		return errors.Join(err, o.Touch(k, "EventMessageFile"), o.Touch(k, "TypesSupported"))
	}
	if err := o.Set(k, "EventMessageFile", regplan.ExpandString(`%SystemRoot%\system32\`+winpath.Base(cfg.EventLogDllName))); err != nil {
		return err
	}
	return o.Set(k, "TypesSupported", regplan.DWORD(uint32(host.EventError|host.EventWarning|host.EventInformation)))
}

// describe gathers what is registered. Tokens are those that real packages carry in [Strings].
func (p *installPlan) describe() error {
	u := p.c.update
	p.reg = register.Update{
		KB: p.r.res.KB, Title: p.r.res.Title, ProductKey: productKey(u, p.r.info),
		PackageVersion: packageVersion(u),
		Publisher:      u.Strings.Publisher(), Group: u.Strings.Get("Publishing_Group_Name"),
		ReleaseType: u.Strings.Get("KB_Release_Type"), Comments: u.Strings.Comment(),
		HelpLink: u.Strings.HelpLink(), InfoLink: u.Strings.URLInfoAbout(),
		ParentKey: first(u.Strings.Get("PARENT_KEY_NAME"), "OperatingSystem"), ParentName: u.Strings.ParentDisplayName(),
		InstallerVer: p.r.Version, InstalledBy: p.r.info.User, Installed: p.now, CurrentSP: p.r.info.ServicePack,
		UninstallDir: p.udir, Sequence: p.sequence,
	}
	p.reg.ServicePack, p.reg.HasServicePack = u.Strings.ServicePackNumber()
	if p.udir != "" {
		p.reg.UninstallLine = `"` + winpath.Join(p.udir, spuninstFolder, spuninstEXE) + `"`
	}
	p.rem.UpdatesKey = p.reg.UpdatesKey().Path
	p.rem.Sequence = strconv.FormatUint(uint64(p.sequence), 10)
	if p.r.migration != nil {
		p.rem.MigratedFor = p.r.migration.packKB
	}
	p.reg.Files = p.fileList()
	return nil
}

// updateKeyOf is the key that the update registers under.
func (r *run) updateKeyOf(c *chosen) host.Key {
	u := register.Update{KB: r.res.KB, ProductKey: productKey(c.update, r.info)}
	u.ServicePack, u.HasServicePack = c.update.Strings.ServicePackNumber()
	return u.UpdatesKey()
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// productKey is the key of the product below which the update registers; the INF may say it, otherwise it follows from the
// version of Windows with the names that bulletins show.
func productKey(u *updateinf.Update, info host.Info) string {
	if k := strings.Trim(u.Config.UpdateRegKey, `\`); k != "" {
		return k
	}
	names := map[[2]uint32]string{{5, 0}: "Windows 2000", {5, 1}: "Windows XP", {5, 2}: "Windows Server 2003"}
	name, ok := names[[2]uint32{info.Major, info.Minor}]
	if !ok {
		name = fmt.Sprintf("Windows %d.%d", info.Major, info.Minor) // OURS
	}
	return register.UpdatesRoot + `\` + name
}

// fileList is what table 2 registers: the files this update installs or finds already in place, unchanged.
func (p *installPlan) fileList() []register.File {
	branchOf := map[string]string{}
	for _, e := range p.l.ver {
		branchOf[strings.ToLower(e.Path)] = e.Branch
	}
	var list []register.File
	for _, it := range p.c.items {
		same := it.Action == inventory.Keep && it.Old.Exists && it.New.Exists && it.Old.MD5 == it.New.MD5
		if it.Action != inventory.Copy && !same {
			continue
		}
		f := register.File{Name: winpath.Base(it.Target), Dir: winpath.Dir(it.Target), Version: it.New.VersionText(),
			Checksum: it.New.Checksum, MD5: hexUpper(it.New.MD5[:]), Branch: branchOf[strings.ToLower(it.Source)]}
		if it.New.LinkTime != 0 {
			f.Built = time.Unix(int64(it.New.LinkTime), 0)
		}
		list = append(list, f)
	}
	return list
}

// undoOf records what removal must do about registry steps. An earlier installation's record of the same value or key is
// the true original and stays.
func (p *installPlan) undoOf(steps []step.Step) {
	for _, s := range steps {
		ref := spuninst.RegKeyRef{Root: string(s.Key.Root), Key: s.Key.Path, View32: s.Key.View == host.View32}
		val := spuninst.RegValueRef{Root: ref.Root, Key: ref.Key, Name: s.Name, View32: ref.View32}
		switch s.Kind {
		case step.MakeKey:
			if !s.Volatile && !p.oldHasKey(ref) {
				p.rem.DeleteKeys = append([]spuninst.RegKeyRef{ref}, p.rem.DeleteKeys...)
			}
		case step.DeleteKey:
			if !p.oldHasKey(ref) {
				p.rem.RestoreKeys = append([]spuninst.RegKeyRef{ref}, p.rem.RestoreKeys...)
			}
		case step.SetValue, step.DeleteValue:
			if !p.oldHasValue(val) {
				p.undoValue(val, s.Prev)
			}
		}
	}
}

func (p *installPlan) undoValue(v spuninst.RegValueRef, prev *host.Value) {
	if prev == nil {
		p.rem.DeleteValues = append(p.rem.DeleteValues, v)
		return
	}
	p.rem.RestoreValues = append(p.rem.RestoreValues, spuninst.RegRestore{Root: v.Root, Key: v.Key, Name: v.Name, View32: v.View32,
		Type: prev.Type, Data: prev.Data})
}

func sameKey(a, b spuninst.RegKeyRef) bool {
	return strings.EqualFold(a.Root, b.Root) && a.View32 == b.View32 && winpath.Equal(a.Key, b.Key)
}

func (p *installPlan) oldHasKey(k spuninst.RegKeyRef) bool {
	if p.old == nil {
		return false
	}
	for _, o := range append(append([]spuninst.RegKeyRef(nil), p.old.DeleteKeys...), p.old.RestoreKeys...) {
		if sameKey(o, k) {
			return true
		}
	}
	return false
}

func (p *installPlan) oldHasValue(v spuninst.RegValueRef) bool {
	if p.old == nil {
		return false
	}
	return knowsValue(p.old, v)
}

func knowsValue(r *spuninst.Removal, v spuninst.RegValueRef) bool {
	same := func(root, key, name string, view32 bool) bool {
		return sameKey(spuninst.RegKeyRef{Root: root, Key: key, View32: view32}, spuninst.RegKeyRef{Root: v.Root, Key: v.Key, View32: v.View32}) && strings.EqualFold(name, v.Name)
	}
	for _, o := range r.DeleteValues {
		if same(o.Root, o.Key, o.Name, o.View32) {
			return true
		}
	}
	for _, o := range r.RestoreValues {
		if same(o.Root, o.Key, o.Name, o.View32) {
			return true
		}
	}
	return false
}

// savedKeys archives what [Save.Reg.For.Uninstall] lists (white paper, Appendix B), besides what the plan itself changes:
// processes that the package runs may change it too.
func (p *installPlan) savedKeys() error {
	for _, s := range p.c.update.SaveReg {
		k := host.Key{Root: host.Root(strings.ToUpper(s.Root)), Path: strings.Trim(s.Key, `\`)}
		var err error
		if s.HasName {
			err = p.saveValue(k, s.Name)
		} else {
			err = p.saveKey(k)
		}
		if err != nil {
			return fmt.Errorf("archive %s\\%s: %w", k.Root, k.Path, err)
		}
	}
	return nil
}

func (p *installPlan) saveValue(k host.Key, name string) error {
	ref := spuninst.RegValueRef{Root: string(k.Root), Key: k.Path, Name: name}
	if p.oldHasValue(ref) || knowsValue(&p.rem, ref) {
		return nil
	}
	v, err := p.host.GetValue(k, name)
	if errors.Is(err, fs.ErrNotExist) {
		p.undoValue(ref, nil)
		return nil
	}
	if err == nil {
		p.undoValue(ref, &v)
	}
	return err
}

func (p *installPlan) saveKey(k host.Key) error {
	vals, err := p.host.Values(k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, v := range vals {
		if err := p.saveValue(k, v.Name); err != nil {
			return err
		}
	}
	subs, err := p.host.SubKeys(k)
	if err != nil {
		return err
	}
	for _, name := range subs {
		sub := k
		sub.Path += `\` + name
		if err := p.saveKey(sub); err != nil {
			return err
		}
	}
	return nil
}

// removal plans the files that remove the update: spuninst.exe, spuninst.inf and spuninst.txt in the backup directory's
// "spuninst" folder (white paper, "Removing Software Updates").
func (p *installPlan) removal() error {
	if p.udir == "" {
		return nil
	}
	p.uninstallPrograms()
	p.removalGates()
	for _, b := range p.c.update.Uninstall {
		p.rem.Sections = append(p.rem.Sections, spuninst.Section{Name: b.Name, Lines: b.Lines})
	}
	for i := len(p.made) - 1; i >= 0; i-- {
		if !winpath.Under(p.made[i], p.udir) {
			p.rem.RemoveDirs = append(p.rem.RemoveDirs, p.portable(p.made[i]))
		}
	}
	p.merge()
	if !winpath.Equal(p.udir, winpath.Join(p.r.info.WindowsDir, p.rem.UnInstallDirName)) { // /d
		p.rem.BackupDir = p.portable(p.udir)
	}
	text, err := p.rem.Print()
	if err != nil {
		return fmt.Errorf("write spuninst.inf: %w", err)
	}
	dir := winpath.Join(p.udir, spuninstFolder)
	list := []struct{ name, from string }{
		{"spuninst.inf", p.blob(bytesBlob("spuninst.inf", text, p.now))},
		{"spuninst.txt", p.blob(bytesBlob("spuninst.txt", p.rem.Text(p.r.roots()), p.now))},
	}
	if p.r.Package.Has(spuninstEXE) {
		list = append(list, struct{ name, from string }{spuninstEXE, step.FromPackage + spuninstEXE})
	}
	for _, f := range list {
		if err := p.ownFile(winpath.Join(dir, f.name), f.from); err != nil {
			return err
		}
	}
	return nil
}

// ownFile plans a file of the backup directory itself. It is no part of the removal plan: the directory goes as a whole.
func (p *installPlan) ownFile(target, from string) error {
	modified := p.now
	if name, ok := strings.CutPrefix(from, step.FromPackage); ok {
		modified = p.sourceTime(from)
		if there, err := p.exists(target); err != nil {
			return err
		} else if there {
			if same, err := p.holds(target, name); err != nil || same {
				return err
			}
		}
	}
	return p.replaceOwn(target, from, modified)
}

// merge puts the entries of an earlier installation in front: what they restore is older than what this one found.
func (p *installPlan) merge() {
	if p.old == nil {
		return
	}
	n, o := &p.rem, p.old
	n.Restore = append(o.Restore, n.Restore...)
	n.Delete = append(o.Delete, n.Delete...)
	n.RemoveDirs = append(n.RemoveDirs, o.RemoveDirs...)
	n.DeleteValues = append(o.DeleteValues, n.DeleteValues...)
	n.DeleteKeys = append(n.DeleteKeys, o.DeleteKeys...)
	n.RestoreKeys = append(o.RestoreKeys, n.RestoreKeys...)
	n.RestoreValues = append(o.RestoreValues, n.RestoreValues...)
	n.UnregisterDLLs = union(o.UnregisterDLLs, n.UnregisterDLLs)
	n.RegisterDLLs = union(o.RegisterDLLs, n.RegisterDLLs)
	n.DLLInstalls = append(o.DLLInstalls, n.DLLInstalls...)
	n.RenameDirs = append(o.RenameDirs, n.RenameDirs...)
	n.CatalogsDelete = append(o.CatalogsDelete, n.CatalogsDelete...)
	n.CatalogsRestore = append(o.CatalogsRestore, n.CatalogsRestore...)
}
