package imagehost

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes a new image in dir, which must be empty or not be there: the directories of a small Windows and the
// registry values of an installed one that installers read. The image is open on return.
func Create(dir string, m Machine) (*Host, error) { return Options{}.Create(dir, m) }

// Create is the function Create with options.
func (o Options) Create(dir string, m Machine) (*Host, error) {
	m = m.withDefaults()
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("create image: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("create image: %w", err)
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("create image: %w", err)
	}
	if len(list) > 0 {
		return nil, fmt.Errorf("create image: directory %s is not empty: %w", dir, fs.ErrExist)
	}
	// image.ini last under its name: a directory without it is no image.
	tmp := filepath.Join(dir, "image.ini.new")
	if err := m.write(tmp); err != nil {
		return nil, err
	}
	if err := o.fill(dir, m); err != nil {
		return nil, fmt.Errorf("create image %s: %w", dir, err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, "image.ini")); err != nil {
		return nil, fmt.Errorf("create image: %w", err)
	}
	return o.Open(dir)
}

// fill writes the tree and the registry of a new image.
func (o Options) fill(dir string, m Machine) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	h := newHost(dir, Options{Now: o.Now, User: o.User, NoSync: o.NoSync}, m, root, func() {})
	defer h.Abandon()
	if err := h.load(); err != nil {
		return err
	}
	for _, d := range h.newDirs() {
		if _, err := h.MkdirAll(d, 0); err != nil {
			return err
		}
	}
	for _, v := range h.newValues() {
		h.reg.make(append([]string{v.root}, splitPath(v.key)...), false).set(v.name, v.value)
	}
	for _, k := range h.newKeys() {
		h.reg.make(append([]string{machineRoot}, splitPath(k)...), false)
	}
	h.reg.make([]string{usersRoot, defaultUser, "Software", "Classes"}, false)
	h.reg.dirty = true
	return h.Close()
}

// newDirs are the directories that INF directory numbers and CSIDL folders name on every Windows.
func (h *Host) newDirs() []string {
	w := h.facts.WindowsDir
	var dirs []string
	for _, d := range []string{
		`\AppPatch`, `\Fonts`, `\Help`, `\inf`, `\Resources`, `\system`, `\Temp`, `\Web`, `\system32` + catalogDir, `\system32\config`,
		`\system32\drivers\etc`, `\system32\spool\drivers\color`, `\system32\spool\prtprocs`, `\system32\wbem`,
	} {
		dirs = append(dirs, w+d)
	}
	if h.facts.Major < 6 {
		dirs = append(dirs, w+`\Driver Cache\i386`, w+`\system32\dllcache`)
	}
	if h.facts.SystemDirX86 != h.facts.SystemDir {
		dirs = append(dirs, h.facts.SystemDirX86+`\drivers`)
	}
	for csidl := range 64 {
		if d, ok := h.folder(csidl); ok {
			dirs = append(dirs, d)
		}
	}
	return dirs
}

func (h *Host) newKeys() []string {
	keys := []string{
		`SOFTWARE\Classes`, `SOFTWARE\Microsoft\Windows\CurrentVersion\Run`, `SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce`,
		`SOFTWARE\Microsoft\Windows\CurrentVersion\SharedDLLs`, `SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall`,
		`SYSTEM\CurrentControlSet\Services\Eventlog\System`,
	}
	if h.reg.views {
		keys = append(keys, `SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall`, `SOFTWARE\Classes\Wow6432Node`)
	}
	if h.facts.Major < 6 {
		keys = append(keys, ntCurrentVersion+`\Hotfix`)
	}
	return keys
}
