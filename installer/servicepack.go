package installer

import (
	"strings"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/step"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Where Windows looks for the files of a service pack (white paper, "Windows Service Packs and Optional Components").
const (
	packFiles      = "ServicePackFiles" // below %windir%
	packSourceKey  = `SOFTWARE\Microsoft\Windows\CurrentVersion\Setup`
	packSourceName = "ServicePackSourcePath"
)

func isServicePack(u *updateinf.Update) bool { return kindOf(u) == instlog.ServicePack }

// packArchive keeps all files of a service pack in %windir%\ServicePackFiles, from where Windows fetches those it needs
// later. A pack that is installed from a network share stays there.
func (p *installPlan) packArchive() error {
	if !isServicePack(p.c.update) || p.fromNetwork() {
		return nil
	}
	folder := winpath.Join(p.packSource(), packArchFolder(p.r.info.Arch))
	for _, name := range unique(p.c.update.Sources) {
		target := winpath.Join(folder, name)
		there, err := p.exists(target)
		if err != nil {
			return err
		}
		if there {
			if same, err := p.holds(target, name); err != nil || same {
				if err != nil {
					return err
				}
				continue
			}
		}
		if err := p.put(target, step.FromPackage+name, inventory.Item{}); err != nil {
			return err
		}
	}
	return nil
}

// packRegistry points Windows to the files.
func (p *installPlan) packRegistry(o *regplan.Overlay) error {
	if !isServicePack(p.c.update) {
		return nil
	}
	return o.Set(host.Key{Root: host.HKLM, Path: packSourceKey}, packSourceName, regplan.String(p.packSource()))
}

func (p *installPlan) packSource() string {
	if p.fromNetwork() {
		return p.r.Package.Dir()
	}
	return winpath.Join(p.r.info.WindowsDir, packFiles)
}

// fromNetwork: a package whose directory is named by server and share ("Network Installation").
func (p *installPlan) fromNetwork() bool {
	dir := p.r.Package.Dir()
	return strings.HasPrefix(dir, `\\`) && !strings.HasPrefix(dir, `\\?\`) && !strings.HasPrefix(dir, `\\.\`)
}

// packArchFolder is the folder that the files of an architecture lie in: i386 is that of Microsoft's service packs, the
// others are named after it (OURS).
func packArchFolder(a host.Arch) string {
	switch a {
	case host.X86:
		return "i386"
	case host.X64:
		return "amd64"
	}
	return string(a)
}
