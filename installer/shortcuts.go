package installer

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/kbforge/kbforge/inf/updateinf"
	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/inventory"
	"github.com/kbforge/kbforge/installer/shelllink"
	"github.com/kbforge/kbforge/installer/winpath"
)

// shortcuts plans ProfileItems (INF documentation): links in the start menu, of all users or of who installs. A link is a file
// that the plan writes, so rolling back and removal restore what was there.
func (p *installPlan) shortcuts() error {
	for _, s := range p.c.update.Shortcuts {
		if !inventory.Applies(s.When, s.SKU, p.r.info) {
			continue
		}
		if err := p.shortcut(s); err != nil {
			return fmt.Errorf("shortcut %s in [%s]: %w", s.Name, s.Section, err)
		}
	}
	return nil
}

func (p *installPlan) shortcut(s updateinf.Shortcut) error {
	folder := 23 // CSIDL_COMMON_PROGRAMS
	if s.Attributes&updateinf.ProfileItemCurrentUser != 0 {
		folder = 2 // CSIDL_PROGRAMS
	}
	menu, err := p.host.Folder(folder)
	if errors.Is(err, fs.ErrNotExist) {
		p.r.logf("Shortcut %s is left out: this computer has no start menu for it", s.Name)
		return nil
	}
	if err != nil {
		return err
	}
	if s.Attributes&updateinf.ProfileItemGroup != 0 {
		if s.Attributes&updateinf.ProfileItemDelete != 0 {
			p.r.logf("Folder %s of the start menu stays: it may hold shortcuts of others", s.Name)
			return nil
		}
		return p.dir(winpath.Join(menu, s.SubDir, s.Name), 0)
	}
	if err := host.CheckName(s.Name + ".lnk"); err != nil {
		return err
	}
	path := winpath.Join(menu, s.SubDir, s.Name+".lnk")
	if s.Attributes&updateinf.ProfileItemDelete != 0 {
		if there, err := p.exists(path); err != nil || !there {
			return err
		}
		return p.drop(inventory.Item{Target: path})
	}
	link, err := p.link(s)
	if err != nil {
		return err
	}
	data, err := shelllink.Encode(link)
	if err != nil {
		return err
	}
	p.links++
	if err := p.dir(winpath.Dir(path), 0); err != nil {
		return err
	}
	return p.put(path, p.blob(bytesBlob(fmt.Sprintf("%03d.lnk", p.links), data, p.now)), inventory.Item{})
}

func (p *installPlan) link(s updateinf.Shortcut) (shelllink.Link, error) {
	l := shelllink.Link{Description: s.InfoTip, IconIndex: int32(s.IconIndex), HotKey: uint16(s.HotKey)}
	dir, err := p.c.dirs.Path(s.Target.Dir)
	if err != nil {
		return l, err
	}
	l.Target = winpath.Join(dir, s.Target.File)
	if s.WorkingDir != nil {
		if l.WorkingDir, err = p.c.dirs.Path(*s.WorkingDir); err != nil {
			return l, err
		}
	}
	if s.Icon.File != "" {
		if dir, err = p.c.dirs.Path(s.Icon.Dir); err != nil {
			return l, err
		}
		l.Icon = winpath.Join(dir, s.Icon.File)
	}
	return l, nil
}
