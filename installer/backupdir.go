package installer

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/instlog"
	"github.com/kbforge/kbforge/installer/register"
	"github.com/kbforge/kbforge/installer/status"
	"github.com/kbforge/kbforge/installer/winpath"
)

// backupDir decides where the backup for removal goes and returns the name that the INF gives it: below %windir%
// (package-format.md 3.1), or for a service pack where /d says (white paper, table 15).
func (p *installPlan) backupDir() (name string, err error) {
	name = p.c.update.Config.UnInstallDirName
	pack := kindOf(p.c.update) == instlog.ServicePack
	switch {
	case name != "":
	case pack:
		name = PackUninstallDir
	default:
		name = "$NtUninstall" + p.r.res.KB + "$"
	}
	p.udir = winpath.Join(p.r.info.WindowsDir, name)
	earlier, err := p.earlierBackup()
	if err != nil {
		return "", err
	}
	dir := p.r.Options.BackupDir
	if earlier != "" && !winpath.Equal(earlier, first(dir, p.udir)) {
		p.r.logf("An earlier installation of %s has its backup in %s; it stays there", p.r.res.KB, earlier)
		p.udir = earlier
		return name, nil
	}
	if dir == "" {
		return name, nil
	}
	if !pack {
		return "", status.New(status.InvalidSwitches, "/d is for service packs only")
	}
	if err := p.usable(dir); err != nil {
		return "", fmt.Errorf("/d:%s: %w", dir, err)
	}
	p.udir = dir
	return name, nil
}

// earlierBackup is where an installation of the same update has put what it replaced: the originals, which must not be
// left behind for a second backup. Empty without one.
func (p *installPlan) earlierBackup() (string, error) {
	list, err := register.List(p.host)
	if err != nil {
		return "", err
	}
	for _, u := range list {
		dir := UninstallDirOf(u)
		if !strings.EqualFold(u.KB, p.r.res.KB) || dir == "" {
			continue
		}
		if there, err := p.exists(winpath.Join(dir, spuninstFolder, "spuninst.inf")); err != nil || there {
			return dir, err
		}
	}
	return "", nil
}

// usable refuses directories that removal, which deletes the backup directory as a whole, must not delete: a root, one above
// or within the Windows directory's own, and one that holds something else than an earlier backup of this update.
func (p *installPlan) usable(dir string) error {
	_, elems, err := host.SplitPath(dir)
	if err != nil {
		return err
	}
	if len(elems) == 0 || winpath.Under(p.r.info.WindowsDir, dir) || winpath.Equal(p.r.info.WindowsDir, dir) {
		return fmt.Errorf("the backup needs a directory of its own: %w", host.ErrInvalidPath)
	}
	list, err := p.host.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || len(list) == 0 {
		return err
	}
	old, err := p.r.readRemoval(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !strings.EqualFold(old.KB, p.r.res.KB) {
		return fmt.Errorf("the directory holds other files; name one that is empty or does not exist: %w", host.ErrNotEmpty)
	}
	return err
}
