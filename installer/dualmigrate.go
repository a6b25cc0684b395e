package installer

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/kbforge/kbforge/installer/winpath"
)

// dualCacheDir is what the dispatcher of a dual-mode package kept of it.
func (r *run) dualCacheDir(kb string) string {
	return winpath.Join(r.info.WindowsDir, dualCache, kb)
}

// dualMigrations finds the dual-mode updates that the machine needs again after a service pack (white paper, "Migration": "When
// the new service pack is installed, the package installer retrieves the software update files for the new service pack level
// from this cache directory"): those with a folder for the pack that comes after it.
func (p *installPlan) dualMigrations(level uint16) ([]migration, error) {
	dirs, err := p.host.ReadDir(winpath.Join(p.r.info.WindowsDir, dualCache))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var found []migration
	for _, d := range dirs {
		path := winpath.Join(p.r.dualCacheDir(d.Name), levelFolder(int(level)+1)+plainINF)
		data, err := readHost(p.host, path, maxINF)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the service pack has the fix
		}
		if err != nil {
			return nil, err
		}
		u, err := p.r.parseUpdateData(path, data)
		if err != nil {
			p.r.log.Warn("%s in the cache of dual-mode updates cannot be used (%v)", d.Name, err)
			continue
		}
		p.r.logf("%s is migrated for service pack %d", d.Name, level)
		found = append(found, migration{kb: d.Name, stamp: strings.ReplaceAll(u.Strings.BuildTimestamp(), " ", ""), pack: level, packKB: p.r.res.KB})
	}
	return found, nil
}

// migrationCacheOf is the directory that an update is migrated from.
func (r *run) migrationCacheOf(m migration) (string, error) {
	if m.pack != 0 {
		dual := r.dualCacheDir(m.kb)
		if _, err := r.Host.Stat(winpath.Join(dual, levelFolder(int(m.pack)+1)+plainINF)); err == nil {
			return dual, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return r.cacheDir(m.kb), nil
}
