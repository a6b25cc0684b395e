package register

import (
	"errors"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"

	"github.com/kbforge/kbforge/installer/host"
	"github.com/kbforge/kbforge/installer/regplan"
	"github.com/kbforge/kbforge/installer/winpath"
)

// Installed is a registered update, read back.
type Installed struct {
	KB            string
	Key           host.Key // the Updates key
	Title         string
	Version       string // package version
	Date          string // as recorded, M/D/YYYY
	By            string
	ReleaseType   string
	Sequence      uint32
	UninstallLine string
	Files         []File
}

// List reads every registered update: those below UpdatesRoot and those that an Add or Remove Programs entry points to
// (RegistryLocation), which covers products with a key of their own. Sorted by sequence, then name.
func List(r host.Registry) ([]Installed, error) {
	found := map[string]Installed{}
	if err := walk(r, hklm(UpdatesRoot), 0, found); err != nil {
		return nil, err
	}
	if err := fromAddRemove(r, found); err != nil {
		return nil, err
	}
	list := make([]Installed, 0, len(found))
	for _, u := range found {
		list = append(list, u)
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].Sequence != list[j].Sequence {
			return list[i].Sequence < list[j].Sequence
		}
		return winpath.Fold(list[i].Key.Path) < winpath.Fold(list[j].Key.Path)
	})
	return list, nil
}

// maxDepth: product, service pack, number.
const maxDepth = 3

func walk(r host.Registry, k host.Key, depth int, found map[string]Installed) error {
	subs, err := r.SubKeys(k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list updates below %s: %w", k.Path, err)
	}
	for _, name := range subs {
		sub := k
		sub.Path += `\` + name
		if _, err := r.GetValue(sub, "InstalledDate"); err == nil {
			if err := add(r, sub, found); err != nil {
				return err
			}
		} else if depth < maxDepth {
			if err := walk(r, sub, depth+1, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func fromAddRemove(r host.Registry, found map[string]Installed) error {
	subs, err := r.SubKeys(hklm(UninstallRoot))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list installed programs: %w", err)
	}
	for _, name := range subs {
		loc := textOf(r, hklm(UninstallRoot+`\`+name), "RegistryLocation")
		path, ok := strings.CutPrefix(loc, `HKLM\`)
		if !ok {
			continue
		}
		if _, err := r.GetValue(hklm(path), "InstalledDate"); err == nil {
			if err := add(r, hklm(path), found); err != nil {
				return err
			}
		}
	}
	return nil
}

func add(r host.Registry, k host.Key, found map[string]Installed) error {
	id := winpath.Fold(k.Path)
	if _, dup := found[id]; dup {
		return nil
	}
	u := Installed{KB: winpath.Base(k.Path), Key: k, Title: textOf(r, k, "Description"), Version: textOf(r, k, "PackageVersion"),
		Date: textOf(r, k, "InstalledDate"), By: textOf(r, k, "InstalledBy"), ReleaseType: textOf(r, k, "ReleaseType"),
		UninstallLine: textOf(r, k, "UninstallCommand")}
	if v, err := r.GetValue(k, "InstallSequence"); err == nil {
		u.Sequence, _ = regplan.Number(v)
	}
	var err error
	if u.Files, err = files(r, k); err != nil {
		return err
	}
	found[id] = u
	return nil
}

func files(r host.Registry, k host.Key) ([]File, error) {
	k.Path += `\Filelist`
	subs, err := r.SubKeys(k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the file list %s: %w", k.Path, err)
	}
	sort.Slice(subs, func(i, j int) bool { return index(subs[i]) < index(subs[j]) })
	var list []File
	for _, name := range subs {
		f := k
		f.Path += `\` + name
		sum, _ := strconv.ParseUint(textOf(r, f, "BuildCheckSum"), 16, 32)
		list = append(list, File{Name: textOf(r, f, "FileName"), Dir: textOf(r, f, "Location"), Version: textOf(r, f, "Version"),
			Checksum: uint32(sum), Branch: textOf(r, f, "Branch"), MD5: textOf(r, f, "MD5")})
	}
	return list, nil
}

func index(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 1 << 30
	}
	return n
}

func textOf(r host.Registry, k host.Key, name string) string {
	v, err := r.GetValue(k, name)
	if err != nil {
		return ""
	}
	s, _ := regplan.Text(v)
	return s
}
